-- A server reads what has changed since the version it knows, and no project that stayed as it was.

-- The number of the newest change of the project, its secrets, its keys and its cut-offs; 0: none since this column exists.
ALTER TABLE projects ADD COLUMN version bigint NOT NULL DEFAULT 0;
CREATE INDEX projects_by_version ON projects (version);
-- Number of the newest change that removed something: who knows less reads everything, as no row is left to say so.
ALTER TABLE projects_version ADD COLUMN last_removal bigint NOT NULL DEFAULT 0;

DROP TRIGGER projects_counted ON projects;
DROP TRIGGER project_secrets_counted ON project_secrets;
DROP TRIGGER project_keys_counted ON project_keys;
DROP TRIGGER token_cutoffs_counted ON token_cutoffs;
DROP FUNCTION count_projects_version();

-- Each change takes the next number and keeps this row locked until it is committed, so that numbers become visible in
-- their order: whoever has read up to a number has missed nothing below it.
CREATE FUNCTION take_projects_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE projects_version SET version = version + 1 RETURNING version INTO NEW.version;
  RETURN NEW;
END;
$$;

-- What belongs to a project changes the project. Its row is locked before the version's, by every change alike.
CREATE FUNCTION change_project_of_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN UPDATE projects SET version = version WHERE id = OLD.project_id; END IF;
  IF TG_OP = 'INSERT' OR (TG_OP = 'UPDATE' AND NEW.project_id <> OLD.project_id) THEN
    UPDATE projects SET version = version WHERE id = NEW.project_id;
  END IF;
  RETURN NULL;
END;
$$;

CREATE FUNCTION count_removal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE projects_version SET version = version + 1, last_removal = version + 1;
  RETURN NULL;
END;
$$;

CREATE TRIGGER projects_numbered BEFORE INSERT OR UPDATE ON projects
  FOR EACH ROW EXECUTE FUNCTION take_projects_version();
CREATE TRIGGER projects_removed AFTER DELETE OR TRUNCATE ON projects
  FOR EACH STATEMENT EXECUTE FUNCTION count_removal();

-- Times of use are no changes.
CREATE TRIGGER project_secrets_numbered
  AFTER INSERT OR DELETE OR UPDATE OF project_id, kid, algorithm, sealed, public, created_at, expires_at, revoked_at
  ON project_secrets FOR EACH ROW EXECUTE FUNCTION change_project_of_row();
CREATE TRIGGER project_keys_numbered
  AFTER INSERT OR DELETE OR UPDATE OF project_id, id, name, hash, created_at, revoked_at
  ON project_keys FOR EACH ROW EXECUTE FUNCTION change_project_of_row();
CREATE TRIGGER token_cutoffs_numbered AFTER INSERT OR UPDATE OR DELETE ON token_cutoffs
  FOR EACH ROW EXECUTE FUNCTION change_project_of_row();
CREATE TRIGGER project_secrets_removed AFTER TRUNCATE ON project_secrets
  FOR EACH STATEMENT EXECUTE FUNCTION count_removal();
CREATE TRIGGER project_keys_removed AFTER TRUNCATE ON project_keys
  FOR EACH STATEMENT EXECUTE FUNCTION count_removal();
CREATE TRIGGER token_cutoffs_removed AFTER TRUNCATE ON token_cutoffs
  FOR EACH STATEMENT EXECUTE FUNCTION count_removal();

-- These projects with all that belongs to them, as of one moment. As with all of what follows: a plan that was made while
-- the tables were small must not read all of them when they are large.
CREATE FUNCTION projects_by_id(p_ids text[])
RETURNS TABLE (id text, name text, settings jsonb, origins text[], created_at timestamptz, version bigint,
  secrets jsonb, keys jsonb, cutoffs jsonb)
LANGUAGE sql STABLE SET enable_seqscan = off AS $$
  SELECT p.id, p.name, p.settings, p.origins, p.created_at, p.version,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('kid', s.kid, 'algorithm', s.algorithm,
          'sealed', encode(s.sealed, 'base64'), 'public', s.public, 'createdAt', s.created_at,
          'expiresAt', s.expires_at, 'revokedAt', s.revoked_at, 'lastUsedAt', s.last_used_at)
        ORDER BY s.created_at, s.kid), '[]') FROM project_secrets s WHERE s.project_id = p.id),
    (SELECT coalesce(jsonb_agg(jsonb_build_object('id', k.id, 'name', k.name, 'hash', encode(k.hash, 'base64'),
          'createdAt', k.created_at, 'revokedAt', k.revoked_at, 'lastUsedAt', k.last_used_at)
        ORDER BY k.created_at, k.id), '[]') FROM project_keys k WHERE k.project_id = p.id),
    (SELECT coalesce(jsonb_agg(jsonb_build_object('userId', c.user_id, 'before', c.before) ORDER BY c.user_id), '[]')
      FROM token_cutoffs c WHERE c.project_id = p.id)
  FROM projects p WHERE p.id = ANY (p_ids)
$$;

CREATE FUNCTION project_ids_since(p_version bigint, p_limit integer) RETURNS text[]
LANGUAGE sql STABLE SET enable_seqscan = off AS $$
  SELECT ARRAY(SELECT id FROM projects WHERE version > p_version ORDER BY version LIMIT p_limit)
$$;

CREATE FUNCTION project_ids_after(p_id text, p_limit integer) RETURNS text[]
LANGUAGE sql STABLE SET enable_seqscan = off AS $$
  SELECT ARRAY(SELECT id FROM projects WHERE id > p_id ORDER BY id LIMIT p_limit)
$$;

-- What has changed of order since a version, a page at a time. Ended sanctions are of no use to who begins to read.
CREATE FUNCTION sanctions_since(p_version bigint, p_ended boolean, p_limit integer) RETURNS SETOF sanctions
LANGUAGE sql STABLE SET enable_seqscan = off AS $$
  SELECT * FROM sanctions WHERE version > p_version AND (p_ended OR until IS NULL OR until > now())
    ORDER BY version LIMIT p_limit
$$;

CREATE FUNCTION staff_since(p_version bigint, p_limit integer) RETURNS SETOF staff
LANGUAGE sql STABLE SET enable_seqscan = off AS $$
  SELECT * FROM staff WHERE version > p_version ORDER BY version LIMIT p_limit
$$;

CREATE FUNCTION room_rules_since(p_version bigint, p_limit integer) RETURNS SETOF room_rules
LANGUAGE sql STABLE SET enable_seqscan = off AS $$
  SELECT * FROM room_rules WHERE version > p_version ORDER BY version LIMIT p_limit
$$;

-- Fails where the disk is full: what does not fit into so little memory goes into a file, which ends with the statement.
-- A row would not tell, as there may be room for one in a page that is there already. Answers whether the database is open
-- for reading only.
CREATE FUNCTION probe_disk() RETURNS boolean LANGUAGE sql VOLATILE SET work_mem = '64kB' AS $$
  SELECT current_setting('transaction_read_only')::boolean AND n > 0 FROM (SELECT count(*) AS n FROM generate_series(1, 20000)) w
$$;
