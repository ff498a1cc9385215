/** Promise: the store keeps its word on a real PostgreSQL: dense numbers, one project at a time, bounded waits. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Message } from '@chatty/protocol';
import { migrate, UnavailableError } from '@chatty/server/testing';
import fc from 'fast-check';
import pg from 'pg';
import { createEmptyDatabase, createTestDatabase } from '../support/server.js';
import { createDraft, openTestStores, testAuthor } from '../support/store.js';

it('migrations run once, even if two servers start together', async (context) => {
  const { connection, ran } = await openTestStores(context, createEmptyDatabase);
  assert.ok(ran.length >= 1);
  const again = await Promise.all([
    migrate(connection, 5, () => undefined),
    migrate(connection, 5, () => undefined),
  ]);
  assert.deepEqual(again, [[], []]);
});

it('two servers writing to one room take every number once, and duplicates use none', async (context) => {
  const { store, openStore, kimpga } = await openTestStores(context);
  const stores = [store, openStore()];
  const appended = await Promise.all(
    Array.from({ length: 200 }, (_, index) =>
      stores[index % 2]
        ?.project(kimpga)
        .append('main', testAuthor, createDraft(`${index >> 1}`, `c${index >> 1}`)),
    ),
  );
  const ids = appended.map((each) => (each && 'message' in each ? each.message.id : 0));
  assert.deepEqual(
    [...new Set(ids)].sort((a, b) => a - b),
    Array.from({ length: 100 }, (_, index) => index + 1),
  );
  assert.equal(appended.filter((each) => each?.outcome === 'duplicate').length, 100);
  const page = await store.project(kimpga).newestChanges('main', 1_000);
  assert.deepEqual([page.head, page.messages.length], [100, 100]);
});

it('the same client id in two rooms at once gives one message and one conflict', async (context) => {
  const { store, openStore, kimpga } = await openTestStores(context);
  const other = openStore();
  for (let round = 0; round < 20; round += 1) {
    const both = await Promise.all([
      store.project(kimpga).append('main', testAuthor, createDraft('x', `r${round}`)),
      other.project(kimpga).append('second', testAuthor, createDraft('x', `r${round}`)),
    ]);
    assert.deepEqual(both.map(({ outcome }) => outcome).sort(), ['conflict', 'stored']);
  }
});

it('a project reads only its own rows, whatever it requests', async (context) => {
  const { store, kimpga, shop } = await openTestStores(context);
  await store.project(kimpga).append('main', testAuthor, createDraft('김프'));
  const there = store.project(shop);
  assert.deepEqual((await there.newestChanges('main', 50)).messages, []);
  assert.deepEqual((await there.changesAfter('main', 0, 50)).messages, []);
  assert.deepEqual(await there.messagesBefore('main', null, 50), []);
  assert.equal((await there.update('main', testAuthor.userId, 1, '남의 집')).outcome, 'not_found');
  assert.equal((await there.append('main', testAuthor, createDraft('reply', null, 1))).outcome, 'not_found');
  const epochs = [
    (await store.project(kimpga).newestChanges('main', 1)).epoch,
    (await there.newestChanges('main', 1)).epoch,
  ];
  assert.notEqual(epochs[0], epochs[1]);
});

it('a locked room answers unavailable within its bound, and continues when the lock is released (D22)', async (context) => {
  const { connection, store, kimpga } = await openTestStores(context);
  await store.project(kimpga).append('main', testAuthor, createDraft('전'));
  const locker = new pg.Client(connection);
  await locker.connect();
  await locker.query('BEGIN');
  await locker.query('LOCK TABLE rooms');
  await assert.rejects(
    store.project(kimpga).append('main', testAuthor, createDraft('중', 'c')),
    UnavailableError,
  );
  await locker.query('ROLLBACK');
  await locker.end();
  const after = await store.project(kimpga).append('main', testAuthor, createDraft('중', 'c'));
  assert.equal('message' in after && after.message.id, 2);
});

it('pages match the log, whatever is appended, edited and deleted between them', async (context) => {
  const { store, kimpga } = await openTestStores(context);
  const room = store.project(kimpga);
  const step = fc.record({ kind: fc.constantFrom('append', 'append', 'edit', 'delete'), which: fc.nat(30) });
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 25 }),
      fc.integer({ min: 1, max: 7 }),
      async (steps, limit) => {
        run += 1;
        const name = `room-${run}`;
        const { epoch } = await room.newestChanges(name, 1);
        const model = new Map<number, Message>();
        let top = 0;
        for (const { kind, which } of steps) {
          const id = [...model.keys()][which % Math.max(1, model.size)];
          if (kind === 'append' || id === undefined) {
            const appended = await room.append(name, testAuthor, createDraft(`${kind} ${which}`));
            if ('message' in appended) model.set(appended.message.id, appended.message);
          } else {
            const changed = await room.update(
              name,
              testAuthor.userId,
              id,
              kind === 'edit' ? `고침 ${which}` : null,
            );
            if ('message' in changed) model.set(id, changed.message);
          }
          top = Math.max(top, ...[...model.values()].map(({ seq }) => seq));
        }
        const bySeq = [...model.values()].sort((a, b) => a.seq - b.seq);
        const newest = await room.newestChanges(name, limit);
        assert.deepEqual(newest.messages, bySeq.slice(-limit));
        assert.deepEqual([newest.epoch, newest.seq, newest.head], [epoch, top, top]);
        const read: Message[] = [];
        for (let prev = 0; prev < top; ) {
          const page = await room.changesAfter(name, prev, limit);
          assert.deepEqual([page.prev, page.head], [prev, top]);
          read.push(...page.messages);
          prev = page.seq;
        }
        assert.deepEqual(read, bySeq);
        const byId: Message[] = [];
        for (let before: number | null = null; ; before = byId[0]?.id ?? 0) {
          const page = await room.messagesBefore(name, before, limit);
          byId.unshift(...page);
          if (page.length < limit) break;
        }
        assert.deepEqual(
          byId,
          [...model.values()].sort((a, b) => a.id - b.id),
        );
        const [head] = await store.roomHeads([{ project: kimpga, room: name }]);
        assert.deepEqual(head && [head.epoch, head.head], top > 0 ? [epoch, top] : undefined);
      },
    ),
    { numRuns: 25 },
  );
});

it('a page of long messages ends with the message that exceeds its byte limit, whatever count was requested', async (context) => {
  const { store, kimpga } = await openTestStores(context);
  const room = store.project(kimpga);
  // In bytes of UTF-8: 3, 3,000, 6,000.
  for (const length of [1, 1_000, 2_000, 1, 1_000, 2_000, 1])
    await room.append('long', testAuthor, createDraft('가'.repeat(length)));
  const ids = async (before: number | null, limit: number, bytes?: number) =>
    (await room.messagesBefore('long', before, limit, bytes)).map(({ id }) => id);
  assert.deepEqual(await ids(null, 50), [1, 2, 3, 4, 5, 6, 7]);
  assert.deepEqual(await ids(null, 50, 6_002), [6, 7]);
  assert.deepEqual(await ids(null, 50, 6_003), [5, 6, 7]);
  assert.deepEqual(await ids(null, 50, 9_003), [4, 5, 6, 7]);
  assert.deepEqual(await ids(7, 50, 1), [6], 'one goes always');
  assert.deepEqual(await ids(7, 2, 100_000), [5, 6]);
  assert.deepEqual(await ids(1, 50, 100_000), []);
});

it('a database that may lose a COMMIT is refused', async (context) => {
  const connection = await createTestDatabase(context);
  const client = new pg.Client(connection);
  await client.connect();
  await client.query(`ALTER DATABASE ${connection.database} SET synchronous_commit = off`);
  await client.end();
  await assert.rejects(
    migrate(connection, 5, () => undefined),
    /synchronous_commit = off/,
  );
});

it('a refusing database and an unreachable database are distinguished', async (context) => {
  const connection = await createTestDatabase(context);
  await assert.rejects(
    migrate({ ...connection, password: 'wrong' }, 30, () => undefined),
    /refused/,
  );
  await assert.rejects(
    migrate({ ...connection, host: '127.0.0.1', port: 1 }, 1, () => undefined),
    /No database answered/,
  );
});

it('servers that store into the same rooms in opposite order never deadlock', async (context) => {
  const { connection, openStore, kimpga } = await openTestStores(context);
  const rooms = ['a', 'b', 'c'];
  const orders = [rooms, [...rooms].reverse()].map((order) => ({ order, store: openStore() }));
  const rounds = 60;
  await Promise.all(
    orders.map(async ({ order, store }, server) => {
      for (let round = 0; round < rounds; round += 1) {
        // Few and many by turns, because the two functions lock the same rows.
        const lines = Array.from({ length: round % 3 === server ? 20 : 1 }, () => order).flat();
        await Promise.all(
          lines.map((room) => store.project(kimpga).append(room, testAuthor, createDraft('말'))),
        );
      }
    }),
  );
  const client = new pg.Client(connection);
  await client.connect();
  const { rows } = await client.query<{ deadlocks: string; gaps: string }>(
    `SELECT deadlocks, (SELECT count(*) FROM (SELECT max(id) - count(*) AS missing FROM messages GROUP BY room_id) g
      WHERE missing <> 0) AS gaps FROM pg_stat_database WHERE datname = current_database()`,
  );
  await client.end();
  assert.deepEqual(rows, [{ deadlocks: '0', gaps: '0' }]);
});
