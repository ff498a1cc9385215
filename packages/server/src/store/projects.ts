/** What the database knows of projects themselves: their settings, origins, secrets and cut-offs, for all nodes alike. */

import type { Query } from './database.js';
import type { Done, ProjectRecords, ProjectRow, SecretRow } from './records.js';
import { Unavailable } from './store.js';

const VERSION = { name: 'projects version', text: 'SELECT version FROM projects_version' };
const PROJECTS = {
  name: 'projects',
  text: 'SELECT id, name, settings, origins, created_at AS "createdAt" FROM projects ORDER BY id',
};
const SECRETS = {
  name: 'project secrets',
  text: `SELECT project_id AS project, kid, algorithm, sealed, public, created_at AS "createdAt",
      expires_at AS "expiresAt", revoked_at AS "revokedAt", last_used_at AS "lastUsedAt"
    FROM project_secrets ORDER BY project_id, created_at, kid`,
};
const CUTOFFS = {
  name: 'token cutoffs',
  text: 'SELECT project_id AS project, user_id AS "userId", before FROM token_cutoffs',
};
const CREATE = {
  name: 'create project',
  text: `INSERT INTO projects (id, name, settings, origins) VALUES ($1, $2, $3, $4)
    ON CONFLICT DO NOTHING RETURNING id`,
};
const CHANGE = {
  name: 'change project',
  text: 'UPDATE projects SET name = $2, settings = $3, origins = $4 WHERE id = $1 RETURNING id',
};
const ADD_SECRET = {
  name: 'add secret',
  text: `INSERT INTO project_secrets (project_id, kid, algorithm, sealed, public, expires_at)
    SELECT p.id, $2, $3, $4, $5, $6 FROM projects p WHERE p.id = $1
    ON CONFLICT DO NOTHING RETURNING kid`,
};
const KNOWN = { name: 'known project', text: 'SELECT id FROM projects WHERE id = $1' };
const EXPIRE = {
  name: 'expire secret',
  text: `UPDATE project_secrets SET expires_at = $3
    WHERE project_id = $1 AND kid = $2 AND revoked_at IS NULL RETURNING kid`,
};
const REVOKE = {
  name: 'revoke secret',
  text: `UPDATE project_secrets SET revoked_at = coalesce(revoked_at, now())
    WHERE project_id = $1 AND kid = $2 RETURNING kid`,
};
const CUT_OFF = {
  name: 'cut off',
  text: `INSERT INTO token_cutoffs (project_id, user_id, before) SELECT p.id, $2, $3 FROM projects p WHERE p.id = $1
    ON CONFLICT (project_id, user_id) DO UPDATE SET before = greatest(token_cutoffs.before, excluded.before)
    RETURNING project_id`,
};
const USED = {
  name: 'secrets used',
  text: `UPDATE project_secrets s SET last_used_at = greatest(s.last_used_at, u.at)
    FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS u(project, kid, at)
    WHERE s.project_id = u.project AND s.kid = u.kid`,
};

export function createProjectRecords(query: Query): ProjectRecords {
  async function done(...asked: Parameters<Query>): Promise<Done> {
    return (await query(...asked)).length > 0 ? 'done' : 'not_found';
  }

  return {
    async version() {
      const [row] = await query<{ version: number }>(VERSION, []);
      if (!row) throw new Unavailable('the version of the projects is not there');
      return row.version;
    },
    async all() {
      const projects = await query<Omit<ProjectRow, 'secrets' | 'cutoffs'>>(PROJECTS, []);
      const secrets = await query<SecretRow & { project: string }>(SECRETS, []);
      const cutoffs = await query<{ project: string; userId: string; before: string }>(CUTOFFS, []);
      const found = new Map<string, ProjectRow>(
        projects.map((row) => [row.id, { ...row, secrets: [], cutoffs: [] }]),
      );
      for (const { project, ...secret } of secrets) found.get(project)?.secrets.push(secret);
      for (const { project, ...cutoff } of cutoffs) found.get(project)?.cutoffs.push(cutoff);
      return [...found.values()];
    },
    async create({ id, name, settings, origins }) {
      return (await done(CREATE, [id, name, settings, origins])) === 'done' ? 'made' : 'exists';
    },
    change: ({ id, name, settings, origins }) => done(CHANGE, [id, name, settings, origins]),
    async addSecret(project, { kid, algorithm, sealed, public: key, expiresAt }) {
      if ((await done(ADD_SECRET, [project, kid, algorithm, sealed, key, expiresAt])) === 'done')
        return 'made';
      return (await done(KNOWN, [project])) === 'done' ? 'exists' : 'not_found';
    },
    expire: (project, kid, at) => done(EXPIRE, [project, kid, at]),
    revoke: (project, kid) => done(REVOKE, [project, kid]),
    cutOff: (project, userId, before) => done(CUT_OFF, [project, userId, before]),
    async used(uses) {
      if (uses.length === 0) return;
      await query(USED, [
        uses.map(({ project }) => project),
        uses.map(({ kid }) => kid),
        uses.map(({ at }) => at),
      ]);
    },
  };
}
