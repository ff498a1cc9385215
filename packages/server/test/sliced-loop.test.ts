/** Promise: a long loop runs every item in order, and lets other events run in between. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { forEachInSlices } from '../src/runtime/sliced-loop.js';

function blockFor(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

it('a long loop pauses between slices, and its pauses do not count as its time', async () => {
  const events: (number | string)[] = [];
  setImmediate(() => {
    events.push('other');
    blockFor(50);
  });
  const totalMs = await forEachInSlices(
    [1, 2, 3, 4],
    (item) => {
      events.push(item);
      blockFor(3);
    },
    { sliceMs: 5 },
  );
  assert.deepEqual(events, [1, 2, 'other', 3, 4]);
  assert.ok(totalMs >= 12 && totalMs < 45, `${totalMs} ms`);
});

it('a loop that looks at the clock every few items runs those without a pause', async () => {
  const events: (number | string)[] = [];
  setImmediate(() => events.push('other'));
  const run = (item: number) => {
    events.push(item);
    blockFor(3);
  };
  await forEachInSlices([1, 2, 3, 4, 5], run, { sliceMs: 1, itemsPerClockCheck: 4 });
  assert.deepEqual(events, [1, 2, 3, 4, 'other', 5]);
});
