/** Row-level security: the role under which the server queries the database, and the projects each statement may see. */

import pg from 'pg';
import { queryAfterPrepared } from './pg-internals.js';
import { DISABLE_JIT, PREFER_INDEX_SCANS } from './planner-settings.js';

/** The role the server assumes if its own user is exempt from row-level security. It has no login. */
const APP_ROLE = 'chatty_app';

/** The least rights the server needs at work: it never removes a message (R4) and never changes an audit entry. */
const GRANTS: Record<string, readonly string[]> = {
  rooms: ['SELECT', 'INSERT', 'UPDATE'],
  epoch_seed: ['SELECT'],
  messages: ['SELECT', 'INSERT', 'UPDATE'],
  reactions: ['SELECT', 'INSERT', 'DELETE'],
  audit_log: ['SELECT', 'INSERT'],
  sanctions: ['SELECT', 'INSERT', 'UPDATE'],
  staff: ['SELECT', 'INSERT', 'UPDATE'],
  room_rules: ['SELECT', 'INSERT', 'UPDATE'],
  moderation_version: ['SELECT', 'UPDATE'],
  // Its former name, for servers of the previous release.
  order_version: ['SELECT', 'UPDATE'],
  projects: ['SELECT', 'INSERT', 'UPDATE'],
  project_secrets: ['SELECT', 'INSERT', 'UPDATE'],
  project_keys: ['SELECT', 'INSERT', 'UPDATE'],
  token_cutoffs: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
  projects_version: ['SELECT', 'UPDATE'],
};

const IS_EXEMPT = 'SELECT 1 FROM pg_roles WHERE rolname = session_user AND (rolsuper OR rolbypassrls)';
/** All databases of a server share their roles, so another start may create it at the same moment. */
const MAKE_ROLE = `DO $$ BEGIN
    IF to_regrole('${APP_ROLE}') IS NULL THEN CREATE ROLE ${APP_ROLE} NOLOGIN; END IF;
  EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
  END $$`;
/** No row if the user is not exempt. A superuser may assume any role; since PostgreSQL 16 not every member may. */
const CAN_ASSUME_ROLE = `SELECT rolsuper OR coalesce(pg_has_role(session_user, to_regrole('${APP_ROLE}'),
    CASE WHEN current_setting('server_version_num')::integer < 160000 THEN 'MEMBER' ELSE 'SET' END), false) AS may,
    rolsuper AS super
  FROM pg_roles WHERE rolname = session_user AND (rolsuper OR rolbypassrls)`;
const MISSING_GRANTS = `SELECT format('GRANT %s ON %I TO ${APP_ROLE}', r.right, r.name) AS grant
    FROM unnest($1::text[], $2::text[]) AS r(name, "right") WHERE NOT has_table_privilege('${APP_ROLE}', r.name, r.right)
  UNION ALL SELECT format('GRANT USAGE ON SCHEMA %I TO ${APP_ROLE}', current_schema())
    WHERE NOT has_schema_privilege('${APP_ROLE}', current_schema(), 'USAGE')`;
const INSUFFICIENT_PRIVILEGE = '42501';

/**
 * Creates the role and grants its rights if the user of this connection is exempt from row-level security. At each start
 * and not in a migration, because a dump contains the tables without the role. A user without the right to do so is
 * accepted, and each pool logs a warning.
 */
export async function prepareRole(client: pg.Client): Promise<void> {
  if ((await client.query(IS_EXEMPT)).rowCount === 0) return;
  try {
    await client.query(MAKE_ROLE);
    const { rows } = await client.query<{ may: boolean }>(CAN_ASSUME_ROLE);
    if (!rows[0]?.may) await client.query(`GRANT ${APP_ROLE} TO CURRENT_USER`);
    await grantRights(client);
  } catch (error) {
    if (!(error instanceof pg.DatabaseError && error.code === INSUFFICIENT_PRIVILEGE)) throw error;
  }
}

async function grantRights(client: pg.Client): Promise<void> {
  const pairs = Object.entries(GRANTS).flatMap(([name, rights]) => rights.map((right) => ({ name, right })));
  const values = [pairs.map(({ name }) => name), pairs.map(({ right }) => right)];
  const { rows } = await client.query<{ grant: string }>(MISSING_GRANTS, values);
  for (const { grant } of rows) await client.query(grant);
}

const SCOPE_STATEMENT = 'chatty scope';
/** A role that was granted to the user after the start gets its rights at the next start. */
const ROLE_IS_READY = `has_table_privilege(to_regrole('${APP_ROLE}')::oid, 'rooms', 'INSERT')`;
/** The scope statement returns no row, so it adds nothing to the result of the statement that follows in its transaction. */
const ASSUME_ROLE = `${DISABLE_JIT}; ${PREFER_INDEX_SCANS};
  SELECT set_config('role', '${APP_ROLE}', false) FROM (${CAN_ASSUME_ROLE}) u WHERE u.super OR (u.may AND ${ROLE_IS_READY});
  PREPARE "${SCOPE_STATEMENT}" (text) AS SELECT WHERE set_config('chatty.projects', $1, true) IS NULL;
  SELECT row_security_active('rooms') AS held`;

/**
 * Prepares a new connection: row-level security applies to it, and it plans with the settings of planner-settings.ts.
 * @returns false for an exempt user who may not assume the role: then row-level security does not apply
 * @throws if the role is missing although the user could have created it: no connection is better than an unrestricted one
 */
export async function assumeRole(client: pg.ClientBase): Promise<boolean> {
  // Several statements in one query return an array of results, which the types of pg do not declare.
  const results = (await client.query(ASSUME_ROLE)) as unknown as pg.QueryResult<{ held?: boolean }>[];
  return results.at(-1)?.rows[0]?.held === true;
}

/**
 * A statement that sees rows of its projects only. Their names are sent with it and are valid for its transaction, so no
 * connection can carry them over to the next statement. A statement that names no project sees no project's rows.
 * @param values the first is the project of the statement, or an array of its projects
 */
export function scopeToProjects(
  statement: { name: string; text: string },
  values: unknown[],
): pg.QueryConfig {
  const scope = projectScopeOf(values[0]);
  if (scope === '') return { ...statement, values };
  return queryAfterPrepared({ name: SCOPE_STATEMENT, values: [scope] }, { ...statement, values });
}

/** No project's name contains a space. */
function projectScopeOf(first: unknown): string {
  const names = Array.isArray(first) ? [...new Set(first)] : [first];
  return names.filter((name) => typeof name === 'string' && !name.includes(' ')).join(' ');
}
