/** Promise: a room of a project is a talk of its own, there only where the project says so; what holds for a person holds in all. */

import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { type ChatClient, createChatClient } from '@chatty/client';
import type {
  HistoryAnswer,
  MembersAnswer,
  Message,
  Session,
  SyncAnswer,
  TypingUser,
} from '@chatty/protocol';
import { callApi, createProject, KEY_SETTINGS } from '../support/projects.js';
import {
  assertStored,
  connectExpectingRefusal,
  createTestToken,
  SECRET,
  startTestServer,
  TestClient,
  waitUntil,
} from '../support/server.js';

type Answer = { ok: boolean; code?: string };

async function open(context: TestContext, settings: object = { rooms: ['btc', 'eth'] }) {
  const chatty = await startTestServer(context, KEY_SETTINGS);
  await createProject(chatty, 'kimpga', { settings });
  /** Joined, with what came first. */
  async function enter(username: string, room?: unknown, options: object = {}, url = chatty.url) {
    const visitor = new TestClient(url, { token: createTestToken(username, options), room });
    context.after(() => visitor.socket.disconnect());
    let session: Session | undefined;
    visitor.socket.once('session', (given: Session) => {
      session = given;
    });
    await waitUntil(() => visitor.history.length > 0 && session !== undefined, 'the history');
    const act = <Reply = Answer>(event: string, payload: unknown): Promise<Reply> =>
      visitor.socket.timeout(8_000).emitWithAck(event, payload);
    return { visitor, act, session: session as unknown as Session };
  }
  const codeOf = async (room: unknown, auth: object = { token: createTestToken('민수') }) => {
    const { message, data } = await connectExpectingRefusal(context, chatty.url, { ...auth, room });
    return [message, data?.code];
  };
  const setRooms = async (rooms: string[] | null) =>
    assert.equal((await callApi(chatty, 'PATCH', '/projects/kimpga', { settings: { rooms } })).status, 200);
  return { chatty, enter, codeOf, setRooms };
}

const contents = (messages: readonly Message[] | undefined) => messages?.map(({ content }) => content);

it('messages of a room are delivered and stored in that room only', async (context) => {
  const { enter } = await open(context);
  const [main, btc, eth] = [await enter('민수'), await enter('지영', 'btc'), await enter('하늘', 'eth')];
  assert.deepEqual(
    [main, btc, eth].map(({ session }) => session.room),
    ['main', 'btc', 'eth'],
  );
  assert.equal((await enter('누구', 'main')).session.room, 'main');
  assert.equal((await enter('누구', null)).session.room, 'main');
  const numbers = [
    assertStored(await main.visitor.send('모두에게')).id,
    assertStored(await btc.visitor.send('비트')).id,
    assertStored(await eth.visitor.send('이더')).id,
    assertStored(await btc.visitor.send('또 비트')).id,
  ];
  assert.deepEqual(numbers, [1, 1, 1, 2], 'each room counts for itself');
  await waitUntil(() => btc.visitor.messages.length === 2 && main.visitor.messages.length === 1, 'delivery');
  assert.deepEqual(
    [main, btc, eth].map(({ visitor }) => visitor.contents),
    [['모두에게'], ['비트', '또 비트'], ['이더']],
  );
  const late = await enter('늦음', 'btc');
  assert.deepEqual(contents(late.visitor.history[0]), ['비트', '또 비트']);
  const page = await main.act<HistoryAnswer>('history', { before: 1_000 });
  assert.deepEqual(page.ok && contents(page.messages), ['모두에게']);
});

it('equal message numbers in other rooms are never changed, shown or affected', async (context) => {
  const { enter } = await open(context);
  const main = await enter('민수', 'main', { userId: 'u1' });
  const btc = await enter('민수', 'btc', { userId: 'u1' });
  const staff = await enter('관리', 'btc', { role: 'moderator' });
  assertStored(await main.visitor.send('하나'));
  assertStored(await main.visitor.send('둘'));
  assertStored(await btc.visitor.send({ content: '비트', clientId: 'c1' }));
  // The client id is the person's in the whole project; what was said elsewhere under it is not answered here.
  const again = await main.visitor.send({ content: '비트', clientId: 'c1' });
  assert.equal(!again.ok && again.code, 'conflict');
  assert.equal((await btc.act('edit message', { id: 2, content: '고침' })).code, 'not_found');
  assert.equal((await btc.act('delete message', { id: 2 })).code, 'not_found');
  assert.equal((await btc.act('react', { id: 2, emoji: '👍', on: true })).code, 'not_found');
  assert.equal((await staff.act('delete message', { id: 2 })).code, 'not_found');
  assert.equal((await btc.act('edit message', { id: 1, content: '비트 고침' })).ok, true);
  assert.equal((await staff.act('delete message', { id: 1 })).ok, true);
  for (const id of [3, 4]) assert.equal((await main.act('delete message', { id })).code, 'not_found');
  const page = await main.act<HistoryAnswer>('history', { before: 1_000 });
  assert.deepEqual(page.ok && contents(page.messages), ['하나', '둘']);
  const answer = await btc.visitor.send({ content: '답', replyTo: 2 });
  assert.equal(!answer.ok && answer.code, 'not_found', 'an answer to a message of another room');
  assert.deepEqual([main.visitor.contents, btc.visitor.contents], [['하나', '둘'], ['비트']]);
});

