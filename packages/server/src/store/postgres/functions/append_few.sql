-- Appends a few messages in one transaction. Answers them in any order; n is the position in the input, from 1.
-- append_messages plans one statement for all rows, which is expensive for a few (docs/contributing/decisions/0007).
-- Rooms are locked in ascending order of their keys, as in append_messages, change_messages and react_messages, so that two
-- servers never deadlock. outcome: stored | duplicate | conflict | not_found, as in append_one. The texts of a stored message
-- are NULL, because the caller has them.
CREATE OR REPLACE FUNCTION append_few(
  p_project text[], p_room text[], p_user text[], p_username text[], p_avatar text[],
  p_content text[], p_client text[], p_reply bigint[], p_role text[]
) RETURNS TABLE (
  n bigint, outcome text, id bigint, seq bigint, created_at timestamptz, username text, avatar text,
  content text, edited_at timestamptz, deleted_at timestamptz, role text
) LANGUAGE plpgsql SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  given record;
  first messages;
BEGIN
  FOR given IN
    SELECT t.* FROM unnest(p_project, p_room, p_user, p_username, p_avatar, p_content, p_client, p_reply, p_role)
      WITH ORDINALITY AS t(project, room, usr, username, avatar, content, client, reply, role, n)
    ORDER BY t.project, t.room, t.n
  LOOP
    n := given.n;
    IF given.reply IS NOT NULL AND place_of_message(given.project, given.room, given.reply) IS NULL THEN
      outcome := 'not_found';
      RETURN NEXT;
      CONTINUE;
    END IF;

    UPDATE rooms r SET last_seq = r.last_seq + 1
      WHERE r.project_id = given.project AND r.room_id = given.room RETURNING r.last_seq INTO id;
    IF NOT FOUND THEN
      INSERT INTO rooms (project_id, room_id) VALUES (given.project, given.room) ON CONFLICT DO NOTHING;
      UPDATE rooms r SET last_seq = r.last_seq + 1
        WHERE r.project_id = given.project AND r.room_id = given.room RETURNING r.last_seq INTO id;
    END IF;
    -- In milliseconds, so that acknowledgement, delivery and history show the same time; read under the room's lock, so
    -- that times ascend with the numbers.
    created_at := date_trunc('milliseconds', clock_timestamp());
    INSERT INTO messages (project_id, room_id, id, seq, user_id, username, avatar, content, client_id, reply_to, created_at,
        role)
      VALUES (given.project, given.room, id, id, given.usr, given.username, given.avatar, given.content, given.client,
        given.reply, created_at, given.role)
      ON CONFLICT (project_id, user_id, client_id) DO NOTHING;
    IF FOUND THEN
      outcome := 'stored';
      seq := id;
      RETURN NEXT;
      CONTINUE;
    END IF;

    -- Gives the number back. The room is still locked, so no other transaction has seen it.
    UPDATE rooms r SET last_seq = r.last_seq - 1 WHERE r.project_id = given.project AND r.room_id = given.room;
    SELECT * INTO STRICT first FROM message_by_client(given.project, given.usr, given.client);
    outcome := CASE WHEN is_same_message(first, given.room, given.content, given.reply) THEN 'duplicate' ELSE 'conflict' END;
    id := first.id; seq := first.seq; created_at := first.created_at;
    username := first.username; avatar := first.avatar; content := first.content;
    edited_at := first.edited_at; deleted_at := first.deleted_at; role := first.role;
    RETURN NEXT;
    username := NULL; avatar := NULL; content := NULL; edited_at := NULL; deleted_at := NULL; role := NULL;
  END LOOP;
END;
$$;
