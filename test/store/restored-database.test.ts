/** Promise: a log that was replaced, or lost its end as by a restored backup, is noticed; everybody begins again with what there is. */

import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { createChatClient } from '@chatty/client';
import type { Message } from '@chatty/protocol';
import pg from 'pg';
import { connectFollower, HIGH_RATE_LIMITS, rangeInclusive, sendMessages } from '../support/log-follower.js';
import {
  assertStored,
  connectClient,
  createTestToken,
  startTestServer,
  TestClient,
  type TestServer,
  waitUntil,
} from '../support/server.js';

it('a replaced log is read again by everyone', async (context) => {
  const { url, connection } = await startTestServer(context);
  const minsu = await connectClient(context, url, createTestToken('민수'));
  const jiyoung = await connectFollower(context, url, createTestToken('지영'));
  assertStored(await minsu.send('전'));
  const client = new pg.Client(connection);
  await client.connect();
  await client.query('UPDATE rooms SET epoch = gen_random_uuid()').finally(() => client.end());
  await waitUntil(() => jiyoung.histories.length === 2, 'the new beginning', 20_000);
  assert.notEqual(jiyoung.histories[1]?.position.epoch, jiyoung.histories[0]?.position.epoch);
  assert.deepEqual(
    jiyoung.histories[1]?.messages.map(({ id }) => id),
    [1],
  );
});

/** What a backup does that is restored under a running server: the newest changes are gone, and nothing else is. */
async function rewind({ connection }: TestServer, lost: number): Promise<void> {
  const client = new pg.Client(connection);
  await client.connect();
  try {
    await client.query('BEGIN');
    const { rows } = await client.query('UPDATE rooms SET last_seq = last_seq - $1 RETURNING last_seq', [
      lost,
    ]);
    await client.query('DELETE FROM messages WHERE seq > $1', [rows[0].last_seq]);
    await client.query('COMMIT');
  } finally {
    await client.end();
  }
}

async function contentsOf({ connection }: TestServer): Promise<string[]> {
  const client = new pg.Client(connection);
  await client.connect();
  const { rows } = await client.query('SELECT content FROM messages ORDER BY id').finally(() => client.end());
  return rows.map(({ content }) => content);
}

/** Our client, a plain socket and one that asks for frames, each with what it has been told. */
async function company(context: TestContext, { url }: TestServer) {
  const chat = createChatClient({ url, token: createTestToken('수진') });
  context.after(() => chat.close());
  chat.connect();
  const plain = new TestClient(url, { token: createTestToken('지영') });
  context.after(() => plain.socket.disconnect());
  /** A plain client shows the history, and what came after it. */
  let shown: string[] = [];
  plain.socket.on('history', (messages: Message[]) => {
    shown = messages.map(({ content }) => content);
  });
  plain.socket.on('chat message', ({ content }: Message) => shown.push(content));
  const follower = await connectFollower(context, url, createTestToken('현우'));
  await waitUntil(() => chat.state === 'live' && plain.history.length === 1, 'the company');
  const contents = () =>
    chat.items.map((line) =>
      line.kind === 'gap' ? 'gap' : line.kind === 'stored' ? line.message.content : '',
    );
  return { chat, plain, follower, contents, shown: () => shown };
}

async function assertAllHave(
  chatty: TestServer,
  { follower, contents, shown }: Awaited<ReturnType<typeof company>>,
) {
  const rows = await contentsOf(chatty);
  const last = rows.at(-1);
  await waitUntil(() => contents().at(-1) === last && shown().at(-1) === last, 'the last line');
  assert.deepEqual(contents(), rows);
  assert.deepEqual(shown(), rows);
  assert.deepEqual(follower.position?.seq, rows.length);
}

it('a log that lost its end under the same epoch is detected at the next message, and nothing is mixed', async (context) => {
  const chatty = await startTestServer(context, HIGH_RATE_LIMITS);
  const minsu = await sendMessages(chatty, context, 20);
  const all = await company(context, chatty);
  const { position } = all.follower;
  await rewind(chatty, 5);
  assert.equal(assertStored(await minsu.send('새 16')).id, 16);
  await waitUntil(() => all.follower.histories.length === 2, 'the new beginning', 5_000);
  all.chat.send('새 17');
  await waitUntil(async () => (await contentsOf(chatty)).length === 17, 'the line of our client');
  await assertAllHave(chatty, all);
  assert.notEqual(all.follower.position?.epoch, position?.epoch);
  assert.equal(all.follower.histories.length, 2, 'once');
  const back = await connectFollower(context, chatty.url, createTestToken('지영'), position);
  assert.equal(back.frames.length, 0, 'a position of the lost log leads nowhere');
});

it('a burst that immediately passes the lost end is detected too', async (context) => {
  const chatty = await startTestServer(context, HIGH_RATE_LIMITS);
  const minsu = await sendMessages(chatty, context, 20);
  const all = await company(context, chatty);
  await rewind(chatty, 5);
  await Promise.all(
    rangeInclusive(16, 45).map(async (number) => assertStored(await minsu.send(`새 ${number}`))),
  );
  await waitUntil(() => all.follower.position?.seq === 45, 'the new log');
  await assertAllHave(chatty, all);
});

it('a quiet room detects a lost end by its head, once on two servers, and a lost room too', async (context) => {
  const one = await startTestServer(context, HIGH_RATE_LIMITS);
  await sendMessages(one, context, 20);
  const two = await startTestServer(context, HIGH_RATE_LIMITS, one.connection);
  const [here, there] = [await company(context, one), await company(context, two)];
  await rewind(one, 5);
  const begun = (times: number) => () =>
    here.follower.histories.length === times && there.follower.histories.length === times;
  await waitUntil(begun(2), 'the new beginning on both', 25_000);
  await Promise.all([assertAllHave(one, here), assertAllHave(two, there)]);
  const epoch = here.follower.position?.epoch;
  assert.equal(epoch, there.follower.position?.epoch);

  // Longer than the heads take to be asked for again: an epoch that was changed twice would show.
  const client = new pg.Client(one.connection);
  await client.connect();
  await client.query('DELETE FROM messages');
  await client.query('DELETE FROM rooms').finally(() => client.end());
  await waitUntil(
    () => here.follower.position?.seq === 0 && there.follower.position?.seq === 0,
    'the end',
    25_000,
  );
  assert.ok(begun(3)(), 'each time once');
  assert.deepEqual([here.contents(), here.shown(), there.contents(), there.shown()], [[], [], [], []]);
});

it('after a lost end, messages stored by another server are not read as a continuation', async (context) => {
  const one = await startTestServer(context, HIGH_RATE_LIMITS);
  await sendMessages(one, context, 20);
  const all = await company(context, one);
  await rewind(one, 5);
  const two = await startTestServer(context, HIGH_RATE_LIMITS, one.connection);
  const there = await connectClient(context, two.url, createTestToken('민수'));
  await Promise.all(
    rangeInclusive(16, 30).map(async (number) => assertStored(await there.send(`새 ${number}`))),
  );
  await waitUntil(() => all.follower.position?.seq === 30, 'the new log', 25_000);
  await assertAllHave(one, all);
});
