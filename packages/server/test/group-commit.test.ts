/** Promise: whatever the database does, each job has one end in time, a lane keeps its order, and nothing waits without bound. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { UnavailableError } from '../src/runtime/unavailable-error.js';
import { createGroupCommit, type FailureKind } from '../src/store/postgres/group-commit.js';
import { createFakeClock } from './support/fake-clock.js';

type Job = { lane: string; number: number; bad: boolean };
type Result = { number: number };
/** What becomes of a flush: stored and answered, stored with the answer lost, never arrived, too much, or hung for seconds. */
type Fate = 'stored' | 'lost after' | 'lost before' | 'too much' | 'hangs';

const PATIENCE = 5_000;
/** The longest a flush of the store can take: waiting for a connection, then for the answer. */
const HANGS = 4_900;
const LOCK_TIMEOUT = 1_000;
/** How late the end of patience may be noticed. */
const LATE = 25;

class Fault extends Error {
  constructor(readonly judgement: FailureKind) {
    super(judgement);
  }
}

/** A database that keeps each job once; `locks` are lanes that somebody keeps for a time. */
function world(options: { fates?: Fate[]; locks?: Map<string, number>; jobs?: number; bytes?: number } = {}) {
  const { fates = [], locks = new Map(), jobs: limit = 1_000, bytes = 1_000_000 } = options;
  const { now, alarm, pause, until } = createFakeClock();
  const log: Job[] = [];
  const sizes: number[] = [];
  let flushing = 0;
  const isKept = (lane: string) => now() < (locks.get(lane) ?? 0);
  async function flush(jobs: readonly Job[], passing: boolean): Promise<(Result | null)[]> {
    flushing += 1;
    assert.equal(flushing, 1, 'one flush at a time');
    sizes.push(jobs.length);
    await pause(1);
    const fate = fates.shift() ?? 'stored';
    if (fate === 'hangs') await pause(HANGS);
    if (!passing && jobs.some(({ lane }) => isKept(lane))) await pause(LOCK_TIMEOUT);
    flushing -= 1;
    if (!passing && jobs.some(({ lane }) => isKept(lane))) throw new Fault('locked');
    if (fate === 'lost before') throw new Fault('again');
    if (fate === 'too much') throw new Fault('smaller');
    if (jobs.some(({ bad }) => bad)) throw new Fault('split');
    const results = jobs.map((job) => {
      if (isKept(job.lane)) return null;
      if (!log.includes(job)) log.push(job);
      return { number: job.number };
    });
    if (fate === 'lost after') throw new Fault('again');
    return results;
  }
  const writer = createGroupCommit<Job, Result>({
    flush,
    judge: (error) => (error instanceof Fault ? error.judgement : 'again'),
    sizeOf: () => 100,
    limit: { jobs: limit, bytes },
    maxBatchSize: 10,
    timeoutMs: PATIENCE,
    now,
    sleep: pause,
    setTimer: alarm,
  });
  return { writer, log, sizes, now, pause, until };
}

const job = (lane: string, number: number, bad = false): Job => ({ lane, number, bad });

const fates = fc.array(fc.constantFrom<Fate>('stored', 'lost after', 'lost before', 'too much', 'hangs'), {
  maxLength: 15,
});
const line = fc.record({
  lane: fc.constantFrom('a', 'b', 'c'),
  bad: fc.integer({ min: 0, max: 15 }).map((n) => n === 0),
});
const wave = fc.record({ after: fc.nat(3_000), lines: fc.array(line, { minLength: 1, maxLength: 25 }) });
const locks = fc.dictionary(fc.constantFrom('a', 'b'), fc.nat(8_000), { noNullPrototype: true });

