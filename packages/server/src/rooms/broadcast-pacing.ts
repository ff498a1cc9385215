/** Decides how much of its time this process may spend on telling members what is new: half while it is idle, a fifth while it is busy. */

import { type EventLoopUtilization, performance } from 'node:perf_hooks';

/** Share of the time that passes from which a process counts as getting busy, and as busy. */
const GETTING_BUSY_UTILIZATION = 0.5;
const BUSY_UTILIZATION = 0.8;
/** How many times as long as it took to tell everyone a room then collects what comes next. */
const IDLE_DELAY_FACTOR = 1;
const BUSY_DELAY_FACTOR = 4;

export type BroadcastPacing = {
  /** A room's next frame waits this many times as long as its last one cost. */
  readonly delayFactor: number;
  /** Looks at the time since it last looked. */
  sample(): void;
};

/** @param sampleUtilization share of the time, 0 to 1, that the event loop was busy since the last call */
export function createBroadcastPacing(
  sampleUtilization: () => number = createUtilizationSampler(),
): BroadcastPacing {
  let delayFactor = BUSY_DELAY_FACTOR;
  return {
    get delayFactor() {
      return delayFactor;
    },
    sample() {
      const busyRatio = Math.min(
        1,
        Math.max(
          0,
          (sampleUtilization() - GETTING_BUSY_UTILIZATION) / (BUSY_UTILIZATION - GETTING_BUSY_UTILIZATION),
        ),
      );
      delayFactor = IDLE_DELAY_FACTOR + busyRatio * (BUSY_DELAY_FACTOR - IDLE_DELAY_FACTOR);
    },
  };
}

function createUtilizationSampler(): () => number {
  let previous: EventLoopUtilization = performance.eventLoopUtilization();
  return () => {
    const current = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(current, previous);
    previous = current;
    return utilization;
  };
}
