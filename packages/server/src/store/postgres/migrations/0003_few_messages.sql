-- append_messages plans one statement over all its rows: cheap a row, dear for one. A quiet server stores one message
-- at a time, so for few rows there is a loop of the two plain statements that storing needs (docs/contributing/decisions/0007).
DROP FUNCTION append_message(text, text, text, text, text, text, text, bigint);

-- Whether a message with a client id that came again is the one that was first stored under it.
CREATE FUNCTION is_same_message(m messages, p_room text, p_content text, p_reply bigint) RETURNS boolean
LANGUAGE sql STABLE AS $$
  SELECT m.room_id = p_room AND m.reply_to IS NOT DISTINCT FROM p_reply AND CASE
    WHEN m.body_hash IS NULL THEN m.content = p_content
    ELSE m.body_hash = sha256(convert_to(p_content, 'UTF8')) END
$$;

-- Appends messages in one transaction and answers with their place in the input (n from 1), in any order. Rooms are
-- locked in the order append_messages and change_messages lock them. outcome: stored | duplicate | conflict | not_found,
-- as in append_messages; the texts of a stored message are NULL, the caller has them.
CREATE FUNCTION append_few(
  p_project text[], p_room text[], p_user text[], p_username text[], p_avatar text[],
  p_content text[], p_client text[], p_reply bigint[]
) RETURNS TABLE (
  n bigint, outcome text, id bigint, seq bigint, created_at timestamptz, username text, avatar text,
  content text, edited_at timestamptz, deleted_at timestamptz
) LANGUAGE plpgsql SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  given record;
  first messages;
BEGIN
  FOR given IN
    SELECT t.* FROM unnest(p_project, p_room, p_user, p_username, p_avatar, p_content, p_client, p_reply)
      WITH ORDINALITY AS t(project, room, usr, username, avatar, content, client, reply, n)
    ORDER BY t.project, t.room, t.n
  LOOP
    n := given.n;
    IF given.reply IS NOT NULL THEN
      PERFORM 1 FROM messages m
        WHERE m.project_id = given.project AND m.room_id = given.room AND m.id BETWEEN given.reply AND given.reply
        ORDER BY m.id LIMIT 1;
      IF NOT FOUND THEN
        outcome := 'not_found';
        RETURN NEXT;
        CONTINUE;
      END IF;
    END IF;

    UPDATE rooms r SET last_seq = r.last_seq + 1
      WHERE r.project_id = given.project AND r.room_id = given.room RETURNING r.last_seq INTO id;
    IF NOT FOUND THEN
      INSERT INTO rooms (project_id, room_id) VALUES (given.project, given.room) ON CONFLICT DO NOTHING;
      UPDATE rooms r SET last_seq = r.last_seq + 1
        WHERE r.project_id = given.project AND r.room_id = given.room RETURNING r.last_seq INTO id;
    END IF;
    -- Milliseconds, so that what is acknowledged, delivered and read again is the same time; under the room's lock, so
    -- that it does not run against the order.
    created_at := date_trunc('milliseconds', clock_timestamp());
    INSERT INTO messages (project_id, room_id, id, seq, user_id, username, avatar, content, client_id, reply_to, created_at)
      VALUES (given.project, given.room, id, id, given.usr, given.username, given.avatar, given.content, given.client,
        given.reply, created_at)
      ON CONFLICT (project_id, user_id, client_id) DO NOTHING;
    IF FOUND THEN
      outcome := 'stored';
      seq := id;
      RETURN NEXT;
      CONTINUE;
    END IF;

    -- The number goes back before anybody could see it: the room is still locked.
    UPDATE rooms r SET last_seq = r.last_seq - 1 WHERE r.project_id = given.project AND r.room_id = given.room;
    SELECT * INTO STRICT first FROM messages m
      WHERE m.project_id = given.project AND m.user_id = given.usr AND m.client_id BETWEEN given.client AND given.client
      ORDER BY m.client_id LIMIT 1;
    outcome := CASE WHEN is_same_message(first, given.room, given.content, given.reply) THEN 'duplicate' ELSE 'conflict' END;
    id := first.id; seq := first.seq; created_at := first.created_at;
    username := first.username; avatar := first.avatar; content := first.content;
    edited_at := first.edited_at; deleted_at := first.deleted_at;
    RETURN NEXT;
    username := NULL; avatar := NULL; content := NULL; edited_at := NULL; deleted_at := NULL;
  END LOOP;
END;
$$;