it('each job gets its own result or a refusal, once, in time, in lane order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(wave, { minLength: 1, maxLength: 4 }),
      fates,
      locks,
      async (waves, plan, held) => {
        const { writer, log, now, pause, until } = world({
          fates: plan,
          locks: new Map(Object.entries(held)),
        });
        const ends: Promise<void>[] = [];
        let given = 0;
        const give = (each: Job) => {
          const asked = now();
          const end = writer.enqueue(each.lane, each).then(
            ({ number }) => {
              assert.equal(number, each.number);
              assert.ok(log.includes(each), 'answered means stored');
            },
            (error) => {
              assert.ok(
                error instanceof UnavailableError || (each.bad && error instanceof Fault),
                String(error),
              );
            },
          );
          ends.push(end.then(() => assert.ok(now() - asked <= PATIENCE + LATE, `${now() - asked} ms`)));
        };
        const giving = (async () => {
          for (const { after, lines } of waves) {
            await pause(after);
            for (const { lane, bad } of lines) give(job(lane, given++, bad));
          }
        })();
        await until(giving);
        await until(Promise.all(ends));
        await until(writer.idle());
        assert.ok(log.every(({ bad }) => !bad));
        for (const lane of ['a', 'b', 'c']) {
          const numbers = log.filter((each) => each.lane === lane).map(({ number }) => number);
          assert.deepEqual(
            numbers,
            [...numbers].sort((a, b) => a - b),
          );
        }
      },
    ),
    { numRuns: 500 },
  );
});

it('jobs queued during a flush go with the next one, up to its size', async () => {
  const { writer, sizes, until } = world();
  const first = writer.enqueue('a', job('a', 0));
  await new Promise(setImmediate);
  const rest = Array.from({ length: 25 }, (_, number) => writer.enqueue('a', job('a', number + 1)));
  await until(Promise.all([first, ...rest]));
  assert.deepEqual(sizes, [1, 10, 10, 5]);
});

it('a locked lane delays the others by one lock timeout only, and continues in order', async () => {
  const { writer, log, now, pause, until } = world({ locks: new Map([['kept', 4_000]]) });
  const kept = Array.from({ length: 30 }, (_, number) => writer.enqueue('kept', job('kept', number)));
  const slowest: number[] = [];
  const others = (async () => {
    for (let number = 100; number < 140; number += 1) {
      const asked = now();
      await writer.enqueue(`free ${number % 3}`, job(`free ${number % 3}`, number));
      slowest.push(now() - asked);
      await pause(50);
    }
  })();
  await until(others);
  assert.ok(Math.max(...slowest.slice(0, 1)) <= LOCK_TIMEOUT + 25);
  assert.ok(Math.max(...slowest.slice(1)) <= 100, `${Math.max(...slowest.slice(1))} ms`);
  await until(Promise.all(kept));
  assert.deepEqual(
    log.filter(({ lane }) => lane === 'kept').map(({ number }) => number),
    Array.from({ length: 30 }, (_, number) => number),
  );
});

it('faulty jobs are found and refused individually among any others', async () => {
  const { writer, log, until } = world();
  const settled = Promise.allSettled(
    Array.from({ length: 100 }, (_, number) => writer.enqueue('a', job('a', number, number % 33 === 7))),
  );
  await until(settled);
  const refused = (await settled).flatMap(({ status }, number) => (status === 'rejected' ? [number] : []));
  assert.deepEqual(refused, [7, 40, 73]);
  assert.equal(log.length, 97);
});

it('a full queue refuses immediately, by count and by bytes, and accepts again when drained (D22)', async () => {
  for (const bound of [{ jobs: 5 }, { bytes: 599 }]) {
    const { writer, until } = world(bound);
    const taken = Array.from({ length: 5 }, (_, number) => writer.enqueue('a', job('a', number)));
    await assert.rejects(writer.enqueue('a', job('a', 30)), UnavailableError);
    await until(Promise.all(taken));
    const after = writer.enqueue('a', job('a', 31));
    await until(after);
    assert.deepEqual(await after, { number: 31 });
  }
});

it('a hanging flush delays no caller beyond the timeout', async () => {
  const { writer, now, until } = world({ fates: ['hangs', 'hangs'] });
  const first = writer.enqueue('a', job('a', 1));
  await new Promise(setImmediate);
  // Its flush begins when the first has ended, and would end long after its time.
  const second = assert.rejects(writer.enqueue('b', job('b', 2)), UnavailableError);
  await until(Promise.all([first, second]));
  assert.ok(now() <= PATIENCE + LATE, `${now()} ms`);
});
