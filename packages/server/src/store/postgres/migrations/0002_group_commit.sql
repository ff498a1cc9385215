-- Edits and deletes are changes of the log with a number of their own; the row keeps its place and its id.
-- body_hash names the text as first stored, so that a late retry of an edited message is still known as a retry.
ALTER TABLE messages ADD COLUMN edited_at timestamptz, ADD COLUMN deleted_at timestamptz, ADD COLUMN body_hash bytea;

-- In the functions below the rooms' rows are locked in one fixed order, so two servers never wait for each other in a
-- circle. With p_passing a room that somebody keeps is passed by instead: its rows answer outcome NULL.
-- A plan made while the table was small is kept while it grows, and all its scans look equally cheap then. So scans of
-- the table are off, and a row is looked up by a range with the order of its key, which no other index gives.

-- Changes texts (p_content NULL: deletes), each as its author, in the order given, and answers in that order.
-- outcome: changed | same (it stood so, no number was taken) | forbidden | not_found, with the row as it now stands.
CREATE FUNCTION change_messages(
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
          deleted_at = CASE WHEN key.content IS NULL THEN moment END
        WHERE m.ctid = place RETURNING m.* INTO message;
    END IF;
    RETURN NEXT;
  END LOOP;
END;
$$;

-- Appends many messages to many rooms in one transaction and answers in the order given. Each statement sees what was
-- committed before the locks were had, so a stored duplicate is always found and burns no number.
-- outcome: stored | duplicate (the first message as it stands now) | conflict (same client id, other text, room or
-- reply_to) | not_found (reply_to) | NULL, and fewer rows than given: what depends on these rows and has to come again.
CREATE FUNCTION append_messages(
  p_project text[], p_room text[], p_user text[], p_username text[], p_avatar text[],
  p_content text[], p_client text[], p_reply bigint[], p_passing boolean
) RETURNS TABLE (
  outcome text, id bigint, seq bigint, created_at timestamptz, username text, avatar text,
  content text, edited_at timestamptz, deleted_at timestamptz
) LANGUAGE plpgsql SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  moment timestamptz;
  had_project text[];
  had_room text[];
  had_seq bigint[];
  rows_taken bigint := cardinality(p_project);
BEGIN
  INSERT INTO rooms (project_id, room_id)
    SELECT DISTINCT t.project, t.room FROM unnest(p_project, p_room) AS t(project, room)
    WHERE NOT EXISTS (SELECT 1 FROM rooms r WHERE r.project_id = t.project AND r.room_id = t.room)
    ORDER BY 1, 2
    ON CONFLICT DO NOTHING;
  IF p_passing THEN
    SELECT array_agg(h.project_id), array_agg(h.room_id), array_agg(h.last_seq) INTO had_project, had_room, had_seq FROM (
      SELECT r.project_id, r.room_id, r.last_seq FROM rooms r
      WHERE (r.project_id, r.room_id) IN (SELECT t.project, t.room FROM unnest(p_project, p_room) AS t(project, room))
      FOR UPDATE SKIP LOCKED
    ) h;
  ELSE
    PERFORM 1 FROM rooms r
      WHERE (r.project_id, r.room_id) IN (SELECT t.project, t.room FROM unnest(p_project, p_room) AS t(project, room))
      ORDER BY r.project_id, r.room_id FOR UPDATE;
    SELECT array_agg(r.project_id), array_agg(r.room_id), array_agg(r.last_seq) INTO had_project, had_room, had_seq
      FROM rooms r
      WHERE (r.project_id, r.room_id) IN (SELECT t.project, t.room FROM unnest(p_project, p_room) AS t(project, room));
  END IF;

  -- What may answer a message of this same flush waits for the next one, and what comes after it too.
  SELECT coalesce(min(t.n) - 1, rows_taken) INTO rows_taken
    FROM unnest(p_project, p_room, p_reply) WITH ORDINALITY AS t(project, room, reply, n)
    JOIN unnest(had_project, had_room, had_seq) AS h(project, room, top) USING (project, room)
    WHERE t.reply > h.top AND t.reply < h.top + t.n;

  moment := date_trunc('milliseconds', clock_timestamp());
  RETURN QUERY
  -- LATERAL with ORDER BY and LIMIT 1, because a join or EXISTS may be planned as a scan of the whole table.
  WITH input AS MATERIALIZED (
    SELECT t.*, first_value(t.n) OVER same AS first_n, first_value(t.room) OVER same AS first_room,
      first_value(t.content) OVER same AS first_content, first_value(t.reply) OVER same AS first_reply
    FROM unnest(p_project, p_room, p_user, p_username, p_avatar, p_content, p_client, p_reply)
      WITH ORDINALITY AS t(project, room, usr, username, avatar, content, client, reply, n)
    WHERE t.n <= rows_taken
    WINDOW same AS (PARTITION BY t.project, t.usr, t.client ORDER BY t.n)
  ), known AS MATERIALIZED (
    SELECT i.*, m.id AS old_id, m.seq AS old_seq, m.created_at AS old_created_at, m.username AS old_username,
      m.avatar AS old_avatar, m.content AS old_content, m.edited_at AS old_edited_at, m.deleted_at AS old_deleted_at,
      m.room_id = i.room AND m.reply_to IS NOT DISTINCT FROM i.reply AND CASE
        WHEN m.body_hash IS NULL THEN m.content = i.content
        ELSE m.body_hash = sha256(convert_to(i.content, 'UTF8')) END AS old_same,
      i.reply IS NULL OR a.id IS NOT NULL AS answers
    FROM input i
    LEFT JOIN LATERAL (
      SELECT * FROM messages m
      WHERE m.project_id = i.project AND m.user_id = i.usr AND m.client_id BETWEEN i.client AND i.client
      ORDER BY m.client_id LIMIT 1
    ) m ON true
    LEFT JOIN LATERAL (
      SELECT a.id FROM messages a
      WHERE a.project_id = i.project AND a.room_id = i.room AND a.id BETWEEN i.reply AND i.reply
      ORDER BY a.id LIMIT 1
    ) a ON true
  ), had AS MATERIALIZED (
    SELECT * FROM unnest(had_project, had_room, had_seq) AS h(project_id, room_id, last_seq)
  ), fresh AS MATERIALIZED (
    SELECT k.*, r.last_seq + row_number() OVER (PARTITION BY k.project, k.room ORDER BY k.n) AS new_id
    FROM known k JOIN had r ON r.project_id = k.project AND r.room_id = k.room
    WHERE k.old_id IS NULL AND k.n = k.first_n AND k.answers
  ), advanced AS (
    UPDATE rooms r SET last_seq = f.top
    FROM (SELECT project, room, max(new_id) AS top FROM fresh GROUP BY project, room) f
    WHERE r.project_id = f.project AND r.room_id = f.room
  ), inserted AS (
    INSERT INTO messages (project_id, room_id, id, seq, user_id, username, avatar, content, client_id, reply_to, created_at)
    SELECT f.project, f.room, f.new_id, f.new_id, f.usr, f.username, f.avatar, f.content, f.client, f.reply, moment
    FROM fresh f ORDER BY f.n
  )
  SELECT
    CASE
      WHEN k.old_id IS NOT NULL THEN CASE WHEN k.old_same THEN 'duplicate' ELSE 'conflict' END
      WHEN f.n = k.n THEN 'stored'
      WHEN f.n IS NULL THEN CASE WHEN k.n = k.first_n AND h.room_id IS NOT NULL THEN 'not_found' END
      WHEN k.first_room = k.room AND k.first_content = k.content AND k.first_reply IS NOT DISTINCT FROM k.reply
      THEN 'duplicate' ELSE 'conflict' END,
    coalesce(k.old_id, f.new_id), coalesce(k.old_seq, f.new_id), coalesce(k.old_created_at, moment),
    CASE WHEN k.old_id IS NULL THEN f.username ELSE k.old_username END,
    CASE WHEN k.old_id IS NULL THEN f.avatar ELSE k.old_avatar END,
    coalesce(k.old_content, f.content), k.old_edited_at, k.old_deleted_at
  FROM known k LEFT JOIN fresh f ON f.n = k.first_n
    LEFT JOIN had h ON h.project_id = k.project AND h.room_id = k.room
  ORDER BY k.n;
END;
$$;
