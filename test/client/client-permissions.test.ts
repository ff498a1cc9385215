/** Promise: our own client knows what it may do, waits where it is asked to, and loses no word of what it may not send yet. */

import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { type ChatClient, createChatClient } from '@chatty/client';
import {
  assertStored,
  connectClient,
  createTestToken,
  startTestServer,
  waitUntil,
} from '../support/server.js';

async function open(context: TestContext, settings: Record<string, string> = {}) {
  const { url } = await startTestServer(context, settings);
  const moderator = await connectClient(context, url, createTestToken('지영', { role: 'moderator' }));
  const enter = async (name: string): Promise<ChatClient> => {
    const chat = createChatClient({ url, token: createTestToken(name) });
    context.after(() => chat.close());
    chat.connect();
    await waitUntil(() => chat.state === 'live', 'the client to be live');
    return chat;
  };
  const act = async (event: string, payload: unknown) => {
    const answer = await moderator.socket.timeout(8_000).emitWithAck(event, payload);
    assert.equal(answer.ok, true, JSON.stringify(answer));
  };
  return { url, moderator, enter, act };
}

const failures = (chat: ChatClient) =>
  chat.items.flatMap((line) => (line.kind === 'pending' && line.failure ? [line.failure] : []));

it('a mute is known immediately and after a reconnect, and ends by itself', async (context) => {
  const { enter, act } = await open(context);
  const chat = await enter('민수');
  assert.equal(chat.writeBlock, null);
  await act('mute member', { userId: '민수', seconds: 3 });
  await waitUntil(() => chat.writeBlock?.code === 'muted', 'the mute');
  assert.equal(chat.session?.write?.code, 'muted');
  assert.equal(chat.send('들리나요'), 'muted');
  const again = await enter('민수');
  await waitUntil(() => again.writeBlock?.code === 'muted', 'the mute in the session');
  assert.ok(Math.abs((again.writeBlock?.until ?? 0) - Date.now() - 2_000) < 2_000, 'its end');
  for (const each of [chat, again]) await waitUntil(() => each.writeBlock === null, 'the end of the mute');
  assert.equal(chat.send('이제 들리나요'), null);
  await waitUntil(() => chat.items.some((line) => line.kind === 'stored'), 'the message');
});

it('in slow mode the next message waits; one blocked by another tab fails visibly, and succeeds when resent', async (context) => {
  const { enter, act } = await open(context);
  await act('set rules', { rules: { slowMode: 2 } });
  const chat = await enter('민수');
  const other = await enter('민수');
  assert.equal(chat.session?.slowMode, 2_000);
  assert.equal(chat.send('하나'), null);
  assert.equal(chat.send('둘'), 'slow_mode');
  await waitUntil(() => other.items.length === 1, 'the message in the other tab');
  assert.equal(other.send('셋'), null);
  await waitUntil(() => failures(other).length === 1, 'the refusal');
  assert.deepEqual([failures(other), other.writeBlock?.code], [['slow_mode'], 'slow_mode']);
  await waitUntil(() => other.writeBlock === null, 'the time');
  const [failed] = other.items.flatMap((line) => (line.kind === 'pending' ? [line] : []));
  other.retry(failed?.clientId ?? '');
  await waitUntil(() => chat.items.length === 2, 'the other message');
  await waitUntil(() => chat.writeBlock === null && chat.send('둘') === null, 'the time of this tab');
});

it('a kicked client waits for its retry delay, a banned client stops and knows the end of the ban', async (context) => {
  const { enter, act, url } = await open(context);
  const told: [state: string, code: string | null, until: number | null][] = [];
  const chat = await enter('민수');
  chat.on('state', ({ state, code, until }) => told.push([state, code, until]));
  await act('kick member', { userId: '민수' });
  await waitUntil(() => told.length === 1, 'the kick');
  const [[state, code, end] = []] = told;
  assert.deepEqual([state, code], ['waiting', 'kicked']);
  assert.ok(Math.abs((end ?? 0) - Date.now() - 60_000) < 5_000, 'a minute');
  chat.reconnectNow();
  assert.equal(chat.state, 'waiting');
  // A page that is loaded again hears it in the handshake.
  const again = createChatClient({ url, token: createTestToken('민수') });
  context.after(() => again.close());
  again.on('state', (now) => told.push([now.state, now.code, now.until]));
  again.connect();
  await waitUntil(() => told.at(-1)?.[0] === 'waiting', 'the refusal');
  assert.equal(told.at(-1)?.[1], 'kicked');

  const banned = await enter('하늘');
  banned.on('state', (now) => told.push([now.state, now.code, now.until]));
  await act('ban member', { userId: '하늘', seconds: 3_600 });
  await waitUntil(() => banned.state === 'refused', 'the end');
  assert.equal(told.at(-1)?.[1], 'banned');
  assert.ok(Math.abs((told.at(-1)?.[2] ?? 0) - Date.now() - 3_600_000) < 10_000, 'an hour');
});

it('a client that sends too fast is slowed down, in order and without a failed message', async (context) => {
  const { enter, moderator } = await open(context, { SEND_BURST: '3', SEND_PER_SECOND: '2' });
  assertStored(await moderator.send('시작'));
  const chat = await enter('민수');
  const texts = Array.from({ length: 8 }, (_, index) => `${index}`);
  for (const text of texts) assert.equal(chat.send(text), null);
  const contents = () =>
    chat.items.flatMap((line) => (line.kind === 'stored' && line.own ? [line.message.content] : []));
  await waitUntil(() => failures(chat).length > 0 || contents().length === texts.length, 'all messages');
  assert.deepEqual(contents(), texts);
});
