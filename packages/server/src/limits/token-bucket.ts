/** Decides whether somebody may act now: one token bucket for each key, as a member, an address, a project. */

import { monotonicTime } from '../runtime/clocks.js';
import { createGradualSweep, setUnrefTimeout } from '../runtime/gradual-sweep.js';

export type TokenBuckets = {
  /**
   * Takes `cost` (1) from the bucket of `key` and answers 0; where there is less in it, the whole milliseconds until there
   * is. What costs more than a bucket holds takes a full one.
   */
  take(key: string, cost?: number): number;
  /** The same answer, and nothing is taken. */
  retryAfter(key: string, cost?: number): number;
  /** Buckets held. A full bucket says the same as none and is dropped. */
  readonly count: number;
};

type Bucket = { tokens: number; updatedAt: number };

/** Most buckets, about 15 MB: keys as addresses are chosen by whoever attacks. */
const MAX_BUCKETS = 100_000;
/** Beyond this part of them whoever has something left is dropped as well: they are not being limited. */
const CROWDED_RATIO = 0.75;
/** Buckets looked at with each `take` then: what is free is found before there is no room, though most are being limited. */
const CROWDED_SWEEP_ENTRIES = 20;

/**
 * @param burst what a full bucket holds
 * @param perSecond how fast it fills again
 * @param most buckets kept at most
 * @param now clock in milliseconds
 * @param timer of the sweep
 */
export function createTokenBuckets(options: {
  burst: number;
  perSecond: number;
  maxBuckets?: number;
  now?: () => number;
  setTimer?: (milliseconds: number, run: () => void) => void;
}): TokenBuckets {
  const {
    burst,
    perSecond,
    maxBuckets = MAX_BUCKETS,
    now = monotonicTime,
    setTimer = setUnrefTimeout,
  } = options;
  const buckets = new Map<string, Bucket>();
  /** Of all who come while there is room for no more: who is being limited does not get rid of it by a crowd. */
  const overflowBucket: Bucket = { tokens: burst, updatedAt: now() };

  const tokensAt = (bucket: Bucket, timeMs: number) =>
    Math.min(burst, bucket.tokens + (Math.max(0, timeMs - bucket.updatedAt) / 1_000) * perSecond);
  const millisecondsUntil = (missing: number) => Math.ceil((missing / perSecond) * 1_000);

  const isCrowded = () => buckets.size > maxBuckets * CROWDED_RATIO;
  const sweep = createGradualSweep({
    entries: buckets,
    isExpired: (bucket, timeMs) => tokensAt(bucket, timeMs) >= (isCrowded() ? 1 : burst),
    now,
    setTimer,
  });

  function createBucket(key: string, timeMs: number): Bucket {
    if (buckets.size >= maxBuckets) return overflowBucket;
    const bucket = { tokens: burst, updatedAt: timeMs };
    buckets.set(key, bucket);
    return bucket;
  }

  return {
    take(key, requestedCost = 1) {
      const cost = Math.min(requestedCost, burst);
      const timeMs = now();
      sweep.sweepStep(isCrowded() ? CROWDED_SWEEP_ENTRIES : undefined);
      const bucket = buckets.get(key) ?? createBucket(key, timeMs);
      bucket.tokens = tokensAt(bucket, timeMs);
      bucket.updatedAt = timeMs;
      if (bucket.tokens < cost) return millisecondsUntil(cost - bucket.tokens);
      bucket.tokens -= cost;
      return 0;
    },
    retryAfter(key, requestedCost = 1) {
      const cost = Math.min(requestedCost, burst);
      const bucket = buckets.get(key);
      if (bucket === undefined) return 0;
      const tokens = tokensAt(bucket, now());
      return tokens < cost ? millisecondsUntil(cost - tokens) : 0;
    },
    get count() {
      return buckets.size;
    },
  };
}
