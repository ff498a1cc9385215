/** Notices that the two clocks moved apart: the machine was suspended and the monotonic clock stopped, or the wall clock was set. */

const MAX_DRIFT_MS = 1_000;

export type ClockDrift = {
  /** Compares the clocks with the previous call. */
  hasDrifted(): boolean;
};

/** @param now monotonic clock, `date` wall clock, both in milliseconds */
export function createClockDrift(now: () => number, date: () => number): ClockDrift {
  let offset = date() - now();
  return {
    hasDrifted() {
      const previous = offset;
      offset = date() - now();
      return Math.abs(offset - previous) > MAX_DRIFT_MS;
    },
  };
}
