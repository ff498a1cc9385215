-- Deletes a message of any author and writes its text to the audit log. outcome as in change_messages; 'forbidden' if the
-- author has one of the protected roles.
CREATE OR REPLACE FUNCTION delete_message_as_moderator(
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
