/** Promise: who asks for much and does not read costs the server no more than one answer, and gets all of it once they read. */

import assert from 'node:assert/strict';
import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { it, type TestContext } from 'node:test';
import { createChatClient } from '@chatty/client';
import type { HistoryAnswer, Message } from '@chatty/protocol';
import { MAX_HISTORY_PAGE_SIZE, MAX_PAGE_BYTES } from '@chatty/protocol';
import { connectFollower } from '../support/log-follower.js';
import { openRawSocket } from '../support/raw/websocket.js';
import {
  assertStored,
  connectClient,
  createTestToken,
  startTestServer,
  TestClient,
  type TestServer,
  waitUntil,
} from '../support/server.js';

const LONG = '😀'.repeat(1_990);
const MESSAGES = 150;
const QUESTIONS = 90;
/** What may wait in the process for one client: 256 KB, and one answer more. */
const MOST_WAITING = 2 * MAX_PAGE_BYTES + 32 * 1_024;

/** The server's ends of all TCP connections of this process, by the port of the other end. */
const accepted = new Map<number, Socket>();
subscribe('net.server.socket', (message) => {
  const { socket } = message as { socket: Socket };
  accepted.set(socket.remotePort ?? 0, socket);
});

const settings = { SEND_BURST: '100000', GUEST_PROJECTS: 'kimpga', PROJECT_EVENTS_PER_SECOND: '100000' };

/** A room in which much was said, in the longest messages there are. */
async function openRoom(context: TestContext) {
  const chatty = await startTestServer(context, settings);
  const minsu = await connectClient(context, chatty.url, createTestToken('민수'), {
    transports: ['websocket'],
  });
  for (let sent = 0; sent < MESSAGES; sent += 10)
    await Promise.all(
      Array.from({ length: 10 }, async (_, at) => assertStored(await minsu.send(`${sent + at} ${LONG}`))),
    );
  return { chatty, minsu };
}

const ask = (id: number, name: string, payload: object) => `42${id}${JSON.stringify([name, payload])}`;
const firstPage = { before: MESSAGES + 1, limit: MAX_HISTORY_PAGE_SIZE };

/** A guest on a WebSocket, who has got the history. */
async function visit(context: TestContext, { url }: TestServer) {
  const guest = await openRawSocket(url);
  context.after(() => guest.resetConnection());
  guest.sendText(`40${JSON.stringify({ projectId: 'kimpga' })}`);
  await guest.waitFor(({ receivedTexts: texts }) => texts.some((text) => text.startsWith('42["history"')));
  return guest;
}

/** The answers among these packets: the number of each question, and how many messages it was answered with. */
const answersIn = (texts: readonly string[]) =>
  texts.flatMap((text) => {
    const [, id, json] = /^43(\d+)(.*)$/s.exec(text) ?? [];
    if (id === undefined) return [];
    const [answer] = JSON.parse(json ?? '') as [HistoryAnswer & { members?: unknown[] }];
    assert.ok(answer.ok, text.slice(0, 200));
    assert.ok(Buffer.byteLength(json ?? '') <= MAX_PAGE_BYTES + 1_024, 'a page is bounded');
    return [{ id: Number(id), count: (answer.messages ?? answer.members ?? []).length }];
  });

it('guests that request pages without reading have one answer queued each, and a member beside them still receives (D15)', async (context) => {
  const { chatty, minsu } = await openRoom(context);
  const guests = await Promise.all(Array.from({ length: 20 }, () => visit(context, chatty)));
  const before = new Set([...accepted.values()].filter(({ destroyed }) => !destroyed));
  let most = 0;
  const look = () => {
    for (const { writableLength } of before) most = Math.max(most, writableLength);
  };
  const looking = setInterval(look, 1);
  context.after(() => clearInterval(looking));
  for (const guest of guests) {
    guest.pause();
    const questions = Array.from({ length: QUESTIONS }, (_, id) => {
      if (id % 3 === 1) return ask(id, 'sync', { after: { epoch: 'another', seq: 0 } });
      return ask(id, 'history', firstPage);
    });
    for (const question of questions) guest.sendText(question);
  }
  // The kernel takes some megabytes of each; then it waits in the process.
  const stalled = () => [...before].filter(({ writableLength }) => writableLength > 0).length;
  for (let line = 0; stalled() < guests.length; line += 1) {
    assert.ok(line < 2_000, `${stalled()} of them have something waiting`);
    assertStored(await minsu.send(`neighbour ${line}`));
  }
  for (let line = 0; line < 20; line += 1) assertStored(await minsu.send(`neighbour of the stalled ${line}`));
  assert.ok(most <= MOST_WAITING, `${most} bytes waited for one of them`);
});

