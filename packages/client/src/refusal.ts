/** Decides until when a refusal holds, by the clock of this machine. */

import type { Code, Refusal } from '@chatty/protocol/errors';

/** `until`: when trying again can help, in milliseconds since 1970; null where nobody knows, or where it never will. */
export type Reason = { code: Code; until: number | null };

export function reasonOf({ code, retryAfter }: Refusal, now: number): Reason {
  return { code, until: untilOf(retryAfter, now) };
}

/** @param retryAfter in milliseconds, as it came */
export function untilOf(retryAfter: unknown, now: number): number | null {
  return Number.isFinite(retryAfter) ? now + Number(retryAfter) : null;
}
