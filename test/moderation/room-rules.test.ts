/** Promise: the rules of a room hold for every command, from the moment a moderator sets them, and say what they refuse. */

import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import type { Permissions, SendAnswer, Session } from '@chatty/protocol/events';
import { ask, KEYS, make } from '../support/projects.js';
import {
  type Chatty,
  join,
  refusalOf,
  startChatty,
  stored,
  tokenOf,
  until,
  type Visitor,
} from '../support/server.js';

type Answer = { ok: boolean; code?: string; rules?: Record<string, unknown>; retryAfter?: number };

const act = (by: Visitor, event: string, payload: unknown): Promise<Answer> =>
  by.socket.timeout(8_000).emitWithAck(event, payload);
const codeOf = (answer: SendAnswer) => (answer.ok ? 'ok' : answer.code);
const say = async (by: Visitor, content: string, clientId?: string) =>
  codeOf(await by.say(clientId ? { content, clientId } : { content }));

async function open(context: TestContext, settings: Record<string, string> = {}) {
  const chatty = await startChatty(context, settings);
  const moderator = await join(context, chatty.url, tokenOf('지영', { role: 'moderator' }));
  const member = await join(context, chatty.url, tokenOf('민수', { level: 3 }));
  const rule = async (rules: Record<string, unknown>) => {
    const answer = await act(moderator, 'set rules', { rules });
    assert.equal(answer.ok, true, JSON.stringify(answer));
    return answer.rules;
  };
  return { chatty, moderator, member, rule };
}

it('a frozen room: moderators write, members read; it is told at once, to those who come later in their session', async (context) => {
  const { chatty, moderator, member, rule } = await open(context);
  const told: Permissions[] = [];
  member.socket.on('permissions', (permissions: Permissions) => told.push(permissions));
  const mine = stored(await member.say('전'));
  await rule({ frozen: true });
  assert.equal(await say(member, '나도'), 'frozen');
  assert.equal((await act(member, 'edit message', { id: mine.id, content: '고침' })).code, 'frozen');
  assert.equal((await act(member, 'react', { id: mine.id, emoji: '👍', on: true })).code, 'frozen');
  assert.equal((await act(member, 'history', { before: mine.id + 1 })).ok, true);
  stored(await moderator.say('공지'));
  await until(() => told.at(-1)?.write?.code === 'frozen', 'the notice');
  assert.equal((await sessionOf(context, chatty, tokenOf('하늘'))).write?.code, 'frozen');
  assert.equal((await sessionOf(context, chatty, tokenOf('관리', { role: 'admin' }))).write, undefined);
  await rule({ frozen: null });
  await until(() => told.at(-1)?.write === null, 'the thaw');
  stored(await member.say('후'));
});

async function sessionOf(context: TestContext, { url }: Chatty, token: string): Promise<Session> {
  const visitor = await join(context, url, token);
  let session: Session | undefined;
  visitor.socket.on('session', (given: Session) => {
    session = given;
  });
  visitor.socket.disconnect().connect();
  await until(() => session !== undefined, 'the session');
  return session as unknown as Session;
}

it('who may write: a role, a level of the host; who may read: members only, and nobody stays who may not', async (context) => {
  const { chatty, member, rule } = await open(context, { GUEST_PROJECTS: '*' });
  const low = await join(context, chatty.url, tokenOf('초보'));
  await rule({ level: 3 });
  assert.equal(await say(low, '저도'), 'level_required');
  stored(await member.say('레벨 3'));
  await rule({ level: 0, write: 'moderator' });
  assert.equal(await say(member, '저는'), 'read_only');
  await rule({ write: null });

  const guest = await join(context, chatty.url, '', { auth: { projectId: 'kimpga' } });
  const ended = new Promise((resolve) => guest.socket.on('refused', resolve));
  await rule({ read: 'member' });
  assert.equal(((await ended) as { code: string }).code, 'login_required');
  await until(() => guest.socket.disconnected, 'the end of the guest');
  const refused = await refusalOf(context, chatty.url, { projectId: 'kimpga' });
  assert.equal(refused.data?.code, 'login_required');
  stored(await member.say('회원만'));
  await rule({ read: 'moderator' });
  await until(() => member.socket.disconnected, 'the end of the member');
  assert.equal((await refusalOf(context, chatty.url, { token: tokenOf('민수') })).data?.code, 'forbidden');
});

