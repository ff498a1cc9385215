/** What the database knows of projects themselves: their settings, origins, secrets and cut-offs, for all nodes alike. */

import { UnavailableError } from '../../runtime/unavailable-error.js';
import type { Actor } from '../moderation-store.js';
import type { KeyRow, ProjectRecords, ProjectRow, SecretRow, UpdateResult } from '../project-store.js';
import type { Query, Statement } from './pool.js';

const SELECT_VERSION = {
  name: 'projects version',
  text: 'SELECT version, last_removal AS "lastRemoval" FROM projects_version',
};
const PROJECT_COLUMNS =
  'id, name, settings, origins, created_at AS "createdAt", version, secrets, keys, cutoffs';
const PROJECT_BY_ID = { name: 'project', text: `SELECT ${PROJECT_COLUMNS} FROM projects_by_id(ARRAY[$1])` };
const PROJECTS_SINCE = {
  name: 'projects since',
  text: `SELECT ${PROJECT_COLUMNS} FROM projects_by_id(project_ids_since($1, $2)) ORDER BY version`,
};
const PROJECTS_AFTER = {
  name: 'projects after',
  text: `SELECT ${PROJECT_COLUMNS} FROM projects_by_id(project_ids_after($2, $1)) ORDER BY id`,
};
/** Projects read at once: few enough that the process is not kept from everything else by them. */
const PAGE_SIZE = 200;
const CREATE_PROJECT = withAuditEntry(
  'create project',
  `INSERT INTO projects (id, name, settings, origins) VALUES ($1, $3, $4, $5)
    ON CONFLICT DO NOTHING RETURNING id AS subject`,
  "jsonb_build_object('name', $3::text, 'settings', $4::jsonb, 'origins', $5::text[])",
);
const UPDATE_PROJECT = withAuditEntry(
  'change project',
  `UPDATE projects SET name = $3, settings = $4, origins = $5 WHERE id = $1 RETURNING id AS subject`,
  '$6::jsonb',
);
const ADD_SECRET = withAuditEntry(
  'add secret',
  `INSERT INTO project_secrets (project_id, kid, algorithm, sealed, public, expires_at)
    SELECT p.id, $3, $4, $5, $6, $7 FROM projects p WHERE p.id = $1
    ON CONFLICT DO NOTHING RETURNING kid AS subject`,
  "jsonb_build_object('algorithm', $4::text, 'expiresAt', $7::timestamptz)",
);
const PROJECT_EXISTS = { name: 'known project', text: 'SELECT id FROM projects WHERE id = $1' };
const EXPIRE_SECRET = withAuditEntry(
  'expire secret',
  `UPDATE project_secrets SET expires_at = $4
    WHERE project_id = $1 AND kid = $3 AND revoked_at IS NULL RETURNING kid AS subject`,
  "jsonb_build_object('expiresAt', $4::timestamptz)",
);
const REVOKE_SECRET = withAuditEntry(
  'revoke secret',
  `UPDATE project_secrets SET revoked_at = now()
    WHERE project_id = $1 AND kid = $3 AND revoked_at IS NULL RETURNING kid AS subject`,
);
const SECRET_EXISTS = {
  name: 'known secret',
  text: 'SELECT kid FROM project_secrets WHERE project_id = $1 AND kid = $2',
};
const SET_CUTOFF = withAuditEntry(
  'cut off',
  `INSERT INTO token_cutoffs (project_id, user_id, before) SELECT p.id, $3, $4 FROM projects p WHERE p.id = $1
    ON CONFLICT (project_id, user_id) DO UPDATE SET before = greatest(token_cutoffs.before, excluded.before)
    RETURNING user_id AS subject`,
  "jsonb_build_object('before', $4::timestamptz)",
);
const REMOVE_CUTOFF = withAuditEntry(
  'remove cut-off',
  'DELETE FROM token_cutoffs WHERE project_id = $1 AND user_id = $3 RETURNING user_id AS subject, before',
  "jsonb_build_object('before', act.before)",
);
const ADD_KEY = withAuditEntry(
  'add key',
  `INSERT INTO project_keys (project_id, id, name, hash) SELECT p.id, $3, $4, $5 FROM projects p WHERE p.id = $1
    RETURNING id AS subject`,
  "jsonb_build_object('name', $4::text)",
);
const REVOKE_KEY = withAuditEntry(
  'revoke key',
  `UPDATE project_keys SET revoked_at = now()
    WHERE project_id = $1 AND id = $3 AND revoked_at IS NULL RETURNING id AS subject`,
);
const KEY_EXISTS = {
  name: 'known key',
  text: 'SELECT id FROM project_keys WHERE project_id = $1 AND id = $2',
};
const RECORD_KEY_USE = {
  name: 'key used',
  text: 'UPDATE project_keys SET last_used_at = now() WHERE project_id = $1 AND id = $2',
};
const RECORD_SECRET_USES = {
  name: 'secrets used',
  text: `UPDATE project_secrets s SET last_used_at = greatest(s.last_used_at, u.at)
    FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS u(project, kid, at)
    WHERE s.project_id = u.project AND s.kid = u.kid`,
};

