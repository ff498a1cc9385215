-- The newest changes of a room, newest first.
CREATE OR REPLACE FUNCTION newest_changes(p_project text, p_room text, p_limit bigint) RETURNS SETOF messages
LANGUAGE plpgsql STABLE ROWS 50 SET enable_seqscan = off SET enable_sort = off AS $$
BEGIN
  RETURN QUERY SELECT m.* FROM messages m WHERE m.project_id = p_project AND m.room_id = p_room
    ORDER BY m.seq DESC LIMIT p_limit;
END;
$$;
