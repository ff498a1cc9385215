-- Who set a sanction, so that it binds only those below them, only they and those above them end it, and all that one key
-- set can be ended at once.
ALTER TABLE sanctions
  ADD COLUMN set_by text NOT NULL DEFAULT 'moderator' CHECK (set_by IN ('moderator', 'admin', 'key', 'operator')),
  -- A user id, or the id of a key.
  ADD COLUMN set_by_id text NOT NULL DEFAULT '';

-- The audit log knows it of those that there are. No version is taken: the rows say what they said, and each taken in
-- one transaction makes the next one dearer.
ALTER TABLE sanctions DISABLE TRIGGER sanctions_numbered;
SELECT set_config('chatty.backup', 'on', true);
UPDATE sanctions s SET set_by_id = l.actor ->> 'id', set_by = CASE
    WHEN l.actor ->> 'kind' IN ('key', 'operator') THEN l.actor ->> 'kind'
    WHEN EXISTS (
      SELECT FROM staff a WHERE a.project_id = s.project_id AND a.user_id = l.actor ->> 'id' AND a.role = 'admin'
    ) THEN 'admin' ELSE 'moderator' END
  FROM (
    SELECT DISTINCT ON (project_id, subject, act) project_id, subject, act, actor FROM audit_log
    WHERE act IN ('mute', 'ban', 'kick') ORDER BY project_id, subject, act, id DESC
  ) l
  WHERE l.project_id = s.project_id AND l.subject = s.user_id AND l.act = s.kind;
SELECT set_config('chatty.backup', '', true);
ALTER TABLE sanctions ENABLE TRIGGER sanctions_numbered;

-- Partial, so that no plan for one person's sanctions takes it and reads all of a project.
CREATE INDEX sanctions_by_key ON sanctions (project_id, set_by_id) WHERE set_by = 'key';

-- The role of a message's author: the one last seen, else the one they had when writing; NULL: a member, or no message.
CREATE FUNCTION role_of_author(p_project text, p_room text, p_id bigint) RETURNS text
LANGUAGE sql STABLE SET enable_seqscan = off SET enable_sort = off AS $$
  SELECT coalesce((SELECT s.role FROM staff s WHERE s.project_id = p_project AND s.user_id = m.user_id), m.role)
    FROM messages m WHERE m.project_id = p_project AND m.room_id = p_room AND m.id BETWEEN p_id AND p_id
    ORDER BY m.id LIMIT 1
$$;

DROP FUNCTION take_down(text, text, bigint, jsonb, jsonb);

-- As before, but not what somebody with one of the protected roles has written. outcome as in change_messages, with
-- 'forbidden' for those.
CREATE FUNCTION take_down(
  p_project text, p_room text, p_id bigint, p_actor jsonb, p_details jsonb, p_protected text[]
) RETURNS TABLE (outcome text, message messages) LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  before jsonb;
  done record;
BEGIN
  PERFORM 1 FROM rooms r WHERE r.project_id = p_project AND r.room_id = p_room FOR UPDATE;
  IF role_of_author(p_project, p_room, p_id) = ANY (p_protected) THEN
    outcome := 'forbidden';
    RETURN NEXT;
    RETURN;
  END IF;
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

-- As a server of the release before calls it while it is replaced: nobody is protected there yet.
CREATE FUNCTION take_down(p_project text, p_room text, p_id bigint, p_actor jsonb, p_details jsonb)
RETURNS TABLE (outcome text, message messages) LANGUAGE sql AS $$
  SELECT t.outcome, t.message FROM take_down(p_project, p_room, p_id, p_actor, p_details, '{}') t
$$;