/**
 * A change and its entry in the audit log in one statement, so that neither is without the other.
 * @param statement answers its `subject` where it changed something; $1 is the project, $2 who did it
 * @param details what the log keeps beside
 */
function withAuditEntry(name: string, statement: string, details = "'{}'::jsonb"): Statement {
  return {
    name,
    text: `WITH act AS (${statement})
      INSERT INTO audit_log (project_id, actor, act, subject, details)
        SELECT $1, $2, '${name}', act.subject, ${details} FROM act RETURNING project_id`,
  };
}

/** @param pollQuery asks what has changed, where that has connections of its own */
export function createProjectRecords(query: Query, pollQuery = query): ProjectRecords {
  async function runUpdate(...queryArguments: Parameters<Query>): Promise<UpdateResult> {
    return (await query(...queryArguments)).length > 0 ? 'done' : 'not_found';
  }

  /** What has been done before is done, and not written down again. */
  async function runIdempotentUpdate(
    change: Statement,
    existsQuery: Statement,
    project: string,
    id: string,
    actor: Actor,
  ) {
    const outcome = await runUpdate(change, [project, actor, id]);
    return outcome === 'done' ? outcome : runUpdate(existsQuery, [project, id]);
  }

  async function pageAfter(id: string, limit: number): Promise<ProjectRow[]> {
    return (await query<ProjectJsonRow>(PROJECTS_AFTER, [limit, id])).map(toProjectRow);
  }

  async function* readAllPages(): AsyncGenerator<ProjectRow[]> {
    for (let after = ''; ; ) {
      const page = (await pollQuery<ProjectJsonRow>(PROJECTS_AFTER, [PAGE_SIZE, after])).map(toProjectRow);
      yield page;
      const last = page.at(-1);
      if (!last || page.length < PAGE_SIZE) return;
      after = last.id;
    }
  }

  async function* readPagesSince(version: number): AsyncGenerator<ProjectRow[]> {
    for (let since = version; ; ) {
      const page = await pollQuery<ProjectJsonRow>(PROJECTS_SINCE, [since, PAGE_SIZE]);
      yield page.map(toProjectRow);
      const last = page.at(-1);
      if (!last || page.length < PAGE_SIZE) return;
      since = last.version;
    }
  }

  return {
    async changesSince(since) {
      // Read first: what comes while the others are read comes again next time.
      const [versionRow] = await pollQuery<{ version: number; lastRemoval: number }>(SELECT_VERSION, []);
      if (!versionRow) throw new UnavailableError('the version of the projects is not there');
      const { version, lastRemoval } = versionRow;
      if (version === since) return null;
      // A version that went back is that of a restored backup.
      const whole = since === null || version < since || since < lastRemoval;
      return { version, isComplete: whole, pages: whole ? readAllPages() : readPagesSince(since) };
    },
    async find(id) {
      const [found] = await query<ProjectJsonRow>(PROJECT_BY_ID, [id]);
      return found ? toProjectRow(found) : null;
    },
    listAfter: pageAfter,
    async create({ id, name, settings, origins }, actor) {
      return (await runUpdate(CREATE_PROJECT, [id, actor, name, settings, origins])) === 'done'
        ? 'made'
        : 'exists';
    },
    update: ({ id, name, settings, origins }, details, actor) =>
      runUpdate(UPDATE_PROJECT, [id, actor, name, settings, origins, details]),
    async addSecret(project, { kid, algorithm, sealed, public: key, expiresAt }, actor) {
      const values = [project, actor, kid, algorithm, sealed, key, expiresAt];
      if ((await runUpdate(ADD_SECRET, values)) === 'done') return 'made';
      return (await runUpdate(PROJECT_EXISTS, [project])) === 'done' ? 'exists' : 'not_found';
    },
    expireSecret: (project, kid, at, actor) => runUpdate(EXPIRE_SECRET, [project, actor, kid, at]),
    revokeSecret: (project, kid, actor) =>
      runIdempotentUpdate(REVOKE_SECRET, SECRET_EXISTS, project, kid, actor),
    setCutoff: (project, userId, before, actor) => runUpdate(SET_CUTOFF, [project, actor, userId, before]),
    removeCutoff: (project, userId, actor) => runUpdate(REMOVE_CUTOFF, [project, actor, userId]),
    addKey: (project, { id, name, hash }, actor) => runUpdate(ADD_KEY, [project, actor, id, name, hash]),
    revokeKey: (project, id, actor) => runIdempotentUpdate(REVOKE_KEY, KEY_EXISTS, project, id, actor),
    async recordKeyUse(project, id) {
      await query(RECORD_KEY_USE, [project, id]);
    },
    async recordSecretUses(uses) {
      if (uses.length === 0) return;
      await query(RECORD_SECRET_USES, [
        uses.map(({ project }) => project),
        uses.map(({ kid }) => kid),
        uses.map(({ at }) => at),
      ]);
    },
  };
}

