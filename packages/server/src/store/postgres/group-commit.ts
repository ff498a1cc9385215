/** Decides when what people write is stored: everything that has queued since the last flush in one transaction, at once. */

import { Unavailable } from '../store.js';
import { createFlushSize } from './flush-size.js';

export type Writer<Job, Result> = {
  /** Jobs of one lane are stored in the order they were given. Throws `Unavailable` when too much waits or it takes too long. */
  write(lane: string, job: Job): Promise<Result>;
  /** Resolves when nothing is being written or waits. */
  idle(): Promise<void>;
};

/**
 * What a failed flush means. `again`: it may be stored or not, and storing it once more does no harm. `smaller`: the same,
 * and it was too much at once. `split`: a job in it is at fault. `locked`: somebody keeps a lane of it.
 */
export type Judgement = 'again' | 'smaller' | 'split' | 'locked';

/** Stores jobs in one transaction and answers in their order: null for a job that has to come again. */
export type Flush<Job, Result> = (
  jobs: readonly Job[],
  /** Jobs of a lane that somebody keeps are not waited for, they are answered with null. */
  passing: boolean,
) => Promise<readonly (Result | null)[]>;

type Item<Job, Result> = {
  lane: string;
  job: Job;
  weight: number;
  deadline: number;
  settled: boolean;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
};

/** Pauses between tries while nothing can be stored, in milliseconds. */
const FIRST_PAUSE = 20;
const LAST_PAUSE = 250;
/** While the oldest job has waited this long and the rest needs that long, new ones are refused, in milliseconds. */
const LONG_WAIT = 2_000;
const LONG_QUEUE = 1_000;
/** Least time in milliseconds between two looks for jobs whose time is over. */
const LOOK_PAUSE = 25;

/**
 * @param judge what a failed flush means
 * @param weigh size of a job in bytes
 * @param limit most jobs, and most bytes of them, waiting or being stored; beyond it `write` refuses at once
 * @param batch most jobs of one flush
 * @param patience longest time in milliseconds until a job is answered
 * @param alarm runs something after some milliseconds, without keeping the process alive for it
 */
