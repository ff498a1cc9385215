/** Decides whether somebody may try another admin key: after too many wrong ones their keys are refused unread. */

import { createLimit } from './token-bucket.js';

export type FailedKeys = {
  /** Whole milliseconds until the next key is compared; 0: now. */
  wait(caller: string): number;
  /** A key of this caller was wrong. */
  add(caller: string): void;
};

/** Wrong keys that one caller may try at once, and how many a second are forgiven. */
const WRONG_KEYS = { burst: 10, perSecond: 10 / 60 };

/** @param now clock in milliseconds */
export function createFailedKeys(now: () => number): FailedKeys {
  const limit = createLimit({ ...WRONG_KEYS, now });
  return {
    wait: (caller) => limit.wait(caller),
    add: (caller) => void limit.take(caller),
  };
}

/**
 * Whom a wrong key counts against. Where nobody knows the address (null: the connection comes from this machine or network),
 * it is the peer, and whether the request came through a proxy: so whoever guesses through the proxy does not lock out an
 * operator who asks on the machine itself.
 *
 * @param project whose key it would be; '': the admin key of the server. A backend that goes on with a revoked key
 *   locks out keys of its own project alone
 */
export function callerOf(
  address: string | null,
  peer: string | undefined,
  isForwarded: boolean,
  project: string,
): string {
  const place = address ?? `peer ${peer ?? ''}${isForwarded ? ' forwarded' : ''}`;
  return `${place} ${project}`;
}
