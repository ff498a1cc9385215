/** Counts the rejections of a project in the last hour by code and origin, in steps of five minutes. */

import type { RefusalCode } from '@chatty/protocol';

export type CountedRefusal = { code: RefusalCode; origin: string | null; signed: boolean };
export type RefusalCount = CountedRefusal & { count: number };
/** By code, origin and `signed`. `steps`: the count of each step of time. */
export type RefusalCounts = Map<string, CountedRefusal & { steps: Map<number, number> }>;

/** Pairs of code and origin that are counted separately, signed and unsigned each; any further ones count as `others`. */
const MAX_COUNTED_PAIRS = 100;
const OTHER_ORIGINS = 'others';
const HOUR_MS = 3_600_000;
const COUNT_STEP_MS = 300_000;

const stepAt = (timeMs: number) => Math.floor(timeMs / COUNT_STEP_MS);
/** The last step before the hour that ends at this step. */
const lastExpiredStep = (step: number) => step - HOUR_MS / COUNT_STEP_MS;

/** @param timeMs monotonic clock in milliseconds */
export function countRefusal(
  counts: RefusalCounts,
  { code, origin: claimedOrigin, signed }: CountedRefusal,
  timeMs: number,
): void {
  const step = stepAt(timeMs);
  const expired = lastExpiredStep(step);
  const keyOf = (origin: string | null) => `${signed} ${code} ${origin}`;
  const hasRoom = counts.has(keyOf(claimedOrigin)) || !isPairLimitReached(counts, signed, expired);
  const origin = hasRoom ? claimedOrigin : OTHER_ORIGINS;
  const found = counts.get(keyOf(origin)) ?? { code, origin, signed, steps: new Map() };
  for (const old of found.steps.keys()) if (old <= expired) found.steps.delete(old);
  found.steps.set(step, (found.steps.get(step) ?? 0) + 1);
  counts.set(keyOf(origin), found);
}

/** The counts of the last hour, highest first. */
export function recentCounts(counts: RefusalCounts, timeMs: number): RefusalCount[] {
  const expired = lastExpiredStep(stepAt(timeMs));
  return [...counts.values()]
    .map(({ steps, ...pair }) => ({ ...pair, count: sumAfter(steps, expired) }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count);
}

/** Removes expired pairs first, where there are many. */
function isPairLimitReached(counts: RefusalCounts, signed: boolean, expired: number): boolean {
  const pairs = () => [...counts].filter(([, count]) => count.signed === signed);
  if (pairs().length < MAX_COUNTED_PAIRS) return false;
  for (const [key, { steps }] of pairs()) if (sumAfter(steps, expired) === 0) counts.delete(key);
  return pairs().length >= MAX_COUNTED_PAIRS;
}

function sumAfter(steps: ReadonlyMap<number, number>, step: number): number {
  let sum = 0;
  for (const [each, count] of steps) if (each > step) sum += count;
  return sum;
}