it('a reconnect gets the changes of its own room; a position of another room is refused', async (context) => {
  const { enter } = await open(context);
  const [main, btc] = [await enter('민수'), await enter('지영', 'btc')];
  for (const content of ['하나', '둘', '셋']) assertStored(await main.visitor.send(content));
  assertStored(await btc.visitor.send('비트'));
  const since = (here: typeof main, epoch: string, seq: number) =>
    here.act<SyncAnswer>('sync', { after: { epoch, seq } });
  const [ofMain, ofBtc] = [main.session.epoch, btc.session.epoch];
  assert.notEqual(ofMain, ofBtc);
  const told = async (...asked: Parameters<typeof since>) => {
    const answer = await since(...asked);
    assert.ok(answer.ok);
    return [answer.epoch, answer.reset, contents(answer.messages)];
  };
  assert.deepEqual(await told(main, ofMain, 1), [ofMain, false, ['둘', '셋']]);
  assert.deepEqual(await told(btc, ofMain, 1), [ofBtc, true, ['비트']]);
  assert.deepEqual(await told(main, ofBtc, 1), [ofMain, true, ['하나', '둘', '셋']]);
});

it('members are counted, listed and shown typing per room; one member may be in several rooms', async (context) => {
  const { chatty, enter } = await open(context);
  const [main, btc] = [await enter('민수', 'main'), await enter('민수', 'btc')];
  await enter('지영', 'btc');
  const people = async ({ act }: typeof main) => {
    const answer = await act<MembersAnswer>('members', {});
    assert.ok(answer.ok);
    return answer.members.map(({ username }) => username).sort();
  };
  assert.deepEqual([await people(main), await people(btc)], [['민수'], ['민수', '지영']]);
  const seen: string[] = [];
  for (const room of ['main', 'btc']) {
    const chat = await follow(context, chatty.url, room);
    chat.on('typing', ({ username }: TypingUser) => seen.push(`${room} ${username}`));
  }
  await main.act('typing', {});
  await btc.act('typing', {});
  await waitUntil(() => seen.length === 2, 'the signs of typing');
  assert.deepEqual(seen.sort(), ['btc 민수', 'main 민수']);
});

/** Our own client in a room, live. */
async function follow(context: TestContext, url: string, room: string): Promise<ChatClient> {
  const chat = createChatClient({ url, token: createTestToken(`독자 ${room}`), room });
  context.after(() => chat.close());
  chat.connect();
  await waitUntil(() => chat.state === 'live', 'the chat');
  assert.equal(chat.session?.room, room);
  return chat;
}

it('rules apply to their room, sanctions to the whole project', async (context) => {
  const { chatty, enter } = await open(context);
  const staff = await enter('관리', 'btc', { role: 'moderator' });
  const main = await enter('민수', 'main', { userId: 'u1' });
  const btc = await enter('민수', 'btc', { userId: 'u1' });
  assert.equal((await staff.act('set rules', { rules: { slowMode: 600 } })).ok, true);
  assertStored(await btc.visitor.send('하나'));
  const soon = await btc.visitor.send('둘');
  assert.equal(!soon.ok && soon.code, 'slow_mode');
  assertStored(await main.visitor.send('하나'));
  assertStored(await main.visitor.send('둘'));
  const rules = (room: string) => callApi(chatty, 'GET', `/projects/kimpga/rooms/${room}/rules`);
  const slow = async (room: string) =>
    ((await rules(room)).body as { rules?: { slowMode: number } }).rules?.slowMode;
  assert.deepEqual([await slow('main'), await slow('btc'), await slow('eth')], [0, 600, 0]);
  for (const room of ['doge', 'BTC', '__proto__', 'main%2F..'])
    assert.deepEqual([(await rules(room)).status, (await rules(room)).body.code], [404, 'not_found'], room);
  await callApi(chatty, 'PATCH', '/projects/kimpga/rooms/btc/rules', { slowMode: null, write: 'moderator' });
  const quiet = await btc.visitor.send('셋');
  assert.equal(!quiet.ok && quiet.code, 'read_only');
  // The same words in two rooms are no repetition, only in one.
  for (const room of ['main', 'btc'])
    await callApi(chatty, 'PATCH', `/projects/kimpga/rooms/${room}/rules`, {
      duplicatesWithin: 600,
      write: null,
    });
  for (const { visitor } of [main, btc]) assertStored(await visitor.send('넷'));
  for (const { visitor } of [main, btc]) {
    const twice = await visitor.send('넷');
    assert.equal(!twice.ok && twice.code, 'duplicate');
  }
  // A message of another room is named with it.
  const gone = (body: object) => callApi(chatty, 'DELETE', '/projects/kimpga/messages/3', body);
  assert.equal((await gone({ room: 'btc' })).body.code, 'not_found');
  assert.equal((await gone({ room: 'doge' })).body.code, 'not_found');
  const elsewhere = await callApi(chatty, 'DELETE', '/projects/kimpga/messages/3?room=btc');
  assert.equal(elsewhere.body.code, 'not_found', 'the query says it as well');
  assert.equal((await gone({})).status, 200);
  const tried = await callApi(chatty, 'POST', '/projects/kimpga/filter/dry-run', {
    words: ['하나'],
    room: 'btc',
  });
  assert.deepEqual((tried.body as { checked?: number }).checked, 2);
  await staff.act('mute member', { userId: 'u1', messageId: 2 });
  const muted = await main.visitor.send('다섯');
  assert.equal(!muted.ok && muted.code, 'muted');
  await callApi(chatty, 'POST', '/projects/kimpga/members/u1/mute', { messageId: 2 });
  await callApi(chatty, 'POST', '/projects/kimpga/members/u1/mute', { messageId: 2, room: 'btc' });
  const { entries } = (await callApi(chatty, 'GET', '/projects/kimpga/audit?limit=3')).body as unknown as {
    entries: { details: { room: string; message: Message } }[];
  };
  assert.deepEqual(
    entries.map(({ details }) => [details.room, details.message.content]),
    [
      ['btc', '넷'],
      ['main', '둘'],
      ['btc', '넷'],
    ],
  );
});

