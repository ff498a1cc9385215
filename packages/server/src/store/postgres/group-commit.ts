/** Decides when what people write is stored: everything that has queued since the last flush in one transaction, at once. */

import { createBackoff } from '../../runtime/backoff.js';
import { UnavailableError } from '../../runtime/unavailable-error.js';
import { createBatchSizer } from './flush-size.js';

export type GroupCommit<Job, Result> = {
  /** Jobs of one lane are stored in the order they were given. Throws `Unavailable` when too much waits or it takes too long. */
  enqueue(key: string, job: Job): Promise<Result>;
  /** Resolves when nothing is being written or waits. */
  idle(): Promise<void>;
};

/**
 * What a failed flush means. `again`: it may be stored or not, and storing it once more does no harm. `smaller`: the same,
 * and it was too much at once. `split`: a job in it is at fault. `locked`: somebody keeps a lane of it.
 */
export type FailureKind = 'again' | 'smaller' | 'split' | 'locked';

/** Stores jobs in one transaction and answers in their order: null for a job that has to come again. */
export type Flush<Job, Result> = (
  jobs: readonly Job[],
  /** Jobs of a lane that somebody keeps are not waited for, they are answered with null. */
  skipLocked: boolean,
) => Promise<readonly (Result | null)[]>;

type QueuedJob<Job, Result> = {
  key: string;
  job: Job;
  sizeBytes: number;
  deadline: number;
  settled: boolean;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
};

/** Pauses between tries while nothing can be stored, in milliseconds. */
const MIN_RETRY_DELAY_MS = 20;
const MAX_RETRY_DELAY_MS = 250;
/** While the oldest job has waited this long and the rest needs that long, new ones are refused, in milliseconds. */
const OVERLOAD_WAIT_MS = 2_000;
const OVERLOAD_QUEUE_MS = 1_000;
/** Least time in milliseconds between two looks for jobs whose time is over. */
const MIN_EXPIRY_CHECK_MS = 25;

/**
 * @param judge what a failed flush means
 * @param weigh size of a job in bytes
 * @param limit most jobs, and most bytes of them, waiting or being stored; beyond it `write` refuses at once
 * @param batch most jobs of one flush
 * @param patience longest time in milliseconds until a job is answered
 * @param alarm runs something after some milliseconds, without keeping the process alive for it
 */
