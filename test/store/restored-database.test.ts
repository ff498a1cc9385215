/** Promise: a log that was replaced, or lost its end as by a restored backup, is noticed; everybody begins again with what there is. */

import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { createChat } from '@chatty/client/chat';
import type { Message } from '@chatty/protocol/events';
import pg from 'pg';
import { follow, roomy, talk, upTo } from '../support/log-follower.js';
import { type Chatty, join, startChatty, stored, tokenOf, until, Visitor } from '../support/server.js';

it('a log that was replaced is read again by everybody', async (context) => {
  const { url, connection } = await startChatty(context);
  const minsu = await join(context, url, tokenOf('민수'));
  const jiyoung = await follow(context, url, tokenOf('지영'));
  stored(await minsu.say('전'));
  const client = new pg.Client(connection);
  await client.connect();
  await client.query('UPDATE rooms SET epoch = gen_random_uuid()').finally(() => client.end());
  await until(() => jiyoung.histories.length === 2, 'the new beginning', 20_000);
  assert.notEqual(jiyoung.histories[1]?.position.epoch, jiyoung.histories[0]?.position.epoch);
  assert.deepEqual(
    jiyoung.histories[1]?.messages.map(({ id }) => id),
    [1],
  );
});

/** What a backup does that is restored under a running server: the newest changes are gone, and nothing else is. */
async function rewind({ connection }: Chatty, lost: number): Promise<void> {
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

async function contentsOf({ connection }: Chatty): Promise<string[]> {
  const client = new pg.Client(connection);
  await client.connect();
  const { rows } = await client.query('SELECT content FROM messages ORDER BY id').finally(() => client.end());
  return rows.map(({ content }) => content);
}

/** Our client, a plain socket and one that asks for frames, each with what it has been told. */
async function company(context: TestContext, { url }: Chatty) {
  const chat = createChat({ url, token: tokenOf('수진') });
  context.after(() => chat.close());
  chat.connect();
  const plain = new Visitor(url, { token: tokenOf('지영') });
  context.after(() => plain.socket.disconnect());
  /** A plain client shows the history, and what came after it. */
  let shown: string[] = [];
  plain.socket.on('history', (messages: Message[]) => {
    shown = messages.map(({ content }) => content);
  });
  plain.socket.on('chat message', ({ content }: Message) => shown.push(content));
  const follower = await follow(context, url, tokenOf('현우'));
  await until(() => chat.state === 'live' && plain.history.length === 1, 'the company');
  const contents = () =>
    chat.lines.map((line) =>
      line.kind === 'gap' ? 'gap' : line.kind === 'stored' ? line.message.content : '',
    );
  return { chat, plain, follower, contents, shown: () => shown };
}

async function assertAllHave(
  chatty: Chatty,
  { follower, contents, shown }: Awaited<ReturnType<typeof company>>,
) {
  const rows = await contentsOf(chatty);
  const last = rows.at(-1);
  await until(() => contents().at(-1) === last && shown().at(-1) === last, 'the last line');
  assert.deepEqual(contents(), rows);
  assert.deepEqual(shown(), rows);
  assert.deepEqual(follower.position?.seq, rows.length);
}

it('a log that lost its end under the same epoch is noticed by the next message, and nothing is mixed', async (context) => {
  const chatty = await startChatty(context, roomy);
  const minsu = await talk(chatty, context, 20);
  const all = await company(context, chatty);
  const { position } = all.follower;
  await rewind(chatty, 5);
  assert.equal(stored(await minsu.say('새 16')).id, 16);
  await until(() => all.follower.histories.length === 2, 'the new beginning', 5_000);
  all.chat.send('새 17');
  await until(async () => (await contentsOf(chatty)).length === 17, 'the line of our client');
  await assertAllHave(chatty, all);
  assert.notEqual(all.follower.position?.epoch, position?.epoch);
  assert.equal(all.follower.histories.length, 2, 'once');
  const back = await follow(context, chatty.url, tokenOf('지영'), position);
  assert.equal(back.frames.length, 0, 'a position of the lost log leads nowhere');
});

it('a burst that passes the lost end at once is noticed too', async (context) => {
  const chatty = await startChatty(context, roomy);
  const minsu = await talk(chatty, context, 20);
  const all = await company(context, chatty);
  await rewind(chatty, 5);
  await Promise.all(upTo(16, 45).map(async (number) => stored(await minsu.say(`새 ${number}`))));
  await until(() => all.follower.position?.seq === 45, 'the new log');
  await assertAllHave(chatty, all);
});

it('a quiet room notices a lost end by its head, on two servers once, and a lost room too', async (context) => {
  const one = await startChatty(context, roomy);
  await talk(one, context, 20);
  const two = await startChatty(context, roomy, one.connection);
  const [here, there] = [await company(context, one), await company(context, two)];
  await rewind(one, 5);
  const begun = (times: number) => () =>
    here.follower.histories.length === times && there.follower.histories.length === times;
  await until(begun(2), 'the new beginning on both', 25_000);
  await Promise.all([assertAllHave(one, here), assertAllHave(two, there)]);
  const epoch = here.follower.position?.epoch;
  assert.equal(epoch, there.follower.position?.epoch);

  // Longer than the heads take to be asked for again: an epoch that was changed twice would show.
  const client = new pg.Client(one.connection);
  await client.connect();
  await client.query('DELETE FROM messages');
  await client.query('DELETE FROM rooms').finally(() => client.end());
  await until(
    () => here.follower.position?.seq === 0 && there.follower.position?.seq === 0,
    'the end',
    25_000,
  );
  assert.ok(begun(3)(), 'each time once');
  assert.deepEqual([here.contents(), here.shown(), there.contents(), there.shown()], [[], [], [], []]);
});

it('what another server stored after a lost end is not read on as if nothing had happened', async (context) => {
  const one = await startChatty(context, roomy);
  await talk(one, context, 20);
  const all = await company(context, one);
  await rewind(one, 5);
  const two = await startChatty(context, roomy, one.connection);
  const there = await join(context, two.url, tokenOf('민수'));
  await Promise.all(upTo(16, 30).map(async (number) => stored(await there.say(`새 ${number}`))));
  await until(() => all.follower.position?.seq === 30, 'the new log', 25_000);
  await assertAllHave(one, all);
});
