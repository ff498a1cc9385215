/** Promise: moderators keep order on everybody below them, at once and on every server, and each act is written down. */

import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import pg from 'pg';
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

type Act = {
  ok: boolean;
  code?: string;
  until?: string | null;
  lifted?: boolean;
  retryAfter?: number;
  rules?: Record<string, unknown>;
};

const act = (by: TestClient, event: string, payload: unknown): Promise<Act> =>
  by.socket.timeout(8_000).emitWithAck(event, payload);

const enter = (
  context: TestContext,
  { url }: TestServer,
  name: string,
  role: 'member' | 'moderator' | 'admin' = 'member',
) => connectClient(context, url, createTestToken(name, { userId: `id-${name}`, role }));

const codeOf = async (by: TestClient, text: string) => {
  const answer = await by.send({ content: text });
  return answer.ok ? 'ok' : answer.code;
};

async function auditOf({ connection }: TestServer) {
  const client = new pg.Client(connection);
  await client.connect();
  const { rows } = await client.query('SELECT actor, act, subject, details FROM audit_log ORDER BY id');
  await client.end();
  return rows as Entry[];
}

type Entry = {
  actor: { id: string };
  act: string;
  subject: string;
  details: { reason?: string; message?: { content: string } | null; after?: object };
};

/** Why the connection was ended, as it was told. */
function endOf({ socket }: TestClient): Promise<Act> {
  return new Promise((resolve) => {
    socket.on('refused', (refused: Act & { event: string }) => {
      if (refused.event === 'connection') resolve(refused);
    });
  });
}

it('a ban disconnects every tab on every server within one second, and holds on reconnect until lifted (J15, J16)', async (context) => {
  const one = await startTestServer(context);
  const other = await startTestServer(context, {}, one.connection);
  const moderator = await enter(context, one, '지영', 'moderator');
  const tabs = [
    await enter(context, one, '민수'),
    await enter(context, other, '민수'),
    await enter(context, other, '민수'),
  ];
  const bystander = await enter(context, other, '하늘');
  const ends = Promise.all(tabs.map(endOf));
  const began = performance.now();
  assert.deepEqual(await act(moderator, 'ban member', { userId: 'id-민수', reason: '도배' }), {
    ok: true,
    until: null,
  });
  for (const refused of await ends) assert.equal(refused.code, 'banned');
  await waitUntil(() => tabs.every(({ socket }) => socket.disconnected), 'the end of all tabs');
  context.diagnostic(`all tabs were out after ${Math.round(performance.now() - began)} ms`);
  for (const { url } of [one, other]) {
    const error = await connectExpectingRefusal(context, url, {
      token: createTestToken('새이름', { userId: 'id-민수' }),
    });
    assert.equal(error.message, 'Authentication error');
    assert.equal(error.data?.code, 'banned');
  }
  assertStored(await bystander.send('저는 있어요'));
  assert.deepEqual(await act(moderator, 'unban member', { userId: 'id-민수' }), { ok: true, lifted: true });
  assert.deepEqual(await act(moderator, 'unban member', { userId: 'id-민수' }), { ok: true, lifted: false });
  const back = await enter(context, one, '민수');
  assertStored(await back.send('돌아왔어요'));
});

it('temporary bans and kicks report their duration, and end by themselves', async (context) => {
  const chatty = await startTestServer(context);
  const moderator = await enter(context, chatty, '지영', 'moderator');
  const minsu = await enter(context, chatty, '민수');
  const ended = endOf(minsu);
  const { until: moment } = await act(moderator, 'ban member', { userId: 'id-민수', seconds: 2 });
  assert.ok(moment && Date.parse(moment) > Date.now());
  const { code, retryAfter = 0 } = await ended;
  assert.equal(code, 'banned');
  assert.ok(retryAfter > 0 && retryAfter <= 2_000);
  const token = createTestToken('민수', { userId: 'id-민수' });
  const isLetIn = () =>
    connectExpectingRefusal(context, chatty.url, { token }).then(
      () => false,
      () => true,
    );
  await waitUntil(isLetIn, 'the end of the ban');

  const again = await enter(context, chatty, '민수');
  const kicked = endOf(again);
  assert.equal((await act(moderator, 'kick member', { userId: 'id-민수' })).ok, true);
  assert.equal((await kicked).code, 'kicked');
  const error = await connectExpectingRefusal(context, chatty.url, {
    token: createTestToken('민수', { userId: 'id-민수' }),
  });
  assert.equal(error.data?.code, 'kicked');
  assert.ok((error.data as Act).retryAfter);
});

