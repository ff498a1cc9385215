/** Decides how many jobs one flush stores: as many as the database stores without coming near the statement timeout. */

export type FlushSize = {
  /** Most jobs of the next flush. */
  readonly most: number;
  /** Milliseconds that the database takes for so many jobs; 0 while that is not known, because it could do more. */
  timeFor(jobs: number): number;
  /** A flush was stored after so many milliseconds. */
  stored(jobs: number, milliseconds: number): void;
  /** A flush took too long and was given up. */
  timedOut(jobs: number): void;
  /** A flush failed for another reason: much may wait by now, and nobody knows how fast the database will be. */
  interrupted(): void;
};

/** A flush that takes longer does not grow, in milliseconds: twice the jobs could take twice as long, and time out. */
const LONG_FLUSH_MS = 500;
/** Twice the jobs in less than this many times the time are worth it, however long it is. */
const WORTH = 1.5;
/** What is slow about fewer jobs than this is not their number. */
const LARGE_FLUSH = 32;
/** How long a size is not tried again that timed out twice while half of it was stored, in milliseconds. */
const FIRST_BAN_MS = 5_000;
const LAST_BAN_MS = 60_000;

/**
 * A full flush that was quick is followed by one of twice the size; one that timed out, by half of it. Slow is not too
 * large: where every flush waits for the disk or the processor, small ones would only make a queue of it. Where a size
 * times out again after half of it was stored, it is the size: it is left alone, for longer each time.
 * @param batch most jobs of one flush
 * @param now clock in milliseconds
 */
export function createFlushSize(options: { batch: number; now: () => number }): FlushSize {
  const { batch, now } = options;
  let most = batch;
  let timePerJob = 0;
  let lastFull = { jobs: batch, milliseconds: 0 };
  /** The size that timed out last; Infinity: one as large was stored since. */
  let failed = Number.POSITIVE_INFINITY;
  /** How often it did so again after half of it was stored. */
  let failures = 0;
  let halfStored = false;
  let bannedUntil = 0;

  function isWorthMore(jobs: number, milliseconds: number): boolean {
    if (jobs < LARGE_FLUSH || milliseconds <= LONG_FLUSH_MS) return true;
    return jobs >= 2 * lastFull.jobs && milliseconds < WORTH * lastFull.milliseconds;
  }

  return {
    get most() {
      return most;
    },
    timeFor: (jobs) => jobs * timePerJob,
    stored(jobs, milliseconds) {
      if (jobs >= failed) {
        failed = Number.POSITIVE_INFINITY;
        failures = 0;
        bannedUntil = 0;
      }
      halfStored ||= 2 * jobs >= failed;
      timePerJob = 0;
      if (jobs < most) return;
      const limit = now() < bannedUntil ? failed >> 1 : batch;
      most = Math.min(limit, isWorthMore(jobs, milliseconds) ? 2 * jobs : jobs);
      if (most <= jobs) timePerJob = milliseconds / jobs;
      lastFull = { jobs, milliseconds };
    },
    timedOut(jobs) {
      failures = halfStored && jobs >= Math.max(LARGE_FLUSH, failed) ? failures + 1 : 0;
      const ban = FIRST_BAN_MS * 2 ** (failures - 1);
      bannedUntil = failures > 0 ? now() + Math.min(LAST_BAN_MS, ban) : 0;
      failed = jobs;
      halfStored = false;
      timePerJob = 0;
      most = Math.max(1, jobs >> 1);
    },
    interrupted() {
      // Below what has to prove that more is worth it: where every flush takes long, this one could not.
      most = Math.min(most, LARGE_FLUSH >> 1);
    },
  };
}
