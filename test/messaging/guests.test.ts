/** Promise: where a project allows it, visitors without a token read live; they write nothing and count as nobody. */

import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { type ChatClient, createChatClient } from '@chatty/client';
import type { ChatOptions } from '@chatty/client/testing';
import type { Session } from '@chatty/protocol';
import { readConfig } from '@chatty/server';
import { SignJWT } from 'jose';
import {
  assertStored,
  connectClient,
  connectExpectingRefusal,
  createTestToken,
  SECRET,
  startTestServer,
  TestClient,
  waitUntil,
} from '../support/server.js';

const OPEN = { GUEST_PROJECTS: 'kimpga' };
const contents = (chat: ChatClient) =>
  chat.items.flatMap((line) => (line.kind === 'stored' ? [line.message.content] : []));

const sign = (claims: Record<string, unknown>, expiry: string, secret = SECRET) =>
  new SignJWT({ projectId: 'kimpga', username: '민수', ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime(expiry)
    .sign(new TextEncoder().encode(secret));

async function visit(context: TestContext, url: string, auth: Record<string, unknown>) {
  const guest = new TestClient(url, auth);
  context.after(() => guest.socket.disconnect());
  const session = await new Promise<Session>((resolve) => guest.socket.once('session', resolve));
  await waitUntil(() => guest.history.length > 0, 'history');
  return { guest, session, ask: (...values: [string, unknown]) => guest.socket.emitWithAck(...values) };
}

async function enter(context: TestContext, options: ChatOptions): Promise<ChatClient> {
  const chat = createChatClient(options);
  context.after(() => chat.close());
  chat.connect();
  await waitUntil(() => chat.state === 'live', 'the client to be live');
  return chat;
}

it('a guest reads history and live messages, and is not counted as a member', async (context) => {
  const { url } = await startTestServer(context, OPEN);
  const minsu = await connectClient(context, url, createTestToken('민수', { userId: 'u1' }));
  assertStored(await minsu.send('먼저'));
  const { guest, session, ask } = await visit(context, url, { projectId: 'kimpga' });
  assert.deepEqual([session.role, session.userId, session.projectId], ['guest', '', 'kimpga']);
  const said = assertStored(await minsu.send('나중'));
  await waitUntil(() => guest.messages.length > 0, 'the live message');
  assert.deepEqual(guest.messages, [said]);
  const page = await ask('history', { before: said.id });
  assert.deepEqual([page.ok, page.messages.length], [true, 1]);
  const sync = await ask('sync', { after: { epoch: session.epoch, seq: 1 } });
  assert.deepEqual([sync.ok, sync.messages], [true, [said]]);
  const { ok, count, members } = await ask('members', {});
  assert.deepEqual([ok, count, members.map(({ userId }: { userId: string }) => userId)], [true, 1, ['u1']]);
});

it('a guest cannot write: each command answers that a login is required', async (context) => {
  const { url } = await startTestServer(context, OPEN);
  const minsu = await connectClient(context, url, createTestToken('민수'));
  const { id } = assertStored(await minsu.send('그대로'));
  const { ask } = await visit(context, url, { projectId: 'kimpga', batch: false, role: 'admin' });
  for (const [event, payload] of [
    ['chat message', '안녕'],
    ['edit message', { id, content: '바뀐 말' }],
    ['delete message', { id }],
    ['react', { id, emoji: '👍', on: true }],
    ['typing', {}],
  ] as const) {
    const { ok, code, retry } = await ask(event, payload);
    assert.deepEqual([event, ok, code, retry], [event, false, 'login_required', 'fix']);
  }
  const { messages } = await ask('history', { before: 1_000 });
  assert.deepEqual(
    messages.map(({ content }: { content: string }) => content),
    ['그대로'],
  );
});

it('only configured projects admit guests, and an invalid token never becomes a guest', async (context) => {
  const { url } = await startTestServer(context, { GUEST_PROJECTS: 'kimpga, third' });
  const expired = await sign({}, '-60s');
  const forged = await sign({}, '1h', 'another-secret-of-at-least-32-bytes');
  const cases: [Record<string, unknown>, string][] = [
    [{ projectId: 'othershop' }, 'token_missing'],
    [{ projectId: 'kimpga ' }, 'token_missing'],
    [{ projectId: '*' }, 'token_missing'],
    [{ projectId: ['kimpga'] }, 'token_missing'],
    [{ projectId: '__proto__' }, 'token_missing'],
    [{}, 'token_missing'],
    [{ token: expired, projectId: 'kimpga' }, 'token_expired'],
    [{ token: forged, projectId: 'kimpga' }, 'token_invalid'],
    [{ token: 0, projectId: 'kimpga' }, 'token_invalid'],
    [{ token: false, projectId: 'kimpga' }, 'token_invalid'],
  ];
  for (const [auth, code] of cases) {
    const error = await connectExpectingRefusal(context, url, auth);
    assert.deepEqual([auth, error.message, error.data?.code], [auth, 'Authentication error', code]);
  }
  const { session } = await visit(context, url, { projectId: 'third' });
  assert.equal(session.projectId, 'third');
  const member = await visit(context, url, { token: createTestToken('민수'), projectId: 'third' });
  assert.deepEqual([member.session.projectId, member.session.role], ['kimpga', 'member']);
});

it('without the setting there are no guests, and a token cannot claim to be a guest', async (context) => {
  const { url } = await startTestServer(context);
  assert.equal(
    (await connectExpectingRefusal(context, url, { projectId: 'kimpga' })).data?.code,
    'token_missing',
  );
  const { session } = await visit(context, url, { token: await sign({ role: 'guest' }, '1h') });
  assert.equal(session.role, 'member');
});

it('a star admits guests to every project, each to its own', async (context) => {
  const { url } = await startTestServer(context, { GUEST_PROJECTS: '*' });
  const minsu = await connectClient(context, url, createTestToken('민수'));
  const { guest } = await visit(context, url, { projectId: 'othershop' });
  const near = await visit(context, url, { projectId: 'kimpga' });
  assertStored(await minsu.send('김프가'));
  await waitUntil(() => near.guest.messages.length > 0, 'the message');
  assert.deepEqual(guest.messages, []);
});

it('a setting that names no project is refused with its name', () => {
  const read = (value: string) => readConfig({ JWT_SECRET: SECRET, GUEST_PROJECTS: value });
  for (const wrong of ['Kimpga', 'kimpga,', 'a b', '**', '-x']) {
    const result = read(wrong);
    assert.match(result.ok ? '' : result.errors.join(), /^GUEST_PROJECTS/, wrong);
  }
  const good = read('kimpga , othershop');
  assert.deepEqual(good.ok && good.config.guestProjects, ['kimpga', 'othershop']);
  const none = read('');
  assert.deepEqual(none.ok && none.config.guestProjects, []);
});

it('the reads of a guest are rate limited per connection', async (context) => {
  const { url } = await startTestServer(context, OPEN);
  const one = await visit(context, url, { projectId: 'kimpga' });
  const other = await visit(context, url, { projectId: 'kimpga' });
  const flood = await Promise.all(Array.from({ length: 150 }, () => one.ask('members', {})));
  assert.ok(flood.some(({ code }) => code === 'rate_limited'));
  assert.equal((await other.ask('members', {})).ok, true);
});

it('the client: a guest becomes a member without a reload, and a guest again', async (context) => {
  const { url } = await startTestServer(context, OPEN);
  const minsu = await connectClient(context, url, createTestToken('민수', { userId: 'u1' }));
  assertStored(await minsu.send('내 말'));
  const chat = await enter(context, { url, token: null, projectId: 'kimpga' });
  const lost: number[] = [];
  chat.on('items', (lines) => lines.length === 0 && lost.push(lines.length));
  assert.deepEqual([chat.session?.role, contents(chat)], ['guest', ['내 말']]);
  assert.equal(chat.send('손님의 말'), 'login_required');
  // Without asking: without a connection the answer would be another.
  const away = createChatClient({ url, token: null, projectId: 'kimpga' });
  context.after(() => away.close());
  const answers = [
    away.edit(1, '바뀐 말'),
    away.remove(1),
    away.react(1, '👍', true),
    chat.react(1, '👍', true),
  ];
  assert.deepEqual(await Promise.all(answers), Array(4).fill('login_required'));

  chat.setToken(createTestToken('민수', { userId: 'u1' }));
  await waitUntil(() => chat.state === 'live' && chat.session?.userId === 'u1', 'the member');
  assert.ok(chat.items.every((line) => line.kind === 'stored' && line.own));
  assert.equal(chat.send('이제 내 말'), null);
  await waitUntil(() => contents(chat).includes('이제 내 말'), 'the message');

  chat.setToken(null);
  assert.equal(chat.send('바로'), 'login_required');
  await waitUntil(() => chat.state === 'live' && chat.session?.role === 'guest', 'the guest');
  assert.ok(chat.items.every((line) => line.kind === 'stored' && !line.own));
  assert.deepEqual([contents(chat), lost], [['내 말', '이제 내 말'], []]);
});

it('the client: without a project, a missing token is refused', async (context) => {
  const { url } = await startTestServer(context, OPEN);
  const chat = await enter(context, { url, token: createTestToken('민수') });
  const codes: unknown[] = [];
  chat.on('state', ({ code }) => code && codes.push(code));
  chat.setToken(null);
  await waitUntil(() => chat.state === 'refused', 'the refusal');
  assert.deepEqual(codes, ['token_missing']);
});
