/** Promise: whoever connects gets the newest 50 messages, oldest first, and then everything that follows. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { PAGE_SIZE } from '@chatty/client/testing';
import {
  MAX_MESSAGE_BYTES,
  MAX_PAGE_BYTES,
  MAX_REACTION_EMOJI,
  MAX_REACTION_USERS_BYTES,
  MAX_URL_LENGTH,
  MAX_USER_ID_LENGTH,
} from '@chatty/protocol';
import pg from 'pg';
import {
  assertStored,
  connectClient,
  createTestToken,
  startTestServer,
  waitUntil,
} from '../support/server.js';

it('an empty room has an empty history', async (context) => {
  const { url } = await startTestServer(context);
  assert.deepEqual((await connectClient(context, url, createTestToken('민수'))).history, [[]]);
});

it('history is the latest 50 messages, oldest first, in the format of the contract', async (context) => {
  const { url, connection } = await startTestServer(context);
  const writer = await connectClient(
    context,
    url,
    createTestToken('민수', { userId: 'u1', avatar: 'https://kimpga.test/a.png' }),
  );
  for (let number = 1; number <= 60; number += 1) assertStored(await writer.send(`말 ${number}`));
  const expected = Array.from({ length: 50 }, (_, index) => `말 ${index + 11}`);

  const warm = await connectClient(context, url, createTestToken('지영'));
  assert.deepEqual(
    warm.history[0]?.map(({ content }) => content),
    expected,
  );

  // A server that has never seen the room reads the same from the database.
  const other = await startTestServer(context, {}, connection);
  const cold = await connectClient(context, other.url, createTestToken('지영'));
  assert.deepEqual(cold.history, warm.history);
  const { created_at, ...first } = cold.history[0]?.[0] ?? { created_at: '' };
  assert.deepEqual(first, {
    id: 11,
    seq: 11,
    userId: 'u1',
    username: '민수',
    avatar: 'https://kimpga.test/a.png',
    content: '말 11',
    clientId: null,
    replyTo: null,
  });
  assert.equal(new Date(created_at).toISOString(), created_at);
});

it('no message is lost between the history and live events, however many members join during writes', async (context) => {
  const { url } = await startTestServer(context);
  const writer = await connectClient(context, url, createTestToken('민수'));
  const talk = (async () => {
    for (let number = 1; number <= 120; number += 1) assertStored(await writer.send(`${number}`));
  })();
  const readers = await Promise.all(
    Array.from({ length: 15 }, (_, index) => connectClient(context, url, createTestToken(`독자${index}`))),
  );
  await talk;
  for (const reader of readers) {
    await waitUntil(
      () => reader.messages.at(-1)?.content === '120' || reader.history[0]?.at(-1)?.content === '120',
      'the last message',
    );
    const ids = [...(reader.history[0] ?? []), ...reader.messages].map(({ id }) => id);
    const from = ids[0] ?? 0;
    assert.deepEqual(
      ids,
      Array.from({ length: ids.length }, (_, index) => from + index),
    );
    assert.equal(ids.at(-1), 120);
  }
});

it('a server that missed a message reads it before the next one', async (context) => {
  const one = await startTestServer(context);
  const two = await startTestServer(context, {}, one.connection);
  const here = await connectClient(context, one.url, createTestToken('민수'));
  const there = await connectClient(context, two.url, createTestToken('지영'));
  for (const text of ['하나', '둘', '셋']) assertStored(await here.send(text));
  assertStored(await there.send('넷'));
  await waitUntil(() => there.messages.length === 4, 'all four');
  assert.deepEqual(there.contents, ['하나', '둘', '셋', '넷']);
});

it('a page of the longest messages is shorter than requested, and the next page continues from it', async (context) => {
  const { url, connection } = await startTestServer(context);
  const client = new pg.Client(connection);
  await client.connect();
  await client.query("INSERT INTO rooms (project_id, room_id, last_seq) VALUES ('kimpga', 'main', 200)");
  // Quotation marks take two bytes on the way and the accents two, up to the limit of bytes.
  const longest = `"${'\u0301'.repeat(2)}`.repeat(1_638);
  assert.ok(Buffer.byteLength(longest) <= MAX_MESSAGE_BYTES);
  const reactions = Array.from({ length: MAX_REACTION_EMOJI }, (_, n) => ({
    emoji: String.fromCodePoint(0x1f600 + n),
    count: 1,
    users: ['x'.repeat(MAX_REACTION_USERS_BYTES / MAX_REACTION_EMOJI)],
  }));
  await client.query(
    `INSERT INTO messages (project_id, room_id, id, seq, user_id, username, avatar, content, reactions, created_at)
     SELECT 'kimpga', 'main', n, n, $1, $1, $2, $3, $4, now() FROM generate_series(1, 200) n`,
    [
      'u'.repeat(MAX_USER_ID_LENGTH),
      `https://a.example/${'a'.repeat(MAX_URL_LENGTH - 18)}`,
      longest,
      JSON.stringify(reactions),
    ],
  );
  await client.end();
  const reader = await connectClient(context, url, createTestToken('민수'));
  const page = (before: number) =>
    reader.socket.timeout(8_000).emitWithAck('history', { before, limit: PAGE_SIZE });
  const { messages, more } = await page(150);
  assert.ok(messages.length >= 10 && messages.length < PAGE_SIZE && more);
  const bytes = Buffer.byteLength(JSON.stringify(messages));
  assert.ok(bytes <= MAX_PAGE_BYTES + 1, `${bytes} bytes`);
  const next = await page(messages[0].id);
  assert.deepEqual([messages.at(-1).id, next.messages.at(-1).id], [149, messages[0].id - 1]);
});
