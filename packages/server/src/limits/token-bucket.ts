/** Decides whether somebody may act now: one token bucket for each key, as a member, an address, a project. */

import { monotonicTime } from '../runtime/clocks.js';
import { createGradualSweep, unrefTimer } from '../runtime/gradual-sweep.js';

export type Limit = {
  /**
   * Takes `cost` (1) from the bucket of `key` and answers 0; where there is less in it, the whole milliseconds until there
   * is. What costs more than a bucket holds takes a full one.
   */
  take(key: string, cost?: number): number;
  /** The same answer, and nothing is taken. */
  wait(key: string, cost?: number): number;
  /** Buckets held. A full bucket says the same as none and is dropped. */
  readonly count: number;
};

type Bucket = { left: number; at: number };

/** Most buckets, about 15 MB: keys as addresses are chosen by whoever attacks. */
const MOST = 100_000;
/** Beyond this part of them whoever has something left is dropped as well: they are not being limited. */
const CROWDED = 0.75;
/** Buckets looked at with each `take` then: what is free is found before there is no room, though most are being limited. */
const LOOKS_IN_A_CROWD = 20;

/**
 * @param burst what a full bucket holds
 * @param perSecond how fast it fills again
 * @param most buckets kept at most
 * @param now clock in milliseconds
 * @param timer of the sweep
 */
export function createLimit(options: {
  burst: number;
  perSecond: number;
  most?: number;
  now?: () => number;
  timer?: (milliseconds: number, run: () => void) => void;
}): Limit {
  const { burst, perSecond, most = MOST, now = monotonicTime, timer = unrefTimer } = options;
  const buckets = new Map<string, Bucket>();
  /** Of all who come while there is room for no more: who is being limited does not get rid of it by a crowd. */
  const shared: Bucket = { left: burst, at: now() };

  const filled = (bucket: Bucket, time: number) =>
    Math.min(burst, bucket.left + (Math.max(0, time - bucket.at) / 1_000) * perSecond);
  const until = (missing: number) => Math.ceil((missing / perSecond) * 1_000);

  const isCrowded = () => buckets.size > most * CROWDED;
  const sweep = createGradualSweep({
    entries: buckets,
    isExpired: (bucket, time) => filled(bucket, time) >= (isCrowded() ? 1 : burst),
    now,
    timer,
  });

  function open(key: string, time: number): Bucket {
    if (buckets.size >= most) return shared;
    const bucket = { left: burst, at: time };
    buckets.set(key, bucket);
    return bucket;
  }

  return {
    take(key, asked = 1) {
      const cost = Math.min(asked, burst);
      const time = now();
      sweep.step(isCrowded() ? LOOKS_IN_A_CROWD : undefined);
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
    get count() {
      return buckets.size;
    },
  };
}
