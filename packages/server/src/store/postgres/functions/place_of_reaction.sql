-- The ctid of a user's reaction, or NULL.
CREATE OR REPLACE FUNCTION place_of_reaction(p_project text, p_room text, p_id bigint, p_emoji text, p_user text) RETURNS tid
LANGUAGE plpgsql STABLE SET enable_seqscan = off SET enable_sort = off AS $$
BEGIN
  RETURN (
    SELECT r.ctid FROM reactions r
    WHERE r.project_id = p_project AND r.room_id = p_room AND r.message_id = p_id AND r.emoji = p_emoji
      AND r.user_id BETWEEN p_user AND p_user
    ORDER BY r.user_id LIMIT 1
  );
END;
$$;
