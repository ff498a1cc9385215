/** Decides when to look whether the connection still stands: the network is back, the page is seen again, the machine slept. */

import type { Clock } from './clock.js';

/** What a browser has of this; elsewhere there is none of it. */
type EventTargetLike = {
  addEventListener?: (name: string, listener: () => void) => void;
  removeEventListener?: (name: string, listener: () => void) => void;
};

const TICK_INTERVAL_MS = 5_000;
/** A tick that is late by more than this, in milliseconds: the machine slept, or the page was frozen. */
const SLEEP_THRESHOLD_MS = 10_000;

/** Calls `tick` every 5 s and `wake` when something may have happened to the connection. Answers how to end that. */
export function startWakeDetector(options: {
  clock: Clock;
  onTick: () => void;
  onWake: () => void;
}): () => void {
  const { clock, onTick, onWake } = options;
  const browserGlobal = globalThis as EventTargetLike & {
    document?: EventTargetLike & { visibilityState: string };
  };
  let lastTickAt = clock.now();
  let cancelTick = () => {};

  const onVisibilityChange = () => {
    if (browserGlobal.document?.visibilityState === 'visible') onWake();
  };
  const runTick = () => {
    const delayedByMs = clock.now() - lastTickAt - TICK_INTERVAL_MS;
    lastTickAt = clock.now();
    cancelTick = clock.later(runTick, TICK_INTERVAL_MS);
    onTick();
    if (delayedByMs > SLEEP_THRESHOLD_MS) onWake();
  };

  cancelTick = clock.later(runTick, TICK_INTERVAL_MS);
  browserGlobal.addEventListener?.('online', onWake);
  browserGlobal.document?.addEventListener?.('visibilitychange', onVisibilityChange);
  return () => {
    cancelTick();
    browserGlobal.removeEventListener?.('online', onWake);
    browserGlobal.document?.removeEventListener?.('visibilitychange', onVisibilityChange);
  };
}
