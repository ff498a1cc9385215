/** Promise: a change by another server is read here within a second; what has not changed is not read, and what fails keeps nothing else. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { createLog } from '../src/log.js';
import { createWatch, type Watched } from '../src/watch.js';

const log = createLog('silent');

async function until(condition: () => boolean, what: string): Promise<void> {
  for (const deadline = Date.now() + 15_000; !condition(); await pause(10))
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
}

/** Reads what `newest` says, or fails. */
function createPart(newest: () => number, fails = false): Watched & { reads: number } {
  const part = {
    version: newest(),
    reads: 0,
    async refresh() {
      part.reads += 1;
      if (fails) throw new Error('cannot be read');
      part.version = newest();
    },
  };
  return part;
}

it('what is newer is read once, a version that went back as well, and nothing else', async () => {
  const newest = { projects: 3, order: 7 };
  let asked = 0;
  const versions = async () => {
    asked += 1;
    return { ...newest };
  };
  const watched = { projects: createPart(() => newest.projects), order: createPart(() => newest.order) };
  const watch = createWatch({ versions, watched, log });
  newest.order = 8;
  await until(() => watched.order.version === 8, 'the order');
  // As after a restored backup.
  newest.projects = 1;
  await until(() => watched.projects.version === 1, 'the projects');
  const looks = asked;
  await until(() => asked > looks + 1, 'two looks more');
  watch.close();
  assert.deepEqual([watched.projects.reads, watched.order.reads], [1, 1]);
});

it('what cannot be read is tried again, and does not keep anything else from being read', async () => {
  const newest = { projects: 1, order: 1 };
  const projects = createPart(() => newest.projects, true);
  const order = createPart(() => newest.order);
  const watch = createWatch({ versions: async () => ({ ...newest }), watched: { projects, order }, log });
  newest.projects = 2;
  newest.order = 2;
  await until(() => order.version === 2, 'the order');
  await until(() => projects.reads === 2, 'another try');
  watch.close();
  assert.equal(order.reads, 1);
});
