/** Promise: one order for everybody, numbers without holes, a retry that changes nothing. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { join, startChatty, stored, tokenOf, until } from '../support/server.js';

it('everybody sees the same messages in the same order, and each sender keeps theirs', async (context) => {
  const { url } = await startChatty(context);
  const visitors = await Promise.all(
    ['가', '나', '다', '라'].map((name) => join(context, url, tokenOf(name))),
  );
  const each = 40;
  const answers = await Promise.all(
    visitors.flatMap((visitor, who) =>
      Array.from({ length: each }, (_, number) =>
        visitor.say({ content: `${who}:${number}`, clientId: `${who}-${number}` }),
      ),
    ),
  );
  const ids = answers.map((answer) => stored(answer).id).sort((a, b) => a - b);
  assert.deepEqual(
    ids,
    Array.from({ length: 4 * each }, (_, index) => index + 1),
  );
  for (const visitor of visitors) await until(() => visitor.messages.length === 4 * each, 'all messages');
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

it('a retry with the same client id answers with the first message, burns no number and is delivered once', async (context) => {
  const { url } = await startChatty(context);
  const minsu = await join(context, url, tokenOf('민수'));
  const tries = await Promise.all(
    Array.from({ length: 8 }, () => minsu.say({ content: '한 번만', clientId: 'once' })),
  );
  const messages = tries.map(stored);
  for (const message of messages) assert.deepEqual(message, messages[0]);
  assert.equal(tries.filter((answer) => answer.ok && answer.duplicate).length, 7);
  assert.equal(stored(await minsu.say('다음')).id, 2);
  await until(() => minsu.messages.length >= 2, 'delivery');
  assert.deepEqual(minsu.contents, ['한 번만', '다음']);
});

it('the same client id with another body is a conflict', async (context) => {
  const { url } = await startChatty(context);
  const minsu = await join(context, url, tokenOf('민수'));
  stored(await minsu.say({ content: '처음', clientId: 'c' }));
  const answer = await minsu.say({ content: '나중', clientId: 'c' });
  assert.equal(!answer.ok && answer.code, 'conflict');
});