it('a muted member can read but not write; the mute is announced, and a temporary mute ends', async (context) => {
  const chatty = await startTestServer(context);
  const moderator = await enter(context, chatty, '지영', 'moderator');
  const minsu = await enter(context, chatty, '민수');
  const told: { write: Act | null }[] = [];
  minsu.socket.on('permissions', (permissions) => told.push(permissions));
  const mine = assertStored(await minsu.send('처음'));
  const theirs = assertStored(await moderator.send('공지'));
  await act(moderator, 'mute member', { userId: 'id-민수', seconds: 600 });
  assert.equal(await codeOf(minsu, '둘째'), 'muted');
  assert.equal((await act(minsu, 'edit message', { id: mine.id, content: '고침' })).code, 'muted');
  assert.equal((await act(minsu, 'react', { id: theirs.id, emoji: '👍', on: true })).code, 'muted');
  assert.equal((await act(minsu, 'typing', {})).code, 'muted');
  await waitUntil(() => told.at(-1)?.write?.code === 'muted', 'the notice');
  assertStored(await moderator.send('들리나요'));
  await waitUntil(() => minsu.contents.includes('들리나요'), 'what others say');
  assert.equal((await act(minsu, 'delete message', { id: mine.id })).ok, true);
  const late = await enter(context, chatty, '민수');
  let session: { write?: Act } | undefined;
  late.socket.on('session', (given) => {
    session = given;
  });
  late.socket.disconnect().connect();
  await waitUntil(() => session !== undefined, 'the session');
  assert.equal(session?.write?.code, 'muted');

  await act(moderator, 'unmute member', { userId: 'id-민수' });
  await waitUntil(() => told.at(-1)?.write === null, 'the end of it');
  assertStored(await minsu.send('셋째'));
});

it('nobody moderates equal or higher roles, even when they are offline; members and guests moderate nobody', async (context) => {
  const chatty = await startTestServer(context, { GUEST_PROJECTS: '*' });
  const admin = await enter(context, chatty, '관리', 'admin');
  const second = await enter(context, chatty, '둘째', 'moderator');
  const moderator = await enter(context, chatty, '지영', 'moderator');
  const minsu = await enter(context, chatty, '민수');
  second.socket.disconnect();
  // Who is staff is written down aside; the ban below asks for it.
  const staff = new pg.Client(chatty.connection);
  await staff.connect();
  await waitUntil(async () => (await staff.query('SELECT FROM staff')).rowCount === 3, 'the staff');
  await staff.end();
  await waitUntil(async () => {
    const answer = await act(moderator, 'mute member', { userId: 'id-둘째' });
    return answer.code === 'forbidden';
  }, 'the refusal');
  for (const [event, payload] of [
    ['mute member', { userId: 'id-지영' }],
    ['ban member', { userId: 'id-관리' }],
    ['unban member', { userId: 'id-관리' }],
    ['kick member', { userId: 'id-지영' }],
  ] as const)
    assert.equal((await act(moderator, event, payload)).code, 'forbidden', event);
  for (const event of ['mute member', 'ban member', 'kick member', 'unmute member', 'unban member'])
    assert.equal((await act(minsu, event, { userId: 'id-지영' })).code, 'forbidden', event);
  assert.equal((await act(minsu, 'set rules', { rules: { frozen: true } })).code, 'forbidden');
  const guest = await connectClient(context, chatty.url, '', { auth: { projectId: 'kimpga' } });
  assert.equal((await act(guest, 'ban member', { userId: 'id-민수' })).code, 'login_required');
  assert.equal((await act(admin, 'mute member', { userId: 'id-지영' })).ok, true);
  assert.equal(await codeOf(moderator, '말'), 'muted');
});

it('two moderators on two servers change different rules at once, and both changes are kept', async (context) => {
  const one = await startTestServer(context);
  const other = await startTestServer(context, {}, one.connection);
  const [first, second] = [
    await enter(context, one, '지영', 'moderator'),
    await enter(context, other, '하늘', 'moderator'),
  ];
  for (let round = 1; round <= 5; round += 1)
    await Promise.all([
      act(first, 'set rules', { rules: { slowMode: round } }),
      act(second, 'set rules', { rules: { level: round } }),
    ]);
  const answer = await act(first, 'set rules', { rules: {} });
  assert.deepEqual([answer.rules?.slowMode, answer.rules?.level], [5, 5]);
});

