-- Who reacted to what, one row a person and emoji; seq is the change of the room that made it, and so its order.
CREATE TABLE reactions (
  project_id text NOT NULL,
  room_id    text NOT NULL,
  message_id bigint NOT NULL,
  emoji      text NOT NULL,
  user_id    text NOT NULL,
  seq        bigint NOT NULL,
  PRIMARY KEY (project_id, room_id, message_id, emoji, user_id)
);

CREATE UNIQUE INDEX reactions_by_seq ON reactions (project_id, room_id, message_id, emoji, seq);

-- What the message shows of them, kept by the same transaction, so that reading a page stays one query:
-- [{"emoji", "count", "users": the first few}], in the order in which each emoji came; NULL: none.
ALTER TABLE messages ADD COLUMN reactions jsonb;

-- Puts reactions on messages or takes them back, in the order given, and answers in that order; locks as change_messages.
-- outcome: changed | same (it stood so, no number was taken) | not_found | too_many, with the row as it now stands.
CREATE FUNCTION react_messages(
  p_project text[], p_room text[], p_user text[], p_id bigint[], p_emoji text[], p_added boolean[],
  p_most_emoji integer, p_most_users integer, p_passing boolean
) RETURNS TABLE (outcome text, message messages) LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  next_seq bigint;
  place tid;
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
    PERFORM 1 FROM reactions r WHERE r.project_id = key.project AND r.room_id = key.room AND r.message_id = key.id
      AND r.emoji = key.emoji AND r.user_id = key.usr;
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
        DELETE FROM reactions r WHERE r.project_id = key.project AND r.room_id = key.room AND r.message_id = key.id
          AND r.emoji = key.emoji AND r.user_id = key.usr;
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

-- As before, and a deleted message loses its reactions.
CREATE OR REPLACE FUNCTION change_messages(
  p_project text[], p_room text[], p_user text[], p_id bigint[], p_content text[], p_passing boolean
) RETURNS TABLE (outcome text, message messages) LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  moment timestamptz;
  next_seq bigint;
  place tid;
  key record;
BEGIN
  IF NOT p_passing THEN
    FOR key IN SELECT DISTINCT t.project, t.room FROM unnest(p_project, p_room) AS t(project, room) ORDER BY 1, 2 LOOP
      PERFORM 1 FROM rooms r WHERE r.project_id = key.project AND r.room_id = key.room FOR UPDATE;
    END LOOP;
  END IF;
  moment := date_trunc('milliseconds', clock_timestamp());

  FOR key IN
    SELECT t.* FROM unnest(p_project, p_room, p_user, p_id, p_content)
      WITH ORDINALITY AS t(project, room, usr, id, content, n) ORDER BY t.n
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
    outcome := CASE
      WHEN NOT FOUND THEN 'not_found'
      WHEN message.user_id <> key.usr THEN 'forbidden'
      WHEN message.deleted_at IS NOT NULL THEN CASE WHEN key.content IS NULL THEN 'same' ELSE 'not_found' END
      WHEN message.content = key.content THEN 'same'
      ELSE 'changed' END;
    IF outcome = 'changed' THEN
      UPDATE rooms r SET last_seq = r.last_seq + 1
        WHERE r.project_id = key.project AND r.room_id = key.room RETURNING r.last_seq INTO next_seq;
      UPDATE messages m SET seq = next_seq, content = coalesce(key.content, ''),
          body_hash = coalesce(m.body_hash, sha256(convert_to(m.content, 'UTF8'))),
          edited_at = CASE WHEN key.content IS NULL THEN m.edited_at ELSE moment END,
          deleted_at = CASE WHEN key.content IS NULL THEN moment END,
          reactions = CASE WHEN key.content IS NOT NULL THEN m.reactions END
        WHERE m.ctid = place RETURNING m.* INTO message;
      IF key.content IS NULL THEN
        DELETE FROM reactions r
          WHERE r.project_id = key.project AND r.room_id = key.room AND r.message_id BETWEEN key.id AND key.id;
      END IF;
    END IF;
    RETURN NEXT;
  END LOOP;
END;
$$;
