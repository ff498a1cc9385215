/** Measures the longest pause of this process's event loop: how long one turn keeps everybody else waiting (R15). */

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';

/** Longest time in milliseconds that any packet, request, token, header, list or query may keep the event loop. */
const LOOP_PAUSE_LIMIT_MS = 50;
/** The first call of a function is compiled, and a collection of garbage may fall into any: the best of some tries counts. */
const MAX_MEASUREMENTS = 3;
/** Linux: nanoseconds that this thread has run, as the scheduler counts them. */
const SCHEDSTAT_PATH = '/proc/thread-self/schedstat';

/**
 * CPU time of this thread in milliseconds. Unlike the clock on the wall it stands still while the machine does something
 * else; where the system does not tell it for a thread, it is that of the whole process.
 */
export const threadCpuMs: () => number = existsSync(SCHEDSTAT_PATH)
  ? () => Number.parseInt(readFileSync(SCHEDSTAT_PATH, 'latin1'), 10) / 1e6
  : () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e3;
    };

/**
 * The longest turn of the event loop while `work` runs, in milliseconds of CPU time. Whatever it measures has to happen in
 * this process, a server under test included. The loop spins meanwhile, so that each turn is measured on its own.
 */
export async function longestPauseMs(work: () => unknown): Promise<number> {
  let longest = 0;
  let last = threadCpuMs();
  const look = () => {
    const now = threadCpuMs();
    longest = Math.max(longest, now - last);
    last = now;
  };
  let spinning = setImmediate(function spin() {
    look();
    spinning = setImmediate(spin);
  });
  try {
    await work();
    look();
    return longest;
  } finally {
    clearImmediate(spinning);
  }
}

/**
 * Fails when `work` keeps the event loop for more than the limit each time it is tried.
 * @param what it is, for the error
 */
export async function assertNoLongPause(
  what: string,
  work: () => unknown,
  limitMs = LOOP_PAUSE_LIMIT_MS,
): Promise<void> {
  let shortest = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < MAX_MEASUREMENTS; tries += 1) {
    shortest = Math.min(shortest, await longestPauseMs(work));
    if (shortest <= limitMs) return;
  }
  assert.fail(`${what} keeps the event loop for ${Math.round(shortest)} ms, more than ${limitMs} ms`);
}
