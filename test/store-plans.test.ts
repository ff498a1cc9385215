/** Promise: a statement that was planned while a table was small reads no more of it when it is large. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createLog } from '@chatty/server/log';
import { type Connection, createPostgresStore } from '@chatty/server/store/postgres';
import { enter } from '@chatty/server/store/wall';
import pg from 'pg';
import { author, draft, open } from './stores.js';

/** Messages of a flush that a loop stores. */
const FEW = 4;

/** Entries and rows of a table that were read so far, by connections that have ended. */
async function readOf(connection: Connection, table: string): Promise<number> {
  const { rows } = await query(
    connection,
    `SELECT seq_tup_read + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes i WHERE i.relid = t.relid) AS read
     FROM pg_stat_user_tables t WHERE relname = '${table}'`,
  );
  return Number(rows[0]?.read);
}

async function query(connection: Connection, text: string): Promise<pg.QueryResult<Record<string, string>>> {
  const client = new pg.Client(connection);
  await client.connect();
  return client.query<Record<string, string>>(text).finally(() => client.end());
}

it('a connection that knew the table while it was empty reads no more of it when it is large', async (context) => {
  const { connection } = await open(context);
  const client = new pg.Client(connection);
  await client.connect();
  await client.query('ALTER TABLE messages SET (autovacuum_enabled = false)');
  // As the server is connected: what the wall adds to a query must not change how it is planned.
  assert.equal(await enter(client), true);
  await client.query("SET chatty.projects = 'kimpga'");
  let given = 0;
  const flush = (size: number) => {
    const column = (value: (n: number) => unknown) =>
      Array.from({ length: size }, (_, n) => value(given + n));
    const values = [
      column(() => 'kimpga'),
      column(() => 'main'),
      column(() => 'u1'),
      column(() => '민수'),
      column(() => null),
      column((n) => `${n}`),
      column((n) => `c${n}`),
      column((n) => (n > 10 ? 1 : null)),
      column((n) => (n > 10 ? 'moderator' : null)),
    ];
    given += size;
    if (size === 1) return ask('append_one', values.flat());
    return size <= FEW ? ask('append_few', values) : ask('append_messages', [...values, false]);
  };
  const ask = (name: string, values: unknown[]) => {
    const parameters = values.map((_, index) => `$${index + 1}`).join(', ');
    return client.query<{ outcome: string }>({
      name,
      text: `SELECT outcome FROM ${name}(${parameters})`,
      values,
    });
  };
  const entriesRead = async () => {
    await client.query('SELECT pg_stat_force_next_flush()');
    const { rows } = await client.query<{ read: string }>(
      "SELECT sum(idx_tup_read) AS read FROM pg_stat_user_indexes WHERE relname = 'messages'",
    );
    return Number(rows[0]?.read);
  };
  // Plans are kept from the sixth time on.
  for (const size of [1, FEW, FEW + 1]) for (let times = 0; times < 8; times += 1) await flush(size);
  for (let times = 0; times < 5; times += 1) await flush(1_000);
  const start = await entriesRead();
  const { rows } = await flush(100);
  const many = (await entriesRead()) - start;
  for (let times = 0; times < 100; times += 1) rows.push(...(await flush(1)).rows);
  const one = (await entriesRead()) - start - many;
  for (let times = 0; times < 100 / FEW; times += 1) rows.push(...(await flush(FEW)).rows);
  const few = (await entriesRead()) - start - many - one;
  await client.end();
  assert.ok(rows.every(({ outcome }) => outcome === 'stored'));
  assert.ok(many >= 100 && many <= 500, `${many} entries read for 100 messages that each answer one`);
  assert.ok(one >= 100 && one <= 500, `${one} entries read for 100 messages one by one`);
  assert.ok(few >= 100 && few <= 500, `${few} entries read for 100 messages few by few`);
});

it('what is sent again after a change is looked up by its key', async (context) => {
  const { connection, kimpga } = await open(context);
  await query(connection, 'ALTER TABLE messages SET (autovacuum_enabled = false)');
  // Closed before its connections' figures are read.
  const store = createPostgresStore({ connection, log: createLog('silent') });
  const room = store.project(kimpga);
  await room.append('main', author, draft('처음', 'a'));
  await room.change('main', author.userId, 1, '고침');
  const again = () => room.append('main', author, draft('처음', 'a'));
  // Plans are kept from the sixth time on.
  for (let times = 0; times < 8; times += 1) await again();
  await query(
    connection,
    `INSERT INTO messages (project_id, room_id, id, seq, user_id, username, content, client_id, created_at)
     SELECT 'kimpga', 'main', n, n, 'other', 'x', 'x', n, now() FROM generate_series(10, 30000) n`,
  );
  for (let times = 0; times < 20; times += 1) {
    const appended = await again();
    assert.equal('message' in appended && appended.message.content, '고침');
  }
  await store.close();
  const read = await readOf(connection, 'messages');
  assert.ok(read >= 20 && read <= 1_000, `${read} read for 28 messages that were sent again`);
});

it('a reaction reads nobody else’s but the few that are named', async (context) => {
  const { connection, kimpga } = await open(context);
  await query(connection, 'ALTER TABLE reactions SET (autovacuum_enabled = false)');
  // Closed before its connections' figures are read.
  const store = createPostgresStore({ connection, log: createLog('silent') });
  const room = store.project(kimpga);
  await room.append('main', author, draft('모두'));
  const react = (user: string, on: boolean) => room.react('main', user, { id: 1, emoji: '👍', on });
  for (let times = 0; times < 8; times += 1) await react('first', times % 2 === 0);
  await react('first', true);
  await query(
    connection,
    `INSERT INTO reactions (project_id, room_id, message_id, emoji, user_id, seq)
     SELECT 'kimpga', 'main', 1, '👍', 'u' || n, 1000 + n FROM generate_series(1, 30000) n`,
  );
  for (let times = 0; times < 10; times += 1) {
    const reacted = await react('late', times % 2 === 0);
    assert.equal(reacted.outcome, 'changed');
  }
  await store.close();
  const read = await readOf(connection, 'reactions');
  assert.ok(read >= 10 && read <= 2_000, `${read} read for 10 changes among 30,000 reactions`);
});

it('a page reads no more of its room than it shows, whatever was known of the room when it was planned', async (context) => {
  const { connection, kimpga } = await open(context);
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
  const store = createPostgresStore({ connection, log: createLog('silent') });
  const room = store.project(kimpga);
  await room.append('main', author, draft('처음'));
  const readAll = async () => {
    await room.newestChanges('main', 50);
    await room.changedAfter('main', 20_000, 50);
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
