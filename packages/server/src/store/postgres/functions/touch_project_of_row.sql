-- Trigger: a change of a secret, key or cut-off is a change of its project. Every change locks the project's row before the
-- version row.
CREATE OR REPLACE FUNCTION touch_project_of_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN UPDATE projects SET version = version WHERE id = OLD.project_id; END IF;
  IF TG_OP = 'INSERT' OR (TG_OP = 'UPDATE' AND NEW.project_id <> OLD.project_id) THEN
    UPDATE projects SET version = version WHERE id = NEW.project_id;
  END IF;
  RETURN NULL;
END;
$$;
