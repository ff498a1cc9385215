/** Promise: state at join plus live events is the state fetched again, whatever is lost, doubled, late, cut or restored. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type Chat, createChat, type Line } from '@chatty/client/chat';
import type { Message } from '@chatty/protocol/events';
import fc from 'fast-check';
import { createHandClock, createRoom, type Room, settle } from './support/room.js';
import { found, rare, type Step, step } from './support/scripts.js';
import { createNetwork } from './support/simulation.js';

const stored = (lines: readonly Line[]): Message[] =>
  lines.flatMap((line) => (line.kind === 'stored' ? [line.message] : []));

/** The runs of messages between the gaps, as ids. */
function runs(lines: readonly Line[]): number[][] {
  const found: number[][] = [[]];
  for (const line of lines) {
    if (line.kind === 'gap') found.push([]);
    if (line.kind === 'stored') found.at(-1)?.push(line.message.id);
  }
  return found;
}

/** Whether an id is missing inside a run, comes twice or out of order. */
function hasSilentGap(lines: readonly Line[], ids: readonly number[]): boolean {
  return runs(lines).some((run) => {
    const start = ids.indexOf(run[0] ?? 0);
    return !run.every((id, index) => ids[start + index] === id);
  });
}

/** @param fit how many messages one answer holds */
function world(fit = Number.POSITIVE_INFINITY) {
  const room = createRoom(700, fit);
  const clock = createHandClock();
  const network = createNetwork(room, clock);
  const chat = createChat({ url: 'http://simulated', token: 'a.b.c' }, { clock, dial: network.dial });
  /** The ids of each log there was; what is shown must fit the one that the client follows. */
  const logs = new Map<string, number[]>();
  const record = () =>
    logs.set(
      room.position.epoch,
      room.all().map(({ id }) => id),
    );
  const heard: string[] = [];
  /** Collected, as what a listener throws does not end the test. */
  const faults: string[] = [];
  let sent = 0;
  chat.on('message', ({ created_at }) => heard.push(created_at));
  chat.on('lines', (lines) => {
    record();
    if ([...logs.values()].every((ids) => hasSilentGap(lines, ids))) faults.push(JSON.stringify(runs(lines)));
    const keys = lines.map(({ key }) => key);
    if (new Set(keys).size < keys.length) faults.push(`a key twice: ${keys}`);
  });

  const steps: { [Name in Step['do']]: (step: Extract<Step, { do: Name }>) => void } = {
    post: ({ count }) => {
      for (let each = 0; each < count; each += 1) room.post();
    },
    change({ count }) {
      const ids = room.all().map(({ id }) => id);
      for (let each = 0; each < count; each += 1) {
        const id = ids.at((each * 7) % ids.length) ?? 0;
        if (each % 5 === 4) room.remove(id);
        else room.edit(id, `edit ${room.position.seq}`);
      }
    },
    pass: ({ fates }) => {
      for (const fate of fates) network.pass(fate);
    },
    wind: ({ milliseconds }) => clock.wind(milliseconds),
    flush: network.flush,
    head: network.head,
    cut: network.cut,
    send: () => {
      sent += 1;
      assert.equal(chat.send(`mine ${sent}`), null);
    },
    refuse: () => network.refuse(2),
    wake: () => chat.wake(),
    restore() {
      record();
      room.restore(5);
    },
    scroll: ({ to }) => void chat[to](),
  };
  const run = async (step: Step) => {
    (steps[step.do] as (step: Step) => void)(step);
    await settle();
  };
  /** Everything arrives from now on, until nothing happens any more. */
  async function calm(): Promise<void> {
    network.refuse(0);
    for (let round = 0; round < 12; round += 1) {
      network.flush();
      network.head();
      do await settle();
      while (network.heal());
      clock.wind(9_000);
    }
  }
  return { room, network, clock, chat, run, calm, heard, faults };
}

/** Loads what lies before, page by page, while it fits into the window. */
async function readAll(chat: Chat, calm: () => Promise<void>): Promise<void> {
  const has = (kind: Line['kind']) => chat.lines.some((line) => line.kind === kind);
  for (let page = 0; page < 60 && (!chat.newest || has('gap') || chat.more); page += 1) {
    void (!chat.newest ? chat.loadNewer() : has('gap') ? chat.loadGap() : chat.loadOlder());
    await calm();
  }
}

