/** Promise: flushes of several servers into the same rooms never wait for each other in a circle, nor for a room that they pass by. */

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { it, type TestContext } from 'node:test';
import { createLog } from '@chatty/server';
import type { DatabaseConfig, ProjectId } from '@chatty/server/testing';
import { createAppendFlush, createQuery, openPool } from '@chatty/server/testing';
import pg from 'pg';
import { waitUntil } from '../support/server.js';
import { createDraft, openTestStores, testAuthor } from '../support/store.js';

async function connect(context: TestContext, connection: DatabaseConfig): Promise<pg.Client> {
  const client = new pg.Client(connection);
  client.on('error', () => undefined);
  context.after(() => client.end());
  await client.connect();
  return client;
}

/** A server's writing connection, with which each flush has exactly the messages given. */
function openWriter(context: TestContext, connection: DatabaseConfig, project: ProjectId) {
  const pool = openPool(connection, 'writer', 1, createLog('silent'));
  context.after(() => pool.end());
  const flush = createAppendFlush(createQuery(pool, createLog('silent')));
  return (rooms: readonly string[], passing = false) =>
    flush(
      rooms.map((room, n) => ({
        project,
        room,
        author: testAuthor,
        draft: createDraft(`${n}`),
        client: ` ${randomUUID()}`,
      })),
      passing,
    );
}

it('two flushes into the same rooms, one of them new, never deadlock', async (context) => {
  const { connection, kimpga } = await openTestStores(context);
  const [blocker, watcher] = [await connect(context, connection), await connect(context, connection)];
  const [few, many] = [openWriter(context, connection, kimpga), openWriter(context, connection, kimpga)];
  await few(['old']);
  const waiting = async () => {
    const { rows } = await watcher.query<{ count: string }>(
      "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
    return Number(rows[0]?.count);
  };
  await blocker.query('BEGIN');
  await blocker.query("SELECT 1 FROM rooms WHERE room_id = 'old' FOR UPDATE");
  // The first to wait gets the old room, and then wants the new one.
  const first = few(['old', 'young']);
  await waitUntil(async () => (await waiting()) === 1, 'the first flush to wait');
  const second = many(Array.from({ length: 40 }, (_, n) => (n % 2 ? 'old' : 'young')));
  await waitUntil(async () => (await waiting()) === 2, 'the second flush to wait');
  await blocker.query('COMMIT');
  const stored = (await Promise.all([first, second])).flat();
  assert.equal(stored.filter((one) => one?.outcome === 'stored').length, 42);
  const { rows } = await blocker.query('SELECT room_id, last_seq FROM rooms ORDER BY 1');
  assert.deepEqual(rows, [
    { room_id: 'old', last_seq: '22' },
    { room_id: 'young', last_seq: '21' },
  ]);
});

it('a flush that skips locked rooms waits for none of them, even during a write', async (context) => {
  const { connection, kimpga } = await openTestStores(context);
  const writer = await connect(context, connection);
  const flush = openWriter(context, connection, kimpga);
  await flush(['locked', 'written', 'free']);
  await writer.query('BEGIN');
  await writer.query("SELECT 1 FROM rooms WHERE room_id = 'locked' FOR UPDATE");
  await writer.query("UPDATE rooms SET last_seq = last_seq + 1 WHERE room_id = 'written'");
  const answers = await flush(['free', 'locked', 'new', 'written', 'free'], true);
  assert.deepEqual(
    answers.map((one) => one && [one.outcome, 'message' in one && one.message.id]),
    [['stored', 2], null, ['stored', 1], null, ['stored', 3]],
  );
  await writer.query('ROLLBACK');
});