it('only rooms of the project exist; a removed room is closed, and keeps its messages', async (context) => {
  const { chatty, enter, codeOf, setRooms } = await open(context);
  const unknown = ['Authentication error', 'room_unknown'];
  for (const room of [
    'doge',
    'BTC',
    '',
    ' btc',
    'btc ',
    '../main',
    'a/b',
    '__proto__',
    'constructor',
    1,
    true,
    {},
    ['btc'],
  ])
    assert.deepEqual(await codeOf(room), unknown, JSON.stringify(room));
  assert.deepEqual(
    await codeOf('btc', { token: createTestToken('민수', { projectId: 'othershop' }) }),
    unknown,
  );
  // Who may not be in the project does not learn which rooms it has.
  assert.equal(
    (await codeOf('doge', { token: createTestToken('민수', { secret: `not ${SECRET}` }) }))[1],
    'token_invalid',
  );
  const { refusals } = (await callApi(chatty, 'GET', '/projects/kimpga/refusals')).body as unknown as {
    refusals: { code: string; reason: string }[];
  };
  const reasons = refusals.filter(({ code }) => code === 'room_unknown').map(({ reason }) => reason);
  assert.ok(reasons.includes('the setting rooms of the project does not have doge'), String(reasons));
  assert.ok(reasons.includes('auth.room is not a valid room name'), String(reasons));
  const btc = await enter('민수', 'btc');
  const main = await enter('민수');
  assertStored(await btc.visitor.send('남는 말'));
  const told: unknown[] = [];
  btc.visitor.socket.on('refused', ({ code }) => told.push(code));
  const ended = new Promise((resolve) => btc.visitor.socket.once('disconnect', resolve));
  await setRooms(['eth']);
  await ended;
  assert.deepEqual(told, ['room_unknown']);
  assert.deepEqual(await codeOf('btc'), unknown);
  assert.equal(main.visitor.socket.connected, true);
  await setRooms(['btc']);
  assert.deepEqual(contents((await enter('지영', 'btc')).visitor.history[0]), ['남는 말']);
});

it('a new token stays in the room; a guest reads in one room; a second server delivers to it too', async (context) => {
  const { chatty, enter } = await open(context, { rooms: ['btc'], guests: true });
  const other = await startTestServer(context, KEY_SETTINGS, chatty.connection);
  const here = await enter('민수', 'btc', { userId: 'u1' });
  const there = await enter('지영', 'btc', {}, other.url);
  const guest = new TestClient(other.url, { projectId: 'kimpga', room: 'btc' });
  context.after(() => guest.socket.disconnect());
  await waitUntil(() => guest.history.length > 0, 'the history');
  assert.equal(
    (await here.act('auth refresh', { token: createTestToken('민수', { userId: 'u1', expiresIn: 900 }) })).ok,
    true,
  );
  const stranger = await enter('길동', 'btc', { userId: 'u3' });
  const gone = new Promise((resolve) => stranger.visitor.socket.once('disconnect', resolve));
  const foreign = createTestToken('길동', { userId: 'u3', projectId: 'othershop' });
  stranger.visitor.socket.emit('auth refresh', { token: foreign });
  await gone;
  assertStored(await here.visitor.send('비트'));
  await waitUntil(() => there.visitor.messages.length > 0 && guest.messages.length > 0, 'the other server');
  assert.deepEqual([there.visitor.contents, guest.contents], [['비트'], ['비트']]);
  assert.equal((await enter('하늘')).visitor.history[0]?.length, 0);
});
