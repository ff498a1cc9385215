/** Promise: whoever asks gets a run that began after they asked, never two at once, and a crowd costs one run. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { coalesce } from '../src/runtime/coalesce.js';

/** A job whose runs end when they are told to. */
function createJob() {
  const ends: ((error?: Error) => void)[] = [];
  let running = 0;
  let most = 0;
  const run = coalesce(async () => {
    running += 1;
    most = Math.max(most, running);
    try {
      await new Promise<void>((resolve, reject) => ends.push((error) => (error ? reject(error) : resolve())));
    } finally {
      running -= 1;
    }
  });
  return { run, ends, most: () => most };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

it('all calls during a run share one following run', async () => {
  const { run, ends, most } = createJob();
  const first = run();
  const crowd = Array.from({ length: 100 }, () => run());
  assert.equal(ends.length, 1);
  ends[0]?.();
  await first;
  await turn();
  assert.equal(ends.length, 2);
  const late = run();
  ends[1]?.();
  await Promise.all(crowd);
  await turn();
  assert.equal(ends.length, 3);
  ends[2]?.();
  await late;
  await run.idle();
  assert.equal(most(), 1);
});

it('a failed run rejects its own callers and no later ones', async () => {
  const { run, ends } = createJob();
  const first = run();
  const second = run();
  ends[0]?.(new Error('broken'));
  await assert.rejects(first, /broken/);
  await turn();
  ends[1]?.();
  await second;
  await run.idle();
});
