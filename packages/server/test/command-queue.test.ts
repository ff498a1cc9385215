/** Promise: nothing is worked on for a client that does not read, everything is in order once it reads, and messages never wait for pages. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { CommandQueue } from '../src/connections/command-queue.js';

const KB = 1024;

/** A queue over a client that reads when it is told to; commands end when they are told to. */
function world(canPause = true) {
  let listeners: (() => void)[] = [];
  const sending = {
    waitingBytes: 0,
    whenDrained: (listener: () => void) => void listeners.push(listener),
  };
  const paused: boolean[] = [];
  const receiving = {
    pause() {
      if (canPause) paused.push(true);
      return canPause;
    },
    resume: () => void (canPause && paused.push(false)),
  };
  const queue = new CommandQueue(sending, receiving);
  const begun: string[] = [];
  const running = new Map<string, { bytes: number; end: () => void }>();
  const add = (event: string, name: string, { bytes = 60, answer = 0 } = {}) =>
    queue.add(event, bytes, () => {
      begun.push(name);
      return new Promise((resolve) => running.set(name, { bytes: answer, end: resolve }));
    });
  /** The command is answered, and its answer waits to be sent. */
  async function end(name: string) {
    const found = running.get(name);
    running.delete(name);
    sending.waitingBytes += found?.bytes ?? 0;
    found?.end();
    await new Promise(setImmediate);
  }
  /** The client reads all that waits. */
  async function read() {
    sending.waitingBytes = 0;
    const told = listeners;
    listeners = [];
    for (const listener of told) listener();
    await new Promise(setImmediate);
  }
  return { queue, sending, add, end, read, begun, running, paused, listeners: () => listeners.length };
}

it('pages are read one at a time, and only after earlier pages are sent', async () => {
  const { add, end, read, begun } = world();
  for (const name of ['a', 'b', 'c']) add('history', name, { answer: 256 * KB });
  add('members', 'd');
  assert.deepEqual(begun, ['a']);
  await end('a');
  assert.deepEqual(begun, ['a']);
  await read();
  assert.deepEqual(begun, ['a', 'b']);
  await read();
  assert.deepEqual(begun, ['a', 'b'], 'it is still being read');
  await end('b');
  await read();
  await end('c');
  await read();
  assert.deepEqual(begun, ['a', 'b', 'c', 'd']);
});

it('short pages follow each other without waiting for the client', async () => {
  const { add, end, begun } = world();
  for (const name of ['a', 'b', 'c']) add('sync', name, { answer: 20 * KB });
  await end('a');
  await end('b');
  assert.deepEqual(begun, ['a', 'b', 'c']);
});

it('a burst of messages is processed at once and stored together, even during a slow page read', () => {
  const { add, begun } = world();
  add('history', 'page', { answer: 256 * KB });
  const names = Array.from({ length: 100 }, (_, index) => `${index}`);
  for (const name of names) add('chat message', name, { bytes: 300 });
  assert.deepEqual(begun, ['page', ...names]);
});

it('messages also wait when the send queue is full, and continue in order', async () => {
  const { add, end, read, begun, sending } = world();
  sending.waitingBytes = 256 * KB;
  for (const name of ['a', 'b']) add('chat message', name);
  assert.deepEqual(begun, []);
  await read();
  assert.deepEqual(begun, ['a', 'b']);
  await end('a');
  await end('b');
});

it('the expected size of answers counts in advance: long messages and reactions do not all start together', () => {
  const long = world();
  for (let index = 0; index < 50; index += 1) long.add('chat message', `${index}`, { bytes: 8 * KB });
  assert.equal(long.begun.length, 15);
  const short = world();
  for (let index = 0; index < 50; index += 1) short.add('react', `${index}`, { bytes: 60 });
  assert.equal(short.begun.length, 12);
});

it('reading from a client pauses while its command queue is full, and resumes later', async () => {
  const { queue, add, read, end, begun, paused, sending } = world();
  sending.waitingBytes = 300 * KB;
  for (let index = 0; index < 9; index += 1) add('chat message', `${index}`, { bytes: 8 * KB });
  assert.deepEqual([paused, queue.isPaused], [[true], true]);
  await read();
  assert.equal(begun.length, 9);
  assert.deepEqual([paused, queue.isPaused], [[true, false], false]);
  for (let index = 0; index < 9; index += 1) await end(`${index}`);
  assert.deepEqual(paused, [true, false]);
});

it('where reading can be paused, all commands received before are accepted', async () => {
  const { add, read, begun, sending } = world();
  sending.waitingBytes = 300 * KB;
  const taken = Array.from({ length: 1_000 }, (_, index) => add('chat message', `${index}`, { bytes: KB }));
  assert.ok(taken.every(Boolean));
  assert.deepEqual(begun, []);
  await read();
  assert.equal(begun[0], '0');
});

it('where reading cannot be paused, excess commands are refused', () => {
  const { add, sending } = world(false);
  sending.waitingBytes = 300 * KB;
  const taken = Array.from({ length: 50 }, (_, index) => add('chat message', `${index}`, { bytes: 8 * KB }));
  assert.equal(taken.filter(Boolean).length, 32);
  assert.equal(taken.indexOf(false), 32);
});

it('the end of a connection discards its queued commands', async () => {
  const { queue, add, end, read, begun, sending } = world();
  add('history', 'a', { answer: 256 * KB });
  add('history', 'b');
  sending.waitingBytes = 300 * KB;
  add('chat message', 'c');
  queue.close();
  await end('a');
  await read();
  assert.equal(add('history', 'd'), false);
  assert.deepEqual(begun, ['a']);
});

it('every command runs once and in order, and the queue stays bounded', async () => {
  const event = fc.constantFrom('history', 'sync', 'members', 'chat message', 'react', 'typing');
  const step = fc.oneof(
    fc.record({ event, bytes: fc.constantFrom(30, 500, 8 * KB) }),
    fc.constantFrom('end' as const, 'end', 'read'),
  );
  const largest: Record<string, number> = { history: 256, sync: 256, members: 256, react: 20, typing: 1 };
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
      const { queue, add, end, read, begun, running, sending } = world();
      const asked: string[] = [];
      const finishOne = async () => {
        const [name] = running.keys();
        if (name !== undefined) await end(name);
      };
      for (const each of steps) {
        if (each === 'end') await finishOne();
        else if (each === 'read') await read();
        else {
          const name = `${each.event} ${asked.length}`;
          const answer = (largest[each.event] ?? 0) * KB || each.bytes;
          if (add(each.event, name, { bytes: each.bytes, answer })) asked.push(name);
        }
        assert.ok(sending.waitingBytes <= 256 * KB + 256 * KB, `${sending.waitingBytes} bytes wait`);
      }
      while (running.size > 0 || begun.length < asked.length) {
        await finishOne();
        await read();
      }
      const isPage = (name: string) => /^(history|sync|members)/.test(name);
      for (const kind of [isPage, (name: string) => !isPage(name)])
        assert.deepEqual(begun.filter(kind), asked.filter(kind));
      assert.equal(queue.isPaused, false);
    }),
    { includeErrorInReport: true, numRuns: 300 },
  );
});
