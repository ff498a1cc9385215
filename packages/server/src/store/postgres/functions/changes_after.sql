-- The first changes of a room after a sequence number.
CREATE OR REPLACE FUNCTION changes_after(p_project text, p_room text, p_seq bigint, p_limit bigint) RETURNS SETOF messages
LANGUAGE plpgsql STABLE ROWS 50 SET enable_seqscan = off SET enable_sort = off AS $$
BEGIN
  RETURN QUERY SELECT m.* FROM messages m WHERE m.project_id = p_project AND m.room_id = p_room AND m.seq > p_seq
    ORDER BY m.seq LIMIT p_limit;
END;
$$;
