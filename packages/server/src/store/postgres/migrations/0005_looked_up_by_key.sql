-- A plan made while a table is small sees indexes that cost the same, and later reads a whole room by the wrong one. Each
-- look-up by key asks for the order of its index; without sorting, no other can give it.
ALTER FUNCTION append_few(text[], text[], text[], text[], text[], text[], text[], bigint[]) SET enable_sort = off;
ALTER FUNCTION append_messages(text[], text[], text[], text[], text[], text[], text[], bigint[], boolean)
  SET enable_sort = off;
ALTER FUNCTION change_messages(text[], text[], text[], bigint[], text[], boolean) SET enable_sort = off;

-- Messages as they stand, with their place in the input (n from 1); those that do not exist are left out.
CREATE FUNCTION messages_by_id(p_project text[], p_room text[], p_id bigint[])
RETURNS TABLE (n bigint, message messages) LANGUAGE sql STABLE SET enable_seqscan = off SET enable_sort = off AS $$
  SELECT k.n, m.message FROM unnest(p_project, p_room, p_id) WITH ORDINALITY AS k(project, room, id, n)
  CROSS JOIN LATERAL (
    SELECT a AS message FROM messages a
    WHERE a.project_id = k.project AND a.room_id = k.room AND a.id BETWEEN k.id AND k.id ORDER BY a.id LIMIT 1
  ) m;
$$;

-- As before, but a reaction is looked for by its key: it took 25-140 ms among 100,000 people on one emoji.
-- outcome: changed | same (it stood so, no number was taken) | not_found | too_many, with the row as it now stands.
CREATE OR REPLACE FUNCTION react_messages(
  p_project text[], p_room text[], p_user text[], p_id bigint[], p_emoji text[], p_added boolean[],
  p_most_emoji integer, p_most_users integer, p_passing boolean
) RETURNS TABLE (outcome text, message messages) LANGUAGE plpgsql
SET enable_seqscan = off SET enable_sort = off AS $$
DECLARE
  next_seq bigint;
  place tid;
  mark tid;
  key record;
  known boolean;
  stands boolean;
  shown jsonb;
  spot integer;
  counted integer;
  named text[];
BEGIN
  IF NOT p_passing THEN
    FOR key IN SELECT DISTINCT t.project, t.room FROM unnest(p_project, p_room) AS t(project, room) ORDER BY 1, 2 LOOP
      PERFORM 1 FROM rooms r WHERE r.project_id = key.project AND r.room_id = key.room FOR UPDATE;
    END LOOP;
  END IF;

  FOR key IN
    SELECT t.* FROM unnest(p_project, p_room, p_user, p_id, p_emoji, p_added)
      WITH ORDINALITY AS t(project, room, usr, id, emoji, added, n) ORDER BY t.n
  LOOP
    outcome := NULL;
    message := NULL;
    -- A row that this transaction has locked is not skipped.
    PERFORM 1 FROM rooms r WHERE r.project_id = key.project AND r.room_id = key.room FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
      PERFORM 1 FROM rooms r WHERE r.project_id = key.project AND r.room_id = key.room;
      IF NOT FOUND THEN outcome := 'not_found'; END IF;
      RETURN NEXT;
      CONTINUE;
    END IF;
    SELECT m.ctid INTO place FROM messages m
      WHERE m.project_id = key.project AND m.room_id = key.room AND m.id BETWEEN key.id AND key.id ORDER BY m.id LIMIT 1;
    SELECT * INTO message FROM messages m WHERE m.ctid = place;
    known := FOUND;
    -- A range in the order of the primary key, so that nobody else's reactions are read.
    SELECT r.ctid INTO mark FROM reactions r
      WHERE r.project_id = key.project AND r.room_id = key.room AND r.message_id = key.id AND r.emoji = key.emoji
        AND r.user_id BETWEEN key.usr AND key.usr ORDER BY r.user_id LIMIT 1;
    stands := FOUND;
    shown := coalesce(message.reactions, '[]');
    spot := NULL;
    counted := 0;
    SELECT e.n - 1, (e.entry ->> 'count')::integer INTO spot, counted
      FROM jsonb_array_elements(shown) WITH ORDINALITY AS e(entry, n) WHERE e.entry ->> 'emoji' = key.emoji;
    outcome := CASE
      WHEN NOT known THEN 'not_found'
      WHEN message.deleted_at IS NOT NULL AND key.added THEN 'not_found'
      WHEN stands = key.added THEN 'same'
      WHEN spot IS NULL AND jsonb_array_length(shown) >= p_most_emoji THEN 'too_many'
      ELSE 'changed' END;
    IF outcome = 'changed' THEN
      UPDATE rooms r SET last_seq = r.last_seq + 1
        WHERE r.project_id = key.project AND r.room_id = key.room RETURNING r.last_seq INTO next_seq;
      IF key.added THEN
        INSERT INTO reactions (project_id, room_id, message_id, emoji, user_id, seq)
          VALUES (key.project, key.room, key.id, key.emoji, key.usr, next_seq);
      ELSE
        DELETE FROM reactions r WHERE r.ctid = mark;
      END IF;
      counted := coalesce(counted, 0) + CASE WHEN key.added THEN 1 ELSE -1 END;
      -- By the order of their index, so that it reads no more than it names.
      SELECT array_agg(f.user_id ORDER BY f.seq) INTO named FROM (
        SELECT r.user_id, r.seq FROM reactions r
        WHERE r.project_id = key.project AND r.room_id = key.room AND r.message_id = key.id AND r.emoji = key.emoji
        ORDER BY r.seq LIMIT p_most_users
      ) f;
      shown := CASE
        WHEN counted = 0 THEN shown - spot
        WHEN spot IS NULL THEN shown || jsonb_build_array(jsonb_build_object('emoji', key.emoji, 'count', counted, 'users', named))
        ELSE jsonb_set(shown, ARRAY[spot::text], jsonb_build_object('emoji', key.emoji, 'count', counted, 'users', named)) END;
      UPDATE messages m SET seq = next_seq, reactions = nullif(shown, '[]')
        WHERE m.ctid = place RETURNING m.* INTO message;
    END IF;
    RETURN NEXT;
  END LOOP;
END;
$$;
