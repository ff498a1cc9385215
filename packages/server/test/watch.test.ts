/** Promise: a change by another server is read here; what has not changed is not read, and what cannot be read holds nothing else up. */

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

/** Reads what `newest` says, as `reading` has it. */
function createPart(
  newest: () => number,
  reading: () => Promise<void> = async () => undefined,
): Watched & { reads: number } {
  const part = {
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

it('what is newer is read once, a version that went back as well, and nothing else', async (context) => {
  const newest = { projects: 3, order: 7 };
  let asked = 0;
  const versions = async () => {
    asked += 1;
    return { ...newest };
  };
  const watched = { projects: createPart(() => newest.projects), order: createPart(() => newest.order) };
  const watch = createWatch({ versions, watched, log });
  context.after(watch.close);
  newest.order = 8;
  await until(() => watched.order.version === 8, 'the order');
  // As after a restored backup.
  newest.projects = 1;
  await until(() => watched.projects.version === 1, 'the projects');
  const looks = asked;
  await until(() => asked > looks + 1, 'two looks more');
  assert.deepEqual([watched.projects.reads, watched.order.reads], [1, 1]);
});

const hindrances = {
  'that cannot be read': async () => {
    throw new Error('cannot be read');
  },
  'that takes for ever': () => new Promise<void>(() => undefined),
};

for (const [what, reading] of Object.entries(hindrances))
  it(`something ${what} holds nothing else up, and is not asked for without end`, async (context) => {
    const newest = { projects: 1, order: 1 };
    const projects = createPart(() => newest.projects, reading);
    const order = createPart(() => newest.order);
    const watch = createWatch({
      versions: async () => ({ ...newest }),
      watched: { projects, order },
      log,
    });
    context.after(watch.close);
    newest.projects = 2;
    for (const version of [2, 3, 4]) {
      newest.order = version;
      await until(() => order.version === version, 'the order');
    }
    assert.deepEqual([projects.reads, order.reads], [1, 3]);
  });

it('what could not be read is tried again', async (context) => {
  const newest = { projects: 1, order: 1 };
  let broken = true;
  const projects = createPart(
    () => newest.projects,
    async () => {
      if (broken) throw new Error('cannot be read');
    },
  );
  const order = createPart(() => newest.order);
  const watch = createWatch({ versions: async () => ({ ...newest }), watched: { projects, order }, log });
  context.after(watch.close);
  newest.projects = 2;
  await until(() => projects.reads === 1, 'a try');
  broken = false;
  await until(() => projects.version === 2, 'another try');
});

it('nothing is read any more once it is closed', async (context) => {
  const order = createPart(() => 1);
  let answer: (versions: { projects: number; order: number }) => void = () => undefined;
  let asked = false;
  const versions = () => {
    asked = true;
    return new Promise<{ projects: number; order: number }>((resolve) => {
      answer = resolve;
    });
  };
  const watch = createWatch({ versions, watched: { projects: createPart(() => 1), order }, log });
  context.after(watch.close);
  await until(() => asked, 'a look');
  watch.close();
  answer({ projects: 1, order: 2 });
  await pause(50);
  assert.equal(order.reads, 0);
});
