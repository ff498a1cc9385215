-- Which text of each database function this database has (functions/*.sql). version: FUNCTIONS_VERSION of the server that
-- applied it, so that a server of an older release leaves newer functions alone.
CREATE TABLE chatty_functions (
  name       text PRIMARY KEY,
  hash       text NOT NULL,
  version    integer NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
);
