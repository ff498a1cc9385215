-- The epoch of a room without a row. It depends on the names and a seed, so that all servers agree on it before the first
-- message is written. Finds the seed by its key, because our connections make sequential scans expensive (planner-settings.ts).
CREATE OR REPLACE FUNCTION first_epoch(p_project text, p_room text) RETURNS uuid LANGUAGE sql STABLE AS $$
  SELECT left(encode(sha256(convert_to(s.seed || ' ' || p_project || '/' || p_room, 'UTF8')), 'hex'), 32)::uuid
  FROM epoch_seed s WHERE s.one
$$;
