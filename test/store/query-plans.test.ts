/** Promise: a statement that was planned while a table was small reads no more of it when it is large. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createLog } from '@chatty/server';
import { createPostgresStore, type DatabaseConfig } from '@chatty/server/testing';
import pg from 'pg';
import { createDraft, openTestStores, testAuthor } from '../support/store.js';

/** Entries and rows of a table that were read so far, by connections that have ended. */
async function readOf(connection: DatabaseConfig, table: string): Promise<number> {
  const { rows } = await query(
    connection,
    `SELECT seq_tup_read + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes i WHERE i.relid = t.relid) AS read
     FROM pg_stat_user_tables t WHERE relname = '${table}'`,
  );
  return Number(rows[0]?.read);
}

async function query(
  connection: DatabaseConfig,
  text: string,
): Promise<pg.QueryResult<Record<string, string>>> {
  const client = new pg.Client(connection);
  await client.connect();
  return client.query<Record<string, string>>(text).finally(() => client.end());
}

it('a page reads no more of its room than it returns, whatever was known at planning time', async (context) => {
  const { connection, kimpga } = await openTestStores(context);
  await query(connection, 'ALTER TABLE messages SET (autovacuum_enabled = false)');
  const add = (project: string, from: number, to: number) =>
    query(
      connection,
      `INSERT INTO messages (project_id, room_id, id, seq, user_id, username, content, client_id, created_at)
       SELECT ${project}, 'main', n, n, 'u', 'x', 'x', n, now() FROM generate_series(${from}, ${to}) n`,
    );
  // Statistics of many small projects, of which one becomes large.
  await add("'project-' || n % 500", 1, 20_000);
  await query(connection, 'ANALYZE messages');
  // Closed before its connections' figures are read.
  const store = createPostgresStore({ config: connection, log: createLog('silent') });
  const room = store.project(kimpga);
  await room.append('main', testAuthor, createDraft('처음'));
  const readAll = async () => {
    await room.newestChanges('main', 50);
    await room.changesAfter('main', 20_000, 50);
    await room.messagesBefore('main', 20_000, 50);
  };
  // Plans are kept from the sixth time on.
  for (let times = 0; times < 8; times += 1) await readAll();
  await add("'kimpga'", 10, 40_000);
  const before = await readOf(connection, 'messages');
  for (let times = 0; times < 10; times += 1) await readAll();
  await store.close();
  const read = (await readOf(connection, 'messages')) - before;
  assert.ok(read >= 1_000 && read <= 4_000, `${read} read for 30 pages of 50`);
});
