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
const LONGEST = 2 ** 31 - 1;

export const realClock: Clock = {
  now: createTime(),
  random: Math.random,
  later(callback, pause) {
    const timer = setTimeout(callback, Math.min(pause, LONGEST));
    return () => clearTimeout(timer);
  },
};

/** A clock whose outstanding callbacks can be taken back all at once. */
export function createTimers(clock: Clock): Clock & { clear(): void } {
  const running = new Set<() => void>();
  return {
    now: clock.now,
    random: clock.random,
    later(callback, pause) {
      const stop = clock.later(() => {
        running.delete(stop);
        callback();
      }, pause);
      running.add(stop);
      return () => {
        running.delete(stop);
        stop();
      };
    },
    clear() {
      for (const stop of running) stop();
      running.clear();
    },
  };
}

/** By how much the clock of the machine may run ahead of what is counted, in milliseconds, before that is believed. */
const AHEAD = 1_000;

/**
 * Milliseconds since 1970, counted on from when this was made. A machine whose clock is set back goes on as before: else
 * everything that waits would wait that much longer. What the clock says beyond that is taken: the machine slept, which the
 * counting may not have noticed.
 */
export function createTime(
  wall: () => number = () => Date.now(),
  counted: () => number = () => performance.now(),
): () => number {
  let begun = wall() - counted();
  return () => {
    const time = wall() - counted();
    if (time - begun > AHEAD) begun = time;
    return begun + counted();
  };
}