it('a slow reader that resumes gets every answer in order, including those to its messages', async (context) => {
  const { chatty } = await openRoom(context);
  const guest = await visit(context, chatty);
  guest.pause();
  for (let id = 0; id < QUESTIONS; id += 1)
    guest.sendText(id % 5 === 4 ? ask(id, 'members', {}) : ask(id, 'history', firstPage));
  guest.sendText(ask(QUESTIONS, 'chat message', { content: 'no guest may' }));
  guest.resume();
  const last = `43${QUESTIONS - 1}[`;
  assert.ok(
    await guest.waitFor(({ receivedTexts: texts }) => texts.some((text) => text.startsWith(last))),
    'the last answer',
  );
  const texts = guest.receivedTexts.filter((text) => !text.startsWith(`43${QUESTIONS}[`));
  const answers = answersIn(texts);
  assert.deepEqual(
    answers.map(({ id }) => id),
    Array.from({ length: QUESTIONS }, (_, id) => id),
  );
  const pages = answers.filter(({ id }) => id % 5 !== 4);
  assert.ok(pages.every(({ count }) => count >= 30 && count < 40));
  assert.ok(
    guest.receivedTexts.some((text) => text.startsWith(`43${QUESTIONS}[`) && text.includes('login_required')),
  );
});

it('a polling client gets one page per poll, all in order, and none is read before the last was delivered', async (context) => {
  const { chatty } = await openRoom(context);
  const poll = await startPolling(chatty);
  await poll.say(`40${JSON.stringify({ projectId: 'kimpga' })}`);
  const texts: string[] = [];
  while (!texts.some((text) => text.startsWith('42["history"'))) texts.push(...(await poll.take()).texts);
  const questions = Array.from({ length: QUESTIONS }, (_, id) => ask(id, 'history', firstPage));
  await poll.say(...questions);
  const answers: number[] = [];
  while (answers.length < QUESTIONS) {
    const { bytes, texts } = await poll.take();
    assert.ok(bytes <= MOST_WAITING, `${bytes} bytes in one answer to a poll`);
    answers.push(...answersIn(texts).map(({ id }) => id));
  }
  assert.deepEqual(
    answers,
    questions.map((_, id) => id),
  );
});

it('a bounded number of commands of a polling client that does not read is queued, and the rest is refused', async (context) => {
  const { chatty } = await openRoom(context);
  const poll = await startPolling(chatty);
  await poll.say(`40${JSON.stringify({ token: createTestToken('지영') })}`);
  const texts: string[] = [];
  while (!texts.some((text) => text.startsWith('42["history"'))) texts.push(...(await poll.take()).texts);
  await poll.say(...Array.from({ length: 3 }, (_, id) => ask(id, 'history', firstPage)));
  for (let post = 0; post < 10; post += 1) {
    const ids = Array.from({ length: 7 }, (_, at) => 100 + post * 7 + at);
    await poll.say(...ids.map((id) => ask(id, 'chat message', { content: LONG })));
  }
  const codes = new Map<number, string>();
  while (codes.size < 70) {
    const { texts } = await poll.take();
    for (const text of texts) {
      const [, id, json] = /^43(\d{3})(.*)$/s.exec(text) ?? [];
      if (id === undefined) continue;
      const [answer] = JSON.parse(json ?? '');
      codes.set(Number(id), answer.ok ? 'stored' : answer.code);
    }
  }
  const count = (code: string) => [...codes.values()].filter((each) => each === code).length;
  assert.equal(count('stored') + count('rate_limited'), 70);
  assert.ok(count('rate_limited') > 0 && count('stored') >= 30, JSON.stringify([...codes.values()]));
});

