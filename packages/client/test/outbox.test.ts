/** Promise: every line is sent in order under its own client id until it is answered, whatever is lost on the way. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Message, SendAnswer } from '@chatty/protocol';
import { createRefusal } from '@chatty/protocol';
import fc from 'fast-check';
import { Outbox, type OutgoingMessage } from '../src/outbox.js';
import { createManualClock, flushMicrotasks } from './support/room.js';

type Fate = 'answered' | 'lost before' | 'lost after' | 'busy' | 'cut';

/** A server that stores by client id, a line that loses what it is told to lose, and a clock that is wound by hand. */
function world(fates: Fate[]) {
  const log: string[] = [];
  const acknowledged: string[] = [];
  const failed: [string, string][] = [];
  const timers: (() => void)[] = [];
  const answer = ({ clientId }: OutgoingMessage): SendAnswer => ({
    ok: true,
    duplicate: false,
    message: { clientId } as Message,
  });
  const keep = ({ clientId }: OutgoingMessage) => {
    if (!log.includes(clientId)) log.push(clientId);
  };
  const outbox = new Outbox({
    async transmit(entry) {
      const fate = fates.shift() ?? 'answered';
      if (fate === 'busy') return { ok: false, ...createRefusal('unavailable') };
      if (fate !== 'lost before') keep(entry);
      if (fate === 'cut') {
        timers.push(() => {
          outbox.suspend();
          outbox.resume();
        });
      }
      if (fate !== 'answered') throw new Error('no answer');
      return answer(entry);
    },
    epoch: () => 'e',
    onStored: (clientId) => acknowledged.push(clientId),
    onFailed: (clientId, code) => failed.push([clientId, code]),
    clock: {
      now: () => 0,
      later(callback) {
        timers.push(callback);
        return () => timers.splice(timers.indexOf(callback), 1);
      },
    },
  });
  async function settle() {
    for (let quiet = 0; quiet < 3; quiet += 1) {
      await new Promise(setImmediate);
      for (let timer = timers.shift(); timer; timer = timers.shift()) {
        timer();
        quiet = 0;
        await new Promise(setImmediate);
      }
    }
  }
  return { outbox, log, acknowledged, failed, settle };
}

const entry = (clientId: string): OutgoingMessage => ({ clientId, content: clientId, replyTo: null, at: 0 });

it('every message is stored once and in order despite lost requests, lost answers and broken connections', async () => {
  const fate = fc.constantFrom<Fate>('answered', 'lost before', 'lost after', 'busy', 'cut');
  await fc.assert(
    fc.asyncProperty(fc.array(fate, { maxLength: 12 }), async (fates) => {
      const { outbox, log, acknowledged, failed, settle } = world(fates);
      outbox.add(entry('a'));
      outbox.resume();
      outbox.add(entry('b'));
      outbox.add(entry('c'));
      await settle();
      const gone = failed.map(([clientId]) => clientId);
      assert.deepEqual([...acknowledged, ...gone].sort(), ['a', 'b', 'c'], 'each line has one end');
      assert.deepEqual(
        acknowledged,
        ['a', 'b', 'c'].filter((each) => acknowledged.includes(each)),
      );
      assert.deepEqual(
        log,
        ['a', 'b', 'c'].filter((each) => log.includes(each)),
      );
    }),
    { numRuns: 200 },
  );
});

it('nothing is sent while disconnected', async () => {
  const { outbox, log, settle } = world([]);
  outbox.add(entry('a'));
  await settle();
  assert.deepEqual(log, []);
  outbox.resume();
  await settle();
  assert.deepEqual(log, ['a']);
});

it('a permanently refused message fails with its code, and the next message is sent', async () => {
  const failed: string[] = [];
  const stored: string[] = [];
  const outbox = new Outbox({
    transmit: async ({ clientId }) =>
      clientId === 'bad'
        ? { ok: false, ...createRefusal('conflict') }
        : { ok: true, duplicate: false, message: { clientId } as Message },
    epoch: () => 'e',
    onStored: (clientId) => stored.push(clientId),
    onFailed: (clientId, code) => failed.push(`${clientId}: ${code}`),
    clock: { now: () => 0, later: () => () => undefined },
  });
  outbox.resume();
  outbox.add(entry('bad'));
  outbox.add(entry('good'));
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
  assert.deepEqual([failed, stored], [['bad: conflict'], ['good']]);
});

it('a temporarily refused message is retried after the server delay, or after the client backoff without one', async () => {
  const clock = createManualClock();
  const waits: number[] = [];
  const answers = [
    createRefusal('rate_limited', 4_321),
    createRefusal('rate_limited', 10),
    createRefusal('unavailable'),
  ];
  const stored: string[] = [];
  const outbox = new Outbox({
    async transmit({ clientId }) {
      const refused = answers.shift();
      return refused
        ? { ok: false, ...refused }
        : { ok: true, duplicate: false, message: { clientId } as Message };
    },
    epoch: () => 'e',
    onStored: (clientId) => stored.push(clientId),
    onFailed: () => assert.fail('failed'),
    clock: {
      now: clock.now,
      later(callback, pause) {
        waits.push(pause);
        return clock.later(callback, pause);
      },
    },
  });
  outbox.resume();
  outbox.add({ ...entry('a'), at: clock.now() });
  for (let turn = 0; turn < 8; turn += 1) {
    await flushMicrotasks();
    clock.wind(waits[turn] ?? 0);
  }
  assert.deepEqual([waits, stored], [[4_321, 2_000, 4_000], ['a']]);
});

it('a retry delay from the server also applies after a reconnect', async () => {
  const clock = createManualClock();
  const tried: number[] = [];
  const outbox = new Outbox({
    async transmit() {
      tried.push(clock.now());
      return { ok: false, ...createRefusal('rate_limited', 30_000) };
    },
    epoch: () => 'e',
    onStored: () => assert.fail('stored'),
    onFailed: () => assert.fail('failed'),
    clock,
  });
  const start = clock.now();
  outbox.resume();
  outbox.add({ ...entry('a'), at: start });
  await flushMicrotasks();
  clock.wind(10_000);
  outbox.suspend();
  outbox.resume();
  outbox.add({ ...entry('b'), at: start });
  clock.wind(19_999);
  await flushMicrotasks();
  assert.deepEqual(tried, [start]);
  clock.wind(1);
  await flushMicrotasks();
  assert.deepEqual(tried, [start, start + 30_000]);
});
