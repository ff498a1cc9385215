/** Promise: however the database is set up, no statement of ours is compiled (JIT). */

import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { createLog } from '@chatty/server';
import type { DatabaseConfig } from '@chatty/server/testing';
import { createQuery, migrate, openPool } from '@chatty/server/testing';
import pg from 'pg';
import { createTestDatabase } from '../support/server.js';

/** Settings that an operator, or Debian, may have chosen for everybody. */
const CHOSEN_BY_THE_OPERATOR = ['jit = on', 'jit_above_cost = 0', 'jit_inline_above_cost = 0'];

async function connect(context: TestContext, connection: DatabaseConfig): Promise<pg.Client> {
  const client = new pg.Client(connection);
  client.on('error', () => undefined);
  context.after(() => client.end());
  await client.connect();
  return client;
}

async function onServer(connection: DatabaseConfig, sql: string): Promise<void> {
  const client = new pg.Client({ ...connection, database: 'postgres' });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

async function turnOnJit(client: pg.Client, database: string): Promise<void> {
  for (const setting of CHOSEN_BY_THE_OPERATOR)
    await client.query(`ALTER DATABASE ${database} SET ${setting}`);
}

it('the server turns JIT off on each of its connections, also as an unprivileged user', async (context) => {
  const connection = await createTestDatabase(context);
  const client = await connect(context, connection);
  await turnOnJit(client, connection.database);
  await migrate(connection, 5, () => undefined);
  const user = `${connection.database}_user`;
  await client.query(`CREATE ROLE ${user} LOGIN PASSWORD 'secret'`);
  await client.query(`GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${user}`);
  // The database goes first, and with it all that the role may do there.
  context.after(() => onServer(connection, `DROP ROLE ${user}`));
  for (const as of [connection, { ...connection, user, password: 'secret' }]) {
    const pool = openPool(as, 'reader', 2, createLog('silent'));
    const query = createQuery(pool, createLog('silent'));
    const asked = await Promise.all(
      [1, 2].map((n) => query<{ jit: string }>({ name: `jit ${n}`, text: 'SHOW jit' }, [])),
    );
    await pool.end();
    assert.deepEqual(asked.flat(), [{ jit: 'off' }, { jit: 'off' }], as.user);
  }
});

it('migrations run with JIT off', async (context) => {
  const connection = await createTestDatabase(context);
  const client = await connect(context, connection);
  await turnOnJit(client, connection.database);
  await client.query('CREATE TABLE jit_of_migrations (jit text)');
  await client.query(`CREATE FUNCTION note_jit() RETURNS event_trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO jit_of_migrations VALUES (current_setting('jit')); END $$`);
  await client.query('CREATE EVENT TRIGGER note_jit ON ddl_command_end EXECUTE FUNCTION note_jit()');
  await migrate(connection, 5, () => undefined);
  const { rows } = await client.query('SELECT DISTINCT jit FROM jit_of_migrations');
  assert.deepEqual(rows, [{ jit: 'off' }]);
});
