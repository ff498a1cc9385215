/** Time that goes on only when everything waits for it. */

import assert from 'node:assert/strict';

export function createFakeClock() {
  let time = 0;
  const timers: { at: number; run: () => void }[] = [];
  const alarm = (milliseconds: number, run: () => void) => void timers.push({ at: time + milliseconds, run });
  const pause = (milliseconds: number) => new Promise<void>((resolve) => alarm(milliseconds, resolve));
  /** Lets time go on until the promise is settled; fails where nothing is left that could settle it. */
  async function until(done: Promise<unknown>): Promise<void> {
    let over = false;
    done.then(() => {
      over = true;
    });
    for (;;) {
      await new Promise(setImmediate);
      if (over) return;
      timers.sort((a, b) => a.at - b.at);
      const next = timers.shift();
      assert.ok(next, 'something waits that no timer ends');
      time = Math.max(time, next.at);
      next.run();
    }
  }
  return { now: () => time, alarm, pause, until };
}
