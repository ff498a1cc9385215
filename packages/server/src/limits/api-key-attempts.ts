/** Decides whether somebody may try another admin key: after too many wrong ones their keys are refused unread. */

import { createTokenBuckets } from './token-bucket.js';

export type FailedKeyLimiter = {
  /** Whole milliseconds until the next key is compared; 0: now. */
  retryAfter(attemptKey: string): number;
  /** A key of this caller was wrong. */
  recordFailure(attemptKey: string): void;
};

/** Wrong keys that one caller may try at once, and how many a second are forgiven. */
const FAILED_KEY_RATE = { burst: 10, perSecond: 10 / 60 };

/** @param now clock in milliseconds */
export function createFailedKeyLimiter(now: () => number): FailedKeyLimiter {
  const buckets = createTokenBuckets({ ...FAILED_KEY_RATE, now });
  return {
    retryAfter: (attemptKey) => buckets.retryAfter(attemptKey),
    recordFailure: (attemptKey) => void buckets.take(attemptKey),
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
export function attemptKeyOf(
  address: string | null,
  peer: string | undefined,
  isForwarded: boolean,
  project: string,
): string {
  const source = address ?? `peer ${peer ?? ''}${isForwarded ? ' forwarded' : ''}`;
  return `${source} ${project}`;
}
