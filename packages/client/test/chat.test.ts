/** Promise: state at join plus live events is the state fetched again, whatever is lost, doubled, late, cut or restored. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Message } from '@chatty/protocol';
import fc from 'fast-check';
import { type ChatClient, createChatClient } from '../src/chat.js';
import type { TimelineItem } from '../src/timeline.js';
import { createManualClock, createModelRoom, flushMicrotasks, type ModelRoom } from './support/room.js';
import {
  rareStepArbitrary,
  regressionScripts,
  type SimulationStep,
  stepArbitrary,
} from './support/scripts.js';
import { createSimulatedNetwork } from './support/simulation.js';

const stored = (lines: readonly TimelineItem[]): Message[] =>
  lines.flatMap((line) => (line.kind === 'stored' ? [line.message] : []));

/** The runs of messages between the gaps, as ids. */
function runs(lines: readonly TimelineItem[]): number[][] {
  const found: number[][] = [[]];
  for (const line of lines) {
    if (line.kind === 'gap') found.push([]);
    if (line.kind === 'stored') found.at(-1)?.push(line.message.id);
  }
  return found;
}

/** Whether an id is missing inside a run, comes twice or out of order. */
function hasSilentGap(lines: readonly TimelineItem[], ids: readonly number[]): boolean {
  return runs(lines).some((run) => {
    const start = ids.indexOf(run[0] ?? 0);
    return !run.every((id, index) => ids[start + index] === id);
  });
}

/** @param fit how many messages one answer holds */
function world(fit = Number.POSITIVE_INFINITY) {
  const room = createModelRoom(700, fit);
  const clock = createManualClock();
  const network = createSimulatedNetwork(room, clock);
  const chat = createChatClient(
    { url: 'http://simulated', token: 'a.b.c' },
    { clock, createSocket: network.connect },
  );
  /** The ids of each log there was; what is shown must fit the one that the client follows. */
  const logs = new Map<string, number[]>();
  const record = () =>
    logs.set(
      room.position.epoch,
      room.allMessages().map(({ id }) => id),
    );
  const heard: string[] = [];
  /** Collected, as what a listener throws does not end the test. */
  const faults: string[] = [];
  let sent = 0;
  chat.on('message', ({ created_at }) => heard.push(created_at));
  chat.on('items', (items) => {
    record();
    if ([...logs.values()].every((ids) => hasSilentGap(items, ids))) faults.push(JSON.stringify(runs(items)));
    const keys = items.map(({ key }) => key);
    if (new Set(keys).size < keys.length) faults.push(`a key twice: ${keys}`);
  });

  const steps: { [Name in SimulationStep['do']]: (step: Extract<SimulationStep, { do: Name }>) => void } = {
    post: ({ count }) => {
      for (let each = 0; each < count; each += 1) room.post();
    },
    change({ count }) {
      const ids = room.allMessages().map(({ id }) => id);
      for (let each = 0; each < count; each += 1) {
        const id = ids.at((each * 7) % ids.length) ?? 0;
        if (each % 5 === 4) room.remove(id);
        else room.edit(id, `edit ${room.position.seq}`);
      }
    },
    pass: ({ fates }) => {
      for (const fate of fates) network.deliverNext(fate);
    },
    wind: ({ milliseconds }) => clock.wind(milliseconds),
    flush: network.flush,
    head: network.sendHead,
    cut: network.breakConnection,
    send: () => {
      sent += 1;
      assert.equal(chat.send(`mine ${sent}`), null);
    },
    refuse: () => network.refuseNext(2),
    wake: () => chat.reconnectNow(),
    restore() {
      record();
      room.restoreBackup(5);
    },
    scroll: ({ to }) => void chat[to](),
  };
  const run = async (step: SimulationStep) => {
    (steps[step.do] as (step: SimulationStep) => void)(step);
    await flushMicrotasks();
  };
  /** Everything arrives from now on, until nothing happens any more. */
  async function calm(): Promise<void> {
    network.refuseNext(0);
    for (let round = 0; round < 12; round += 1) {
      network.flush();
      network.sendHead();
      do await flushMicrotasks();
      while (network.restoreConnection());
      clock.wind(9_000);
    }
  }
  return { room, network, clock, chat, run, calm, heard, faults };
}

/** Loads what lies before, page by page, while it fits into the window. */
async function readAll(chat: ChatClient, calm: () => Promise<void>): Promise<void> {
  const has = (kind: TimelineItem['kind']) => chat.items.some((line) => line.kind === kind);
  for (let page = 0; page < 60 && (!chat.atLatest || has('gap') || chat.hasOlder); page += 1) {
    void (!chat.atLatest ? chat.loadNewer() : has('gap') ? chat.loadGap() : chat.loadOlder());
    await calm();
  }
}

function assertSame(chat: ChatClient, room: ModelRoom): void {
  const shown = stored(chat.items);
  const [first] = shown;
  assert.deepEqual(
    shown,
    room.allMessages().filter(({ id }) => id >= (first?.id ?? 0)),
  );
}

