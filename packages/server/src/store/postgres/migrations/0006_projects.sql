-- A project without a row here is known by the tokens that name it alone (the founding mode).
CREATE TABLE projects (
  id         text PRIMARY KEY,
  name       text NOT NULL,
  settings   jsonb NOT NULL DEFAULT '{}',
  -- Origins whose pages may connect, as browsers write them.
  origins    text[] NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now()
);

-- What a project's tokens are checked with. An HS256 secret is sealed under a key that is not in the database; a public
-- key is PEM, a JWKS its URL. Rows stay when they are revoked: a project that ever had its own secret never falls back.
CREATE TABLE project_secrets (
  project_id   text NOT NULL REFERENCES projects,
  kid          text NOT NULL,
  algorithm    text NOT NULL,
  sealed       bytea,
  public       text,
  created_at   timestamptz NOT NULL DEFAULT now(),
  expires_at   timestamptz,
  revoked_at   timestamptz,
  last_used_at timestamptz,
  PRIMARY KEY (project_id, kid),
  CHECK ((algorithm = 'HS256') = (sealed IS NOT NULL)),
  CHECK ((algorithm = 'HS256') = (public IS NULL))
);

-- Tokens issued before this moment are worth nothing: of one user, or of all (user_id empty, which no token can name).
CREATE TABLE token_cutoffs (
  project_id text NOT NULL REFERENCES projects,
  user_id    text NOT NULL,
  before     timestamptz NOT NULL,
  PRIMARY KEY (project_id, user_id)
);

-- Counts every change of the tables above, so that a node learns of it by one number. A row and no sequence: the number
-- must not be seen before the change is.
CREATE TABLE projects_version (one boolean PRIMARY KEY DEFAULT true CHECK (one), version bigint NOT NULL);
INSERT INTO projects_version (version) VALUES (0);

CREATE FUNCTION count_projects_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE projects_version SET version = version + 1;
  RETURN NULL;
END;
$$;

CREATE TRIGGER projects_counted AFTER INSERT OR UPDATE OR DELETE ON projects
  FOR EACH STATEMENT EXECUTE FUNCTION count_projects_version();
CREATE TRIGGER token_cutoffs_counted AFTER INSERT OR UPDATE OR DELETE ON token_cutoffs
  FOR EACH STATEMENT EXECUTE FUNCTION count_projects_version();
CREATE TRIGGER project_secrets_counted AFTER INSERT OR DELETE OR UPDATE OF expires_at, revoked_at ON project_secrets
  FOR EACH STATEMENT EXECUTE FUNCTION count_projects_version();
