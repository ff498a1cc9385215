/** Promise: a host's backend keeps order over HTTP as moderators do in the room, and every act has its entry in the log. */

import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import pg from 'pg';
import { callApi, createProject, KEY_SETTINGS } from '../support/projects.js';
import {
  assertStored,
  connectClient,
  connectExpectingRefusal,
  createTestToken,
  startTestServer,
  type TestServer,
  waitUntil,
} from '../support/server.js';

type Answer = { status: number; body: Record<string, unknown> & { code?: string } };
type Entry = {
  id: number;
  act: string;
  actor: object;
  subject: string;
  details: { reason?: string; message?: { content: string } };
};
type Held = { userId: string; kind: string; until: string | null; reason: string | null };

async function open(context: TestContext, settings: Record<string, string> = {}) {
  const chatty = await startTestServer(context, { ...KEY_SETTINGS, ...settings });
  await createProject(chatty, 'kimpga');
  await createProject(chatty, 'othershop');
  const { body } = await callApi(chatty, 'POST', '/projects/kimpga/keys', { name: 'backend' });
  const { id, key } = body as unknown as { id: string; key: string };
  const act = (method: string, path: string, given?: object): Promise<Answer> =>
    callApi(chatty, method, `/projects/kimpga/${path}`, given, { authorization: `Bearer ${key}` });
  return { chatty, act, actor: { kind: 'key', id, name: 'backend' } };
}

const enter = (
  context: TestContext,
  { url }: TestServer,
  userId: string,
  role: 'member' | 'admin' = 'member',
) => connectClient(context, url, createTestToken(userId.trim().slice(0, 20) || 'x', { userId, role }));

const at = (userId: string) => `members/${encodeURIComponent(userId)}`;

const entriesOf = ({ body }: Answer) => body.entries as Entry[];
const heldOf = ({ body }: Answer) => body.sanctions as Held[];

it('a key bans, mutes, kicks and lifts, staff too; live sockets are affected, and the log records actor and reason (A4, J16)', async (context) => {
  const { chatty, act, actor } = await open(context);
  const minsu = await enter(context, chatty, 'u1');
  const admin = await enter(context, chatty, 'a1', 'admin');
  const bad = assertStored(await minsu.send('나쁜 말'));

  const muted = await act('POST', `${at('u1')}/mute`, { seconds: 600, reason: '도배', messageId: bad.id });
  assert.equal(muted.status, 200);
  assert.equal(muted.body.userId, 'u1');
  assert.ok(Date.parse(String(muted.body.until)) > Date.now() + 500_000);
  const said = await minsu.send('또');
  assert.equal(said.ok ? 'ok' : said.code, 'muted');
  assert.deepEqual((await act('DELETE', `${at('u1')}/mute`)).body, { userId: 'u1', lifted: true });
  assert.deepEqual((await act('DELETE', `${at('u1')}/mute`)).body, { userId: 'u1', lifted: false });
  assertStored(await minsu.send('이제 돼요'));

  assert.deepEqual((await act('POST', `${at('a1')}/ban`)).body, { userId: 'a1', until: null });
  await waitUntil(() => !admin.socket.connected, 'the end of the admin', 5_000);
  assert.equal((await act('POST', `${at('u1')}/kick`, { reason: '잠깐' })).status, 200);
  await waitUntil(() => !minsu.socket.connected, 'the kick', 5_000);

  const held = await act('GET', 'sanctions');
  assert.deepEqual(
    heldOf(held).map(({ userId, kind, reason }) => [userId, kind, reason]),
    [
      ['a1', 'ban', null],
      ['u1', 'kick', '잠깐'],
    ],
  );
  assert.equal(held.body.next, null);
  const entries = entriesOf(await act('GET', 'audit'));
  assert.deepEqual(entries.map(({ act: name, subject }) => `${name} ${subject}`).slice(0, 4), [
    'kick u1',
    'ban a1',
    'unmute u1',
    'mute u1',
  ]);
  for (const entry of entries.slice(0, 4)) assert.deepEqual(entry.actor, actor);
  assert.equal(entries[3]?.details.reason, '도배');
  assert.equal(entries[3]?.details.message?.content, '나쁜 말');
});

