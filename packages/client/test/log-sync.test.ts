/** Promise: an answer counts only on the connection that it was asked on, and a reset replaces what was shown. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createConnection } from '@chatty/client/connection';
import { createCredentials } from '@chatty/client/credentials';
import { createFollower } from '@chatty/client/log-sync';
import type { Heard } from '@chatty/client/socketio-client';
import { createTimeline } from '@chatty/client/timeline';
import { createHandClock, createMessage, settle } from './support/room.js';

it('an answer that comes when its connection was replaced is not taken for one of the new', async () => {
  const clock = createHandClock();
  let give: (answer: unknown) => void = () => undefined;
  let heard: Heard | null = null;
  const connection = createConnection({
    url: 'http://played',
    auth: () => ({ token: 'a.b.c' }),
    credentials: createCredentials({ token: 'a.b.c', provider: undefined, clock }),
    clock,
    changed: () => undefined,
    event: () => undefined,
    dial(dialled) {
      heard = dialled.heard;
      return {
        connect: () => heard?.up(),
        disconnect: () => undefined,
        ask: () =>
          new Promise((resolve) => {
            give = resolve as typeof give;
          }),
      };
    },
  });
  connection.connect();
  const first = connection.ask('members', {});
  connection.anew();
  assert.equal(connection.state, 'recovering');
  give({ ok: true, count: 1, members: [] });
  await assert.rejects(first, /no connection/);
  const second = connection.ask('members', {});
  give({ ok: true, count: 2, members: [] });
  assert.deepEqual(await second, { ok: true, count: 2, members: [] });
  connection.close();
});

it('a head that leaves nothing to be asked for ends the catching up, one before the history does not', () => {
  let caughtUp = 0;
  const follower = createFollower({
    timeline: createTimeline(),
    ask: () => assert.fail('asked'),
    clock: createHandClock(),
    changed: () => undefined,
    caughtUp: () => {
      caughtUp += 1;
    },
    drop: () => undefined,
  });
  follower.head({ epoch: 'e', seq: 2 });
  assert.equal(caughtUp, 0);
  follower.history([createMessage(1), createMessage(2)], { epoch: 'e', seq: 2 });
  follower.shut();
  follower.head({ epoch: 'e', seq: 2 });
  assert.equal(caughtUp, 2);
});

it('an answer to sync that says reset replaces the lines, and reading goes on from its position', async () => {
  const timeline = createTimeline();
  const asked: unknown[] = [];
  const follower = createFollower({
    timeline,
    ask: async (_name, payload) => {
      asked.push(payload);
      // Once only: whoever ignores it would ask for ever.
      if (asked.length > 1) throw new Error('asked again');
      const messages = [createMessage(1), createMessage(2, { content: 'another' })];
      return { ok: true, epoch: 'new', prev: 0, seq: 2, head: 2, reset: true, messages } as never;
    },
    clock: createHandClock(),
    changed: () => undefined,
    caughtUp: () => undefined,
    drop: () => undefined,
  });
  follower.history([createMessage(1), createMessage(2), createMessage(3)], { epoch: 'old', seq: 3 });
  follower.head({ epoch: 'new', seq: 2 });
  await settle();
  assert.deepEqual(asked, [{ after: { epoch: 'old', seq: 3 } }]);
  assert.deepEqual(follower.position, { epoch: 'new', seq: 2 });
  assert.deepEqual(
    timeline.lines().map((line) => line.kind === 'stored' && line.message.content),
    ['1', 'another'],
  );
});

it('an answer to sync that says reset does not take back what came while it was on its way', async () => {
  let give: (answer: unknown) => void = () => undefined;
  const fresh: number[] = [];
  const timeline = createTimeline();
  const follower = createFollower({
    timeline,
    ask: () =>
      new Promise((resolve) => {
        give = resolve as typeof give;
      }),
    clock: createHandClock(),
    changed: (messages) => fresh.push(...messages.map(({ id }) => id)),
    caughtUp: () => undefined,
    drop: () => undefined,
  });
  follower.history([createMessage(1), createMessage(2)], { epoch: 'old', seq: 2 });
  follower.head({ epoch: 'new', seq: 1 });
  follower.history([createMessage(1)], { epoch: 'new', seq: 1 });
  follower.frame({ epoch: 'new', prev: 1, seq: 2, messages: [createMessage(2)] });
  fresh.length = 0;
  give({ ok: true, epoch: 'new', prev: 0, seq: 1, head: 1, reset: true, messages: [createMessage(1)] });
  await settle();
  follower.frame({ epoch: 'new', prev: 1, seq: 2, messages: [createMessage(2)] });
  assert.deepEqual([follower.position, fresh, timeline.last], [{ epoch: 'new', seq: 2 }, [], 2]);
});
