-- Trigger: counts a removal, after which readers load all projects again, because a removed row cannot tell them.
CREATE OR REPLACE FUNCTION record_project_removal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE projects_version SET version = version + 1, last_removal = version + 1;
  RETURN NULL;
END;
$$;
