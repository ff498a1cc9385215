/** Decides whether somebody may act now: one token bucket for each member, shared by all their tabs. */

export type Limit = {
  /** Takes one from the bucket of `key` and answers 0; where it is empty, the whole milliseconds until one is in it again. */
  take(key: string): number;
};

type Bucket = { left: number; at: number };

/** Beyond this many buckets the full ones are dropped; a full bucket says the same as none. */
const SWEEP_AT = 10_000;

/**
 * @param burst what a full bucket holds
 * @param perSecond how fast it fills again
 * @param now clock in milliseconds
 */
export function createLimit(options: { burst: number; perSecond: number; now?: () => number }): Limit {
  const { burst, perSecond, now = Date.now } = options;
  const buckets = new Map<string, Bucket>();
  let sweepAt = SWEEP_AT;

  const filled = (bucket: Bucket, time: number) =>
    Math.min(burst, bucket.left + (Math.max(0, time - bucket.at) / 1_000) * perSecond);

  function sweep(time: number): void {
    for (const [key, bucket] of buckets) if (filled(bucket, time) >= burst) buckets.delete(key);
    sweepAt = Math.max(SWEEP_AT, buckets.size * 2);
  }

  return {
    take(key) {
      const time = now();
      const bucket = buckets.get(key) ?? { left: burst, at: time };
      bucket.left = filled(bucket, time);
      bucket.at = time;
      if (bucket.left < 1) return Math.ceil(((1 - bucket.left) / perSecond) * 1_000);
      bucket.left -= 1;
      buckets.set(key, bucket);
      if (buckets.size > sweepAt) sweep(time);
      return 0;
    },
  };
}
