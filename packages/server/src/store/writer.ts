/** Decides when an append runs: one at a time for each room, in the order asked, with a bound on how much may wait. */

import { Unavailable } from './store.js';

export type Writer = {
  /** Runs `job` after every earlier job of the same lane. Throws `Unavailable` when too much waits or it waited too long. */
  write<Result>(lane: string, job: () => Promise<Result>): Promise<Result>;
  /** Resolves when nothing is running or waiting. */
  idle(): Promise<void>;
};

/**
 * @param limit most jobs waiting or running on this node; beyond it `write` refuses at once
 * @param patience longest wait for the turn in milliseconds; a job refused for it has certainly not run
 */
export function createWriter(options: { limit: number; patience: number; now: () => number }): Writer {
  const { limit, patience, now } = options;
  const lanes = new Map<string, Promise<unknown>>();
  let pending = 0;

  async function turn<Result>(before: Promise<unknown>, job: () => Promise<Result>): Promise<Result> {
    const asked = now();
    await before;
    if (now() - asked > patience) throw new Unavailable('waited too long for its turn');
    return job();
  }

  async function write<Result>(lane: string, job: () => Promise<Result>): Promise<Result> {
    if (pending >= limit) throw new Unavailable('too many appends are waiting');
    pending += 1;
    const result = turn(lanes.get(lane) ?? Promise.resolve(), job);
    const settled = result.catch(() => undefined);
    lanes.set(lane, settled);
    try {
      return await result;
    } finally {
      pending -= 1;
      if (lanes.get(lane) === settled) lanes.delete(lane);
    }
  }

  async function idle(): Promise<void> {
    while (lanes.size > 0) await Promise.all(lanes.values());
  }

  return { write, idle };
}
