-- Trigger: gives a changed project the next version number. The version row stays locked until the commit, so that numbers
-- become visible in order: a reader who has read up to a number has missed none below it.
CREATE OR REPLACE FUNCTION next_projects_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE projects_version SET version = version + 1 RETURNING version INTO NEW.version;
  RETURN NEW;
END;
$$;
