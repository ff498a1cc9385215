-- One page of the sanctions that changed after a version; p_ended: also those that have ended.
CREATE OR REPLACE FUNCTION sanctions_since(p_version bigint, p_ended boolean, p_limit integer) RETURNS SETOF sanctions
LANGUAGE sql STABLE SET enable_seqscan = off AS $$
  SELECT * FROM sanctions WHERE version > p_version AND (p_ended OR until IS NULL OR until > now())
    ORDER BY version LIMIT p_limit
$$;
