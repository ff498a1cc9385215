-- Messages by id; n is the position in the input, from 1. Messages that do not exist are left out.
-- In plpgsql, because a SQL function would be planned at each call.
CREATE OR REPLACE FUNCTION messages_by_id(p_project text[], p_room text[], p_id bigint[])
RETURNS TABLE (n bigint, message messages)
LANGUAGE plpgsql STABLE SET enable_seqscan = off SET enable_indexscan = on SET enable_sort = off AS $$
BEGIN
  RETURN QUERY SELECT k.n, m.message FROM unnest(p_project, p_room, p_id) WITH ORDINALITY AS k(project, room, id, n)
    CROSS JOIN LATERAL (
      SELECT a AS message FROM messages a
      WHERE a.project_id = k.project AND a.room_id = k.room AND a.id BETWEEN k.id AND k.id ORDER BY a.id LIMIT 1
    ) m;
END;
$$;
