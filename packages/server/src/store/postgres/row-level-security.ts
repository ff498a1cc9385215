/** The second wall between projects (row-level security): as whom the database is asked, and for which projects. */

import pg from 'pg';
import { DISABLE_JIT, PREFER_INDEX_SCANS } from './planner-settings.js';

/** What the server works as where its own user is exempt from row-level security; nobody can log in as it. */
const APP_ROLE = 'chatty_app';

/** What the server does with each table at work, and no more: no message is ever removed (R4), no entry of the log changed. */
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
/** The databases of one server share their roles, so another may be making it at this moment. */
const MAKE_ROLE = `DO $$ BEGIN
    IF to_regrole('${APP_ROLE}') IS NULL THEN CREATE ROLE ${APP_ROLE} NOLOGIN; END IF;
  EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
  END $$`;
/** No row for who is not exempt. A superuser may become anybody; since PostgreSQL 16 not every member may become the role. */
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
 * Makes the role and gives it its rights, where the user of this connection is exempt from row-level security. At each
 * start and not in a migration: a dump brings the tables without it. A user who may not is left as it is, and told of by
 * each pool.
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
/** A role that was given to the user since the start has no rights before the next one. */
const ROLE_IS_READY = `has_table_privilege(to_regrole('${APP_ROLE}')::oid, 'rooms', 'INSERT')`;
/** The scope has no row, so that it adds nothing to the answer of the statement that follows, and holds for its transaction. */
const ASSUME_ROLE = `${DISABLE_JIT}; ${PREFER_INDEX_SCANS};
  SELECT set_config('role', '${APP_ROLE}', false) FROM (${CAN_ASSUME_ROLE}) u WHERE u.super OR (u.may AND ${ROLE_IS_READY});
  PREPARE "${SCOPE_STATEMENT}" (text) AS SELECT WHERE set_config('chatty.projects', $1, true) IS NULL;
  SELECT row_security_active('rooms') AS held`;

/**
 * Makes a new connection one that the wall holds, and that plans as planning.ts says.
 * @returns whether it does: false for an exempt user who may not become the role
 * @throws where the role is gone although the user could have made it: better no connection than one without the wall
 */
export async function assumeRole(client: pg.ClientBase): Promise<boolean> {
  // Several statements in one round trip answer with a list; the driver's types know of one alone.
  const results = (await client.query(ASSUME_ROLE)) as unknown as pg.QueryResult<{ held?: boolean }>[];
  return results.at(-1)?.rows[0]?.held === true;
}

type CommandCompletion = { handleCommandComplete(...values: unknown[]): void };

/**
 * A statement that sees its projects alone. They are said with it, in one round trip and one transaction, which they end
 * with: PostgreSQL takes all messages up to a Sync as one transaction (protocol, "Extended Query"), so no connection can
 * keep them for the next statement. One that names no project sees no rows of any.
 * @param values the first is the project that the statement is for, or are the projects
 */
export function scopeToProjects(
  statement: { name: string; text: string },
  values: unknown[],
): pg.QueryConfig {
  const scope = projectScopeOf(values[0]);
  if (scope === '') return { ...statement, values };
  const query = new pg.Query({ ...statement, values }) as pg.Query & CommandCompletion;
  const submit = query.submit.bind(query);
  const handleComplete = query.handleCommandComplete.bind(query);
  query.submit = (connection) => {
    connection.stream.cork();
    connection.bind({ statement: SCOPE_STATEMENT, values: [scope] }, true);
    connection.execute({}, true);
    const error = submit(connection);
    connection.stream.uncork();
    return error;
  };
  // The first to be complete is the scope; from there on it is as with any query.
  query.handleCommandComplete = () => {
    query.handleCommandComplete = handleComplete;
  };
  // The driver takes either and answers alike.
  return query as unknown as pg.QueryConfig;
}

/** A name with a space in it is no project's. */
function projectScopeOf(first: unknown): string {
  const names = Array.isArray(first) ? [...new Set(first)] : [first];
  return names.filter((name) => typeof name === 'string' && !name.includes(' ')).join(' ');
}
