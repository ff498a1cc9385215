/** Promise: a long loop runs every item in order, and lets other events run in between. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { forEachInSlices } from '../src/runtime/sliced-loop.js';

/** Runs items that take 3 ms each on a clock of their own, beside another event that takes 50 ms. */
async function runBesideOtherEvent(options: { sliceMs: number; itemsPerClockCheck?: number }) {
  let time = 0;
  const order: (number | string)[] = [];
  setImmediate(() => {
    order.push('other');
    time += 50;
  });
  const run = (item: number) => {
    order.push(item);
    time += 3;
  };
  const totalMs = await forEachInSlices([1, 2, 3, 4, 5], run, { ...options, now: () => time });
  return { order, totalMs };
}

it('a long loop pauses between slices, and its pauses do not count as its time', async () => {
  const { order, totalMs } = await runBesideOtherEvent({ sliceMs: 5 });
  assert.deepEqual(order, [1, 2, 'other', 3, 4, 5]);
  assert.equal(totalMs, 15);
});

it('a loop that looks at the clock every few items runs those without a pause', async () => {
  const { order } = await runBesideOtherEvent({ sliceMs: 1, itemsPerClockCheck: 4 });
  assert.deepEqual(order, [1, 2, 3, 4, 'other', 5]);
});
