/** Decides how much of its time the process may spend on broadcasts: half while idle, a fifth while busy. */

import { type EventLoopUtilization, performance } from 'node:perf_hooks';

/** Event loop utilization (0 to 1) from which the pauses grow, and from which they are longest. */
const GETTING_BUSY_UTILIZATION = 0.5;
const BUSY_UTILIZATION = 0.8;
/** Length of the pause after a frame, as a multiple of the time it took to send it. */
const IDLE_DELAY_FACTOR = 1;
const BUSY_DELAY_FACTOR = 4;

export type BroadcastPacing = {
  /** A room's next frame waits this many times as long as the last one took to send. */
  readonly delayFactor: number;
  /** Updates `delayFactor` from the utilization since the last call. */
  sample(): void;
};

/** @param sampleUtilization event loop utilization (0 to 1) since the last call */
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
