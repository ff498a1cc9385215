/** Decides when somebody goes beyond the limits so often that they are sent away, and for how long. */

import { monotonicTime } from '../runtime/clocks.js';
import { createGradualSweep, unrefTimer } from '../runtime/gradual-sweep.js';
import { createLimit } from './token-bucket.js';

export type Penalties = {
  /** One more event beyond the limits. Answers whether it was one too many. */
  isTooMuch(key: string): boolean;
  /** Sends away a member. Answers for how long, in milliseconds. */
  send(key: string): number;
  /** Whole milliseconds until they may come back; 0: now. */
  wait(key: string): number;
  /** How many are remembered as sent away. */
  readonly count: number;
};

/** Seconds over which events beyond the limits are counted. */
const WINDOW = 10;
/** Most that are remembered, about 15 MB: then the one that was sent away first may come back. */
const MOST = 100_000;

/** @param allowed events beyond the limits within ten seconds that pass for eagerness */
export function createPenalties(options: {
  allowed: number;
  coolDownSeconds: number;
  now?: () => number;
  timer?: (milliseconds: number, run: () => void) => void;
}): Penalties {
  const { allowed, coolDownSeconds, now = monotonicTime, timer = unrefTimer } = options;
  const coolDown = coolDownSeconds * 1_000;
  const beyond = createLimit({ burst: allowed, perSecond: allowed / WINDOW, now, timer });
  /** Of those whom their hosts have signed for: nobody can make up a crowd of them. */
  const ends = new Map<string, number>();
  const sweep = createGradualSweep({ entries: ends, isExpired: (end, time) => end <= time, now, timer });

  function send(key: string): number {
    // Whoever was sent away last comes last.
    ends.delete(key);
    const [first] = ends.keys();
    if (first !== undefined && ends.size >= MOST) ends.delete(first);
    ends.set(key, now() + coolDown);
    sweep.step();
    return coolDown;
  }

  return {
    isTooMuch: (key) => beyond.take(key) > 0,
    send,
    wait: (key) => Math.max(0, Math.ceil((ends.get(key) ?? 0) - now())),
    get count() {
      return ends.size;
    },
  };
}