export function createGroupCommit<Job, Result extends object>(options: {
  flush: Flush<Job, Result>;
  judge: (error: unknown) => FailureKind;
  sizeOf: (job: Job) => number;
  limit: { jobs: number; bytes: number };
  maxBatchSize: number;
  timeoutMs: number;
  now: () => number;
  sleep: (milliseconds: number) => Promise<void>;
  setTimer: (milliseconds: number, drain: () => void) => void;
}): GroupCommit<Job, Result> {
  const { flush, judge, sizeOf, limit, maxBatchSize, timeoutMs, now, sleep, setTimer } = options;
  /** In the order they were given; those being stored are in `taken`, and come back to the front if they have to. */
  let queue: QueuedJob<Job, Result>[] = [];
  let inFlight: QueuedJob<Job, Result>[] = [];
  let queued = { jobs: 0, bytes: 0 };
  let running: Promise<void> | null = null;
  let isTimerSet = false;
  const batchSizer = createBatchSizer({ maxBatchSize, now });
  /** Most jobs of a flush while one is looked for that spoils the others; `batch`: none is. */
  let bisectSize = maxBatchSize;
  const backoff = createBackoff({ minMs: MIN_RETRY_DELAY_MS, maxMs: MAX_RETRY_DELAY_MS });
  /** Lanes that somebody keeps: one job of each goes along to find out when that ends. */
  const lockedKeys = new Set<string>();
  let skipLocked = false;

  async function drain(): Promise<void> {
    // One turn later: what arrives in the same turn goes with the first.
    await Promise.resolve();
    while (queue.length > 0) {
      rejectLate();
      const items = takeBatch();
      if (items.length > 0) await flushBatch(items);
    }
    lockedKeys.clear();
    skipLocked = false;
    running = null;
  }

  /** Nobody would hear of these: before they could be stored their time is over. */
  function rejectLate(): void {
    const end = now() + batchSizer.estimatedMs(Math.min(batchSizer.maxJobs, queue.length));
    const late = queue.filter(({ deadline }) => deadline <= end);
    if (late.length === 0) return;
    for (const item of late) settle(item, () => item.reject(timeoutError()));
    queue = queue.filter(({ settled }) => !settled);
  }

  function takeBatch(): QueuedJob<Job, Result>[] {
    const most = Math.min(batchSizer.maxJobs, bisectSize);
    if (lockedKeys.size === 0) {
      inFlight = queue.slice(0, most);
      queue = queue.slice(most);
      return inFlight;
    }
    const unlocked: QueuedJob<Job, Result>[] = [];
    const lockedProbes = new Map<string, QueuedJob<Job, Result>>();
    for (const item of queue) {
      if (!lockedKeys.has(item.key)) unlocked.push(item);
      else if (!lockedProbes.has(item.key)) lockedProbes.set(item.key, item);
      if (unlocked.length === most) break;
    }
    // While one job is being looked for that spoils the others, those that are free come first and alone.
    const isBisecting = bisectSize < maxBatchSize && unlocked.length > 0;
    inFlight = isBisecting ? unlocked : [...unlocked, ...[...lockedProbes.values()].slice(0, most)];
    const chosen = new Set(inFlight);
    queue = queue.filter((item) => !chosen.has(item));
    return inFlight;
  }

  async function flushBatch(items: QueuedJob<Job, Result>[]): Promise<void> {
    const startedAt = now();
    try {
      const results = await flush(
        items.map(({ job }) => job),
        skipLocked,
      );
      const before = queued.jobs;
      items.forEach((item, index) => void settleResult(item, results[index] ?? null));
      batchSizer.onStored(items.length, now() - startedAt);
      bisectSize = Math.min(maxBatchSize, bisectSize * 2);
      if (lockedKeys.size === 0) skipLocked = false;
      requeue(items);
      if (queued.jobs < before) backoff.reset();
      else await sleep(MIN_RETRY_DELAY_MS);
    } catch (error) {
      await handleFailure(items, error);
    }
  }

  function settleResult(item: QueuedJob<Job, Result>, result: Result | null): void {
    if (result !== null) {
      lockedKeys.delete(item.key);
      settle(item, () => item.resolve(result));
    } else if (skipLocked) lockedKeys.add(item.key);
  }

  async function handleFailure(items: QueuedJob<Job, Result>[], error: unknown): Promise<void> {
    const failure = judge(error);
    const [first] = items;
    if (failure === 'split' && items.length === 1 && first) settle(first, () => first.reject(error));
    if (failure === 'split') bisectSize = Math.max(1, items.length >> 1);
    else if (failure === 'smaller') batchSizer.onTimeout(items.length);
    else batchSizer.onFailure();
    const retryNow = failure === 'split' || (failure === 'locked' && !skipLocked);
    if (failure === 'locked') skipLocked = true;
    requeue(items);
    if (retryNow) return;
    await sleep(backoff.next());
  }

  function requeue(items: QueuedJob<Job, Result>[]): void {
    inFlight = [];
    const left = items.filter(({ settled }) => !settled);
    if (left.length > 0) queue = [...left, ...queue];
  }

  function settle(item: QueuedJob<Job, Result>, end: () => void): void {
    if (item.settled) return;
    item.settled = true;
    queued = { jobs: queued.jobs - 1, bytes: queued.bytes - item.sizeBytes };
    end();
  }

  /** Also those being stored: a database that hangs does not answer in time, but the server does. */
  function expireOverdue(): void {
    const time = now();
    for (const item of [...inFlight, ...queue]) {
      if (time < item.deadline) continue;
      settle(item, () => item.reject(timeoutError()));
    }
    queue = queue.filter(({ settled }) => !settled);
    isTimerSet = false;
    let next = Number.POSITIVE_INFINITY;
    for (const item of [...inFlight, ...queue]) if (!item.settled) next = Math.min(next, item.deadline);
    if (next < Number.POSITIVE_INFINITY) armTimer(Math.max(MIN_EXPIRY_CHECK_MS, next - time));
  }

  function armTimer(milliseconds: number): void {
    if (isTimerSet) return;
    isTimerSet = true;
    setTimer(milliseconds, expireOverdue);
  }

  /** After the database stood still: what waits is stored first, so that it is stored in time. */
  function isOverloaded(): boolean {
    if (batchSizer.estimatedMs(queue.length) < OVERLOAD_QUEUE_MS) return false;
    const [oldest] = queue;
    return oldest !== undefined && now() - oldest.deadline + timeoutMs > OVERLOAD_WAIT_MS;
  }

  return {
    enqueue(key, job) {
      const sizeBytes = sizeOf(job);
      if (queued.jobs >= limit.jobs || queued.bytes + sizeBytes > limit.bytes || isOverloaded())
        return Promise.reject(new UnavailableError('too much waits to be stored'));
      queued = { jobs: queued.jobs + 1, bytes: queued.bytes + sizeBytes };
      return new Promise((resolve, reject) => {
        queue.push({ key, job, sizeBytes, deadline: now() + timeoutMs, settled: false, resolve, reject });
        armTimer(timeoutMs);
        running ??= drain();
      });
    },
    async idle() {
      while (running !== null) await running;
    },
  };
}

const timeoutError = () => new UnavailableError('the database did not store it in time');
