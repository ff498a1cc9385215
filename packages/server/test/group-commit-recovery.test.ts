/** Promise: whatever slows the database, when it is over the writer serves the same load again within 10 s, and no work is done for nobody. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { createGroupCommit, type FailureKind } from '../src/store/postgres/group-commit.js';
import { createFakeClock } from './support/fake-clock.js';

type Job = { number: number; at: number };
/** How the database is away: it answers nothing, it refuses connections, or somebody keeps the room locked. */
type Kind = 'hangs' | 'refuses' | 'locks';
type Stall = { kind: Kind; from: number; to: number };
type Simulation = {
  /** Rows the database stores in a second when a flush has many. */
  capacity: number;
  stalls?: Stall[];
  /** What a flush takes, in milliseconds, where it is not the usual. */
  cost?: (rows: number) => number;
  /** Whether refused jobs are written again, as clients do. */
  resend?: boolean;
};

const PATIENCE_MS = 5_000;
const QUERY_TIMEOUT_MS = 3_000;
const LOCK_TIMEOUT_MS = 1_000;
/** What a flush takes beside its rows, in milliseconds. */
const FLUSH_MS = 5;
const RECOVERY_MS = 10_000;
/** Jobs are written this often, in milliseconds. */
const TICK_MS = 20;
const FIRST_RESEND_MS = 1_000;
const LAST_RESEND_MS = 8_000;

class Fault extends Error {
  constructor(readonly judgement: FailureKind) {
    super(judgement);
  }
}

function simulate({ capacity, stalls = [], cost, resend = false }: Simulation) {
  const { now, alarm, pause, until } = createFakeClock();
  const timeOf = cost ?? ((rows: number) => FLUSH_MS + (rows * 1_000) / capacity);
  const stored = new Set<number>();
  /** `flushed`: rows that the database has worked on. */
  const count = { flushed: 0, written: 0, answered: 0, refused: 0 };
  /** Each job's end: when it was answered, and whether as stored. */
  const ends = new Map<number, { given: number; at: number; ok: boolean }>();
  const stallAt = (from: number, to: number) => stalls.find((each) => each.from < to && from < each.to);

  /** Sleeps through what keeps the flush from its work; throws where the server gives it up. */
  async function sleep(rows: number, passing: boolean): Promise<'done' | 'kept'> {
    const work = timeOf(rows);
    const stall = stallAt(now(), now() + work);
    if (stall?.kind === 'refuses') throw new Fault('again');
    if (stall?.kind === 'locks' && passing) {
      await pause(work);
      return 'kept';
    }
    const left = stall ? Math.max(0, stall.to - now()) : 0;
    const timeout = stall?.kind === 'locks' ? LOCK_TIMEOUT_MS : QUERY_TIMEOUT_MS;
    if (left + work > QUERY_TIMEOUT_MS || left > timeout) {
      await pause(timeout);
      throw new Fault(stall?.kind === 'locks' ? 'locked' : 'smaller');
    }
    await pause(left + work);
    return 'done';
  }

  const writer = createGroupCommit<Job, Job>({
    flush: async (jobs, passing) => {
      if ((await sleep(jobs.length, passing)) === 'kept') return jobs.map(() => null);
      count.flushed += jobs.length;
      for (const { number } of jobs) stored.add(number);
      return jobs;
    },
    judge: (error) => (error instanceof Fault ? error.judgement : 'again'),
    sizeOf: () => 100,
    limit: { jobs: 20_000, bytes: 64 * 1024 * 1024 },
    maxBatchSize: 1_000,
    timeoutMs: PATIENCE_MS,
    now,
    sleep: pause,
    setTimer: alarm,
  });

  async function write(job: Job): Promise<void> {
    for (let wait = FIRST_RESEND_MS; ; wait = Math.min(LAST_RESEND_MS, wait * 2)) {
      const ok = await writer.enqueue('room', job).then(
        () => true,
        () => false,
      );
      if (!ok) count.refused += 1;
      ends.set(job.number, { given: job.at, at: now(), ok });
      if (ok || !resend) break;
      await pause(wait);
    }
    count.answered += 1;
  }

  /** Writes at this rate for so many milliseconds, then waits for every answer. */
  async function load(rate: number, milliseconds: number): Promise<void> {
    const work: Promise<void>[] = [];
    const giving = (async () => {
      while (now() < milliseconds) {
        await pause(TICK_MS);
        while (count.written < Math.floor((now() * rate) / 1_000))
          work.push(write({ number: count.written++, at: now() }));
      }
    })();
    await until(giving);
    await until(Promise.all(work));
  }
  return { load, ends, stored, count };
}

