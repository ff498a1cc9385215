-- The role of a message's author: the last one seen, else the role when it was written. NULL: a member, or no such message.
CREATE OR REPLACE FUNCTION role_of_author(p_project text, p_room text, p_id bigint) RETURNS text
LANGUAGE sql STABLE SET enable_seqscan = off SET enable_sort = off AS $$
  SELECT coalesce((SELECT s.role FROM staff s WHERE s.project_id = p_project AND s.user_id = m.user_id), m.role)
    FROM messages m WHERE m.project_id = p_project AND m.room_id = p_room AND m.id BETWEEN p_id AND p_id
    ORDER BY m.id LIMIT 1
$$;
