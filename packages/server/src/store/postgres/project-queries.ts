/** What the database knows of projects themselves: their settings, origins, secrets and cut-offs, for all nodes alike. */

import type { Actor } from '../moderation-store.js';
import type { Done, KeyRow, ProjectRecords, ProjectRow, SecretRow } from '../project-store.js';
import { Unavailable } from '../store.js';
import type { Query, Statement } from './pool.js';

const VERSION = {
  name: 'projects version',
  text: 'SELECT version, last_removal AS "lastRemoval" FROM projects_version',
};
const COLUMNS = 'id, name, settings, origins, created_at AS "createdAt", version, secrets, keys, cutoffs';
const ONE = { name: 'project', text: `SELECT ${COLUMNS} FROM projects_by_id(ARRAY[$1])` };
const SINCE = {
  name: 'projects since',
  text: `SELECT ${COLUMNS} FROM projects_by_id(project_ids_since($1, $2)) ORDER BY version`,
};
const AFTER = {
  name: 'projects after',
  text: `SELECT ${COLUMNS} FROM projects_by_id(project_ids_after($2, $1)) ORDER BY id`,
};
/** Projects read at once: few enough that the process is not kept from everything else by them. */
const PAGE = 200;
const CREATE = logged(
  'create project',
  `INSERT INTO projects (id, name, settings, origins) VALUES ($1, $3, $4, $5)
    ON CONFLICT DO NOTHING RETURNING id AS subject`,
  "jsonb_build_object('name', $3::text, 'settings', $4::jsonb, 'origins', $5::text[])",
);
const CHANGE = logged(
  'change project',
  `UPDATE projects SET name = $3, settings = $4, origins = $5 WHERE id = $1 RETURNING id AS subject`,
  '$6::jsonb',
);
const ADD_SECRET = logged(
  'add secret',
  `INSERT INTO project_secrets (project_id, kid, algorithm, sealed, public, expires_at)
    SELECT p.id, $3, $4, $5, $6, $7 FROM projects p WHERE p.id = $1
    ON CONFLICT DO NOTHING RETURNING kid AS subject`,
  "jsonb_build_object('algorithm', $4::text, 'expiresAt', $7::timestamptz)",
);
const KNOWN = { name: 'known project', text: 'SELECT id FROM projects WHERE id = $1' };
const EXPIRE = logged(
  'expire secret',
  `UPDATE project_secrets SET expires_at = $4
    WHERE project_id = $1 AND kid = $3 AND revoked_at IS NULL RETURNING kid AS subject`,
  "jsonb_build_object('expiresAt', $4::timestamptz)",
);
const REVOKE = logged(
  'revoke secret',
  `UPDATE project_secrets SET revoked_at = now()
    WHERE project_id = $1 AND kid = $3 AND revoked_at IS NULL RETURNING kid AS subject`,
);
const KNOWN_SECRET = {
  name: 'known secret',
  text: 'SELECT kid FROM project_secrets WHERE project_id = $1 AND kid = $2',
};
const CUT_OFF = logged(
  'cut off',
  `INSERT INTO token_cutoffs (project_id, user_id, before) SELECT p.id, $3, $4 FROM projects p WHERE p.id = $1
    ON CONFLICT (project_id, user_id) DO UPDATE SET before = greatest(token_cutoffs.before, excluded.before)
    RETURNING user_id AS subject`,
  "jsonb_build_object('before', $4::timestamptz)",
);
const REMOVE_CUT_OFF = logged(
  'remove cut-off',
  'DELETE FROM token_cutoffs WHERE project_id = $1 AND user_id = $3 RETURNING user_id AS subject, before',
  "jsonb_build_object('before', act.before)",
);
const ADD_KEY = logged(
  'add key',
  `INSERT INTO project_keys (project_id, id, name, hash) SELECT p.id, $3, $4, $5 FROM projects p WHERE p.id = $1
    RETURNING id AS subject`,
  "jsonb_build_object('name', $4::text)",
);
const REVOKE_KEY = logged(
  'revoke key',
  `UPDATE project_keys SET revoked_at = now()
    WHERE project_id = $1 AND id = $3 AND revoked_at IS NULL RETURNING id AS subject`,
);
const KNOWN_KEY = {
  name: 'known key',
  text: 'SELECT id FROM project_keys WHERE project_id = $1 AND id = $2',
};
const KEY_USED = {
  name: 'key used',
  text: 'UPDATE project_keys SET last_used_at = now() WHERE project_id = $1 AND id = $2',
};
const USED = {
  name: 'secrets used',
  text: `UPDATE project_secrets s SET last_used_at = greatest(s.last_used_at, u.at)
    FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS u(project, kid, at)
    WHERE s.project_id = u.project AND s.kid = u.kid`,
};

/**
 * A change and its entry in the audit log in one statement, so that neither is without the other.
 * @param act answers its `subject` where it changed something; $1 is the project, $2 who did it
 * @param details what the log keeps beside
 */
