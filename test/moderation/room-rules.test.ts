/** Promise: the rules of a room hold for every command, from the moment a moderator sets them, and say what they refuse. */

import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import type { Permissions, SendAnswer, Session } from '@chatty/protocol';
import { callApi, createProject, KEY_SETTINGS } from '../support/projects.js';
import {
  assertStored,
  connectClient,
  connectExpectingRefusal,
  createTestToken,
  startTestServer,
  type TestClient,
  type TestServer,
  waitUntil,
} from '../support/server.js';

type Answer = { ok: boolean; code?: string; rules?: Record<string, unknown>; retryAfter?: number };

const act = (by: TestClient, event: string, payload: unknown): Promise<Answer> =>
  by.socket.timeout(8_000).emitWithAck(event, payload);
const codeOf = (answer: SendAnswer) => (answer.ok ? 'ok' : answer.code);
const say = async (by: TestClient, content: string, clientId?: string) =>
  codeOf(await by.send(clientId ? { content, clientId } : { content }));

async function open(context: TestContext, settings: Record<string, string> = {}) {
  const chatty = await startTestServer(context, settings);
  const moderator = await connectClient(context, chatty.url, createTestToken('지영', { role: 'moderator' }));
  const member = await connectClient(context, chatty.url, createTestToken('민수', { level: 3 }));
  const rule = async (rules: Record<string, unknown>) => {
    const answer = await act(moderator, 'set rules', { rules });
    assert.equal(answer.ok, true, JSON.stringify(answer));
    return answer.rules;
  };
  return { chatty, moderator, member, rule };
}

it('in a frozen room moderators write and members read; it is announced immediately and to later members', async (context) => {
  const { chatty, moderator, member, rule } = await open(context);
  const told: Permissions[] = [];
  member.socket.on('permissions', (permissions: Permissions) => told.push(permissions));
  const mine = assertStored(await member.send('전'));
  await rule({ frozen: true });
  assert.equal(await say(member, '나도'), 'frozen');
  assert.equal((await act(member, 'edit message', { id: mine.id, content: '고침' })).code, 'frozen');
  assert.equal((await act(member, 'react', { id: mine.id, emoji: '👍', on: true })).code, 'frozen');
  assert.equal((await act(member, 'history', { before: mine.id + 1 })).ok, true);
  assertStored(await moderator.send('공지'));
  await waitUntil(() => told.at(-1)?.write?.code === 'frozen', 'the notice');
  assert.equal((await sessionOf(context, chatty, createTestToken('하늘'))).write?.code, 'frozen');
  assert.equal(
    (await sessionOf(context, chatty, createTestToken('관리', { role: 'admin' }))).write,
    undefined,
  );
  await rule({ frozen: null });
  await waitUntil(() => told.at(-1)?.write === null, 'the thaw');
  assertStored(await member.send('후'));
});

async function sessionOf(context: TestContext, { url }: TestServer, token: string): Promise<Session> {
  const visitor = await connectClient(context, url, token);
  let session: Session | undefined;
  visitor.socket.on('session', (given: Session) => {
    session = given;
  });
  visitor.socket.disconnect().connect();
  await waitUntil(() => session !== undefined, 'the session');
  return session as unknown as Session;
}

it('write access by role or host level, read access by membership, and readers without access are removed', async (context) => {
  const { chatty, member, rule } = await open(context, { GUEST_PROJECTS: '*' });
  const low = await connectClient(context, chatty.url, createTestToken('초보'));
  await rule({ level: 3 });
  assert.equal(await say(low, '저도'), 'level_required');
  assertStored(await member.send('레벨 3'));
  await rule({ level: 0, write: 'moderator' });
  assert.equal(await say(member, '저는'), 'read_only');
  await rule({ write: null });

  const guest = await connectClient(context, chatty.url, '', { auth: { projectId: 'kimpga' } });
  const ended = new Promise((resolve) => guest.socket.on('refused', resolve));
  await rule({ read: 'member' });
  assert.equal(((await ended) as { code: string }).code, 'login_required');
  await waitUntil(() => guest.socket.disconnected, 'the end of the guest');
  const refused = await connectExpectingRefusal(context, chatty.url, { projectId: 'kimpga' });
  assert.equal(refused.data?.code, 'login_required');
  assertStored(await member.send('회원만'));
  await rule({ read: 'moderator' });
  await waitUntil(() => member.socket.disconnected, 'the end of the member');
  assert.equal(
    (await connectExpectingRefusal(context, chatty.url, { token: createTestToken('민수') })).data?.code,
    'forbidden',
  );
});

it('slow mode: one message per interval, refused ones do not count, and a retry is not a second one', async (context) => {
  const { moderator, member, rule } = await open(context);
  const told: Permissions[] = [];
  member.socket.on('permissions', (permissions: Permissions) => told.push(permissions));
  await rule({ slowMode: 3_600 });
  await waitUntil(() => told.at(-1)?.slowMode === 3_600_000, 'the notice');
  // Refused by the store: it answers what is not there.
  assert.equal(codeOf(await member.send({ content: '답', replyTo: 999 })), 'not_found');
  const first = assertStored(await member.send({ content: '하나', clientId: 'a' }));
  const second = await member.send({ content: '둘', clientId: 'b' });
  assert.ok(!second.ok && second.code === 'slow_mode' && second.retry === 'fix');
  assert.ok(second.retryAfter && second.retryAfter > 3_500_000 && second.retryAfter <= 3_600_000);
  const again = await member.send({ content: '하나', clientId: 'a' });
  assert.ok(again.ok && again.duplicate && again.message.id === first.id);
  assertStored(await moderator.send('하나'));
  assertStored(await moderator.send('둘'));
  const both = await Promise.all([1, 2].map(() => moderator.send('셋')));
  assert.ok(both.every(({ ok }) => ok));
});

