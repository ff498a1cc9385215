/** Promise: the database has the current text of each function, and a start repeats no work for it. */

import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { applyFunctions, FUNCTIONS_VERSION, readFunctionFiles } from '@chatty/server/testing';
import pg from 'pg';
import { openTestStores } from '../support/store.js';

async function openDatabase(context: TestContext) {
  const { connection } = await openTestStores(context);
  const client = new pg.Client(connection);
  client.on('error', () => undefined);
  context.after(() => client.end());
  await client.connect();
  const statements: string[] = [];
  const query = client.query.bind(client) as (...values: unknown[]) => Promise<pg.QueryResult>;
  client.query = ((...values: unknown[]) => {
    statements.push(String(values[0]));
    return query(...values);
  }) as typeof client.query;
  return { client, statements, apply: () => applyFunctions(client, () => undefined) };
}

it('a start with unchanged functions asks once and changes nothing', async (context) => {
  const { statements, apply } = await openDatabase(context);
  assert.deepEqual(await apply(), []);
  assert.equal(statements.length, 1);
});

it('only a function whose text has changed is applied', async (context) => {
  const { client, apply } = await openDatabase(context);
  await client.query("UPDATE chatty_functions SET hash = 'of an older text' WHERE name = 'append_one'");
  await client.query('DROP FUNCTION append_one');
  assert.deepEqual(await apply(), ['append_one']);
  const { rows } = await client.query("SELECT to_regproc('append_one') IS NOT NULL AS present");
  assert.deepEqual(rows, [{ present: true }]);
  assert.deepEqual(await apply(), []);
});

it('a server leaves the functions of a newer release as they are', async (context) => {
  const { client, apply } = await openDatabase(context);
  await client.query("UPDATE chatty_functions SET hash = 'newer', version = $1 WHERE name = 'append_one'", [
    FUNCTIONS_VERSION + 1,
  ]);
  assert.deepEqual(await apply(), []);
});

it('a function that cannot be applied ends the start with its name, and none is changed', async (context) => {
  const { client, apply } = await openDatabase(context);
  await client.query('DROP FUNCTION probe_disk');
  await client.query('CREATE FUNCTION probe_disk() RETURNS text LANGUAGE sql AS $$ SELECT 1::text $$');
  await client.query("UPDATE chatty_functions SET hash = 'x' WHERE name IN ('append_one', 'probe_disk')");
  await assert.rejects(apply(), { name: 'StartError', message: /function probe_disk could not be updated/ });
  const { rows } = await client.query("SELECT name FROM chatty_functions WHERE hash = 'x' ORDER BY 1");
  assert.deepEqual(rows, [{ name: 'append_one' }, { name: 'probe_disk' }]);
});

it('each function of the database has its text in a file of its name', async (context) => {
  const { client } = await openDatabase(context);
  const { rows } = await client.query<{ name: string }>(
    "SELECT DISTINCT proname AS name FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
  );
  const names = (list: { name: string }[]) => list.map(({ name }) => name).sort();
  assert.deepEqual(names(rows), names(await readFunctionFiles()));
});
