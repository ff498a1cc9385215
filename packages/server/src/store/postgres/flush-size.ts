/** Decides how many jobs one flush stores: as many as the database stores without coming near the statement timeout. */

export type BatchSizer = {
  /** Most jobs of the next flush. */
  readonly maxJobs: number;
  /** Milliseconds that the database takes for so many jobs; 0 while that is not known, because it could do more. */
  estimatedMs(jobs: number): number;
  /** A flush was stored after so many milliseconds. */
  onStored(jobs: number, milliseconds: number): void;
  /** A flush took too long and was given up. */
  onTimeout(jobs: number): void;
  /** A flush failed for another reason: much may wait by now, and nobody knows how fast the database will be. */
  onFailure(): void;
};

/** A flush that takes longer does not grow, in milliseconds: twice the jobs could take twice as long, and time out. */
const SLOW_FLUSH_MS = 500;
/** Twice the jobs in less than this many times the time are worth it, however long it is. */
const WORTHWHILE_SLOWDOWN = 1.5;
/** What is slow about fewer jobs than this is not their number. */
const LARGE_FLUSH_JOBS = 32;
/** How long a size is not tried again that timed out twice while half of it was stored, in milliseconds. */
const MIN_BAN_MS = 5_000;
const MAX_BAN_MS = 60_000;

/**
 * A full flush that was quick is followed by one of twice the size; one that timed out, by half of it. Slow is not too
 * large: where every flush waits for the disk or the processor, small ones would only make a queue of it. Where a size
 * times out again after half of it was stored, it is the size: it is left alone, for longer each time.
 * @param batch most jobs of one flush
 * @param now clock in milliseconds
 */
export function createBatchSizer(options: { maxBatchSize: number; now: () => number }): BatchSizer {
  const { maxBatchSize, now } = options;
  let maxJobs = maxBatchSize;
  let msPerJob = 0;
  let lastFull = { jobs: maxBatchSize, milliseconds: 0 };
  /** The size that timed out last; Infinity: one as large was stored since. */
  let failedSize = Number.POSITIVE_INFINITY;
  /** How often it did so again after half of it was stored. */
  let failures = 0;
  let isHalfStored = false;
  let bannedUntil = 0;

  function isWorthGrowing(jobs: number, milliseconds: number): boolean {
    if (jobs < LARGE_FLUSH_JOBS || milliseconds <= SLOW_FLUSH_MS) return true;
    return jobs >= 2 * lastFull.jobs && milliseconds < WORTHWHILE_SLOWDOWN * lastFull.milliseconds;
  }

  return {
    get maxJobs() {
      return maxJobs;
    },
    estimatedMs: (jobs) => jobs * msPerJob,
    onStored(jobs, milliseconds) {
      if (jobs >= failedSize) {
        failedSize = Number.POSITIVE_INFINITY;
        failures = 0;
        bannedUntil = 0;
      }
      isHalfStored ||= 2 * jobs >= failedSize;
      msPerJob = 0;
      if (jobs < maxJobs) return;
      const limit = now() < bannedUntil ? failedSize >> 1 : maxBatchSize;
      maxJobs = Math.min(limit, isWorthGrowing(jobs, milliseconds) ? 2 * jobs : jobs);
      if (maxJobs <= jobs) msPerJob = milliseconds / jobs;
      lastFull = { jobs, milliseconds };
    },
    onTimeout(jobs) {
      failures = isHalfStored && jobs >= Math.max(LARGE_FLUSH_JOBS, failedSize) ? failures + 1 : 0;
      const ban = MIN_BAN_MS * 2 ** (failures - 1);
      bannedUntil = failures > 0 ? now() + Math.min(MAX_BAN_MS, ban) : 0;
      failedSize = jobs;
      isHalfStored = false;
      msPerJob = 0;
      maxJobs = Math.max(1, jobs >> 1);
    },
    onFailure() {
      // Below what has to prove that more is worth it: where every flush takes long, this one could not.
      maxJobs = Math.min(maxJobs, LARGE_FLUSH_JOBS >> 1);
    },
  };
}
