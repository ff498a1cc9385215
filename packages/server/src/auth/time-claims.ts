/** Decides whether the times in a token (`nbf`, `iat`, `exp`) are valid now. */

import { MAX_CLOCK_SKEW_SECONDS } from '@chatty/protocol';
import { type CheckFailure, checkFailure, type TokenContext } from './token-context.js';

type Payload = Pick<TokenContext, 'payload'>;

/** The last second of the year 9999: a later `exp` is an arithmetic mistake of the host, not a long lifetime. */
const MAX_TIMESTAMP_SECONDS = 253_402_300_799;

/** @param nowMs wall-clock time in milliseconds, here and below */
export function checkIssuedAt({ payload }: Payload, nowMs: number): CheckFailure | null {
  const { nbf, iat } = payload ?? {};
  if (isInvalidTime(nbf)) return checkFailure('token_claims', 'no_time', 'nbf must be a number');
  if (nbf !== undefined && nbf > Math.floor(nowMs / 1_000) + MAX_CLOCK_SKEW_SECONDS)
    return checkFailure('token_claims', 'not_yet', 'nbf is in the future');
  if (isInvalidTime(iat)) return checkFailure('token_claims', 'no_time', 'iat must be a number');
  const isFuture = iat !== undefined && iat > nowMs / 1_000 + MAX_CLOCK_SKEW_SECONDS;
  return isFuture ? checkFailure('token_claims', 'future', 'iat is in the future') : null;
}

export function checkExpiry(
  { payload }: Payload,
  nowMs: number,
  requireExpiry: boolean,
): CheckFailure | null {
  const { exp, iat } = payload ?? {};
  if (isInvalidTime(exp)) return checkFailure('token_claims', 'no_time', 'exp must be a number');
  if (exp === undefined)
    return requireExpiry ? checkFailure('token_claims', 'missing', 'exp is required') : null;
  if (exp + MAX_CLOCK_SKEW_SECONDS <= Math.floor(nowMs / 1_000))
    return checkFailure('token_expired', 'expired', 'exp has passed');
  if (exp > MAX_TIMESTAMP_SECONDS) return checkFailure('token_claims', 'no_time', 'exp is not a time');
  const isBeforeIssue = typeof iat === 'number' && exp < iat;
  return isBeforeIssue ? checkFailure('token_claims', 'before_issue', 'exp is before iat') : null;
}

/** @param maxLifetimeHours longest lifetime from now; null: any */
export function checkLifetime(
  { payload }: Payload,
  nowMs: number,
  maxLifetimeHours: number | null,
): CheckFailure | null {
  const { exp } = payload ?? {};
  if (maxLifetimeHours === null || typeof exp !== 'number') return null;
  const latestExpiry = nowMs / 1_000 + maxLifetimeHours * 3_600 + MAX_CLOCK_SKEW_SECONDS;
  return exp > latestExpiry
    ? checkFailure('token_claims', 'too_far', `exp is more than ${maxLifetimeHours} hours ahead`)
    : null;
}

function isInvalidTime(value: unknown): boolean {
  return value !== undefined && typeof value !== 'number';
}