it('another project cannot be moderated: its members, messages and rules (T2)', async (context) => {
  const chatty = await startTestServer(context);
  const moderator = await enter(context, chatty, '지영', 'moderator');
  const foreign = await connectClient(
    context,
    chatty.url,
    createTestToken('민수', { projectId: 'othershop', userId: 'id-민수' }),
  );
  const message = assertStored(await foreign.send('가게 이야기'));
  await act(moderator, 'ban member', { userId: 'id-민수', projectId: 'othershop' });
  await act(moderator, 'set rules', { rules: { frozen: true }, projectId: 'othershop' });
  assert.equal(
    (await act(moderator, 'delete message', { id: message.id, projectId: 'othershop' })).code,
    'not_found',
  );
  assertStored(await foreign.send('괜찮아요'));
  assert.equal(foreign.socket.connected, true);
});

it('a moderator deletes any message; everyone sees a tombstone, and the log keeps the text', async (context) => {
  const chatty = await startTestServer(context);
  const moderator = await enter(context, chatty, '지영', 'moderator');
  const minsu = await enter(context, chatty, '민수');
  const bad = assertStored(await minsu.send('나쁜 말'));
  const deleted: number[] = [];
  minsu.socket.on('message deleted', ({ id }) => deleted.push(id));
  assert.equal((await act(moderator, 'delete message', { id: bad.id })).ok, true);
  assert.equal((await act(moderator, 'delete message', { id: bad.id })).ok, true);
  await waitUntil(() => deleted.includes(bad.id), 'the tombstone');
  assert.equal(
    (await act(minsu, 'delete message', { id: assertStored(await moderator.send('공지')).id })).code,
    'forbidden',
  );
  const own = assertStored(await moderator.send('제 말'));
  await act(moderator, 'delete message', { id: own.id });
  const entries = await auditOf(chatty);
  assert.equal(entries.length, 1);
  assert.equal(entries[0]?.act, 'delete');
  assert.equal(entries[0]?.actor.id, 'id-지영');
  assert.equal(entries[0]?.details.message?.content, '나쁜 말');
});

it('a badge cannot be forged: a message carries the role of the token of its author, for everyone and permanently', async (context) => {
  const chatty = await startTestServer(context);
  const moderator = await enter(context, chatty, '지영', 'moderator');
  const minsu = await enter(context, chatty, '민수');
  assertStored(await minsu.send({ content: '저 운영자예요', role: 'admin' }));
  assertStored(await moderator.send('공지'));
  await waitUntil(() => minsu.messages.length === 2, 'both');
  assert.deepEqual(
    minsu.messages.map(({ role }) => role),
    [undefined, 'moderator'],
  );
  const late = await enter(context, chatty, '지영');
  assert.deepEqual(
    late.history[0]?.map(({ role }) => role),
    [undefined, 'moderator'],
  );
});

it('every action is in the log with its reason, and no entry can be changed or removed (A4)', async (context) => {
  const chatty = await startTestServer(context);
  const moderator = await enter(context, chatty, '지영', 'moderator');
  const minsu = await enter(context, chatty, '민수');
  const bad = assertStored(await minsu.send('나쁜 말'));
  await act(moderator, 'mute member', {
    userId: 'id-민수',
    seconds: 60,
    reason: ' 욕설 ',
    messageId: bad.id,
  });
  await act(moderator, 'unmute member', { userId: 'id-민수' });
  await act(moderator, 'set rules', { rules: { slowMode: 5 } });
  await act(moderator, 'kick member', { userId: 'id-민수' });
  await act(moderator, 'ban member', { userId: 'id-민수' });
  await act(moderator, 'unban member', { userId: 'id-민수' });
  const entries = await auditOf(chatty);
  assert.deepEqual(
    entries.map(({ act: name }) => name),
    ['mute', 'unmute', 'rules', 'kick', 'ban', 'unban'],
  );
  const [mute, , rules] = entries;
  assert.equal(mute?.details.reason, '욕설');
  assert.equal(mute?.details.message?.content, '나쁜 말');
  assert.deepEqual(rules?.details.after, { slowMode: 5 });
  const client = new pg.Client(chatty.connection);
  await client.connect();
  for (const sql of ['DELETE FROM audit_log', "UPDATE audit_log SET act = 'x'", 'TRUNCATE audit_log'])
    await assert.rejects(client.query(sql), /append-only/, sql);
  await client.end();
});
