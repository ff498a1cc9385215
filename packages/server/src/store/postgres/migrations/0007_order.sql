-- What keeps order in a project, for all nodes alike. A project needs no row of its own for it (the founding mode).

-- Who may not be here (ban, kick) or not write (mute), by the host's user id. Rows stay: a lifted one has ended.
CREATE TABLE sanctions (
  project_id text NOT NULL,
  user_id    text NOT NULL,
  kind       text NOT NULL CHECK (kind IN ('mute', 'ban', 'kick')),
  -- NULL: for good.
  until      timestamptz,
  reason     text,
  set_at     timestamptz NOT NULL,
  version    bigint NOT NULL,
  PRIMARY KEY (project_id, user_id, kind)
);

-- Who was seen with a role above member, so that nobody acts on them or takes their name while they are away. Somebody
-- who has lost the role stays as a member.
CREATE TABLE staff (
  project_id text NOT NULL,
  user_id    text NOT NULL,
  username   text NOT NULL,
  role       text NOT NULL,
  -- Of the token that said so; an older one changes nothing.
  issued_at  timestamptz NOT NULL,
  version    bigint NOT NULL,
  PRIMARY KEY (project_id, user_id)
);

-- Who may do what in a room; only the rules that are not the default.
CREATE TABLE room_rules (
  project_id text NOT NULL,
  room_id    text NOT NULL,
  rules      jsonb NOT NULL,
  version    bigint NOT NULL,
  PRIMARY KEY (project_id, room_id)
);

CREATE UNIQUE INDEX sanctions_by_version ON sanctions (version);
CREATE UNIQUE INDEX staff_by_version ON staff (version);
CREATE UNIQUE INDEX room_rules_by_version ON room_rules (version);

-- Each change takes the next number and keeps this row locked until it is committed: whoever has read up to a number has
-- missed nothing below it.
CREATE TABLE order_version (one boolean PRIMARY KEY DEFAULT true CHECK (one), version bigint NOT NULL);
INSERT INTO order_version (version) VALUES (0);

CREATE FUNCTION take_order_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE order_version SET version = version + 1 RETURNING version INTO NEW.version;
  RETURN NEW;
END;
$$;

CREATE TRIGGER sanctions_numbered BEFORE INSERT OR UPDATE ON sanctions
  FOR EACH ROW EXECUTE FUNCTION take_order_version();
CREATE TRIGGER staff_numbered BEFORE INSERT OR UPDATE ON staff
  FOR EACH ROW EXECUTE FUNCTION take_order_version();
CREATE TRIGGER room_rules_numbered BEFORE INSERT OR UPDATE ON room_rules
  FOR EACH ROW EXECUTE FUNCTION take_order_version();

-- Who did what to whom, and what it looked like before; written by the transaction of the act.
CREATE TABLE audit_log (
  project_id text NOT NULL,
  id         bigint GENERATED ALWAYS AS IDENTITY,
  at         timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- { kind, id, name }: a member, a key of the project, or the operator.
  actor      jsonb NOT NULL,
  act        text NOT NULL,
  -- A user id, a message's number or a room, as the act has it.
  subject    text NOT NULL,
  details    jsonb NOT NULL,
  PRIMARY KEY (project_id, id)
);

CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit log is append-only';
END;
$$;

CREATE TRIGGER audit_log_appended BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

-- A message as an audit entry keeps it; NULL where there is none.
CREATE FUNCTION message_snapshot(p_project text, p_room text, p_id bigint) RETURNS jsonb
LANGUAGE sql STABLE SET enable_seqscan = off SET enable_sort = off AS $$
  SELECT jsonb_build_object('id', m.id, 'userId', m.user_id, 'username', m.username, 'content', m.content,
      'createdAt', m.created_at, 'deletedAt', m.deleted_at)
    FROM messages m WHERE m.project_id = p_project AND m.room_id = p_room AND m.id BETWEEN p_id AND p_id
    ORDER BY m.id LIMIT 1
$$;

-- Deletes anybody's message as change_messages does for its author, and writes down what it was. outcome as there.
CREATE FUNCTION take_down(p_project text, p_room text, p_id bigint, p_actor jsonb, p_details jsonb)
RETURNS TABLE (outcome text, message messages) LANGUAGE plpgsql AS $$
DECLARE
  before jsonb;
  done record;
BEGIN
  PERFORM 1 FROM rooms r WHERE r.project_id = p_project AND r.room_id = p_room FOR UPDATE;
  before := message_snapshot(p_project, p_room, p_id);
  SELECT * INTO done FROM change_messages(
    ARRAY[p_project], ARRAY[p_room], ARRAY[before ->> 'userId'], ARRAY[p_id], ARRAY[NULL::text], false);
  outcome := done.outcome;
  message := done.message;
  IF outcome = 'changed' THEN
    INSERT INTO audit_log (project_id, actor, act, subject, details)
      VALUES (p_project, p_actor, 'delete', p_id::text, p_details || jsonb_build_object('room', p_room, 'message', before));
  END IF;
  RETURN NEXT;
END;
$$;
