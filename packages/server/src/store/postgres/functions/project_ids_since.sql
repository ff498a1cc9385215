-- One page of the projects that changed after a version, in the order of their versions.
CREATE OR REPLACE FUNCTION project_ids_since(p_version bigint, p_limit integer) RETURNS text[]
LANGUAGE sql STABLE SET enable_seqscan = off AS $$
  SELECT ARRAY(SELECT id FROM projects WHERE version > p_version ORDER BY version LIMIT p_limit)
$$;