const capacity = fc.constantFrom(50, 300, 1_000);
const share = fc.double({ min: 0.05, max: 0.8, noNaN: true });
const seconds = fc.double({ min: 0.1, max: 20, noNaN: true });
const kind = fc.constantFrom<Kind>('hangs', 'refuses', 'locks');
const BEFORE_MS = 2_000;

it('after a stall of up to 20 s, at up to 80 % of database capacity, the backlog clears within 10 s', async () => {
  await fc.assert(
    fc.asyncProperty(capacity, share, seconds, kind, async (rows, part, length, how) => {
      const over = BEFORE_MS + length * 1_000;
      const { load, ends, stored } = simulate({
        capacity: rows,
        stalls: [{ kind: how, from: BEFORE_MS, to: over }],
      });
      await load(rows * part, over + RECOVERY_MS + 3_000);
      for (const [number, { given, at, ok }] of ends) {
        if (ok) assert.ok(stored.has(number), 'acknowledged means stored');
        if (given < over + RECOVERY_MS) continue;
        assert.ok(ok && at - given < 1_500, `written ${given - over} ms after it: ${ok}, ${at - given} ms`);
      }
    }),
    { numRuns: 40, includeErrorInReport: true },
  );
});

it('when all refused writes are retried, everything is stored at database speed and almost nothing twice', async () => {
  await fc.assert(
    fc.asyncProperty(capacity, share, seconds, kind, async (rows, part, length, how) => {
      const over = BEFORE_MS + length * 1_000;
      // At full speed the database needs this long for what was written meanwhile, beside what goes on being written.
      const drained = over + (length * 1_000 * part) / (1 - part);
      const { load, ends, stored, count } = simulate({
        capacity: rows,
        stalls: [{ kind: how, from: BEFORE_MS, to: over }],
        resend: true,
      });
      await load(rows * part, drained + RECOVERY_MS);
      assert.equal(stored.size, count.written);
      const late = [...ends.values()].filter(({ at }) => at > drained + RECOVERY_MS + LAST_RESEND_MS);
      assert.equal(late.length, 0, `${late.length} of ${count.written} stored late`);
      const twice = count.flushed - count.written;
      // Three seconds of writing: those whose time ends while the first flushes are stored.
      assert.ok(twice <= 50 + 3 * rows * part, `${twice} of ${count.written} were stored for nobody`);
    }),
    { numRuns: 40, includeErrorInReport: true },
  );
});

it('at twice the database capacity half is stored and half refused, and no abandoned write is executed', async () => {
  for (const rows of [50, 300, 1_000]) {
    const { load, ends, count } = simulate({ capacity: rows });
    await load(2 * rows, 30_000);
    const good = [...ends.values()].filter(({ ok }) => ok).length;
    assert.ok(good >= 0.85 * rows * 30, `${good} of ${rows * 30} that could be stored`);
    assert.ok(count.flushed <= 1.15 * good, `${count.flushed} rows stored for ${good} answers`);
  }
});

it('a batch size that takes too long is detected and avoided', async () => {
  const cost = (rows: number) => (rows > 32 ? 4_400 : 10 + rows);
  const { load, ends } = simulate({
    capacity: 0,
    cost,
    stalls: [{ kind: 'hangs', from: 2_000, to: 2_700 }],
    resend: true,
  });
  await load(100, 40_000);
  const lately = [...ends.values()].filter(({ given }) => given > 30_000);
  assert.ok(lately.length >= 900);
  assert.ok(lately.every(({ at, given }) => at - given < 200));
});

it('when every batch is slow whatever its size, batches grow', async () => {
  for (const latency of [800, 1_200, 2_000])
    for (const kind of ['hangs', 'refuses', 'locks'] as const) {
      const { load, ends } = simulate({
        capacity: 0,
        cost: (rows) => latency + rows,
        stalls: [{ kind, from: 2_000, to: 9_000 }],
        resend: true,
      });
      await load(50, 60_000);
      const lately = [...ends.values()].filter(({ given }) => given > 45_000);
      const late = lately.filter(({ at, given, ok }) => !ok || at - given >= 2 * latency + 500);
      assert.equal(late.length, 0, `of ${lately.length} with ${latency} ms after a database that ${kind}`);
    }
});
