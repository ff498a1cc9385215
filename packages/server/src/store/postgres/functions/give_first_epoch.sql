-- Trigger: gives a new room its first epoch.
CREATE OR REPLACE FUNCTION give_first_epoch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.epoch := first_epoch(NEW.project_id, NEW.room_id);
  RETURN NEW;
END;
$$;
