-- Creates the rooms that are missing, locks all, and answers last_seq and the ctid of each row (n: position in the input, from 1).
-- The input must be unique and in ascending order of the keys. append_few, change_messages and react_messages lock in the same
-- order, so two servers never deadlock. With p_passing a room locked by another transaction is skipped: its last_seq is NULL.
-- A LATERAL query with LIMIT or FOR UPDATE looks up one room after the other; a join may read the whole table. FOR UPDATE
-- answers the row as it is after locking. One statement creates all rooms, because every statement computes again which
-- projects it may see.
CREATE OR REPLACE FUNCTION lock_rooms(p_project text[], p_room text[], p_passing boolean)
RETURNS TABLE (n bigint, last_seq bigint, place tid)
LANGUAGE plpgsql SET enable_seqscan = off SET enable_indexscan = on AS $$
#variable_conflict use_column
BEGIN
  PERFORM 1 FROM unnest(p_project, p_room) AS k(project, room)
    LEFT JOIN LATERAL (SELECT true AS found FROM rooms r WHERE r.project_id = k.project AND r.room_id = k.room LIMIT 1) r ON true
    WHERE r.found IS NULL;
  IF FOUND AND p_passing THEN
    -- Only the missing rooms: INSERT would wait for a transaction that writes to an existing one.
    INSERT INTO rooms (project_id, room_id)
      SELECT k.project, k.room FROM unnest(p_project, p_room) WITH ORDINALITY AS k(project, room, n)
        LEFT JOIN LATERAL (SELECT true AS found FROM rooms r WHERE r.project_id = k.project AND r.room_id = k.room LIMIT 1) r ON true
      WHERE r.found IS NULL ORDER BY k.n
      ON CONFLICT DO NOTHING;
  ELSIF FOUND THEN
    -- All rooms, so that existing and new ones are locked in one order.
    INSERT INTO rooms AS r (project_id, room_id)
      SELECT k.project, k.room FROM unnest(p_project, p_room) WITH ORDINALITY AS k(project, room, n) ORDER BY k.n
      ON CONFLICT (project_id, room_id) DO UPDATE SET last_seq = r.last_seq;
  END IF;

  IF p_passing THEN
    RETURN QUERY SELECT k.n, r.last_seq, r.place
      FROM (SELECT * FROM unnest(p_project, p_room) WITH ORDINALITY AS k(project, room, n) ORDER BY k.n) k
      LEFT JOIN LATERAL (
        SELECT r.last_seq, r.ctid AS place FROM rooms r WHERE r.project_id = k.project AND r.room_id = k.room
        FOR UPDATE SKIP LOCKED
      ) r ON true;
  ELSE
    RETURN QUERY SELECT k.n, r.last_seq, r.place
      FROM (SELECT * FROM unnest(p_project, p_room) WITH ORDINALITY AS k(project, room, n) ORDER BY k.n) k
      LEFT JOIN LATERAL (
        SELECT r.last_seq, r.ctid AS place FROM rooms r WHERE r.project_id = k.project AND r.room_id = k.room
        FOR UPDATE
      ) r ON true;
  END IF;
END;
$$;
