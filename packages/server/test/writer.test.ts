/** Promise: whatever the database does, each job has one end, a lane keeps its order, and nothing waits without bound. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Unavailable } from '@chatty/server/store/store';
import { createWriter } from '@chatty/server/store/writer';
import fc from 'fast-check';

type Job = { lane: string; number: number };
/** What becomes of a flush: stored and answered, stored with the answer lost, never arrived, or held up until time is over. */
type Fate = 'stored' | 'lost after' | 'lost before' | 'late';

const POISON = 7;
const PATIENCE = 1_000;

/** A database that keeps each job once, and a clock that moves only when something waits. */
function world(fates: Fate[], limit = 1_000) {
  const log: Job[] = [];
  const sizes: number[] = [];
  let time = 0;
  let flushing = 0;
  const keep = (jobs: readonly Job[]) => {
    for (const job of jobs) if (!log.includes(job)) log.push(job);
  };
  const writer = createWriter<Job, number>({
    async flush(jobs) {
      flushing += 1;
      assert.equal(flushing, 1, 'one flush at a time');
      await new Promise(setImmediate);
      flushing -= 1;
      sizes.push(jobs.length);
      if (jobs.some(({ number }) => number === POISON)) throw new Error('a bad row');
      const fate = fates.shift() ?? 'stored';
      if (fate === 'late') time += PATIENCE;
      if (fate !== 'lost before') keep(jobs);
      if (fate === 'lost after' || fate === 'lost before') throw new Unavailable('no answer');
      return jobs.map(({ number }) => number);
    },
    judge: (error) => (error instanceof Unavailable ? 'again' : 'split'),
    limit,
    batch: 10,
    patience: PATIENCE,
    now: () => time,
    pause: async (milliseconds) => {
      time += milliseconds;
      await new Promise(setImmediate);
    },
  });
  return { writer, log, sizes };
}

const fates = fc.array(fc.constantFrom<Fate>('stored', 'lost after', 'lost before', 'late'), {
  maxLength: 15,
});
const waves = fc.array(fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 25 }), {
  minLength: 1,
  maxLength: 4,
});

it('each job is answered with its own result or refused, stored once, in the order of its lane', async () => {
  await fc.assert(
    fc.asyncProperty(waves, fates, async (lanes, plan) => {
      const { writer, log } = world(plan);
      const jobs: Job[] = [];
      const settled: Promise<PromiseSettledResult<number>[]>[] = [];
      for (const wave of lanes) {
        const answers = wave.map((lane) => {
          const job = { lane, number: jobs.length };
          jobs.push(job);
          return writer.write(lane, job);
        });
        settled.push(Promise.allSettled(answers));
        await new Promise(setImmediate);
      }
      const results = (await Promise.all(settled)).flat();
      await writer.idle();
      for (const [index, result] of results.entries()) {
        const job = jobs[index];
        assert.ok(job);
        if (result.status === 'fulfilled') {
          assert.equal(result.value, job.number);
          assert.ok(log.includes(job), 'answered means stored');
        } else if (job.number !== POISON) assert.ok(result.reason instanceof Unavailable);
        if (job.number === POISON) assert.ok(!log.includes(job));
      }
      for (const lane of ['a', 'b', 'c']) {
        const numbers = log.filter((job) => job.lane === lane).map(({ number }) => number);
        assert.deepEqual(
          numbers,
          [...numbers].sort((a, b) => a - b),
        );
      }
    }),
    { numRuns: 300 },
  );
});

it('what queues while a flush is under way goes with the next one, up to its size', async () => {
  const { writer, sizes } = world([]);
  const first = writer.write('a', { lane: 'a', number: 100 });
  await new Promise(setImmediate);
  const rest = Array.from({ length: 25 }, (_, number) =>
    writer.write('a', { lane: 'a', number: 200 + number }),
  );
  await Promise.all([first, ...rest]);
  assert.deepEqual(sizes, [1, 10, 10, 5]);
});

it('a full queue refuses at once, and takes again when it has drained', async () => {
  const { writer } = world([], 5);
  const taken = Array.from({ length: 5 }, (_, number) =>
    writer.write('a', { lane: 'a', number: 20 + number }),
  );
  await assert.rejects(writer.write('a', { lane: 'a', number: 30 }), Unavailable);
  await Promise.all(taken);
  assert.equal(await writer.write('a', { lane: 'a', number: 31 }), 31);
});
