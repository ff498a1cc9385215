-- A message as JSON for the audit log, or NULL.
CREATE OR REPLACE FUNCTION message_snapshot(p_project text, p_room text, p_id bigint) RETURNS jsonb
LANGUAGE sql STABLE SET enable_seqscan = off SET enable_sort = off AS $$
  SELECT jsonb_build_object('id', m.id, 'userId', m.user_id, 'username', m.username, 'content', m.content,
      'createdAt', m.created_at, 'deletedAt', m.deleted_at)
    FROM messages m WHERE m.project_id = p_project AND m.room_id = p_room AND m.id BETWEEN p_id AND p_id
    ORDER BY m.id LIMIT 1
$$;
