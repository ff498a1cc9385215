-- A room has a row once something is written in it, and not because somebody reads it: whoever may name a room could fill
-- the table with names. Every server has to say the same epoch of a room without a row, and it stays that of its log when
-- the first message makes the row. So it follows from the names, and from a seed that no other database has. A restored
-- backup brings its seed along: whoever gives restored rooms new epochs makes a new seed as well (R5).
CREATE TABLE epoch_seed (
  one  boolean PRIMARY KEY DEFAULT true CHECK (one),
  seed uuid NOT NULL DEFAULT gen_random_uuid()
);
INSERT INTO epoch_seed DEFAULT VALUES;

-- By its key: connections at work count reading a table whole as very dear (planning.ts).
CREATE FUNCTION first_epoch(p_project text, p_room text) RETURNS uuid LANGUAGE sql STABLE AS $$
  SELECT left(encode(sha256(convert_to(s.seed || ' ' || p_project || '/' || p_room, 'UTF8')), 'hex'), 32)::uuid
  FROM epoch_seed s WHERE s.one
$$;

CREATE FUNCTION give_first_epoch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.epoch := first_epoch(NEW.project_id, NEW.room_id);
  RETURN NEW;
END;
$$;

ALTER TABLE rooms ALTER COLUMN epoch DROP DEFAULT;
-- Whoever brings an epoch along, as a dump does, keeps it.
CREATE TRIGGER rooms_first_epoch BEFORE INSERT ON rooms
  FOR EACH ROW WHEN (NEW.epoch IS NULL) EXECUTE FUNCTION give_first_epoch();
-- Also where other triggers do not fire, as in a session that loads rows as a replica.
ALTER TABLE rooms ENABLE ALWAYS TRIGGER rooms_first_epoch;
