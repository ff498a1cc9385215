/** Promise: our own client, against the real server, connects, sends, changes, catches up, pages, and knows when it is refused. */

import assert from 'node:assert/strict';
import { connect, createServer } from 'node:net';
import { it, type TestContext } from 'node:test';
import { type Chat, type ChatOptions, createChat, type Entry } from '@chatty/client/chat';
import { createKept } from '@chatty/client/outbox-storage';
import type { Message } from '@chatty/protocol/events';
import { SignJWT } from 'jose';
import {
  type Chatty,
  join,
  SECRET,
  startChatty,
  stored,
  tokenOf,
  until,
  type Visitor,
} from '../support/server.js';
import { startProxy } from '../support/tcp-proxy.js';

const messagesOf = (chat: Chat): Message[] =>
  chat.lines.flatMap((line) => (line.kind === 'stored' ? [line.message] : []));
const contents = (chat: Chat) => messagesOf(chat).map(({ content }) => content);
const hasGap = (chat: Chat) => chat.lines.some(({ kind }) => kind === 'gap');

async function enter(context: TestContext, options: ChatOptions): Promise<Chat> {
  const chat = createChat(options);
  context.after(() => chat.close());
  chat.connect();
  await until(() => chat.state === 'live', 'the client to be live');
  return chat;
}

/** A client behind a network that can go away and come back, and somebody who goes on talking. */
async function separable(context: TestContext): Promise<{
  chatty: Chatty;
  chat: Chat;
  talker: Visitor;
  talk(from: number, to: number): Promise<Message[]>;
  apart(): Promise<void>;
  together(): void;
}> {
  const chatty = await startChatty(context, { SEND_BURST: '100000' });
  const proxy = await startProxy(Number(new URL(chatty.url).port));
  context.after(() => proxy.close());
  const talker = await join(context, chatty.url, tokenOf('지영'));
  const chat = await enter(context, { url: `http://127.0.0.1:${proxy.port}`, token: tokenOf('민수') });
  return {
    chatty,
    chat,
    talker,
    async talk(from, to) {
      const numbers = Array.from({ length: to - from + 1 }, (_, index) => from + index);
      return (await Promise.all(numbers.map((number) => talker.say(`${number}`)))).map(stored);
    },
    async apart() {
      proxy.freeze();
      proxy.reset(1);
      await until(() => chat.state === 'waiting', 'the loss to be noticed');
    },
    together() {
      proxy.thaw();
      chat.wake();
    },
  };
}

