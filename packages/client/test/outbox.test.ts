/** Promise: every line is sent in order under its own client id until it is answered, whatever is lost on the way. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createOutbox, type Entry } from '@chatty/client/outbox';
import { refusal } from '@chatty/protocol/errors';
import type { Message, SendAnswer } from '@chatty/protocol/events';
import fc from 'fast-check';
import { createHandClock, settle } from './support/room.js';

type Fate = 'answered' | 'lost before' | 'lost after' | 'busy' | 'cut';

/** A server that stores by client id, a line that loses what it is told to lose, and a clock that is wound by hand. */
function world(fates: Fate[]) {
  const log: string[] = [];
  const acknowledged: string[] = [];
  const failed: [string, string][] = [];
  const timers: (() => void)[] = [];
  const answer = ({ clientId }: Entry): SendAnswer => ({
    ok: true,
    duplicate: false,
    message: { clientId } as Message,
  });
  const keep = ({ clientId }: Entry) => {
    if (!log.includes(clientId)) log.push(clientId);
  };
  const outbox = createOutbox({
    async transmit(entry) {
      const fate = fates.shift() ?? 'answered';
      if (fate === 'busy') return { ok: false, ...refusal('unavailable') };
      if (fate !== 'lost before') keep(entry);
      if (fate === 'cut') {
        timers.push(() => {
          outbox.shut();
          outbox.open();
        });
      }
      if (fate !== 'answered') throw new Error('no answer');
      return answer(entry);
    },
    epoch: () => 'e',
    stored: (clientId) => acknowledged.push(clientId),
    failed: (clientId, code) => failed.push([clientId, code]),
    now: () => 0,
    later(callback) {
      timers.push(callback);
      return () => timers.splice(timers.indexOf(callback), 1);
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

const entry = (clientId: string): Entry => ({ clientId, content: clientId, replyTo: null, at: 0 });

it('every line is stored once and in order, through loss of requests and answers and broken connections', async () => {
  const fate = fc.constantFrom<Fate>('answered', 'lost before', 'lost after', 'busy', 'cut');
  await fc.assert(
    fc.asyncProperty(fc.array(fate, { maxLength: 12 }), async (fates) => {
      const { outbox, log, acknowledged, failed, settle } = world(fates);
      outbox.add(entry('a'));
      outbox.open();
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

it('nothing is sent while the connection is gone', async () => {
  const { outbox, log, settle } = world([]);
  outbox.add(entry('a'));
  await settle();
  assert.deepEqual(log, []);
  outbox.open();
  await settle();
  assert.deepEqual(log, ['a']);
});

it('a line that is refused for good fails with its code, and the next one goes', async () => {
  const failed: string[] = [];
  const stored: string[] = [];
  const outbox = createOutbox({
    transmit: async ({ clientId }) =>
      clientId === 'bad'
        ? { ok: false, ...refusal('conflict') }
        : { ok: true, duplicate: false, message: { clientId } as Message },
    epoch: () => 'e',
    stored: (clientId) => stored.push(clientId),
    failed: (clientId, code) => failed.push(`${clientId}: ${code}`),
    now: () => 0,
    later: () => () => undefined,
  });
  outbox.open();
  outbox.add(entry('bad'));
  outbox.add(entry('good'));
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
  assert.deepEqual([failed, stored], [['bad: conflict'], ['good']]);
});

it('a line that is refused for now goes again when the server says, and by its own pause where it does not', async () => {
  const clock = createHandClock();
  const waits: number[] = [];
  const answers = [refusal('rate_limited', 4_321), refusal('rate_limited', 10), refusal('unavailable')];
  const stored: string[] = [];
  const outbox = createOutbox({
    async transmit({ clientId }) {
      const refused = answers.shift();
      return refused
        ? { ok: false, ...refused }
        : { ok: true, duplicate: false, message: { clientId } as Message };
    },
    epoch: () => 'e',
    stored: (clientId) => stored.push(clientId),
    failed: () => assert.fail('failed'),
    now: clock.now,
    later(callback, pause) {
      waits.push(pause);
      return clock.later(callback, pause);
    },
  });
  outbox.open();
  outbox.add({ ...entry('a'), at: clock.now() });
  for (let turn = 0; turn < 8; turn += 1) {
    await settle();
    clock.wind(waits[turn] ?? 0);
  }
  assert.deepEqual([waits, stored], [[4_321, 2_000, 4_000], ['a']]);
});

it('what the server asked to wait is waited for over a new connection too', async () => {
  const clock = createHandClock();
  const tried: number[] = [];
  const outbox = createOutbox({
    async transmit() {
      tried.push(clock.now());
      return { ok: false, ...refusal('rate_limited', 30_000) };
    },
    epoch: () => 'e',
    stored: () => assert.fail('stored'),
    failed: () => assert.fail('failed'),
    now: clock.now,
    later: clock.later,
  });
  const start = clock.now();
  outbox.open();
  outbox.add({ ...entry('a'), at: start });
  await settle();
  clock.wind(10_000);
  outbox.shut();
  outbox.open();
  outbox.add({ ...entry('b'), at: start });
  clock.wind(19_999);
  await settle();
  assert.deepEqual(tried, [start]);
  clock.wind(1);
  await settle();
  assert.deepEqual(tried, [start, start + 30_000]);
});
