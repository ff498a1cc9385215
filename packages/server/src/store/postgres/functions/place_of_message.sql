-- The ctid of a message, or NULL.
CREATE OR REPLACE FUNCTION place_of_message(p_project text, p_room text, p_id bigint) RETURNS tid
LANGUAGE plpgsql STABLE SET enable_seqscan = off SET enable_sort = off AS $$
BEGIN
  RETURN (
    SELECT m.ctid FROM messages m
    WHERE m.project_id = p_project AND m.room_id = p_room AND m.id BETWEEN p_id AND p_id ORDER BY m.id LIMIT 1
  );
END;
$$;
