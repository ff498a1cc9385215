/** Decides when what people write is stored: everything that has queued since the last flush in one transaction, at once. */

import { Unavailable } from './store.js';

export type Writer<Job, Result> = {
  /** Jobs of one lane are stored in the order they were given. Throws `Unavailable` when too many wait or it takes too long. */
  write(lane: string, job: Job): Promise<Result>;
  /** Resolves when nothing is being written or waits. */
  idle(): Promise<void>;
};

/** `again`: it may be stored or not, and storing it once more does no harm. `split`: something in it is at fault. */
export type Judgement = 'again' | 'split';

type Item<Job, Result> = {
  lane: string;
  job: Job;
  deadline: number;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
};

/** Pauses between tries while the database is away, in milliseconds. */
const FIRST_PAUSE = 20;
const LAST_PAUSE = 250;

/**
 * @param flush stores the jobs in one transaction and answers in their order; rejects when nothing can be said for sure
 * @param judge what a failed flush means
 * @param limit most jobs waiting or being stored; beyond it `write` refuses at once
 * @param batch most jobs of one flush
 * @param patience longest time in milliseconds that a job is tried
 */
export function createWriter<Job, Result>(options: {
  flush: (jobs: readonly Job[]) => Promise<readonly Result[]>;
  judge: (error: unknown) => Judgement;
  limit: number;
  batch: number;
  patience: number;
  now: () => number;
  pause: (milliseconds: number) => Promise<void>;
}): Writer<Job, Result> {
  const { flush, judge, limit, batch, patience, now, pause } = options;
  let queue: Item<Job, Result>[] = [];
  let busy = 0;
  let running: Promise<void> | null = null;

  async function run(): Promise<void> {
    // One turn later: what arrives in the same turn goes with the first.
    await Promise.resolve();
    while (queue.length > 0) {
      const items = queue.slice(0, batch);
      queue = queue.slice(items.length);
      busy = items.length;
      await store(items);
      busy = 0;
    }
    running = null;
  }

  async function store(items: Item<Job, Result>[]): Promise<void> {
    let left = items;
    for (let wait = FIRST_PAUSE; ; wait = Math.min(LAST_PAUSE, wait * 2)) {
      left = expire(left);
      if (left.length === 0) return;
      try {
        const results = await flush(left.map(({ job }) => job));
        for (const [index, item] of left.entries()) item.resolve(results[index] as Result);
        return;
      } catch (error) {
        if (judge(error) === 'split') return storeApart(left, error);
      }
      await pause(wait);
    }
  }

  async function storeApart(items: Item<Job, Result>[], error: unknown): Promise<void> {
    if (items.length === 1) {
      items[0]?.reject(error);
      return;
    }
    // By lane: what fails because of one room does not take another room's with it further than it must.
    const sorted = [...items].sort((a, b) => (a.lane < b.lane ? -1 : a.lane > b.lane ? 1 : 0));
    const half = sorted.length >> 1;
    await store(sorted.slice(0, half));
    await store(sorted.slice(half));
  }

  function expire(items: Item<Job, Result>[]): Item<Job, Result>[] {
    const time = now();
    return items.filter((item) => {
      if (time < item.deadline) return true;
      item.reject(new Unavailable('the database did not store it in time'));
      return false;
    });
  }

  return {
    write(lane, job) {
      if (queue.length + busy >= limit) return Promise.reject(new Unavailable('too much waits to be stored'));
      return new Promise((resolve, reject) => {
        queue.push({ lane, job, deadline: now() + patience, resolve, reject });
        running ??= run();
      });
    },
    async idle() {
      while (running !== null) await running;
    },
  };
}