it('a member is addressed by the user id of the token, whatever characters it has', async (context) => {
  const { chatty, act } = await open(context);
  const names = [
    'a/b',
    '%',
    '%2F',
    'a%b',
    '?x=1',
    '#1',
    'a b+c',
    '관리자 가',
    'u\u00a0',
    ';drop',
    '가'.repeat(128),
    '__proto__',
  ];
  for (const userId of names) {
    const member = await enter(context, chatty, userId);
    assert.deepEqual((await act('POST', `${at(userId)}/ban`)).body, { userId, until: null }, userId);
    await waitUntil(() => !member.socket.connected, `the end of ${userId}`, 5_000);
    assert.deepEqual((await act('DELETE', `${at(userId)}/ban`)).body, { userId, lifted: true });
  }
  for (const userId of ['.', '..'])
    assert.deepEqual((await act('POST', 'members/-/ban', { userId })).body, { userId, until: null });
  for (const wrong of ['\u0000', 'a\u0000b', 'a\nb', '가'.repeat(129), '\u0085'])
    assert.equal((await act('POST', `${at(wrong)}/ban`)).body.code, 'invalid', JSON.stringify(wrong));
  for (const userId of ['', 7, {}, 'a\u0000', '\ud800'])
    assert.equal((await act('POST', 'members/-/mute', { userId })).body.code, 'invalid', String(userId));
});

it('a message is deleted for everyone, and the room rules can be read and set', async (context) => {
  const { chatty, act } = await open(context);
  const minsu = await enter(context, chatty, 'u1');
  const bad = assertStored(await minsu.send('나쁜 말'));
  const deleted: number[] = [];
  minsu.socket.on('message deleted', ({ id }) => deleted.push(id));
  const { status, body } = await act('DELETE', `messages/${bad.id}`, { reason: '광고' });
  assert.deepEqual([status, (body.message as { content: string }).content], [200, '']);
  await waitUntil(() => deleted.includes(bad.id), 'the tombstone');
  assert.equal((await act('DELETE', `messages/${bad.id}`)).status, 200);
  for (const [id, code] of [
    ['999', 404],
    ['0', 400],
    ['-1', 400],
    ['1e3', 400],
    ['99999999999999999999', 400],
  ] as const)
    assert.equal((await act('DELETE', `messages/${id}`)).status, code, id);
  const [entry] = entriesOf(await act('GET', 'audit?limit=1'));
  assert.deepEqual(
    [entry?.act, entry?.details.reason, entry?.details.message?.content],
    ['delete', '광고', '나쁜 말'],
  );

  assert.equal(((await act('GET', 'rooms/main/rules')).body.rules as { frozen: boolean }).frozen, false);
  const set = await act('PATCH', 'rooms/main/rules', { frozen: true, slowMode: 5 });
  assert.deepEqual([(set.body.rules as { slowMode: number }).slowMode, set.status], [5, 200]);
  const said = await minsu.send('얼었나요');
  assert.equal(said.ok ? 'ok' : said.code, 'frozen');
  await act('PATCH', 'rooms/main/rules', { frozen: null, slowMode: null });
  assertStored(await minsu.send('녹았네요'));
  const wrong = await act('PATCH', 'rooms/main/rules', { frozen: 'yes', nonsense: 1 });
  assert.equal(wrong.status, 400);
  assert.match(String(wrong.body.message), /frozen must be true or false\. nonsense is none of the rules\./);
  assert.equal((await act('GET', 'rooms/other/rules')).status, 404);
});

it('pages of sanctions and of the log have no gap and no duplicate', async (context) => {
  const { act } = await open(context);
  for (const user of ['a', 'b', 'c'])
    for (const kind of ['mute', 'ban']) await act('POST', `${at(user)}/${kind}`);
  const held: string[] = [];
  let after: unknown = '';
  for (let pages = 0; after !== null && pages < 10; pages += 1) {
    const page = await act('GET', `sanctions?limit=1&after=${encodeURIComponent(String(after))}`);
    held.push(...heldOf(page).map(({ userId, kind }) => `${userId} ${kind}`));
    after = page.body.next;
  }
  assert.deepEqual(held, ['a ban', 'a mute', 'b ban', 'b mute', 'c ban', 'c mute']);
  const acts: string[] = [];
  let before: unknown = null;
  do {
    const page = await act('GET', `audit?limit=2${before === null ? '' : `&before=${before}`}`);
    acts.push(...entriesOf(page).map(({ act: name, subject }) => `${name} ${subject}`));
    before = page.body.next;
  } while (before !== null);
  assert.deepEqual(acts.slice(0, 6), ['ban c', 'mute c', 'ban b', 'mute b', 'ban a', 'mute a']);
  for (const query of ['limit=0', 'limit=x', 'limit=1&limit=2', 'before=-1', 'before='])
    assert.equal((await act('GET', `audit?${query}`)).status, 400, query);
  assert.equal((await act('GET', 'sanctions?after=a&after=b')).status, 400);
});

