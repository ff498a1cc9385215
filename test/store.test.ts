/** Promise: the store keeps its word on a real PostgreSQL: dense numbers, one project at a time, bounded waits. */

import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import type { Draft } from '@chatty/protocol/check';
import { createAuth } from '@chatty/server/auth';
import { createLog } from '@chatty/server/log';
import { migrate } from '@chatty/server/store/migrate';
import { createPostgresStore } from '@chatty/server/store/postgres';
import { type ProjectId, type Store, Unavailable } from '@chatty/server/store/store';
import pg from 'pg';
import { makeDatabase, SECRET, tokenOf } from './kit.js';

const author = { userId: 'u1', username: '민수', avatar: null };
const draft = (content: string, clientId: string | null = null, replyTo: number | null = null): Draft => ({
  content,
  clientId,
  replyTo,
});

/** Project ids come from verified tokens only, here as anywhere. */
async function projectOf(projectId: string): Promise<ProjectId> {
  const auth = await createAuth({ secret: SECRET, requireExpiry: false, maxHours: null });
  const verdict = await auth.verify(tokenOf('민수', { projectId }));
  if (!verdict.ok) throw new Error(verdict.reason);
  return verdict.member.projectId;
}

async function open(context: TestContext) {
  const connection = await makeDatabase(context);
  const ran = await migrate(connection, 5, () => undefined);
  const stores: Store[] = [];
  const openStore = () => {
    const store = createPostgresStore({ connection, log: createLog('silent') });
    stores.push(store);
    return store;
  };
  context.after(() => Promise.all(stores.map((store) => store.close())));
  return {
    connection,
    ran,
    openStore,
    store: openStore(),
    kimpga: await projectOf('kimpga'),
    shop: await projectOf('othershop'),
  };
}

it('migrations run once, also when two servers start together', async (context) => {
  const { connection, ran } = await open(context);
  assert.ok(ran.length >= 1);
  const again = await Promise.all([
    migrate(connection, 5, () => undefined),
    migrate(connection, 5, () => undefined),
  ]);
  assert.deepEqual(again, [[], []]);
});

it('two servers writing one room take every number once, and duplicates burn none', async (context) => {
  const { store, openStore, kimpga } = await open(context);
  const stores = [store, openStore()];
  const appended = await Promise.all(
    Array.from({ length: 200 }, (_, index) =>
      stores[index % 2]?.project(kimpga).append('main', author, draft(`${index >> 1}`, `c${index >> 1}`)),
    ),
  );
  const ids = appended.map((each) => (each && 'message' in each ? each.message.id : 0));
  assert.deepEqual(
    [...new Set(ids)].sort((a, b) => a - b),
    Array.from({ length: 100 }, (_, index) => index + 1),
  );
  assert.equal(appended.filter((each) => each?.outcome === 'duplicate').length, 100);
  const page = await store.project(kimpga).newest('main', 1_000);
  assert.deepEqual([page.top, page.messages.length], [100, 100]);
});

it('one client id in two rooms at once is one message and one conflict', async (context) => {
  const { store, openStore, kimpga } = await open(context);
  const other = openStore();
  for (let round = 0; round < 20; round += 1) {
    const both = await Promise.all([
      store.project(kimpga).append('main', author, draft('x', `r${round}`)),
      other.project(kimpga).append('second', author, draft('x', `r${round}`)),
    ]);
    assert.deepEqual(both.map(({ outcome }) => outcome).sort(), ['conflict', 'stored']);
  }
});

it('a project sees its own rows only, whatever it asks for', async (context) => {
  const { store, kimpga, shop } = await open(context);
  await store.project(kimpga).append('main', author, draft('김프'));
  const there = store.project(shop);
  assert.deepEqual((await there.newest('main', 50)).messages, []);
  assert.deepEqual(await there.changedAfter('main', 0, 50), []);
  assert.equal((await there.append('main', author, draft('reply', null, 1))).outcome, 'not_found');
  const epochs = [
    (await store.project(kimpga).newest('main', 1)).epoch,
    (await there.newest('main', 1)).epoch,
  ];
  assert.notEqual(epochs[0], epochs[1]);
});

it('a locked room answers unavailable within its bound, and goes on when the lock is gone', async (context) => {
  const { connection, store, kimpga } = await open(context);
  await store.project(kimpga).append('main', author, draft('전'));
  const locker = new pg.Client(connection);
  await locker.connect();
  await locker.query('BEGIN');
  await locker.query('LOCK TABLE rooms');
  await assert.rejects(store.project(kimpga).append('main', author, draft('중', 'c')), Unavailable);
  await locker.query('ROLLBACK');
  await locker.end();
  const after = await store.project(kimpga).append('main', author, draft('중', 'c'));
  assert.equal('message' in after && after.message.id, 2);
});

it('a database that may forget a COMMIT is refused', async (context) => {
  const connection = await makeDatabase(context);
  const client = new pg.Client(connection);
  await client.connect();
  await client.query(`ALTER DATABASE ${connection.database} SET synchronous_commit = off`);
  await client.end();
  await assert.rejects(
    migrate(connection, 5, () => undefined),
    /synchronous_commit = off/,
  );
});

it('a database that refuses, and one that is not there, are told apart', async (context) => {
  const connection = await makeDatabase(context);
  await assert.rejects(
    migrate({ ...connection, password: 'wrong' }, 30, () => undefined),
    /refused/,
  );
  await assert.rejects(
    migrate({ ...connection, host: '127.0.0.1', port: 1 }, 1, () => undefined),
    /No database answered/,
  );
});
