/** Decides until when a refusal holds, by the clock of this machine. */

import type { Refusal, RefusalCode } from '@chatty/protocol';

/** `until`: when trying again can help, in milliseconds since 1970; null where nobody knows, or where it never will. */
export type TimedRefusal = { code: RefusalCode; until: number | null };

export function toTimedRefusal({ code, retryAfter }: Refusal, now: number): TimedRefusal {
  return { code, until: retryTimeOf(retryAfter, now) };
}

/** @param retryAfter in milliseconds, as it came */
export function retryTimeOf(retryAfter: unknown, now: number): number | null {
  return Number.isFinite(retryAfter) ? now + Number(retryAfter) : null;
}