it('the state at join plus live events equals the state fetched again, and no gap goes unreported', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.oneof({ weight: 40, arbitrary: stepArbitrary }, { weight: 1, arbitrary: rareStepArbitrary }),
        { maxLength: 60 },
      ),
      // Of the longest messages a page of the server holds about thirty.
      fc.constantFrom(Number.POSITIVE_INFINITY, 30, 7),
      async (script, fit) => {
        const { room, chat, run, calm, heard, faults } = world(fit);
        chat.connect();
        await run({ do: 'post', count: 70 });
        await run({ do: 'pass', fates: ['delivered', 'delivered', 'delivered'] });
        for (const each of script) await run(each);
        await calm();
        assert.equal(chat.state, 'live');
        assert.ok(chat.items.every(({ kind }) => kind !== 'pending' || !chat.atLatest));
        for (const line of chat.items) {
          if (line.kind === 'stored')
            assert.deepEqual(
              line.message,
              room.allMessages().find(({ id }) => id === line.message.id),
            );
        }
        chat.jumpToLatest();
        assert.deepEqual(stored(chat.items).at(-1), room.allMessages().at(-1));
        await readAll(chat, calm);
        assertSame(chat, room);
        assert.deepEqual(faults, []);
        assert.equal(new Set(heard).size, heard.length, 'a message was new twice');
        const mine = room
          .allMessages()
          .filter(({ userId }) => userId === 'me')
          .map(({ clientId }) => clientId);
        assert.equal(new Set(mine).size, mine.length, 'a line was stored twice');
        chat.close();
      },
    ),
    {
      includeErrorInReport: true,
      examples: regressionScripts.map((script) => [script, Number.POSITIVE_INFINITY]),
      numRuns: 1_000,
    },
  );
});

it('a silently dead connection is detected within 30 s, and no message is missed', async () => {
  const { room, network, clock, chat, calm } = world();
  chat.connect();
  await calm();
  const states: string[] = [];
  chat.on('state', ({ state }) => states.push(state));
  network.stopDelivering();
  room.post();
  for (let second = 0; second < 30; second += 1) {
    clock.wind(1_000);
    await flushMicrotasks();
  }
  assert.equal(states[0], 'waiting');
  await calm();
  assert.equal(states.at(-1), 'live');
  assertSame(chat, room);
});

it('a gap too large to catch up with is shown as a gap', async () => {
  const { room, network, chat, calm, run, faults } = world();
  chat.connect();
  await run({ do: 'post', count: 120 });
  await calm();
  for (let frame = 0; frame < 3; frame += 1) {
    await run({ do: 'post', count: 300 });
    network.flush();
    network.deliverNext('lost');
  }
  await calm();
  assert.ok(chat.items.some(({ kind }) => kind === 'gap'));
  await readAll(chat, calm);
  assertSame(chat, room);
  assert.deepEqual(faults, []);
});

it('after sleep the client checks the connection immediately', async () => {
  const { network, clock, chat, calm } = world();
  chat.connect();
  await calm();
  network.stopDelivering();
  clock.wind(600_000);
  clock.wind(10_000);
  await flushMicrotasks();
  assert.equal(chat.state, 'waiting');
});

it('unsent messages of one user are not sent by the next user', async () => {
  const { room, network, chat, calm } = world();
  chat.connect();
  await calm();
  room.post({ userId: 'me', content: 'mine' });
  await calm();
  network.breakConnection();
  chat.send('not sent');
  network.setUserId('you');
  chat.setToken('another');
  await calm();
  assert.deepEqual([chat.state, room.allMessages().length], ['live', 1]);
  assert.ok(chat.items.every((line) => line.kind === 'stored' && !line.own));
});

it('a failed message is resent with the same client id, or discarded', async () => {
  const { room, network, clock, chat, calm } = world();
  chat.connect();
  await calm();
  network.breakConnection();
  chat.send('first');
  chat.send('second');
  clock.wind(6 * 60_000);
  await calm();
  const failed = chat.items.flatMap((line) => (line.kind === 'pending' ? [line] : []));
  assert.deepEqual(
    failed.map(({ content, failure }) => [content, failure]),
    [
      ['first', 'unavailable'],
      ['second', 'unavailable'],
    ],
  );
  chat.retry(failed[0]?.clientId ?? '');
  chat.discard(failed[1]?.clientId ?? '');
  await calm();
  assert.deepEqual(
    room.allMessages().map(({ content, clientId }) => [content, clientId]),
    [['first', failed[0]?.clientId]],
  );
  assert.ok(chat.items.every(({ kind }) => kind === 'stored'));
});

it('close leaves no timer running in any state', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(stepArbitrary, { maxLength: 12 }), async (script) => {
      const { network, clock, chat, run } = world();
      chat.connect();
      for (const each of script) await run(each);
      chat.close();
      network.breakConnection();
      await flushMicrotasks();
      assert.deepEqual([clock.timers, chat.state], [0, 'closed']);
    }),
    { includeErrorInReport: true, numRuns: 40 },
  );
});