function assertSame(chat: Chat, room: Room): void {
  const shown = stored(chat.lines);
  const [first] = shown;
  assert.deepEqual(
    shown,
    room.all().filter(({ id }) => id >= (first?.id ?? 0)),
  );
}

it('state at join plus live events is the state fetched again, and no gap is ever silent', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof({ weight: 40, arbitrary: step }, { weight: 1, arbitrary: rare }), { maxLength: 60 }),
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
        assert.ok(chat.lines.every(({ kind }) => kind !== 'pending' || !chat.newest));
        for (const line of chat.lines) {
          if (line.kind === 'stored')
            assert.deepEqual(
              line.message,
              room.all().find(({ id }) => id === line.message.id),
            );
        }
        chat.toNewest();
        assert.deepEqual(stored(chat.lines).at(-1), room.all().at(-1));
        await readAll(chat, calm);
        assertSame(chat, room);
        assert.deepEqual(faults, []);
        assert.equal(new Set(heard).size, heard.length, 'a message was new twice');
        const mine = room
          .all()
          .filter(({ userId }) => userId === 'me')
          .map(({ clientId }) => clientId);
        assert.equal(new Set(mine).size, mine.length, 'a line was stored twice');
        chat.close();
      },
    ),
    {
      includeErrorInReport: true,
      examples: found.map((script) => [script, Number.POSITIVE_INFINITY]),
      numRuns: 1_000,
    },
  );
});

it('a connection that died without a word is found out within half a minute, and nothing is missed', async () => {
  const { room, network, clock, chat, calm } = world();
  chat.connect();
  await calm();
  const states: string[] = [];
  chat.on('state', ({ state }) => states.push(state));
  network.strand();
  room.post();
  for (let second = 0; second < 30; second += 1) {
    clock.wind(1_000);
    await settle();
  }
  assert.equal(states[0], 'waiting');
  await calm();
  assert.equal(states.at(-1), 'live');
  assertSame(chat, room);
});

it('a hole too old to catch up with shows as a gap', async () => {
  const { room, network, chat, calm, run, faults } = world();
  chat.connect();
  await run({ do: 'post', count: 120 });
  await calm();
  for (let frame = 0; frame < 3; frame += 1) {
    await run({ do: 'post', count: 300 });
    network.flush();
    network.pass('lost');
  }
  await calm();
  assert.ok(chat.lines.some(({ kind }) => kind === 'gap'));
  await readAll(chat, calm);
  assertSame(chat, room);
  assert.deepEqual(faults, []);
});

it('after a sleep the connection is asked at once', async () => {
  const { network, clock, chat, calm } = world();
  chat.connect();
  await calm();
  network.strand();
  clock.wind(600_000);
  clock.wind(10_000);
  await settle();
  assert.equal(chat.state, 'waiting');
});

it('what one person has not sent yet is not sent by the next', async () => {
  const { room, network, chat, calm } = world();
  chat.connect();
  await calm();
  room.post({ userId: 'me', content: 'mine' });
  await calm();
  network.cut();
  chat.send('not sent');
  network.is('you');
  chat.identify('another');
  await calm();
  assert.deepEqual([chat.state, room.all().length], ['live', 1]);
  assert.ok(chat.lines.every((line) => line.kind === 'stored' && !line.own));
});

it('a failed line is sent again under the same client id, or let go', async () => {
  const { room, network, clock, chat, calm } = world();
  chat.connect();
  await calm();
  network.cut();
  chat.send('first');
  chat.send('second');
  clock.wind(6 * 60_000);
  await calm();
  const failed = chat.lines.flatMap((line) => (line.kind === 'pending' ? [line] : []));
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
    room.all().map(({ content, clientId }) => [content, clientId]),
    [['first', failed[0]?.clientId]],
  );
  assert.ok(chat.lines.every(({ kind }) => kind === 'stored'));
});

it('close leaves no timer, whatever was going on', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (script) => {
      const { network, clock, chat, run } = world();
      chat.connect();
      for (const each of script) await run(each);
      chat.close();
      network.cut();
      await settle();
      assert.deepEqual([clock.timers, chat.state], [0, 'closed']);
    }),
    { includeErrorInReport: true, numRuns: 40 },
  );
});
