-- One page of the room rules that changed after a version.
CREATE OR REPLACE FUNCTION room_rules_since(p_version bigint, p_limit integer) RETURNS SETOF room_rules
LANGUAGE sql STABLE SET enable_seqscan = off AS $$
  SELECT * FROM room_rules WHERE version > p_version ORDER BY version LIMIT p_limit
$$;
