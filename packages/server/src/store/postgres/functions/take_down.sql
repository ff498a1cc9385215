-- The former name of delete_message_as_moderator, for servers of the previous release during a rolling upgrade. Both forms
-- may be dropped one release later.
CREATE OR REPLACE FUNCTION take_down(
  p_project text, p_room text, p_id bigint, p_actor jsonb, p_details jsonb, p_protected text[]
) RETURNS TABLE (outcome text, message messages) LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY SELECT d.outcome, d.message
    FROM delete_message_as_moderator(p_project, p_room, p_id, p_actor, p_details, p_protected) d;
END;
$$;

-- The form that knows no protected roles.
CREATE OR REPLACE FUNCTION take_down(p_project text, p_room text, p_id bigint, p_actor jsonb, p_details jsonb)
RETURNS TABLE (outcome text, message messages) LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY SELECT d.outcome, d.message
    FROM delete_message_as_moderator(p_project, p_room, p_id, p_actor, p_details, '{}') d;
END;
$$;
