-- Projects with their secrets, keys and cut-offs, all as of one moment.
CREATE OR REPLACE FUNCTION projects_by_id(p_ids text[])
RETURNS TABLE (id text, name text, settings jsonb, origins text[], created_at timestamptz, version bigint,
  secrets jsonb, keys jsonb, cutoffs jsonb)
LANGUAGE sql STABLE SET enable_seqscan = off AS $$
  SELECT p.id, p.name, p.settings, p.origins, p.created_at, p.version,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('kid', s.kid, 'algorithm', s.algorithm,
          'sealed', encode(s.sealed, 'base64'), 'public', s.public, 'createdAt', s.created_at,
          'expiresAt', s.expires_at, 'revokedAt', s.revoked_at, 'lastUsedAt', s.last_used_at)
        ORDER BY s.created_at, s.kid), '[]') FROM project_secrets s WHERE s.project_id = p.id),
    (SELECT coalesce(jsonb_agg(jsonb_build_object('id', k.id, 'name', k.name, 'hash', encode(k.hash, 'base64'),
          'createdAt', k.created_at, 'revokedAt', k.revoked_at, 'lastUsedAt', k.last_used_at)
        ORDER BY k.created_at, k.id), '[]') FROM project_keys k WHERE k.project_id = p.id),
    (SELECT coalesce(jsonb_agg(jsonb_build_object('userId', c.user_id, 'before', c.before) ORDER BY c.user_id), '[]')
      FROM token_cutoffs c WHERE c.project_id = p.id)
  FROM projects p WHERE p.id = ANY (p_ids)
$$;
