-- One page of the staff that changed after a version.
CREATE OR REPLACE FUNCTION staff_since(p_version bigint, p_limit integer) RETURNS SETOF staff
LANGUAGE sql STABLE SET enable_seqscan = off AS $$
  SELECT * FROM staff WHERE version > p_version ORDER BY version LIMIT p_limit
$$;
