/** Decides when somebody goes beyond the limits so often that they are sent away, and for how long. */

import { monotonicTime } from './clocks.js';
import { createLimit } from './limits.js';

export type Penalties = {
  /** One more event beyond the limits. Answers whether it was one too many. */
  isTooMuch(key: string): boolean;
  /** Sends away a member. Answers for how long, in milliseconds. */
  send(key: string): number;
  /** Whole milliseconds until they may come back; 0: now. */
  wait(key: string): number;
};

/** Seconds over which events beyond the limits are counted. */
const WINDOW = 10;
/** Beyond this many the ones that are over are dropped. */
const SWEEP_AT = 10_000;

/** @param allowed events beyond the limits within ten seconds that pass for eagerness */
export function createPenalties(options: {
  allowed: number;
  coolDownSeconds: number;
  now?: () => number;
}): Penalties {
  const { allowed, coolDownSeconds, now = monotonicTime } = options;
  const coolDown = coolDownSeconds * 1_000;
  const beyond = createLimit({ burst: allowed, perSecond: allowed / WINDOW, now });
  /** Of those whom their hosts have signed for: nobody can make up a crowd of them. */
  const ends = new Map<string, number>();

  function send(key: string): number {
    const time = now();
    if (ends.size > SWEEP_AT) for (const [each, end] of ends) if (end <= time) ends.delete(each);
    ends.set(key, time + coolDown);
    return coolDown;
  }

  return {
    isTooMuch: (key) => beyond.take(key) > 0,
    send,
    wait: (key) => Math.max(0, Math.ceil((ends.get(key) ?? 0) - now())),
  };
}
