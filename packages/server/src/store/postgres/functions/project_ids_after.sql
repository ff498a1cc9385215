-- One page of the projects with a greater id, in the order of their ids.
CREATE OR REPLACE FUNCTION project_ids_after(p_id text, p_limit integer) RETURNS text[]
LANGUAGE sql STABLE SET enable_seqscan = off AS $$
  SELECT ARRAY(SELECT id FROM projects WHERE id > p_id ORDER BY id LIMIT p_limit)
$$;
