/** Promise: one order for everybody, numbers without holes, a retry that changes nothing. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import {
  assertStored,
  connectClient,
  createTestToken,
  startTestServer,
  waitUntil,
} from '../support/server.js';

it('everyone receives the same messages in the same order, and each sender keeps their own order', async (context) => {
  const { url } = await startTestServer(context);
  const visitors = await Promise.all(
    ['가', '나', '다', '라'].map((name) => connectClient(context, url, createTestToken(name))),
  );
  const each = 40;
  const answers = await Promise.all(
    visitors.flatMap((visitor, who) =>
      Array.from({ length: each }, (_, number) =>
        visitor.send({ content: `${who}:${number}`, clientId: `${who}-${number}` }),
      ),
    ),
  );
  const ids = answers.map((answer) => assertStored(answer).id).sort((a, b) => a - b);
  assert.deepEqual(
    ids,
    Array.from({ length: 4 * each }, (_, index) => index + 1),
  );
  for (const visitor of visitors) await waitUntil(() => visitor.messages.length === 4 * each, 'all messages');
  const [first, ...others] = visitors.map(({ messages }) => messages);
  for (const other of others) assert.deepEqual(other, first);
  for (let who = 0; who < 4; who += 1) {
    const own = first?.filter(({ content }) => content.startsWith(`${who}:`)).map(({ content }) => content);
    assert.deepEqual(
      own,
      Array.from({ length: each }, (_, number) => `${who}:${number}`),
    );
  }
});

it('a retry with the same client id returns the first message, uses no number and is delivered once', async (context) => {
  const { url } = await startTestServer(context);
  const minsu = await connectClient(context, url, createTestToken('민수'));
  const tries = await Promise.all(
    Array.from({ length: 8 }, () => minsu.send({ content: '한 번만', clientId: 'once' })),
  );
  const messages = tries.map(assertStored);
  for (const message of messages) assert.deepEqual(message, messages[0]);
  assert.equal(tries.filter((answer) => answer.ok && answer.duplicate).length, 7);
  assert.equal(assertStored(await minsu.send('다음')).id, 2);
  await waitUntil(() => minsu.messages.length >= 2, 'delivery');
  assert.deepEqual(minsu.contents, ['한 번만', '다음']);
});

it('the same client id with another body is a conflict', async (context) => {
  const { url } = await startTestServer(context);
  const minsu = await connectClient(context, url, createTestToken('민수'));
  assertStored(await minsu.send({ content: '처음', clientId: 'c' }));
  const answer = await minsu.send({ content: '나중', clientId: 'c' });
  assert.equal(!answer.ok && answer.code, 'conflict');
});