it('slow mode: one message in that time, not counting what was refused; a retry of it is no second one', async (context) => {
  const { moderator, member, rule } = await open(context);
  const told: Permissions[] = [];
  member.socket.on('permissions', (permissions: Permissions) => told.push(permissions));
  await rule({ slowMode: 3_600 });
  await until(() => told.at(-1)?.slowMode === 3_600_000, 'the notice');
  // Refused by the store: it answers what is not there.
  assert.equal(codeOf(await member.say({ content: '답', replyTo: 999 })), 'not_found');
  const first = stored(await member.say({ content: '하나', clientId: 'a' }));
  const second = await member.say({ content: '둘', clientId: 'b' });
  assert.ok(!second.ok && second.code === 'slow_mode' && second.retry === 'fix');
  assert.ok(second.retryAfter && second.retryAfter > 3_500_000 && second.retryAfter <= 3_600_000);
  const again = await member.say({ content: '하나', clientId: 'a' });
  assert.ok(again.ok && again.duplicate && again.message.id === first.id);
  stored(await moderator.say('하나'));
  stored(await moderator.say('둘'));
  const both = await Promise.all([1, 2].map(() => moderator.say('셋')));
  assert.ok(both.every(({ ok }) => ok));
});

it('of two messages sent at once in slow mode one is stored', async (context) => {
  const { member, rule } = await open(context);
  await rule({ slowMode: 60, linksAfter: 5 });
  const answers = await Promise.all(['하나', '둘', '셋'].map((content) => member.say({ content })));
  assert.deepEqual(answers.map(codeOf).sort(), ['ok', 'slow_mode', 'slow_mode']);
});

it('the same text is refused for a time, whatever its spaces and case; another is not', async (context) => {
  const { member, rule } = await open(context);
  await rule({ duplicatesWithin: 60 });
  stored(await member.say('Buy now'));
  const again = await member.say('buy  NOW');
  assert.ok(!again.ok && again.code === 'duplicate' && again.retryAfter);
  stored(await member.say('something else'));
  assert.equal(await say(member, 'Buy now'), 'duplicate', 'also with another text between');
});

it('links wait until a member has written enough; bare hosts are links, words with dots are none', async (context) => {
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
  const mine = stored(await member.say('node.js 3.14 e.g. 안녕.그래서'));
  assert.equal(
    (await act(member, 'edit message', { id: mine.id, content: 'bit.ly/x' })).code,
    'links_refused',
  );
  stored(await moderator.say('https://kimpga.com'));
  stored(await member.say('둘'));
  stored(await member.say('셋'));
  stored(await member.say('https://kimpga.com'));
});

it('what was stored before a rule came is answered as stored when it is sent again, and nothing else is', async (context) => {
  const { chatty, moderator, member, rule } = await open(context);
  const first = stored(await member.say({ content: '보냈어요', clientId: 'lost' }));
  await rule({ frozen: true });
  const again = await member.say({ content: '보냈어요', clientId: 'lost' });
  assert.ok(again.ok && again.duplicate && again.message.id === first.id);
  assert.equal(await say(member, '다른 말', 'lost'), 'frozen');
  assert.equal(await say(member, '새 말', 'new'), 'frozen');
  const other = await join(context, chatty.url, tokenOf('하늘'));
  assert.equal(await say(other, '보냈어요', 'lost'), 'frozen');
  await act(moderator, 'mute member', { userId: '민수' });
  assert.ok((await member.say({ content: '보냈어요', clientId: 'lost' })).ok);
});

it('rules that are none are refused whole, and another server follows the others', async (context) => {
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
  const other = await startChatty(context, {}, chatty.connection);
  const there = await join(context, other.url, tokenOf('하늘'));
  stored(await there.say('하나'));
  await rule({ slowMode: 0, frozen: true });
  await until(async () => (await say(there, '둘')) === 'frozen', 'the rule on the other server');
});

it('a project takes roles down to its highest; the token cannot say more', async (context) => {
  const chatty = await startChatty(context, KEYS);
  await make(chatty, 'kimpga', { settings: { highestRole: 'moderator' } });
  const admin = await join(context, chatty.url, tokenOf('관리', { role: 'admin' }));
  await join(context, chatty.url, tokenOf('지영', { role: 'moderator' }));
  assert.equal((await act(admin, 'set rules', { rules: { frozen: true } })).ok, true);
  assert.equal((await act(admin, 'mute member', { userId: '지영' })).code, 'forbidden');
  await ask(chatty, 'PATCH', '/projects/kimpga', { settings: { highestRole: 'member' } });
  assert.equal((await act(admin, 'set rules', { rules: { frozen: false } })).code, 'forbidden');
  assert.equal(await say(admin, '관리자예요'), 'frozen');
});
