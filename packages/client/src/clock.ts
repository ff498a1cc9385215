/** Decides what time and chance are for the client, so that a test can wind and load them. */

export type Clock = {
  /** Milliseconds since 1970, never less than before. */
  now(): number;
  /** 0 up to but not including 1. */
  random(): number;
  /** Runs a callback after a pause in milliseconds, or after 24 days where it is longer; answers how to take it back. */
  later(callback: () => void, pause: number): () => void;
};

/** A timer of more milliseconds than this ends at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export const realClock: Clock = {
  now: createMonotonicTime(),
  random: Math.random,
  later(callback, pause) {
    const timer = setTimeout(callback, Math.min(pause, MAX_TIMER_MS));
    return () => clearTimeout(timer);
  },
};

/** A clock whose outstanding callbacks can be taken back all at once. */
export function createCancellableClock(clock: Clock): Clock & { clear(): void } {
  const cancelCallbacks = new Set<() => void>();
  return {
    now: clock.now,
    random: clock.random,
    later(callback, pause) {
      const cancelTimer = clock.later(() => {
        cancelCallbacks.delete(cancelTimer);
        callback();
      }, pause);
      cancelCallbacks.add(cancelTimer);
      return () => {
        cancelCallbacks.delete(cancelTimer);
        cancelTimer();
      };
    },
    clear() {
      for (const cancelTimer of cancelCallbacks) cancelTimer();
      cancelCallbacks.clear();
    },
  };
}

/** By how much the clock of the machine may run ahead of what is counted, in milliseconds, before that is believed. */
const MAX_CLOCK_AHEAD_MS = 1_000;

/**
 * Milliseconds since 1970, counted on from when this was made. A machine whose clock is set back goes on as before: else
 * everything that waits would wait that much longer. What the clock says beyond that is taken: the machine slept, which the
 * counting may not have noticed.
 */
export function createMonotonicTime(
  wallClock: () => number = () => Date.now(),
  monotonicClock: () => number = () => performance.now(),
): () => number {
  let epochOffset = wallClock() - monotonicClock();
  return () => {
    const currentOffset = wallClock() - monotonicClock();
    if (currentOffset - epochOffset > MAX_CLOCK_AHEAD_MS) epochOffset = currentOffset;
    return epochOffset + monotonicClock();
  };
}