type ProjectJsonRow = Omit<ProjectRow, 'secrets' | 'keys'> & {
  version: number;
  secrets: (Omit<SecretRow, 'sealed'> & { sealed: string | null })[];
  keys: (Omit<KeyRow, 'hash'> & { hash: string })[];
};

/** Within JSON the database writes bytes as base64, and moments with its own time zone. */
function toProjectRow({ version: _, secrets, keys, cutoffs, ...row }: ProjectJsonRow): ProjectRow {
  return {
    ...row,
    secrets: secrets.map((secret) => ({
      ...secret,
      sealed: secret.sealed === null ? null : Buffer.from(secret.sealed, 'base64'),
      createdAt: toIsoTimestamp(secret.createdAt),
      expiresAt: secret.expiresAt && toIsoTimestamp(secret.expiresAt),
      revokedAt: secret.revokedAt && toIsoTimestamp(secret.revokedAt),
      lastUsedAt: secret.lastUsedAt && toIsoTimestamp(secret.lastUsedAt),
    })),
    keys: keys.map((key) => ({
      ...key,
      hash: Buffer.from(key.hash, 'base64'),
      createdAt: toIsoTimestamp(key.createdAt),
      revokedAt: key.revokedAt && toIsoTimestamp(key.revokedAt),
      lastUsedAt: key.lastUsedAt && toIsoTimestamp(key.lastUsedAt),
    })),
    cutoffs: cutoffs.map(({ userId, before }) => ({ userId, before: toIsoTimestamp(before) })),
  };
}

const toIsoTimestamp = (text: string) => new Date(text).toISOString();
