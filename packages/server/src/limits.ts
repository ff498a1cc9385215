/** Decides whether somebody may act now: one token bucket for each key, as a member, an address, a project. */

import { monotonicTime } from './clocks.js';

export type Limit = {
  /**
   * Takes `cost` (1) from the bucket of `key` and answers 0; where there is less in it, the whole milliseconds until there
   * is. What costs more than a bucket holds takes a full one.
   */
  take(key: string, cost?: number): number;
  /** The same answer, and nothing is taken. */
  wait(key: string, cost?: number): number;
};

type Bucket = { left: number; at: number };

/** Beyond this many buckets the full ones are dropped; a full bucket says the same as none. */
const SWEEP_AT = 10_000;
/** Most buckets, about 15 MB: keys as addresses are chosen by whoever attacks. */
const MOST = 100_000;
/** What a sweep that had to be thorough leaves room for. */
const ROOMY = 75_000;
/** Least time in milliseconds between two sweeps. */
const SWEEP_PAUSE = 1_000;

/**
 * @param burst what a full bucket holds
 * @param perSecond how fast it fills again
 * @param most buckets kept at most
 * @param now clock in milliseconds
 */
export function createLimit(options: {
  burst: number;
  perSecond: number;
  most?: number;
  now?: () => number;
}): Limit {
  const { burst, perSecond, most = MOST, now = monotonicTime } = options;
  const buckets = new Map<string, Bucket>();
  /** Of all who come while there is room for no more: who is being limited does not get rid of it by a crowd. */
  const shared: Bucket = { left: burst, at: now() };
  let sweepAt = Math.min(SWEEP_AT, most);
  let sweepFrom = 0;

  const filled = (bucket: Bucket, time: number) =>
    Math.min(burst, bucket.left + (Math.max(0, time - bucket.at) / 1_000) * perSecond);
  const until = (missing: number) => Math.ceil((missing / perSecond) * 1_000);

  function drop(least: number, time: number): void {
    for (const [key, bucket] of buckets) if (filled(bucket, time) >= least) buckets.delete(key);
  }

  function sweep(time: number): void {
    drop(burst, time);
    // Whoever has something left is not being limited.
    if (buckets.size > Math.min(ROOMY, most)) drop(1, time);
    sweepAt = Math.min(most, Math.max(SWEEP_AT, buckets.size * 2));
    sweepFrom = time + SWEEP_PAUSE;
  }

  function open(key: string, time: number): Bucket {
    if (buckets.size >= sweepAt && time >= sweepFrom) sweep(time);
    if (buckets.size >= most) return shared;
    const bucket = { left: burst, at: time };
    buckets.set(key, bucket);
    return bucket;
  }

  return {
    take(key, asked = 1) {
      const cost = Math.min(asked, burst);
      const time = now();
      const bucket = buckets.get(key) ?? open(key, time);
      bucket.left = filled(bucket, time);
      bucket.at = time;
      if (bucket.left < cost) return until(cost - bucket.left);
      bucket.left -= cost;
      return 0;
    },
    wait(key, asked = 1) {
      const cost = Math.min(asked, burst);
      const bucket = buckets.get(key);
      if (bucket === undefined) return 0;
      const left = filled(bucket, now());
      return left < cost ? until(cost - left) : 0;
    },
  };
}
