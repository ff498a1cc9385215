-- Appends one message: what append_few does for each of several, without arrays and a loop.
-- outcome: stored | duplicate (answers the first message) | conflict (same client id, other body) | not_found (reply_to).
-- The texts of a stored message are NULL, because the caller has them.
CREATE OR REPLACE FUNCTION append_one(
  p_project text, p_room text, p_user text, p_username text, p_avatar text,
  p_content text, p_client text, p_reply bigint, p_role text,
  OUT outcome text, OUT id bigint, OUT seq bigint, OUT created_at timestamptz, OUT username text, OUT avatar text,
  OUT content text, OUT edited_at timestamptz, OUT deleted_at timestamptz, OUT role text
) LANGUAGE plpgsql SET enable_seqscan = off SET enable_sort = off AS $$
#variable_conflict use_column
DECLARE
  first messages;
BEGIN
  IF p_reply IS NOT NULL THEN
    PERFORM 1 FROM messages m
      WHERE m.project_id = p_project AND m.room_id = p_room AND m.id BETWEEN p_reply AND p_reply
      ORDER BY m.id LIMIT 1;
    IF NOT FOUND THEN
      outcome := 'not_found';
      RETURN;
    END IF;
  END IF;

  UPDATE rooms r SET last_seq = r.last_seq + 1
    WHERE r.project_id = p_project AND r.room_id = p_room RETURNING r.last_seq INTO id;
  IF NOT FOUND THEN
    INSERT INTO rooms (project_id, room_id) VALUES (p_project, p_room) ON CONFLICT DO NOTHING;
    UPDATE rooms r SET last_seq = r.last_seq + 1
      WHERE r.project_id = p_project AND r.room_id = p_room RETURNING r.last_seq INTO id;
  END IF;
  -- In milliseconds, so that acknowledgement, delivery and history show the same time; read under the room's lock, so that
  -- times ascend with the numbers.
  created_at := date_trunc('milliseconds', clock_timestamp());
  INSERT INTO messages (project_id, room_id, id, seq, user_id, username, avatar, content, client_id, reply_to, created_at,
      role)
    VALUES (p_project, p_room, id, id, p_user, p_username, p_avatar, p_content, p_client, p_reply, created_at, p_role)
    ON CONFLICT (project_id, user_id, client_id) DO NOTHING;
  IF FOUND THEN
    outcome := 'stored';
    seq := id;
    RETURN;
  END IF;

  -- Gives the number back. The room is still locked, so no other transaction has seen it.
  UPDATE rooms r SET last_seq = r.last_seq - 1 WHERE r.project_id = p_project AND r.room_id = p_room;
  SELECT * INTO STRICT first FROM messages m
    WHERE m.project_id = p_project AND m.user_id = p_user AND m.client_id BETWEEN p_client AND p_client
    ORDER BY m.client_id LIMIT 1;
  outcome := CASE WHEN is_same_message(first, p_room, p_content, p_reply) THEN 'duplicate' ELSE 'conflict' END;
  id := first.id; seq := first.seq; created_at := first.created_at;
  username := first.username; avatar := first.avatar; content := first.content;
  edited_at := first.edited_at; deleted_at := first.deleted_at; role := first.role;
END;
$$;
