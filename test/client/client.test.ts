/** Promise: our own client, against the real server, connects, sends, changes, catches up, pages, and knows when it is refused. */

import assert from 'node:assert/strict';
import { connect, createServer } from 'node:net';
import { it, type TestContext } from 'node:test';
import { type ChatClient, createChatClient } from '@chatty/client';
import type { ChatOptions } from '@chatty/client/testing';
import type { Message } from '@chatty/protocol';
import { SignJWT } from 'jose';
import {
  assertStored,
  connectClient,
  createTestToken,
  SECRET,
  startTestServer,
  type TestClient,
  type TestServer,
  waitUntil,
} from '../support/server.js';
import { startProxy } from '../support/tcp-proxy.js';

const messagesOf = (chat: ChatClient): Message[] =>
  chat.items.flatMap((line) => (line.kind === 'stored' ? [line.message] : []));
const contents = (chat: ChatClient) => messagesOf(chat).map(({ content }) => content);
const hasGap = (chat: ChatClient) => chat.items.some(({ kind }) => kind === 'gap');

async function enter(context: TestContext, options: ChatOptions): Promise<ChatClient> {
  const chat = createChatClient(options);
  context.after(() => chat.close());
  chat.connect();
  await waitUntil(() => chat.state === 'live', 'the client to be live');
  return chat;
}

/** A client behind a network that can go away and come back, and somebody who goes on talking. */
async function separable(context: TestContext): Promise<{
  chatty: TestServer;
  chat: ChatClient;
  talker: TestClient;
  talk(from: number, to: number): Promise<Message[]>;
  apart(): Promise<void>;
  together(): void;
}> {
  const chatty = await startTestServer(context, { SEND_BURST: '100000' });
  const proxy = await startProxy(Number(new URL(chatty.url).port));
  context.after(() => proxy.close());
  const talker = await connectClient(context, chatty.url, createTestToken('지영'));
  const chat = await enter(context, {
    url: `http://127.0.0.1:${proxy.port}`,
    token: createTestToken('민수'),
  });
  return {
    chatty,
    chat,
    talker,
    async talk(from, to) {
      const numbers = Array.from({ length: to - from + 1 }, (_, index) => from + index);
      return (await Promise.all(numbers.map((number) => talker.send(`${number}`)))).map(assertStored);
    },
    async apart() {
      proxy.freeze();
      proxy.resetConnections(1);
      await waitUntil(() => chat.state === 'waiting', 'the loss to be noticed');
    },
    together() {
      proxy.thaw();
      chat.reconnectNow();
    },
  };
}

it('sends, receives, and continues after a server outage', async (context) => {
  const first = await startTestServer(context);
  const minsu = await enter(context, { url: first.url, token: createTestToken('민수') });
  const jiyoung = await enter(context, { url: first.url, token: createTestToken('지영') });
  assert.equal(minsu.send('하나'), null);
  await waitUntil(() => contents(jiyoung).length === 1, 'the first line');

  await first.app.close();
  await waitUntil(() => minsu.state === 'waiting', 'the loss to be noticed');
  assert.equal(minsu.send('서버가 없을 때'), null);
  assert.equal(minsu.items.at(-1)?.kind, 'pending');
  await startTestServer(context, { PORT: new URL(first.url).port }, first.connection);
  await waitUntil(() => contents(jiyoung).length === 2, 'the line written meanwhile');
  assert.deepEqual(contents(jiyoung), ['하나', '서버가 없을 때']);
  await waitUntil(() => minsu.items.every(({ kind }) => kind === 'stored'), 'the line to come back');
  assert.ok(minsu.items.every((line) => line.kind === 'stored' && line.own));
});

