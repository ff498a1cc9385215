/** Promise: an answer counts only on the connection that it was asked on, and a reset replaces what was shown. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Connection } from '../src/connection.js';
import { createCredentials } from '../src/credentials.js';
import { createLogSync } from '../src/log-sync.js';
import type { SocketIoHandlers } from '../src/socketio-client.js';
import { createTimeline } from '../src/timeline.js';
import { createManualClock, createMessage, flushMicrotasks } from './support/room.js';

it('a sync answer of a replaced connection is ignored', async () => {
  const clock = createManualClock();
  let give: (answer: unknown) => void = () => undefined;
  let heard: SocketIoHandlers | null = null;
  const connection = new Connection({
    url: 'http://played',
    auth: () => ({ token: 'a.b.c' }),
    credentials: createCredentials({ token: 'a.b.c', provider: undefined, clock }),
    clock,
    onChange: () => undefined,
    onEvent: () => undefined,
    createSocket(dialled) {
      heard = dialled.handlers;
      return {
        connect: () => heard?.onConnect(),
        disconnect: () => undefined,
        request: () =>
          new Promise((resolve) => {
            give = resolve as typeof give;
          }),
      };
    },
  });
  connection.connect();
  const first = connection.request('members', {});
  connection.reconnect();
  assert.equal(connection.state, 'recovering');
  give({ ok: true, count: 1, members: [] });
  await assert.rejects(first, /no connection/);
  const second = connection.request('members', {});
  give({ ok: true, count: 2, members: [] });
  assert.deepEqual(await second, { ok: true, count: 2, members: [] });
  connection.close();
});

it('a head with nothing left to fetch ends the catch-up; a head before the history does not', () => {
  let caughtUp = 0;
  const logSync = createLogSync({
    timeline: createTimeline(),
    request: () => assert.fail('asked'),
    clock: createManualClock(),
    onChange: () => undefined,
    onCaughtUp: () => {
      caughtUp += 1;
    },
    abortConnection: () => undefined,
  });
  logSync.setHead({ epoch: 'e', seq: 2 });
  assert.equal(caughtUp, 0);
  logSync.applyHistory([createMessage(1), createMessage(2)], { epoch: 'e', seq: 2 });
  logSync.onDisconnect();
  logSync.setHead({ epoch: 'e', seq: 2 });
  assert.equal(caughtUp, 2);
});

it('a sync answer with reset replaces the messages, and reading continues from its position', async () => {
  const timeline = createTimeline();
  const asked: unknown[] = [];
  const logSync = createLogSync({
    timeline,
    request: async (_name, payload) => {
      asked.push(payload);
      // Once only: whoever ignores it would ask for ever.
      if (asked.length > 1) throw new Error('asked again');
      const messages = [createMessage(1), createMessage(2, { content: 'another' })];
      return { ok: true, epoch: 'new', prev: 0, seq: 2, head: 2, reset: true, messages } as never;
    },
    clock: createManualClock(),
    onChange: () => undefined,
    onCaughtUp: () => undefined,
    abortConnection: () => undefined,
  });
  logSync.applyHistory([createMessage(1), createMessage(2), createMessage(3)], { epoch: 'old', seq: 3 });
  logSync.setHead({ epoch: 'new', seq: 2 });
  await flushMicrotasks();
  assert.deepEqual(asked, [{ after: { epoch: 'old', seq: 3 } }]);
  assert.deepEqual(logSync.position, { epoch: 'new', seq: 2 });
  assert.deepEqual(
    timeline.items().map((line) => line.kind === 'stored' && line.message.content),
    ['1', 'another'],
  );
});

it('a sync answer with reset does not discard changes received while it was in flight', async () => {
  let give: (answer: unknown) => void = () => undefined;
  const fresh: number[] = [];
  const timeline = createTimeline();
  const logSync = createLogSync({
    timeline,
    request: () =>
      new Promise((resolve) => {
        give = resolve as typeof give;
      }),
    clock: createManualClock(),
    onChange: (messages) => fresh.push(...messages.map(({ id }) => id)),
    onCaughtUp: () => undefined,
    abortConnection: () => undefined,
  });
  logSync.applyHistory([createMessage(1), createMessage(2)], { epoch: 'old', seq: 2 });
  logSync.setHead({ epoch: 'new', seq: 1 });
  logSync.applyHistory([createMessage(1)], { epoch: 'new', seq: 1 });
  logSync.applyFrame({ epoch: 'new', prev: 1, seq: 2, messages: [createMessage(2)] });
  fresh.length = 0;
  give({ ok: true, epoch: 'new', prev: 0, seq: 1, head: 1, reset: true, messages: [createMessage(1)] });
  await flushMicrotasks();
  logSync.applyFrame({ epoch: 'new', prev: 1, seq: 2, messages: [createMessage(2)] });
  assert.deepEqual([logSync.position, fresh, timeline.lastId], [{ epoch: 'new', seq: 2 }, [], 2]);
});
