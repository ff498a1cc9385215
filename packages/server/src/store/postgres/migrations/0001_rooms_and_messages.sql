-- A room is a log: last_seq is the number of its newest change, epoch names the log itself, so that a restored
-- backup is not taken for the log it was copied from. Every key leads with project_id: tenant wall and shard key.
CREATE TABLE rooms (
  project_id text NOT NULL,
  room_id    text NOT NULL,
  epoch      uuid NOT NULL DEFAULT gen_random_uuid(),
  last_seq   bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (project_id, room_id)
);

-- id is the seq the message was created with and never changes; seq is the number of its newest change.
CREATE TABLE messages (
  project_id text NOT NULL,
  room_id    text NOT NULL,
  id         bigint NOT NULL,
  seq        bigint NOT NULL,
  user_id    text NOT NULL,
  username   text NOT NULL,
  avatar     text,
  content    text NOT NULL,
  client_id  text,
  reply_to   bigint,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (project_id, room_id, id),
  UNIQUE (project_id, user_id, client_id)
);

CREATE UNIQUE INDEX messages_by_seq ON messages (project_id, room_id, seq);

-- Appends one message under the row lock of its room, in one round trip. Each statement of the function sees what
-- was committed when it began, so after the lock a stored duplicate is always visible and burns no number.
-- outcome: stored | duplicate (the first message is returned) | conflict (same client id, other body) | not_found (reply_to).
CREATE FUNCTION append_message(
  IN p_project text, IN p_room text, IN p_user text, IN p_username text, IN p_avatar text,
  IN p_content text, IN p_client text, IN p_reply bigint,
  OUT outcome text, OUT message_id bigint, OUT message_seq bigint, OUT username text, OUT avatar text, OUT created_at timestamptz
) LANGUAGE plpgsql AS $$
DECLARE
  first messages;
BEGIN
  PERFORM 1 FROM rooms r WHERE r.project_id = p_project AND r.room_id = p_room FOR UPDATE;
  IF NOT FOUND THEN
    INSERT INTO rooms (project_id, room_id) VALUES (p_project, p_room) ON CONFLICT DO NOTHING;
    PERFORM 1 FROM rooms r WHERE r.project_id = p_project AND r.room_id = p_room FOR UPDATE;
  END IF;

  IF p_client IS NOT NULL THEN
    SELECT * INTO first FROM messages m
      WHERE m.project_id = p_project AND m.user_id = p_user AND m.client_id = p_client;
    IF FOUND THEN
      outcome := CASE
        WHEN first.room_id = p_room AND first.content = p_content AND first.reply_to IS NOT DISTINCT FROM p_reply
        THEN 'duplicate' ELSE 'conflict' END;
      message_id := first.id; message_seq := first.seq;
      username := first.username; avatar := first.avatar; created_at := first.created_at;
      RETURN;
    END IF;
  END IF;

  IF p_reply IS NOT NULL THEN
    PERFORM 1 FROM messages m WHERE m.project_id = p_project AND m.room_id = p_room AND m.id = p_reply;
    IF NOT FOUND THEN
      outcome := 'not_found';
      RETURN;
    END IF;
  END IF;

  UPDATE rooms r SET last_seq = r.last_seq + 1
    WHERE r.project_id = p_project AND r.room_id = p_room
    RETURNING r.last_seq INTO message_id;
  -- Milliseconds, so that what is acknowledged, delivered and read again is the same time.
  created_at := date_trunc('milliseconds', clock_timestamp());
  INSERT INTO messages (project_id, room_id, id, seq, user_id, username, avatar, content, client_id, reply_to, created_at)
    VALUES (p_project, p_room, message_id, message_id, p_user, p_username, p_avatar, p_content, p_client, p_reply, created_at);
  outcome := 'stored'; message_seq := message_id; username := p_username; avatar := p_avatar;
END;
$$;
