-- The first p_most users who reacted with an emoji, in the order of their reactions.
CREATE OR REPLACE FUNCTION first_to_react(p_project text, p_room text, p_id bigint, p_emoji text, p_most integer) RETURNS text[]
LANGUAGE plpgsql STABLE SET enable_seqscan = off SET enable_sort = off AS $$
BEGIN
  RETURN ARRAY(
    SELECT r.user_id FROM reactions r
    WHERE r.project_id = p_project AND r.room_id = p_room AND r.message_id = p_id AND r.emoji = p_emoji
    ORDER BY r.seq LIMIT p_most
  );
END;
$$;
