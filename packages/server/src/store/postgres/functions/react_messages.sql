-- Adds reactions to messages or removes them, in the order given, and answers in that order.
-- outcome: changed | same (already in that state; no sequence number is used) | not_found | too_many (p_most_emoji different
-- emoji) | NULL: the room is locked by another transaction (p_passing). message is the row after the change; its reactions
-- name at most p_most_users people for each emoji. Rooms are locked as in change_messages.
CREATE OR REPLACE FUNCTION react_messages(
  p_project text[], p_room text[], p_user text[], p_id bigint[], p_emoji text[], p_added boolean[],
  p_most_emoji integer, p_most_users integer, p_passing boolean
) RETURNS TABLE (outcome text, message messages) LANGUAGE plpgsql
SET enable_seqscan = off AS $$
DECLARE
  next_seq bigint;
  place tid;
  mark tid;
  key record;
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
    -- Rows that this transaction has locked itself are not skipped.
    PERFORM 1 FROM rooms r WHERE r.project_id = key.project AND r.room_id = key.room FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
      PERFORM 1 FROM rooms r WHERE r.project_id = key.project AND r.room_id = key.room;
      IF NOT FOUND THEN outcome := 'not_found'; END IF;
      RETURN NEXT;
      CONTINUE;
    END IF;
    place := place_of_message(key.project, key.room, key.id);
    IF place IS NOT NULL THEN
      SELECT * INTO message FROM messages m WHERE m.ctid = place;
    END IF;
    mark := place_of_reaction(key.project, key.room, key.id, key.emoji, key.usr);
    stands := mark IS NOT NULL;
    shown := coalesce(message.reactions, '[]');
    spot := NULL;
    counted := 0;
    SELECT e.n - 1, (e.entry ->> 'count')::integer INTO spot, counted
      FROM jsonb_array_elements(shown) WITH ORDINALITY AS e(entry, n) WHERE e.entry ->> 'emoji' = key.emoji;
    outcome := CASE
      WHEN place IS NULL THEN 'not_found'
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
      named := first_to_react(key.project, key.room, key.id, key.emoji, p_most_users);
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
