-- The role above member that an author had when they wrote, so that nobody's badge can be typed; NULL: a member.
ALTER TABLE messages ADD COLUMN role text;

DROP FUNCTION append_few(text[], text[], text[], text[], text[], text[], text[], bigint[]);
DROP FUNCTION append_messages(text[], text[], text[], text[], text[], text[], text[], bigint[], boolean);

-- As before, with the role.
CREATE FUNCTION append_few(
  p_project text[], p_room text[], p_user text[], p_username text[], p_avatar text[],
  p_content text[], p_client text[], p_reply bigint[], p_role text[]
) RETURNS TABLE (
  n bigint, outcome text, id bigint, seq bigint, created_at timestamptz, username text, avatar text,
  content text, edited_at timestamptz, deleted_at timestamptz, role text
) LANGUAGE plpgsql SET enable_seqscan = off SET enable_sort = off AS $$
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

    -- The number goes back before anybody could see it: the room is still locked.
    UPDATE rooms r SET last_seq = r.last_seq - 1 WHERE r.project_id = given.project AND r.room_id = given.room;
    SELECT * INTO STRICT first FROM messages m
      WHERE m.project_id = given.project AND m.user_id = given.usr AND m.client_id BETWEEN given.client AND given.client
      ORDER BY m.client_id LIMIT 1;
    outcome := CASE WHEN is_same_message(first, given.room, given.content, given.reply) THEN 'duplicate' ELSE 'conflict' END;
    id := first.id; seq := first.seq; created_at := first.created_at;
    username := first.username; avatar := first.avatar; content := first.content;
    edited_at := first.edited_at; deleted_at := first.deleted_at; role := first.role;
    RETURN NEXT;
    username := NULL; avatar := NULL; content := NULL; edited_at := NULL; deleted_at := NULL; role := NULL;
  END LOOP;
END;
$$;

-- As before, with the role.
CREATE FUNCTION append_messages(
  p_project text[], p_room text[], p_user text[], p_username text[], p_avatar text[],
  p_content text[], p_client text[], p_reply bigint[], p_role text[], p_passing boolean
) RETURNS TABLE (
  outcome text, id bigint, seq bigint, created_at timestamptz, username text, avatar text,
  content text, edited_at timestamptz, deleted_at timestamptz, role text
) LANGUAGE plpgsql SET enable_seqscan = off SET enable_sort = off AS $$
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
    FROM unnest(p_project, p_room, p_user, p_username, p_avatar, p_content, p_client, p_reply, p_role)
      WITH ORDINALITY AS t(project, room, usr, username, avatar, content, client, reply, role, n)
    WHERE t.n <= rows_taken
    WINDOW same AS (PARTITION BY t.project, t.usr, t.client ORDER BY t.n)
  ), known AS MATERIALIZED (
    SELECT i.*, m.id AS old_id, m.seq AS old_seq, m.created_at AS old_created_at, m.username AS old_username,
      m.avatar AS old_avatar, m.content AS old_content, m.edited_at AS old_edited_at, m.deleted_at AS old_deleted_at,
      m.role AS old_role,
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
    INSERT INTO messages (project_id, room_id, id, seq, user_id, username, avatar, content, client_id, reply_to, created_at,
      role)
    SELECT f.project, f.room, f.new_id, f.new_id, f.usr, f.username, f.avatar, f.content, f.client, f.reply, moment, f.role
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
    coalesce(k.old_content, f.content), k.old_edited_at, k.old_deleted_at,
    CASE WHEN k.old_id IS NULL THEN f.role ELSE k.old_role END
  FROM known k LEFT JOIN fresh f ON f.n = k.first_n
    LEFT JOIN had h ON h.project_id = k.project AND h.room_id = k.room
  ORDER BY k.n;
END;
$$;
