-- Keys with which a host's backend administers its own project. Only their SHA-256 is kept: they are long and random, so
-- that a dump of the database opens nothing. Rows stay when they are revoked.
CREATE TABLE project_keys (
  project_id   text NOT NULL REFERENCES projects,
  id           text NOT NULL,
  name         text NOT NULL,
  hash         bytea NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  revoked_at   timestamptz,
  last_used_at timestamptz,
  PRIMARY KEY (project_id, id)
);

CREATE TRIGGER project_keys_counted AFTER INSERT OR DELETE OR UPDATE OF revoked_at ON project_keys
  FOR EACH STATEMENT EXECUTE FUNCTION count_projects_version();