it('sends, receives, and goes on after the server was away', async (context) => {
  const first = await startChatty(context);
  const minsu = await enter(context, { url: first.url, token: tokenOf('민수') });
  const jiyoung = await enter(context, { url: first.url, token: tokenOf('지영') });
  assert.equal(minsu.send('하나'), null);
  await until(() => contents(jiyoung).length === 1, 'the first line');

  await first.app.close();
  await until(() => minsu.state === 'waiting', 'the loss to be noticed');
  assert.equal(minsu.send('서버가 없을 때'), null);
  assert.equal(minsu.lines.at(-1)?.kind, 'pending');
  await startChatty(context, { PORT: new URL(first.url).port }, first.connection);
  await until(() => contents(jiyoung).length === 2, 'the line written meanwhile');
  assert.deepEqual(contents(jiyoung), ['하나', '서버가 없을 때']);
  await until(() => minsu.lines.every(({ kind }) => kind === 'stored'), 'the line to come back');
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

it('one’s own messages can be changed and deleted, which everybody sees; nobody else’s can', async (context) => {
  const { url } = await startChatty(context);
  const minsu = await enter(context, { url, token: tokenOf('민수') });
  const jiyoung = await enter(context, { url, token: tokenOf('지영') });
  for (const text of ['하나', '둘', '셋']) minsu.send(text);
  await until(() => contents(jiyoung).length === 3, 'three lines');
  const [one = 0, two = 0] = messagesOf(jiyoung).map(({ id }) => id);
  assert.equal(await minsu.edit(one, '하나!'), null);
  assert.equal(await minsu.remove(two), null);
  await until(() => contents(jiyoung).join() === '하나!,,셋', 'the changes at the other');
  await until(() => contents(minsu).join() === '하나!,,셋', 'the changes');
  assert.ok(messagesOf(jiyoung)[0]?.edited_at);
  assert.ok(messagesOf(jiyoung)[1]?.deleted_at);
  assert.equal(await jiyoung.edit(one, '내 것'), 'forbidden');
  assert.equal(await jiyoung.remove(one), 'forbidden');
  assert.equal(await minsu.edit(one, ' '), 'empty');
  assert.equal(await minsu.edit(999, '없는 것'), 'not_found');
  assert.deepEqual(messagesOf(minsu), messagesOf(jiyoung));
});

it('what was missed in an outage is caught up with, changes included, each message once', async (context) => {
  const { chat, talker, talk, apart, together } = await separable(context);
  const [first] = await talk(1, 60);
  await until(() => contents(chat).length === 60, 'what came before');
  const heard: string[] = [];
  chat.on('message', ({ content }) => heard.push(content));
  await apart();
  const missed = await talk(61, 460);
  await talker.socket.emitWithAck('edit message', { id: first?.id, content: '고친 글' });
  await talker.socket.emitWithAck('delete message', { id: missed[0]?.id });
  together();
  await until(() => chat.state === 'live', 'the client to be back');
  const texts = Array.from({ length: 460 }, (_, index) => `${index + 1}`);
  assert.deepEqual(contents(chat), texts.with(0, '고친 글').with(60, ''));
  assert.deepEqual(heard, texts.slice(61));
  assert.ok(!hasGap(chat));
});

it('after a long outage a gap shows, what is held is up to date, and pages close the gap', async (context) => {
  const { chat, talker, talk, apart, together } = await separable(context);
  const before = await talk(1, 120);
  await until(() => contents(chat).length === 120, 'what came before');
  await apart();
  await talker.socket.emitWithAck('edit message', { id: before[110]?.id, content: '고친 글' });
  await talk(121, 1_400);
  together();
  await until(() => chat.state === 'live' && contents(chat).includes('고친 글'), 'the client to be back');
  assert.ok(hasGap(chat));
  assert.deepEqual(contents(chat).slice(99, 101), ['120', '1351']);
  while (hasGap(chat)) await chat.loadGap();
  while (chat.more) await chat.loadOlder();
  const texts = Array.from({ length: 1_400 }, (_, index) => `${index + 1}`);
  assert.deepEqual(contents(chat), texts.with(110, '고친 글'));
});

it('a reader pages back to the first message and forward to the newest, and misses none', async (context) => {
  const { url } = await startChatty(context, { SEND_BURST: '100000' });
  // More than long polling takes at once.
  const talker = await join(context, url, tokenOf('지영'), { transports: ['websocket'] });
  const texts = Array.from({ length: 2_300 }, (_, index) => `${index + 1}`);
  await Promise.all(texts.map((text) => talker.say(text)));
  const chat = await enter(context, { url, token: tokenOf('민수') });
  const seen = new Set(contents(chat));
  const look = () => {
    for (const content of contents(chat)) seen.add(content);
  };
  assert.equal(seen.size, 50);
  while (chat.more) {
    await chat.loadOlder();
    look();
  }
  assert.deepEqual([seen.size, chat.newest, contents(chat)[0]], [2_300, false, '1']);
  await talker.say('새 글');
  seen.clear();
  while (!chat.newest) {
    await chat.loadNewer();
    look();
  }
  assert.equal(contents(chat).at(-1), '새 글');
  assert.ok(contents(chat).length <= 2_000);
  chat.send('나도');
  await until(() => contents(chat).at(-1) === '나도', 'the own line');
});

it('an expired token is renewed by the host once, and not at each reconnect', async (context) => {
  const { url } = await startChatty(context);
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
  chat.identify(await token(20));
  await until(() => states.at(-1) === 'live', 'the connection with another token');
  assert.deepEqual([calls, states], [1, ['waiting', 'recovering', 'live']]);
});

it('lines on their way outlive the client where the page keeps them, and go out under no other name', async (context) => {
  const [chatty, { url }] = [await startChatty(context), await startChatty(context)];
  const entries = new Map<string, Entry[]>();
  const keep = () =>
    createKept({
      load: (owner) => entries.get(owner) ?? [],
      save: (waiting, owner) => void entries.set(owner, waiting),
    });
  const before = await enter(context, { url: chatty.url, token: tokenOf('민수'), kept: keep() });
  await chatty.app.close();
  await until(() => before.state === 'waiting', 'the loss to be noticed');
  before.send('아직 못 보낸 글');
  before.close();
  const jiyoung = await enter(context, { url, token: tokenOf('지영'), kept: keep() });
  assert.deepEqual(jiyoung.lines, []);
  const after = await enter(context, { url, token: tokenOf('민수'), kept: keep() });
  await until(() => contents(after).join() === '아직 못 보낸 글', 'the kept line');
  await until(() => [...entries.values()].flat().length === 0, 'nothing to be kept any more');
});

it('people in the room are counted and named', async (context) => {
  const { url } = await startChatty(context);
  const minsu = await enter(context, { url, token: tokenOf('민수') });
  await enter(context, { url, token: tokenOf('지영') });
  await until(() => minsu.count === 2, 'the count');
  const answer = await minsu.members();
  assert.ok(answer?.ok);
  assert.deepEqual(answer.members.map(({ username }) => username).sort(), ['민수', '지영']);
});

for (const [what, treat] of [
  ['refuses', 'destroy'],
  ['swallows', 'pause'],
] as const) {
  it(`a network that ${what} WebSockets is passed by long polling`, async (context) => {
    const { url } = await startChatty(context);
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
    const chat = createChat({ url: `http://127.0.0.1:${address.port}`, token: tokenOf('민수') });
    context.after(() => chat.close());
    chat.connect();
    await until(() => chat.state === 'live', 'the client to be live', 30_000);
    chat.send('하나');
    await until(() => contents(chat).join() === '하나', 'the line to be stored');
  });
}
