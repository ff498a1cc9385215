/** Promise: the probe that bounds the pauses of the event loop sees a pause, and only pauses. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { assertNoLongPause, longestPauseMs, threadCpuMs } from './event-loop-lag.js';

/** Works for so many milliseconds of CPU time in one turn. */
function work(milliseconds: number): void {
  const end = threadCpuMs() + milliseconds;
  while (threadCpuMs() < end);
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

it('a turn that works for 80 ms is measured as a lag of 80 ms, immediate or deferred', async () => {
  assert.ok((await longestPauseMs(() => work(80))) >= 80);
  const later = async () => {
    await turn();
    work(80);
    await turn();
  };
  assert.ok((await longestPauseMs(later)) >= 80);
  await assert.rejects(
    assertNoLongPause('this', later),
    /this keeps the event loop for \d+ ms, more than 50 ms/,
  );
});

it('the same work in eight turns is no long lag, and neither is waiting', async () => {
  await assertNoLongPause('sliced work', async () => {
    for (let slice = 0; slice < 8; slice += 1) {
      work(10);
      await turn();
    }
  });
  await assertNoLongPause('waiting', () => new Promise((resolve) => setTimeout(resolve, 120)));
});

it('a lag on the first run only is not a failure', async () => {
  let first = true;
  await assertNoLongPause('warm-up', () => {
    if (first) work(80);
    first = false;
  });
});
