/** Promise: a change by another server is read here, nothing else is, and what is known counts for no longer than it is fresh. */

import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { ChangePoller, type VersionedCache } from '../src/cluster/change-poller.js';
import { createLog } from '../src/runtime/logger.js';

const log = createLog('silent');

async function until(condition: () => boolean, what: string): Promise<void> {
  for (const deadline = Date.now() + 15_000; !condition(); await pause(10))
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
}

/** Reads what `newest` says, as `reading` has it. */
function createPart(newest: () => number, reading: () => Promise<void> = async () => undefined) {
  const part: VersionedCache & { version: number; reads: number } = {
    version: newest(),
    reads: 0,
    async refresh() {
      part.reads += 1;
      await reading();
      part.version = newest();
    },
  };
  return part;
}

/** A watch over a database that answers as `database` has it, on a clock that can be moved. */
function setUp(context: TestContext, readProjects?: () => Promise<void>) {
  const newest = { projects: 3, order: 7 };
  const database = { asked: 0, answer: async () => undefined as unknown, skip: 0, caughtUp: 0 };
  const watched = {
    projects: createPart(() => newest.projects, readProjects),
    order: createPart(() => newest.order),
  };
  const watch = new ChangePoller({
    async versions() {
      database.asked += 1;
      await database.answer();
      return { ...newest };
    },
    caches: watched,
    async catchUp() {
      database.caughtUp += 1;
    },
    log,
    now: () => performance.now() + database.skip,
  });
  context.after(() => watch.close());
  return { newest, database, watched, watch };
}

const broken = async () => {
  throw new Error('cannot be read');
};
const hanging = () => new Promise<void>(() => undefined);

it('newer versions are read once, also a version that went back, and nothing else is read', async (context) => {
  const { newest, database, watched } = setUp(context);
  newest.order = 8;
  await until(() => watched.order.version === 8, 'the order');
  // As after a restored backup.
  newest.projects = 1;
  await until(() => watched.projects.version === 1, 'the projects');
  const { asked } = database;
  await until(() => database.asked > asked + 1, 'two looks more');
  assert.deepEqual([watched.projects.reads, watched.order.reads, database.caughtUp], [1, 1, 0]);
});

for (const [what, reading] of Object.entries({
  'that cannot be read': broken,
  'that takes for ever': hanging,
}))
  it(`something ${what} blocks nothing else, and is requested at most once per poll`, async (context) => {
    const { newest, database, watched, watch } = setUp(context, reading);
    newest.projects = 4;
    for (const version of [8, 9, 10]) {
      newest.order = version;
      await until(() => watched.order.version === version, 'the order');
    }
    const { reads } = watched.projects;
    assert.ok(reads >= 1 && reads <= (reading === hanging ? 1 : database.asked), `${reads} reads`);
    await until(() => !watch.isFresh(), 'what is known to be too old');
  });

it('a failed read is retried', async (context) => {
  let isBroken = true;
  const { newest, watched } = setUp(context, async () => (isBroken ? broken() : undefined));
  newest.projects = 4;
  await until(() => watched.projects.reads >= 1, 'a try');
  isBroken = false;
  await until(() => watched.projects.version === 4, 'another try');
});

it('without an answer the cache becomes stale, and is fresh again once everything is read', async (context) => {
  const { newest, database, watched, watch } = setUp(context);
  assert.equal(watch.whenFresh(), true);
  database.answer = broken;
  await until(() => !watch.isFresh(), 'what is known to be too old');
  assert.equal(await watch.whenFresh(), false);
  newest.order = 8;
  database.answer = async () => undefined;
  await until(() => watch.isFresh(), 'the way back');
  assert.equal(watched.order.version, 8, 'bans are read before anybody is let in');
  assert.ok(database.caughtUp >= 1, 'rooms are read before anybody is let in');
});

it('a suspended process polls before it admits anyone, and one poll serves all waiters', async (context) => {
  const { newest, database, watched, watch } = setUp(context);
  await until(() => database.asked === 1, 'a look');
  let looked = () => undefined as unknown;
  database.answer = () => new Promise((resolve) => (looked = () => resolve(undefined)));
  database.skip += 3_000;
  newest.order = 8;
  const { asked } = database;
  const waiting = Array.from({ length: 1_000 }, () => watch.whenFresh());
  assert.ok(database.asked <= asked + 1, 'one look');
  assert.ok(waiting.every((answer) => answer instanceof Promise));
  await until(() => database.asked === asked + 1, 'the look');
  looked();
  assert.deepEqual(new Set(await Promise.all(waiting)), new Set([true]));
  assert.equal(watched.order.version, 8);
});

it('a waiter on a poll that never ends gets an error within the bound, and other polls are tried meanwhile', async (context) => {
  const { database, watch } = setUp(context);
  const ends: (() => void)[] = [];
  database.answer = () => new Promise((_, reject) => ends.push(() => reject(new Error('no answer'))));
  database.skip += 3_000;
  assert.equal(await watch.whenFresh(), false);
  assert.ok(database.asked >= 2, 'a look that hangs keeps no other from being tried');
  database.answer = async () => undefined;
  // The store ends each of its questions within its bound.
  for (const end of ends) end();
  await until(() => watch.isFresh(), 'the way back');
});

it('nothing is read after close', async (context) => {
  const { newest, database, watched, watch } = setUp(context);
  let answer = () => undefined as unknown;
  database.answer = () => new Promise((resolve) => (answer = () => resolve(undefined)));
  await until(() => database.asked === 1, 'a look');
  newest.order = 8;
  watch.close();
  answer();
  await new Promise(setImmediate);
  assert.equal(watched.order.reads, 0);
});
