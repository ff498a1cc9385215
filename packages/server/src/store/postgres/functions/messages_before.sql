-- The last messages of a room with a lower id, newest first.
CREATE OR REPLACE FUNCTION messages_before(p_project text, p_room text, p_id bigint, p_limit bigint) RETURNS SETOF messages
LANGUAGE plpgsql STABLE ROWS 50 SET enable_seqscan = off SET enable_sort = off AS $$
BEGIN
  RETURN QUERY SELECT m.* FROM messages m WHERE m.project_id = p_project AND m.room_id = p_room AND m.id < p_id
    ORDER BY m.id DESC LIMIT p_limit;
END;
$$;