it('of two messages sent at once in slow mode one is stored', async (context) => {
  const { member, rule } = await open(context);
  await rule({ slowMode: 60, linksAfter: 5 });
  const answers = await Promise.all(['하나', '둘', '셋'].map((content) => member.send({ content })));
  assert.deepEqual(answers.map(codeOf).sort(), ['ok', 'slow_mode', 'slow_mode']);
});

it('the same text is refused for a time, ignoring spaces and case; a different text is not', async (context) => {
  const { member, rule } = await open(context);
  await rule({ duplicatesWithin: 60 });
  assertStored(await member.send('Buy now'));
  const again = await member.send('buy  NOW');
  assert.ok(!again.ok && again.code === 'duplicate' && again.retryAfter);
  assertStored(await member.send('something else'));
  assert.equal(await say(member, 'Buy now'), 'duplicate', 'also with another text between');
});

it('links are refused until a member has written enough; bare hosts are links, words with dots are not', async (context) => {
  const { moderator, member, rule } = await open(context);
  await rule({ linksAfter: 3 });
  for (const text of [
    'https://evil.example',
    'kimpga.com 보세요',
    'ｔ．ｍｅ/room',
    'WWW.spam.zz',
    '텔레그램 t.me/x',
  ])
    assert.equal(await say(member, text), 'links_refused', text);
  const mine = assertStored(await member.send('node.js 3.14 e.g. 안녕.그래서'));
  assert.equal(
    (await act(member, 'edit message', { id: mine.id, content: 'bit.ly/x' })).code,
    'links_refused',
  );
  assertStored(await moderator.send('https://kimpga.com'));
  assertStored(await member.send('둘'));
  assertStored(await member.send('셋'));
  assertStored(await member.send('https://kimpga.com'));
});

it('a retry of a message stored before a rule is answered as stored, and other messages are not', async (context) => {
  const { chatty, moderator, member, rule } = await open(context);
  const first = assertStored(await member.send({ content: '보냈어요', clientId: 'lost' }));
  await rule({ frozen: true });
  const again = await member.send({ content: '보냈어요', clientId: 'lost' });
  assert.ok(again.ok && again.duplicate && again.message.id === first.id);
  assert.equal(await say(member, '다른 말', 'lost'), 'frozen');
  assert.equal(await say(member, '새 말', 'new'), 'frozen');
  const other = await connectClient(context, chatty.url, createTestToken('하늘'));
  assert.equal(await say(other, '보냈어요', 'lost'), 'frozen');
  await act(moderator, 'mute member', { userId: '민수' });
  assert.ok((await member.send({ content: '보냈어요', clientId: 'lost' })).ok);
});

it('invalid rules are refused completely, and another server applies the valid ones', async (context) => {
  const { chatty, moderator, rule } = await open(context);
  for (const rules of [
    { slowMode: -1 },
    { slowMode: 1.5 },
    { frozen: 'yes' },
    { read: 'nobody' },
    { nothing: 1 },
    { frozen: true, level: '3' },
  ])
    assert.equal((await act(moderator, 'set rules', { rules })).code, 'invalid', JSON.stringify(rules));
  for (const payload of [{}, null, { rules: [] }, { rules: 'x' }, []])
    assert.equal((await act(moderator, 'set rules', payload)).code, 'invalid');
  const all = await rule({ slowMode: 5, level: 2 });
  assert.deepEqual(await rule({ level: null }), { ...all, level: 0 });
  assert.equal((await rule({}))?.slowMode, 5);
  const other = await startTestServer(context, {}, chatty.connection);
  const there = await connectClient(context, other.url, createTestToken('하늘'));
  assertStored(await there.send('하나'));
  await rule({ slowMode: 0, frozen: true });
  await waitUntil(async () => (await say(there, '둘')) === 'frozen', 'the rule on the other server');
});

it('a project limits roles to its highest; the token cannot grant more', async (context) => {
  const chatty = await startTestServer(context, KEY_SETTINGS);
  await createProject(chatty, 'kimpga', { settings: { highestRole: 'moderator' } });
  const admin = await connectClient(context, chatty.url, createTestToken('관리', { role: 'admin' }));
  await connectClient(context, chatty.url, createTestToken('지영', { role: 'moderator' }));
  assert.equal((await act(admin, 'set rules', { rules: { frozen: true } })).ok, true);
  assert.equal((await act(admin, 'mute member', { userId: '지영' })).code, 'forbidden');
  await callApi(chatty, 'PATCH', '/projects/kimpga', { settings: { highestRole: 'member' } });
  assert.equal((await act(admin, 'set rules', { rules: { frozen: false } })).code, 'forbidden');
  assert.equal(await say(admin, '관리자예요'), 'frozen');
});
