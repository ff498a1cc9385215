-- The message that a user sent under a client id; no row: there is none.
CREATE OR REPLACE FUNCTION message_by_client(p_project text, p_user text, p_client text) RETURNS SETOF messages
LANGUAGE plpgsql STABLE ROWS 1 SET enable_seqscan = off SET enable_sort = off AS $$
BEGIN
  RETURN QUERY SELECT m.* FROM messages m
    WHERE m.project_id = p_project AND m.user_id = p_user AND m.client_id BETWEEN p_client AND p_client
    ORDER BY m.client_id LIMIT 1;
END;
$$;