it('a refused token is a final state with its code', async (context) => {
  const { url } = await startTestServer(context, { JWT_SECRET: `another-${SECRET}` });
  const chat = createChatClient({ url, token: createTestToken('민수') });
  context.after(() => chat.close());
  const states: string[] = [];
  chat.on('state', ({ state, code }) => states.push(`${state} ${code}`));
  chat.connect();
  await waitUntil(() => chat.state === 'refused', 'the refusal');
  assert.deepEqual(states, ['connecting null', 'refused token_invalid']);
});

it('an invalid message is refused immediately', async (context) => {
  const { url } = await startTestServer(context);
  const chat = createChatClient({ url, token: createTestToken('민수') });
  context.after(() => chat.close());
  assert.equal(chat.send(' \u200b '), 'empty');
  assert.equal(chat.send('가'.repeat(2_001)), 'too_long');
  assert.deepEqual(chat.items, []);
});

it('own messages can be edited and deleted for everyone; messages of others cannot', async (context) => {
  const { url } = await startTestServer(context);
  const minsu = await enter(context, { url, token: createTestToken('민수') });
  const jiyoung = await enter(context, { url, token: createTestToken('지영') });
  for (const text of ['하나', '둘', '셋']) minsu.send(text);
  await waitUntil(() => contents(jiyoung).length === 3, 'three lines');
  const [one = 0, two = 0] = messagesOf(jiyoung).map(({ id }) => id);
  assert.equal(await minsu.edit(one, '하나!'), null);
  assert.equal(await minsu.remove(two), null);
  await waitUntil(() => contents(jiyoung).join() === '하나!,,셋', 'the changes at the other');
  await waitUntil(() => contents(minsu).join() === '하나!,,셋', 'the changes');
  assert.ok(messagesOf(jiyoung)[0]?.edited_at);
  assert.ok(messagesOf(jiyoung)[1]?.deleted_at);
  assert.equal(await jiyoung.edit(one, '내 것'), 'forbidden');
  assert.equal(await jiyoung.remove(one), 'forbidden');
  assert.equal(await minsu.edit(one, ' '), 'empty');
  assert.equal(await minsu.edit(999, '없는 것'), 'not_found');
  assert.deepEqual(messagesOf(minsu), messagesOf(jiyoung));
});

it('after an outage all missed messages and changes are delivered, each once', async (context) => {
  const { chat, talker, talk, apart, together } = await separable(context);
  const [first] = await talk(1, 60);
  await waitUntil(() => contents(chat).length === 60, 'what came before');
  const heard: string[] = [];
  chat.on('message', ({ content }) => heard.push(content));
  await apart();
  const missed = await talk(61, 460);
  await talker.socket.emitWithAck('edit message', { id: first?.id, content: '고친 글' });
  await talker.socket.emitWithAck('delete message', { id: missed[0]?.id });
  together();
  await waitUntil(() => chat.state === 'live', 'the client to be back');
  const texts = Array.from({ length: 460 }, (_, index) => `${index + 1}`);
  assert.deepEqual(contents(chat), texts.with(0, '고친 글').with(60, ''));
  assert.deepEqual(heard, texts.slice(61));
  assert.ok(!hasGap(chat));
});

it('after a long outage a gap is shown, loaded messages are current, and pages close the gap', async (context) => {
  const { chat, talker, talk, apart, together } = await separable(context);
  const before = await talk(1, 120);
  await waitUntil(() => contents(chat).length === 120, 'what came before');
  await apart();
  await talker.socket.emitWithAck('edit message', { id: before[110]?.id, content: '고친 글' });
  await talk(121, 1_400);
  together();
  await waitUntil(() => chat.state === 'live' && contents(chat).includes('고친 글'), 'the client to be back');
  assert.ok(hasGap(chat));
  assert.deepEqual(contents(chat).slice(99, 101), ['120', '1351']);
  while (hasGap(chat)) await chat.loadGap();
  while (chat.hasOlder) await chat.loadOlder();
  const texts = Array.from({ length: 1_400 }, (_, index) => `${index + 1}`);
  assert.deepEqual(contents(chat), texts.with(110, '고친 글'));
});