export function createWriter<Job, Result extends object>(options: {
  flush: Flush<Job, Result>;
  judge: (error: unknown) => Judgement;
  weigh: (job: Job) => number;
  limit: { jobs: number; bytes: number };
  batch: number;
  patience: number;
  now: () => number;
  pause: (milliseconds: number) => Promise<void>;
  alarm: (milliseconds: number, run: () => void) => void;
}): Writer<Job, Result> {
  const { flush, judge, weigh, limit, batch, patience, now, pause, alarm } = options;
  /** In the order they were given; those being stored are in `taken`, and come back to the front if they have to. */
  let queue: Item<Job, Result>[] = [];
  let taken: Item<Job, Result>[] = [];
  let held = { jobs: 0, bytes: 0 };
  let running: Promise<void> | null = null;
  let alarmed = false;
  const size = createFlushSize({ batch, now });
  /** Most jobs of a flush while one is looked for that spoils the others; `batch`: none is. */
  let search = batch;
  let wait = FIRST_PAUSE;
  /** Lanes that somebody keeps: one job of each goes along to find out when that ends. */
  const kept = new Set<string>();
  let passing = false;

  async function run(): Promise<void> {
    // One turn later: what arrives in the same turn goes with the first.
    await Promise.resolve();
    while (queue.length > 0) {
      refuseLate();
      const items = take();
      if (items.length > 0) await store(items);
    }
    kept.clear();
    passing = false;
    running = null;
  }

  /** Nobody would hear of these: before they could be stored their time is over. */
  function refuseLate(): void {
    const end = now() + size.timeFor(Math.min(size.most, queue.length));
    const late = queue.filter(({ deadline }) => deadline <= end);
    if (late.length === 0) return;
    for (const item of late) settle(item, () => item.reject(tooLate()));
    queue = queue.filter(({ settled }) => !settled);
  }

  function take(): Item<Job, Result>[] {
    const most = Math.min(size.most, search);
    if (kept.size === 0) {
      taken = queue.slice(0, most);
      queue = queue.slice(most);
      return taken;
    }
    const free: Item<Job, Result>[] = [];
    const probes = new Map<string, Item<Job, Result>>();
    for (const item of queue) {
      if (!kept.has(item.lane)) free.push(item);
      else if (!probes.has(item.lane)) probes.set(item.lane, item);
      if (free.length === most) break;
    }
    // While one job is being looked for that spoils the others, those that are free come first and alone.
    const searching = search < batch && free.length > 0;
    taken = searching ? free : [...free, ...[...probes.values()].slice(0, most)];
    const chosen = new Set(taken);
    queue = queue.filter((item) => !chosen.has(item));
    return taken;
  }

  async function store(items: Item<Job, Result>[]): Promise<void> {
    const begun = now();
    try {
      const results = await flush(
        items.map(({ job }) => job),
        passing,
      );
      const before = held.jobs;
      items.forEach((item, index) => void answer(item, results[index] ?? null));
      size.stored(items.length, now() - begun);
      search = Math.min(batch, search * 2);
      if (kept.size === 0) passing = false;
      putBack(items);
      if (held.jobs < before) wait = FIRST_PAUSE;
      else await pause(FIRST_PAUSE);
    } catch (error) {
      await retreat(items, error);
    }
  }

  function answer(item: Item<Job, Result>, result: Result | null): void {
    if (result !== null) {
      kept.delete(item.lane);
      settle(item, () => item.resolve(result));
    } else if (passing) kept.add(item.lane);
  }

  async function retreat(items: Item<Job, Result>[], error: unknown): Promise<void> {
    const judgement = judge(error);
    const [first] = items;
    if (judgement === 'split' && items.length === 1 && first) settle(first, () => first.reject(error));
    if (judgement === 'split') search = Math.max(1, items.length >> 1);
    else if (judgement === 'smaller') size.timedOut(items.length);
    else size.interrupted();
    const learned = judgement === 'split' || (judgement === 'locked' && !passing);
    if (judgement === 'locked') passing = true;
    putBack(items);
    if (learned) return;
    await pause(wait);
    wait = Math.min(LAST_PAUSE, wait * 2);
  }

  function putBack(items: Item<Job, Result>[]): void {
    taken = [];
    const left = items.filter(({ settled }) => !settled);
    if (left.length > 0) queue = [...left, ...queue];
  }

  function settle(item: Item<Job, Result>, end: () => void): void {
    if (item.settled) return;
    item.settled = true;
    held = { jobs: held.jobs - 1, bytes: held.bytes - item.weight };
    end();
  }

  /** Also those being stored: a database that hangs does not answer in time, but the server does. */
  function expire(): void {
    const time = now();
    for (const item of [...taken, ...queue]) {
      if (time < item.deadline) continue;
      settle(item, () => item.reject(tooLate()));
    }
    queue = queue.filter(({ settled }) => !settled);
    alarmed = false;
    let next = Number.POSITIVE_INFINITY;
    for (const item of [...taken, ...queue]) if (!item.settled) next = Math.min(next, item.deadline);
    if (next < Number.POSITIVE_INFINITY) arm(Math.max(LOOK_PAUSE, next - time));
  }

  function arm(milliseconds: number): void {
    if (alarmed) return;
    alarmed = true;
    alarm(milliseconds, expire);
  }

  /** After the database stood still: what waits is stored first, so that it is stored in time. */
  function isBehind(): boolean {
    if (size.timeFor(queue.length) < LONG_QUEUE) return false;
    const [oldest] = queue;
    return oldest !== undefined && now() - oldest.deadline + patience > LONG_WAIT;
  }

  return {
    write(lane, job) {
      const weight = weigh(job);
      if (held.jobs >= limit.jobs || held.bytes + weight > limit.bytes || isBehind())
        return Promise.reject(new Unavailable('too much waits to be stored'));
      held = { jobs: held.jobs + 1, bytes: held.bytes + weight };
      return new Promise((resolve, reject) => {
        queue.push({ lane, job, weight, deadline: now() + patience, settled: false, resolve, reject });
        arm(patience);
        running ??= run();
      });
    },
    async idle() {
      while (running !== null) await running;
    },
  };
}

const tooLate = () => new Unavailable('the database did not store it in time');
