/** Decides what time and chance are for the client, so that a test can wind and load them. */

export type Clock = {
  /** Milliseconds since 1970. */
  now(): number;
  /** 0 up to but not including 1. */
  random(): number;
  /** Runs a callback after a pause in milliseconds, or after 24 days where it is longer; answers how to take it back. */
  later(callback: () => void, pause: number): () => void;
};

/** A timer of more milliseconds than this ends at once. */
const LONGEST = 2 ** 31 - 1;

export const realClock: Clock = {
  now: Date.now,
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