it('an invalid request is refused with the reason and changes nothing', async (context) => {
  const { act } = await open(context);
  for (const body of [
    { seconds: 0 },
    { seconds: -1 },
    { seconds: 1.5 },
    { seconds: '60' },
    { seconds: 1e9 },
    { reason: 7 },
    { reason: 'x'.repeat(501) },
    { messageId: 'x' },
    [],
  ]) {
    const { status, body: answer } = await act('POST', `${at('u1')}/ban`, body);
    assert.deepEqual([status, answer.code], [400, 'invalid'], JSON.stringify(body));
  }
  assert.deepEqual(heldOf(await act('GET', 'sanctions')), []);
  assert.equal((await act('GET', `${at('u1')}/ban`)).status, 404);
});

it('a key cannot reach or moderate another project (T1, T2)', async (context) => {
  const { chatty, act } = await open(context);
  const { key } = (await callApi(chatty, 'POST', '/projects/othershop/keys', {})).body as unknown as {
    key: string;
  };
  const there = await connectClient(
    context,
    chatty.url,
    createTestToken('민수', { projectId: 'othershop', userId: 'u1' }),
  );
  const message = assertStored(await there.send('가게 이야기'));
  await act('POST', `${at('u1')}/ban`);
  await act('DELETE', `messages/${message.id}`);
  assertStored(await there.send('괜찮아요'));
  for (const [method, path] of [
    ['POST', 'members/u1/ban'],
    ['DELETE', 'members/u1/ban'],
    ['GET', 'sanctions'],
    ['GET', 'audit'],
    ['GET', 'rooms/main/rules'],
    ['PATCH', 'rooms/main/rules'],
    ['DELETE', `messages/${message.id}`],
  ] as const) {
    const [foreign, none] = await Promise.all(
      ['kimpga', 'nonesuch'].map((id) =>
        callApi(chatty, method, `/projects/${id}/${path}`, undefined, { authorization: `Bearer ${key}` }),
      ),
    );
    assert.deepEqual([foreign?.status, none?.status], [404, 404], `${method} ${path}`);
    assert.equal(foreign?.body.message, String(none?.body.message).replace('nonesuch', 'kimpga'));
  }
});

it('a project without a record is moderated with the admin key where unregistered projects are allowed', async (context) => {
  const chatty = await startTestServer(context, KEY_SETTINGS);
  const minsu = await enter(context, chatty, 'u1');
  assert.equal(
    (await callApi(chatty, 'POST', '/projects/kimpga/members/u1/ban', { reason: '도배' })).status,
    200,
  );
  await waitUntil(() => !minsu.socket.connected, 'the ban', 5_000);
  const error = await connectExpectingRefusal(context, chatty.url, {
    token: createTestToken('새이름', { userId: 'u1' }),
  });
  assert.equal(error.data?.code, 'banned');
  const { body } = await callApi(chatty, 'GET', '/projects/kimpga/audit');
  assert.deepEqual((body.entries as unknown as Entry[])[0]?.actor, {
    kind: 'operator',
    id: 'operator',
    name: 'operator',
  });
  for (const id of ['KIMPGA', 'a%20b', '__proto__', '..%2Fx'])
    assert.equal((await callApi(chatty, 'GET', `/projects/${id}/audit`)).status, 404, id);
  const closed = await startTestServer(
    context,
    { ...KEY_SETTINGS, UNREGISTERED_PROJECTS: 'refuse' },
    chatty.connection,
  );
  assert.equal((await callApi(closed, 'GET', '/projects/kimpga/audit')).status, 404);
});

it('while the database is down, the API reports it and applies no partial change', async (context) => {
  const chatty = await startTestServer(context, KEY_SETTINGS);
  await createProject(chatty, 'kimpga');
  const locker = new pg.Client(chatty.connection);
  await locker.connect();
  await locker.query('BEGIN');
  await locker.query('LOCK TABLE sanctions, audit_log, rooms, room_rules, moderation_version');
  const requests = [
    ['POST', 'members/u1/ban'],
    ['DELETE', 'members/u1/ban'],
    ['GET', 'sanctions'],
    ['GET', 'audit'],
    ['GET', 'rooms/main/rules'],
    ['PATCH', 'rooms/main/rules'],
    ['DELETE', 'messages/1'],
  ] as const;
  const answers = await Promise.all(
    requests.map(([method, path]) => callApi(chatty, method, `/projects/kimpga/${path}`)),
  );
  await locker.query('ROLLBACK');
  await locker.end();
  for (const [index, { status, body }] of answers.entries())
    assert.deepEqual([status, body.code], [503, 'unavailable'], requests[index]?.join(' '));
  const entries = entriesOf(await callApi(chatty, 'GET', '/projects/kimpga/audit'));
  assert.deepEqual(
    entries.map(({ act }) => act),
    ['create project'],
  );
});