function logged(name: string, act: string, details = "'{}'::jsonb"): Statement {
  return {
    name,
    text: `WITH act AS (${act})
      INSERT INTO audit_log (project_id, actor, act, subject, details)
        SELECT $1, $2, '${name}', act.subject, ${details} FROM act RETURNING project_id`,
  };
}

/** @param follow asks what has changed, where that has connections of its own */
export function createProjectRecords(query: Query, follow = query): ProjectRecords {
  async function done(...asked: Parameters<Query>): Promise<Done> {
    return (await query(...asked)).length > 0 ? 'done' : 'not_found';
  }

  /** What has been done before is done, and not written down again. */
  async function ended(change: Statement, known: Statement, project: string, what: string, by: Actor) {
    const outcome = await done(change, [project, by, what]);
    return outcome === 'done' ? outcome : done(known, [project, what]);
  }

  async function pageAfter(id: string, limit: number): Promise<ProjectRow[]> {
    return (await query<StoredProject>(AFTER, [limit, id])).map(toRow);
  }

  async function* readAll(): AsyncGenerator<ProjectRow[]> {
    for (let after = ''; ; ) {
      const page = (await follow<StoredProject>(AFTER, [PAGE, after])).map(toRow);
      yield page;
      const last = page.at(-1);
      if (!last || page.length < PAGE) return;
      after = last.id;
    }
  }

  async function* readSince(version: number): AsyncGenerator<ProjectRow[]> {
    for (let since = version; ; ) {
      const page = await follow<StoredProject>(SINCE, [since, PAGE]);
      yield page.map(toRow);
      const last = page.at(-1);
      if (!last || page.length < PAGE) return;
      since = last.version;
    }
  }

  return {
    async changes(since) {
      // Read first: what comes while the others are read comes again next time.
      const [seen] = await follow<{ version: number; lastRemoval: number }>(VERSION, []);
      if (!seen) throw new Unavailable('the version of the projects is not there');
      const { version, lastRemoval } = seen;
      if (version === since) return null;
      // A version that went back is that of a restored backup.
      const whole = since === null || version < since || since < lastRemoval;
      return { version, whole, pages: whole ? readAll() : readSince(since) };
    },
    async one(id) {
      const [found] = await query<StoredProject>(ONE, [id]);
      return found ? toRow(found) : null;
    },
    pageAfter,
    async create({ id, name, settings, origins }, by) {
      return (await done(CREATE, [id, by, name, settings, origins])) === 'done' ? 'made' : 'exists';
    },
    change: ({ id, name, settings, origins }, details, by) =>
      done(CHANGE, [id, by, name, settings, origins, details]),
    async addSecret(project, { kid, algorithm, sealed, public: key, expiresAt }, by) {
      const values = [project, by, kid, algorithm, sealed, key, expiresAt];
      if ((await done(ADD_SECRET, values)) === 'done') return 'made';
      return (await done(KNOWN, [project])) === 'done' ? 'exists' : 'not_found';
    },
    expire: (project, kid, at, by) => done(EXPIRE, [project, by, kid, at]),
    revoke: (project, kid, by) => ended(REVOKE, KNOWN_SECRET, project, kid, by),
    cutOff: (project, userId, before, by) => done(CUT_OFF, [project, by, userId, before]),
    removeCutOff: (project, userId, by) => done(REMOVE_CUT_OFF, [project, by, userId]),
    addKey: (project, { id, name, hash }, by) => done(ADD_KEY, [project, by, id, name, hash]),
    revokeKey: (project, id, by) => ended(REVOKE_KEY, KNOWN_KEY, project, id, by),
    async keyUsed(project, id) {
      await query(KEY_USED, [project, id]);
    },
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

type StoredProject = Omit<ProjectRow, 'secrets' | 'keys'> & {
  version: number;
  secrets: (Omit<SecretRow, 'sealed'> & { sealed: string | null })[];
  keys: (Omit<KeyRow, 'hash'> & { hash: string })[];
};

/** Within JSON the database writes bytes as base64, and moments with its own time zone. */
function toRow({ version: _, secrets, keys, cutoffs, ...row }: StoredProject): ProjectRow {
  return {
    ...row,
    secrets: secrets.map((secret) => ({
      ...secret,
      sealed: secret.sealed === null ? null : Buffer.from(secret.sealed, 'base64'),
      createdAt: toMoment(secret.createdAt),
      expiresAt: secret.expiresAt && toMoment(secret.expiresAt),
      revokedAt: secret.revokedAt && toMoment(secret.revokedAt),
      lastUsedAt: secret.lastUsedAt && toMoment(secret.lastUsedAt),
    })),
    keys: keys.map((key) => ({
      ...key,
      hash: Buffer.from(key.hash, 'base64'),
      createdAt: toMoment(key.createdAt),
      revokedAt: key.revokedAt && toMoment(key.revokedAt),
      lastUsedAt: key.lastUsedAt && toMoment(key.lastUsedAt),
    })),
    cutoffs: cutoffs.map(({ userId, before }) => ({ userId, before: toMoment(before) })),
  };
}

const toMoment = (text: string) => new Date(text).toISOString();
