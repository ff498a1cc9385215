/** Promise: T5, the wall is there after the first start of any server on any cluster, and after a dump was restored. */

import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import type { DatabaseConfig } from '@chatty/server/testing';
import { assumeRole, migrate } from '@chatty/server/testing';
import pg from 'pg';
import { connectClient, createTestToken, startPostgres, startTestServer } from '../support/server.js';

/** A cluster that has never seen a Chatty: roles belong to all databases of one. */
async function startFresh(context: TestContext): Promise<DatabaseConfig> {
  const { connection, close } = await startPostgres();
  context.after(close);
  return connection;
}

async function on<Result>(
  connection: DatabaseConfig,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client(connection);
  await client.connect();
  return work(client).finally(() => client.end());
}

const run = (connection: DatabaseConfig, sql: string) => on(connection, (client) => client.query(sql));

/** As whom the server's connections work, and whether the wall holds them. */
const entered = (connection: DatabaseConfig) =>
  on(connection, async (client) => ({
    held: await assumeRole(client),
    as: (await client.query<{ role: string }>('SELECT current_user AS role')).rows[0]?.role,
  }));

it('servers that start at once on a fresh cluster, on one or several databases, all use row-level security (T5)', async (context) => {
  const connection = await startFresh(context);
  const databases = ['a', 'b', 'c', 'd'].map((database) => ({ ...connection, database }));
  for (const { database } of databases) await run(connection, `CREATE DATABASE ${database}`);
  const started = await Promise.all(
    [...databases, ...databases].map((database) => startTestServer(context, {}, database)),
  );
  for (const { url } of started) {
    const visitor = await connectClient(context, url, createTestToken('민수'));
    assert.equal((await visitor.send('안녕')).ok, true);
  }
  for (const database of databases)
    assert.deepEqual(await entered(database), { held: true, as: 'chatty_app' });
});

it('a database restored without the role gets it at the next start; until then nobody can connect (T5)', async (context) => {
  const connection = await startFresh(context);
  await migrate(connection, 5, () => undefined);
  await run(connection, 'DROP OWNED BY chatty_app; DROP ROLE chatty_app');
  await assert.rejects(entered(connection), /chatty_app/);
  assert.deepEqual(await migrate(connection, 5, () => undefined), []);
  assert.deepEqual(await entered(connection), { held: true, as: 'chatty_app' });
});

it('an exempt user with the right to create roles assumes the role it created (T5)', async (context) => {
  const connection = await startFresh(context);
  await run(connection, "CREATE ROLE host LOGIN PASSWORD 'of-the-host' BYPASSRLS CREATEROLE");
  await run(connection, 'CREATE DATABASE host OWNER host');
  const hosted = { ...connection, user: 'host', password: 'of-the-host', database: 'host' };
  const { url } = await startTestServer(context, {}, hosted);
  const visitor = await connectClient(context, url, createTestToken('민수'));
  assert.equal((await visitor.send('안녕')).ok, true);
  assert.deepEqual(await entered(hosted), { held: true, as: 'chatty_app' });
});