it('a reader pages back to the first message and forward to the latest, and misses none', async (context) => {
  const { url } = await startTestServer(context, { SEND_BURST: '100000' });
  // More than long polling takes at once.
  const talker = await connectClient(context, url, createTestToken('지영'), { transports: ['websocket'] });
  const texts = Array.from({ length: 2_300 }, (_, index) => `${index + 1}`);
  await Promise.all(texts.map((text) => talker.send(text)));
  const chat = await enter(context, { url, token: createTestToken('민수') });
  const seen = new Set(contents(chat));
  const look = () => {
    for (const content of contents(chat)) seen.add(content);
  };
  assert.equal(seen.size, 50);
  while (chat.hasOlder) {
    await chat.loadOlder();
    look();
  }
  assert.deepEqual([seen.size, chat.atLatest, contents(chat)[0]], [2_300, false, '1']);
  await talker.send('새 글');
  seen.clear();
  while (!chat.atLatest) {
    await chat.loadNewer();
    look();
  }
  assert.equal(contents(chat).at(-1), '새 글');
  assert.ok(contents(chat).length <= 2_000);
  chat.send('나도');
  await waitUntil(() => contents(chat).at(-1) === '나도', 'the own line');
});

it('the host renews an expired token once, and not at each reconnect', async (context) => {
  const { url } = await startTestServer(context);
  const key = new TextEncoder().encode(SECRET);
  const token = (minutes: number) =>
    new SignJWT({ projectId: 'kimpga', username: '민수' })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime(Math.floor(Date.now() / 1_000) + minutes * 60)
      .sign(key);
  let calls = 0;
  const tokenProvider = () => {
    calls += 1;
    return token(10);
  };
  const chat = await enter(context, { url, token: await token(-10), tokenProvider });
  const states: string[] = [];
  chat.on('state', ({ state }) => states.push(state));
  chat.setToken(await token(20));
  await waitUntil(() => states.at(-1) === 'live', 'the connection with another token');
  assert.deepEqual([calls, states], [1, ['waiting', 'recovering', 'live']]);
});

it('members in the room are counted and listed', async (context) => {
  const { url } = await startTestServer(context);
  const minsu = await enter(context, { url, token: createTestToken('민수') });
  await enter(context, { url, token: createTestToken('지영') });
  await waitUntil(() => minsu.memberCount === 2, 'the count');
  const answer = await minsu.members();
  assert.ok(answer?.ok);
  assert.deepEqual(answer.members.map(({ username }) => username).sort(), ['민수', '지영']);
});

for (const [what, treat] of [
  ['refuses', 'destroy'],
  ['swallows', 'pause'],
] as const) {
  it(`a network that ${what} WebSockets falls back to long polling`, async (context) => {
    const { url } = await startTestServer(context);
    const network = createServer((client) => {
      const server = connect({ host: '127.0.0.1', port: Number(new URL(url).port) });
      client.on('data', (bytes) => {
        if (/upgrade: websocket/i.test(bytes.toString('latin1'))) client[treat]();
        else server.write(bytes);
      });
      server.pipe(client);
      for (const [one, other] of [
        [client, server],
        [server, client],
      ] as const) {
        one.on('error', () => undefined);
        one.on('close', () => other.destroy());
      }
    });
    await new Promise<void>((resolve) => network.listen(0, '127.0.0.1', resolve));
    context.after(() => network.close());
    const address = network.address();
    assert.ok(typeof address === 'object' && address);
    const chat = createChatClient({
      url: `http://127.0.0.1:${address.port}`,
      token: createTestToken('민수'),
    });
    context.after(() => chat.close());
    chat.connect();
    await waitUntil(() => chat.state === 'live', 'the client to be live', 30_000);
    chat.send('하나');
    await waitUntil(() => contents(chat).join() === '하나', 'the line to be stored');
  });
}
