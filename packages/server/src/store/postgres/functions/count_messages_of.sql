-- How many messages a user has written in a project, counted up to p_most.
CREATE OR REPLACE FUNCTION count_messages_of(p_project text, p_user text, p_most bigint) RETURNS bigint
LANGUAGE plpgsql STABLE SET enable_seqscan = off SET enable_sort = off AS $$
BEGIN
  RETURN (
    SELECT count(*) FROM (
      SELECT FROM messages m WHERE m.project_id = p_project AND m.user_id = p_user ORDER BY m.client_id LIMIT p_most
    ) w
  );
END;
$$;
