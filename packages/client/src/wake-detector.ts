/** Decides when to look whether the connection still stands: the network is back, the page is seen again, the machine slept. */

import type { Clock } from './clock.js';

/** What a browser has of this; elsewhere there is none of it. */
type Page = {
  addEventListener?: (name: string, listener: () => void) => void;
  removeEventListener?: (name: string, listener: () => void) => void;
};

const TICK = 5_000;
/** A tick that is late by more than this, in milliseconds: the machine slept, or the page was frozen. */
const LATE = 10_000;

/** Calls `tick` every 5 s and `wake` when something may have happened to the connection. Answers how to end that. */
export function startWatch(options: { clock: Clock; tick: () => void; wake: () => void }): () => void {
  const { clock, tick, wake } = options;
  const page = globalThis as Page & { document?: Page & { visibilityState: string } };
  let last = clock.now();
  let stop = () => {};

  const seen = () => {
    if (page.document?.visibilityState === 'visible') wake();
  };
  const run = () => {
    const late = clock.now() - last - TICK;
    last = clock.now();
    stop = clock.later(run, TICK);
    tick();
    if (late > LATE) wake();
  };

  stop = clock.later(run, TICK);
  page.addEventListener?.('online', wake);
  page.document?.addEventListener?.('visibilitychange', seen);
  return () => {
    stop();
    page.removeEventListener?.('online', wake);
    page.document?.removeEventListener?.('visibilitychange', seen);
  };
}