it('a burst of 100 messages is answered, each once, together with a requested page', async (context) => {
  const { chatty, minsu } = await openRoom(context);
  const page = minsu.socket.timeout(8_000).emitWithAck('history', { before: 50, limit: 100 });
  const answers = await Promise.all(Array.from({ length: 100 }, (_, at) => minsu.send(`burst ${at}`)));
  assert.deepEqual(
    answers.map((answer) => assertStored(answer).content),
    answers.map((_, at) => `burst ${at}`),
  );
  assert.ok((await page).ok);
  const ids = answers.map((answer) => assertStored(answer).id);
  assert.deepEqual(
    ids,
    [...ids].sort((a, b) => a - b),
  );
  const jiyoung = await connectFollower(context, chatty.url, createTestToken('지영'));
  assert.equal(jiyoung.position?.seq, MESSAGES + 100);
});

it('in a room of long messages the client and a plain member get all of them, page by page', async (context) => {
  const { chatty } = await openRoom(context);
  const chat = createChatClient({ url: chatty.url, token: createTestToken('수진') });
  context.after(() => chat.close());
  chat.connect();
  await waitUntil(() => chat.state === 'live' && chat.items.length > 0, 'the history');
  assert.ok(chat.items.length < 50 && chat.hasOlder, 'a part of the newest fifty');
  while (chat.hasOlder) await chat.loadOlder();
  const ids = chat.items.map((line) => (line.kind === 'stored' ? line.message.id : line.kind));
  const all = Array.from({ length: MESSAGES }, (_, at) => at + 1);
  assert.deepEqual(ids, all);

  const plain = new TestClient(chatty.url, { token: createTestToken('현우') });
  context.after(() => plain.socket.disconnect());
  await waitUntil(() => plain.history.length === 1, 'the history of the plain client');
  const found: Message[] = [...(plain.history[0] ?? [])];
  for (let more = true; more; ) {
    const answer: HistoryAnswer = await plain.socket.emitWithAck('history', { before: found[0]?.id });
    assert.ok(answer.ok);
    found.unshift(...answer.messages);
    more = answer.more;
  }
  assert.deepEqual(
    found.map(({ id }) => id),
    all,
  );

  const position = { epoch: chat.session?.epoch ?? '', seq: 0 };
  const late = await connectFollower(context, chatty.url, createTestToken('지영'), position);
  const seen = late.frames.flatMap(({ messages }) => messages.map(({ id }) => id));
  assert.deepEqual(late.heads.at(-1)?.seq, MESSAGES);
  while (seen.length < MESSAGES) {
    const answer = await late.socket.emitWithAck('sync', { after: late.position });
    assert.ok(answer.ok && !answer.reset && answer.messages.length > 0);
    late.position = { epoch: answer.epoch, seq: answer.seq };
    seen.push(...answer.messages.map(({ id }: Message) => id));
  }
  assert.deepEqual(seen, all);
});

/** Engine.IO 4 by long polling. */
async function startPolling({ url }: TestServer) {
  const path = `${url}/socket.io/?EIO=4&transport=polling`;
  const opened = await (await fetch(path)).text();
  const { sid } = JSON.parse(opened.slice(1)) as { sid: string };
  const session = `${path}&sid=${sid}`;
  const say = async (...packets: string[]) => {
    const answer = await fetch(session, { method: 'POST', body: packets.join('\x1e') });
    assert.equal(await answer.text(), 'ok');
  };
  async function take() {
    const text = await (await fetch(session)).text();
    const texts = text.split('\x1e');
    if (texts.includes('2')) await say('3');
    return { texts, bytes: Buffer.byteLength(text) };
  }
  return { say, take };
}
