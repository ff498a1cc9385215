/** Decides how much of its time this process may spend on telling members what is new: half while it is idle, a fifth while it is busy. */

import { type EventLoopUtilization, performance } from 'node:perf_hooks';

/** Share of the time that passes from which a process counts as getting busy, and as busy. */
const GETTING_BUSY = 0.5;
const BUSY = 0.8;
/** How many times as long as it took to tell everyone a room then collects what comes next. */
const IDLE_FACTOR = 1;
const BUSY_FACTOR = 4;

export type Pace = {
  /** A room's next frame waits this many times as long as its last one cost. */
  readonly factor: number;
  /** Looks at the time since it last looked. */
  look(): void;
};

/** @param used share of the time, 0 to 1, that the event loop was busy since the last call */
export function createPace(used: () => number = createUse()): Pace {
  let factor = BUSY_FACTOR;
  return {
    get factor() {
      return factor;
    },
    look() {
      const busy = Math.min(1, Math.max(0, (used() - GETTING_BUSY) / (BUSY - GETTING_BUSY)));
      factor = IDLE_FACTOR + busy * (BUSY_FACTOR - IDLE_FACTOR);
    },
  };
}

function createUse(): () => number {
  let last: EventLoopUtilization = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return utilization;
  };
}
