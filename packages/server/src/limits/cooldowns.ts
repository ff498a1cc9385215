/** Decides when somebody goes beyond the limits so often that they are sent away, and for how long. */

import { monotonicTime } from '../runtime/clocks.js';
import { createGradualSweep, setUnrefTimeout } from '../runtime/gradual-sweep.js';
import { createTokenBuckets } from './token-bucket.js';

export type Cooldowns = {
  /** One more event beyond the limits. Answers whether it was one too many. */
  strike(key: string): boolean;
  /** Sends away a member. Answers for how long, in milliseconds. */
  start(key: string): number;
  /** Whole milliseconds until they may come back; 0: now. */
  remaining(key: string): number;
  /** How many are remembered as sent away. */
  readonly count: number;
};

/** Seconds over which events beyond the limits are counted. */
const STRIKE_WINDOW_SECONDS = 10;
/** Most that are remembered, about 15 MB: then the one that was sent away first may come back. */
const MAX_COOLDOWNS = 100_000;

/** @param allowed events beyond the limits within ten seconds that pass for eagerness */
export function createCooldowns(options: {
  allowedStrikes: number;
  cooldownSeconds: number;
  now?: () => number;
  setTimer?: (milliseconds: number, run: () => void) => void;
}): Cooldowns {
  const { allowedStrikes, cooldownSeconds, now = monotonicTime, setTimer = setUnrefTimeout } = options;
  const cooldownMs = cooldownSeconds * 1_000;
  const strikeBuckets = createTokenBuckets({
    burst: allowedStrikes,
    perSecond: allowedStrikes / STRIKE_WINDOW_SECONDS,
    now,
    setTimer,
  });
  /** Of those whom their hosts have signed for: nobody can make up a crowd of them. */
  const endByKey = new Map<string, number>();
  const sweep = createGradualSweep({
    entries: endByKey,
    isExpired: (end, time) => end <= time,
    now,
    setTimer,
  });

  function start(key: string): number {
    // Whoever was sent away last comes last.
    endByKey.delete(key);
    const [oldestKey] = endByKey.keys();
    if (oldestKey !== undefined && endByKey.size >= MAX_COOLDOWNS) endByKey.delete(oldestKey);
    endByKey.set(key, now() + cooldownMs);
    sweep.sweepStep();
    return cooldownMs;
  }

  return {
    strike: (key) => strikeBuckets.take(key) > 0,
    start,
    remaining: (key) => Math.max(0, Math.ceil((endByKey.get(key) ?? 0) - now())),
    get count() {
      return endByKey.size;
    },
  };
}
