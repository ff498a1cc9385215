/** Promise: a connection that sends much at once is heard in order and keeps nobody else waiting. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { createFairScheduler } from '../src/gateway/fair-scheduler.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));

it('events over the limit of a turn run in the next turns, and other work runs first', async () => {
  const turns = createFairScheduler(10);
  const [loud, calm] = [{}, {}];
  const ran: string[] = [];
  for (let index = 0; index < 25; index += 1) turns.run(loud, () => ran.push(`loud ${index}`));
  turns.run(calm, () => ran.push('calm'));
  assert.equal(ran.length, 11);
  assert.equal(ran[10], 'calm');
  await turn();
  assert.equal(ran.length, 21);
  await turn();
  assert.deepEqual(
    ran.filter((each) => each !== 'calm'),
    Array.from({ length: 25 }, (_, index) => `loud ${index}`),
  );
});

it('events of a connection run once and in order, whenever they arrive', async () => {
  const step = fc.oneof(fc.constant('turn' as const), fc.nat(2));
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 60 }),
      fc.integer({ min: 1, max: 4 }),
      async (steps, most) => {
        const turns = createFairScheduler(most);
        const connections = Array.from({ length: 3 }, () => ({ sent: 0, ran: [] as number[] }));
        for (const each of steps) {
          const connection = each === 'turn' ? undefined : connections[each];
          if (connection) {
            const number = connection.sent++;
            turns.run(connection, () => connection.ran.push(number));
          } else await turn();
        }
        for (let rest = steps.length; rest >= 0; rest -= 1) await turn();
        for (const { sent, ran } of connections)
          assert.deepEqual(
            ran,
            Array.from({ length: sent }, (_, index) => index),
          );
      },
    ),
    { numRuns: 200 },
  );
});
