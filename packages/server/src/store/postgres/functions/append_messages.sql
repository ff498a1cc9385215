-- Appends many messages to many rooms in one transaction and answers in the order of the input.
-- outcome: stored | duplicate (the first message in its current state) | conflict (same client id, other text, room or
-- reply_to) | not_found (reply_to) | NULL: the room is locked by another transaction (p_passing), or the row depends on one of
-- this batch. Rows with NULL, and those missing at the end of the answer, must be sent again.
-- Only functions are joined, whose row estimates do not change as the tables grow. Each room is looked up by its key once and
-- updated by its ctid, because with index scans off the planner can join rooms only that way.
CREATE OR REPLACE FUNCTION append_messages(
  p_project text[], p_room text[], p_user text[], p_username text[], p_avatar text[],
  p_content text[], p_client text[], p_reply bigint[], p_role text[], p_passing boolean
) RETURNS TABLE (
  outcome text, id bigint, seq bigint, created_at timestamptz, username text, avatar text,
  content text, edited_at timestamptz, deleted_at timestamptz, role text
) LANGUAGE plpgsql SET enable_seqscan = off SET enable_indexscan = off AS $$
#variable_conflict use_column
DECLARE
  moment timestamptz;
  -- Per room: project, name, last_seq and ctid. Per message: the position of its room in these arrays.
  projects text[];
  names text[];
  tops bigint[];
  rows_at tid[];
  places bigint[];
  rows_taken bigint := cardinality(p_project);
BEGIN
  SELECT array_agg(k.place ORDER BY k.n), array_agg(k.project ORDER BY k.place) FILTER (WHERE k.first),
      array_agg(k.room ORDER BY k.place) FILTER (WHERE k.first)
    INTO places, projects, names FROM (
      SELECT t.*, dense_rank() OVER (ORDER BY t.project, t.room) AS place,
        row_number() OVER (PARTITION BY t.project, t.room ORDER BY t.n) = 1 AS first
      FROM unnest(p_project, p_room) WITH ORDINALITY AS t(project, room, n)
    ) k;
  SELECT array_agg(l.last_seq ORDER BY l.n), array_agg(l.place ORDER BY l.n) INTO tops, rows_at
    FROM lock_rooms(projects, names, p_passing) l;

  -- A reply to a message of this batch, and everything after it, waits for the next batch.
  SELECT coalesce(min(t.n) - 1, rows_taken) INTO rows_taken
    FROM unnest(p_reply, places) WITH ORDINALITY AS t(reply, place, n)
    WHERE t.reply > tops[t.place] AND t.reply < tops[t.place] + t.n;

  moment := date_trunc('milliseconds', clock_timestamp());
  RETURN QUERY
  WITH known AS MATERIALIZED (
    SELECT t.*, tops[t.place] AS top, o.message AS old, first_value(t.n) OVER same AS first_n,
      -- First with its client id, new, in a locked room, and a reply only to an existing message.
      t.n = first_value(t.n) OVER same AND o.n IS NULL AND tops[t.place] IS NOT NULL
        AND (t.reply IS NULL OR a.n IS NOT NULL) AS fits
    FROM unnest(p_project, p_room, p_user, p_username, p_avatar, p_content, p_client, p_reply, p_role, places)
      WITH ORDINALITY AS t(project, room, usr, username, avatar, content, client, reply, role, place, n)
    LEFT JOIN messages_by_client(p_project, p_user, p_client) o ON o.n = t.n
    LEFT JOIN messages_by_id(p_project, p_room, p_reply) a ON a.n = t.n
    WHERE t.n <= rows_taken
    WINDOW same AS (PARTITION BY t.project, t.usr, t.client ORDER BY t.n)
  ), numbered AS MATERIALIZED (
    SELECT k.*, CASE WHEN k.fits THEN k.top + count(*) FILTER (WHERE k.fits) OVER (PARTITION BY k.place ORDER BY k.n) END
      AS new_id
    FROM known k
  ), advanced AS (
    UPDATE rooms r SET last_seq = f.new_top
      FROM (SELECT rows_at[n.place] AS place, max(n.new_id) AS new_top FROM numbered n WHERE n.new_id IS NOT NULL GROUP BY n.place) f
      WHERE r.ctid = f.place
  ), inserted AS (
    INSERT INTO messages (project_id, room_id, id, seq, user_id, username, avatar, content, client_id, reply_to, created_at,
      role)
    SELECT f.project, f.room, f.new_id, f.new_id, f.usr, f.username, f.avatar, f.content, f.client, f.reply, moment, f.role
    FROM numbered f WHERE f.new_id IS NOT NULL ORDER BY f.n
  )
  SELECT
    CASE
      WHEN (c.old).id IS NOT NULL
      THEN CASE WHEN is_same_message(c.old, c.room, c.content, c.reply) THEN 'duplicate' ELSE 'conflict' END
      WHEN c.new_id IS NOT NULL THEN 'stored'
      WHEN f.new_id IS NULL THEN CASE WHEN c.n = c.first_n AND c.top IS NOT NULL THEN 'not_found' END
      WHEN f.room = c.room AND f.content = c.content AND f.reply IS NOT DISTINCT FROM c.reply
      THEN 'duplicate' ELSE 'conflict' END,
    coalesce((c.old).id, f.new_id), coalesce((c.old).seq, f.new_id), coalesce((c.old).created_at, moment),
    CASE WHEN (c.old).id IS NULL THEN f.username ELSE (c.old).username END,
    CASE WHEN (c.old).id IS NULL THEN f.avatar ELSE (c.old).avatar END,
    coalesce((c.old).content, f.content), (c.old).edited_at, (c.old).deleted_at,
    CASE WHEN (c.old).id IS NULL THEN f.role ELSE (c.old).role END
  FROM numbered c JOIN numbered f ON f.n = c.first_n ORDER BY c.n;
END;
$$;
