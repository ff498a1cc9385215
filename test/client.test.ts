/** Promise: our own client, against the real server, connects, sends, comes back, and knows when it is refused. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createChat } from '@chatty/client/chat';
import { SECRET, startChatty, tokenOf, until } from './kit.js';

it('sends, receives, and goes on after the server was away', async (context) => {
  const first = await startChatty(context);
  const minsu = createChat({ url: first.url, token: tokenOf('민수') });
  const jiyoung = createChat({ url: first.url, token: tokenOf('지영') });
  context.after(() => [minsu, jiyoung].forEach((chat) => void chat.close()));
  minsu.connect();
  jiyoung.connect();
  await until(() => minsu.state === 'live' && jiyoung.state === 'live', 'both to be live');
  const contents = () => jiyoung.lines.map((line) => (line.kind === 'stored' ? line.message.content : '…'));
  assert.equal(minsu.send('하나'), null);
  await until(() => contents().length === 1, 'the first line');

  await first.app.close();
  await until(() => minsu.state === 'offline', 'the loss to be noticed');
  assert.equal(minsu.send('서버가 없을 때'), null);
  assert.equal(minsu.lines.at(-1)?.kind, 'pending');
  await startChatty(context, { PORT: new URL(first.url).port }, first.connection);
  await until(() => contents().length === 2, 'the line written meanwhile');
  assert.deepEqual(contents(), ['하나', '서버가 없을 때']);
  assert.ok(minsu.lines.every((line) => line.kind === 'stored' && line.own));
});

it('a refused token is a state with its code, and is not tried again', async (context) => {
  const { url } = await startChatty(context, { JWT_SECRET: `another-${SECRET}` });
  const chat = createChat({ url, token: tokenOf('민수') });
  context.after(() => chat.close());
  const states: string[] = [];
  chat.on('state', ({ state, code }) => states.push(`${state} ${code}`));
  chat.connect();
  await until(() => chat.state === 'refused', 'the refusal');
  assert.deepEqual(states, ['connecting null', 'refused token_invalid']);
});

it('what cannot be sent is told at once', async (context) => {
  const { url } = await startChatty(context);
  const chat = createChat({ url, token: tokenOf('민수') });
  context.after(() => chat.close());
  assert.equal(chat.send(' \u200b '), 'empty');
  assert.equal(chat.send('가'.repeat(2_001)), 'too_long');
  assert.deepEqual(chat.lines, []);
});
