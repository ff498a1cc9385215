-- Edits messages (p_content NULL: deletes them) on behalf of their authors, in the order given, and answers in that order.
-- outcome: changed | same (already in that state; no sequence number is used) | forbidden (another author) | not_found | NULL:
-- the room is locked by another transaction (p_passing). message is the row after the change.
-- Without p_passing all rooms are locked first, in ascending order of their keys, so that two servers never deadlock.
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
    outcome := CASE
      WHEN place IS NULL THEN 'not_found'
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
