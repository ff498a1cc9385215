/** Promise: T5, a query that forgets the project finds nothing, because the database knows for whom the server asks. */

import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { createLog } from '@chatty/server';
import type { DatabaseConfig } from '@chatty/server/testing';
import { assumeRole, createQuery, openPool } from '@chatty/server/testing';
import pg from 'pg';
import {
  connectClient,
  createEmptyDatabase,
  createTestToken,
  startTestServer,
  waitUntil,
} from '../support/server.js';
import { createDraft, openTestStores, testAuthor } from '../support/store.js';

const WALLED = ['audit_log', 'messages', 'reactions', 'rooms'];
/** A node asks of these for all its projects at once. */
const OF_ALL_PROJECTS = [
  'project_keys',
  'project_secrets',
  'room_rules',
  'sanctions',
  'staff',
  'token_cutoffs',
];
/** Of PostgreSQL: insufficient privilege, which a row that a policy refuses is too. */
const REFUSED = { code: '42501' };

async function connect(context: TestContext, connection: DatabaseConfig): Promise<pg.Client> {
  const client = new pg.Client(connection);
  context.after(() => client.end());
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** A connection as the server has it. */
async function enterAs(context: TestContext, connection: DatabaseConfig): Promise<pg.Client> {
  const client = await connect(context, connection);
  assert.equal(await assumeRole(client), true, 'the wall holds');
  return client;
}

/** What the work answers as long as the scope is this one; undone afterwards. */
async function within<Result>(
  client: pg.Client,
  projects: string,
  work: () => Promise<Result>,
): Promise<Result> {
  await client.query('BEGIN');
  await client.query("SELECT set_config('chatty.projects', $1, true)", [projects]);
  return work().finally(() => client.query('ROLLBACK'));
}

async function projectsIn(client: pg.Client, table: string): Promise<string[]> {
  const { rows } = await client.query<{ project_id: string }>(
    `SELECT DISTINCT project_id FROM ${table} ORDER BY 1`,
  );
  return rows.map(({ project_id }) => project_id);
}

/** Two projects with a row in each walled table. */
async function openWithTalk(context: TestContext) {
  const opened = await openTestStores(context);
  const { store, kimpga, shop } = opened;
  for (const project of [kimpga, shop]) {
    await store.project(project).append('main', testAuthor, createDraft('안녕'));
    await store.project(project).react('main', 'u2', { id: 1, emoji: '👍', on: true });
    const actor = { kind: 'operator', id: 'o', name: 'o' } as const;
    await store.moderation.deleteMessage({
      project,
      room: 'main',
      id: 1,
      protectedRoles: [],
      actor,
      details: {},
    });
    await store.project(project).append('main', testAuthor, createDraft('또'));
    await store.project(project).react('main', 'u2', { id: 4, emoji: '👍', on: true });
  }
  return opened;
}

it('a query without a project filter returns nothing, and with a project set only its rows (T5)', async (context) => {
  const { connection } = await openWithTalk(context);
  const client = await enterAs(context, connection);
  for (const table of WALLED) {
    assert.deepEqual(await projectsIn(client, table), [], table);
    for (const said of ['kimpga', 'othershop', 'kimpga othershop', 'kimp', ''])
      assert.deepEqual(
        await within(client, said, () => projectsIn(client, table)),
        said.split(' ').filter((name) => ['kimpga', 'othershop'].includes(name)),
        `${table} for ${said}`,
      );
  }
});

it('nothing is written into another project, and no message or log entry is removed (T5)', async (context) => {
  const { connection, store, kimpga, shop } = await openWithTalk(context);
  const client = await enterAs(context, connection);
  const inKimpga = (sql: string) => within(client, 'kimpga', () => client.query(sql));
  const message = (project: string) =>
    `INSERT INTO messages (project_id, room_id, id, seq, user_id, username, content, created_at)
      VALUES ('${project}', 'main', 900, 900, 'u', 'u', 'x', now())`;
  assert.equal((await inKimpga(message('kimpga'))).rowCount, 1);
  for (const sql of [
    message('othershop'),
    "INSERT INTO rooms (project_id, room_id) VALUES ('othershop', 'new')",
    "INSERT INTO reactions VALUES ('othershop', 'main', 1, '👍', 'u9', 900)",
    "INSERT INTO audit_log (project_id, actor, act, subject, details) VALUES ('othershop', '{}', 'a', 's', '{}')",
    "UPDATE messages SET project_id = 'othershop', id = 900, seq = 900",
    'DELETE FROM messages',
    'DELETE FROM rooms',
    "UPDATE audit_log SET act = 'nothing'",
    'DELETE FROM audit_log',
    'TRUNCATE messages',
    'ALTER TABLE messages DISABLE ROW LEVEL SECURITY',
    'SELECT * FROM chatty_migrations',
  ])
    await assert.rejects(inKimpga(sql), REFUSED, sql);
  assert.equal((await inKimpga("UPDATE rooms SET last_seq = 7 WHERE project_id = 'othershop'")).rowCount, 0);
  assert.equal((await inKimpga("DELETE FROM reactions WHERE project_id = 'othershop'")).rowCount, 0);
  for (const project of [kimpga, shop])
    assert.equal((await store.project(project).newestChanges('main', 9)).head, 5);
});

it('a pooled connection forgets its project, also after a failure (T5)', async (context) => {
  const { connection } = await openWithTalk(context);
  const log = createLog('silent');
  const pool = openPool(connection, 'test', 1, log);
  context.after(() => pool.end());
  const query = createQuery(pool, log);
  const ask = async (...values: unknown[]) => {
    const text = `SELECT DISTINCT project_id, pg_backend_pid() AS pid FROM messages
      WHERE ${values.length === 0 ? '' : '$1::text IS NOT NULL AND '} project_id <> '' ORDER BY 1`;
    return query<{ project_id: string; pid: number }>({ name: `forgets ${values.length}`, text }, values);
  };
  const names = async (...values: unknown[]) => (await ask(...values)).map(({ project_id }) => project_id);
  assert.deepEqual(await names('kimpga'), ['kimpga']);
  assert.deepEqual(await names(), []);
  assert.deepEqual(await names('othershop'), ['othershop']);
  assert.deepEqual(await names('kimpga othershop'), [], 'no project has a space in its name');
  const fails = { name: 'fails', text: 'SELECT 1 / (length($1::text) - 6) AS never' };
  await assert.rejects(query(fails, ['kimpga']), /division by zero/);
  assert.deepEqual(await names(), []);
  const both = {
    name: 'both',
    text: 'SELECT DISTINCT project_id AS p FROM rooms WHERE $1::text[] IS NOT NULL ORDER BY 1',
  };
  assert.deepEqual(await query(both, [['kimpga', 'othershop', 'kimpga']]), [
    { p: 'kimpga' },
    { p: 'othershop' },
  ]);
  assert.deepEqual(await query(both, [[]]), []);
  const pids = await Promise.all(['kimpga', 'othershop', 'kimpga'].map((name) => ask(name)));
  assert.equal(new Set(pids.flat().map(({ pid }) => pid)).size, 1, 'all on one connection');
});

it('the server itself runs as a role with row-level security (T5)', async (context) => {
  const { url, connection } = await startTestServer(context);
  const spy = await connect(context, connection);
  // Asked by each connection of the server's that comes to a room, as what it then is.
  await spy.query(`
    INSERT INTO rooms (project_id, room_id) VALUES ('kimpga', 'main');
    CREATE TABLE seen (purpose text, role text, exempt boolean, said text);
    GRANT INSERT ON seen TO PUBLIC;
    CREATE FUNCTION see() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
      INSERT INTO seen SELECT current_setting('application_name'), current_user, rolsuper OR rolbypassrls,
        current_setting('chatty.projects', true) FROM pg_roles WHERE rolname = current_user;
      RETURN true;
    END $$;
    CREATE POLICY seen ON rooms AS RESTRICTIVE USING (see())`);
  const visitor = await connectClient(context, url, createTestToken('민수'));
  assert.equal((await visitor.send('안녕')).ok, true);
  await waitUntil(() => visitor.contents.includes('안녕'), 'the message');
  const { rows } = await spy.query('SELECT DISTINCT * FROM seen ORDER BY purpose');
  assert.deepEqual(
    rows,
    ['chatty reader', 'chatty writer'].map((purpose) => ({
      purpose,
      role: 'chatty_app',
      exempt: false,
      said: 'kimpga',
    })),
  );
});

it('each project table has row-level security, or is one that a server reads for all projects at once (T5)', async (context) => {
  const { connection } = await openTestStores(context);
  const client = await connect(context, connection);
  const { rows } = await client.query<{ name: string; walled: boolean; right: boolean }>(
    `SELECT c.relname AS name, c.relrowsecurity AND c.relforcerowsecurity AS walled,
        has_table_privilege('chatty_app', c.oid, 'SELECT') AS right
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'project_id'
      WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace ORDER BY 1`,
  );
  const named = (walled: boolean) => rows.filter((row) => row.walled === walled).map(({ name }) => name);
  assert.deepEqual(named(true), WALLED);
  assert.deepEqual(named(false), OF_ALL_PROJECTS);
  assert.ok(rows.every(({ right }) => right));
});

/** A database that belongs to a user who is nothing else. */
async function makeOwned(context: TestContext, attributes = ''): Promise<DatabaseConfig> {
  const connection = await createEmptyDatabase(context);
  const owner = `owner_of_${connection.database}`;
  const admin = await connect(context, connection);
  await admin.query(`CREATE ROLE ${owner} LOGIN PASSWORD 'of-the-owner' ${attributes}`);
  await admin.query(`ALTER DATABASE ${connection.database} OWNER TO ${owner}`);
  return { ...connection, user: owner, password: 'of-the-owner' };
}

it('an owner without the right to create roles can start the server, is restricted, and can take a backup (T5)', async (context) => {
  const connection = await makeOwned(context);
  const { url } = await startTestServer(context, {}, connection);
  const visitor = await connectClient(context, url, createTestToken('민수'));
  assert.equal((await visitor.send('안녕')).ok, true);
  const client = await enterAs(context, connection);
  const { rows } = await client.query<{ role: string }>('SELECT current_user AS role');
  assert.deepEqual(rows, [{ role: connection.user }]);
  assert.deepEqual(await projectsIn(client, 'messages'), []);
  assert.deepEqual(await within(client, 'kimpga', () => projectsIn(client, 'messages')), ['kimpga']);
  assert.deepEqual(await within(client, 'othershop', () => projectsIn(client, 'messages')), []);
  await client.query("SET chatty.backup = 'on'");
  assert.deepEqual(await projectsIn(client, 'messages'), ['kimpga']);
  assert.equal((await client.query("UPDATE messages SET content = 'x'")).rowCount, 0);
  assert.equal((await client.query('DELETE FROM messages')).rowCount, 0);
});

it('an exempt user that cannot assume the role still starts the server, and is restricted once it can (T5)', async (context) => {
  const connection = await makeOwned(context, 'BYPASSRLS');
  const { url } = await startTestServer(context, {}, connection);
  const visitor = await connectClient(context, url, createTestToken('민수'));
  assert.equal((await visitor.send('안녕')).ok, true);
  assert.equal(await assumeRole(await connect(context, connection)), false);
  // The role belongs to all databases of the cluster; another one has been migrated by a superuser.
  const admin = await connect(context, (await openTestStores(context)).connection);
  await admin.query(`GRANT chatty_app TO ${connection.user}`);
  assert.equal(
    await assumeRole(await connect(context, connection)),
    false,
    'without rights it is of no use yet',
  );
  assert.equal((await visitor.send('또')).ok, true);
  await startTestServer(context, {}, connection);
  await enterAs(context, connection);
});
