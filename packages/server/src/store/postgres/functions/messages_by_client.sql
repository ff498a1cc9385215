-- As message_by_client for many; n is the position in the input, from 1. Messages that do not exist are left out.
CREATE OR REPLACE FUNCTION messages_by_client(p_project text[], p_user text[], p_client text[])
RETURNS TABLE (n bigint, message messages)
LANGUAGE plpgsql STABLE SET enable_seqscan = off SET enable_indexscan = on SET enable_sort = off AS $$
BEGIN
  RETURN QUERY SELECT k.n, m.message FROM unnest(p_project, p_user, p_client) WITH ORDINALITY AS k(project, usr, client, n)
    CROSS JOIN LATERAL (
      SELECT a AS message FROM messages a
      WHERE a.project_id = k.project AND a.user_id = k.usr AND a.client_id BETWEEN k.client AND k.client
      ORDER BY a.client_id LIMIT 1
    ) m;
END;
$$;
