/** Promise: the others of a small room see who is typing, and it costs nobody else anything. */

import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { type ChatClient, createChatClient, watchTyping } from '@chatty/client';
import { connectFollower, type FrameFollower, rangeInclusive } from '../support/log-follower.js';
import {
  assertStored,
  connectClient,
  createTestToken,
  startTestServer,
  waitUntil,
} from '../support/server.js';

function listen({ socket }: { socket: FrameFollower['socket'] }) {
  const events: unknown[] = [];
  socket.on('typing', (...values) => events.push(...values));
  return events;
}

const type = ({ socket }: { socket: FrameFollower['socket'] }, ...values: unknown[]) =>
  socket.timeout(8_000).emitWithAck('typing', ...values);

async function enter(context: TestContext, url: string, name: string): Promise<ChatClient> {
  const chat = createChatClient({ url, token: createTestToken(name, { userId: `id of ${name}` }) });
  context.after(() => chat.close());
  chat.connect();
  await waitUntil(() => chat.state === 'live', 'the client to be live');
  return chat;
}

it('typing reaches other batch members once in 3 s, and never the sender, plain members, guests or other projects (D17)', async (context) => {
  const { url } = await startTestServer(context, { GUEST_PROJECTS: '*' });
  const minsu = await connectFollower(context, url, createTestToken('민수', { userId: 'u1' }));
  const tab = await connectFollower(context, url, createTestToken('민수', { userId: 'u1' }));
  const jiyoung = await connectFollower(context, url, createTestToken('지영'));
  const alice = await connectFollower(context, url, createTestToken('Alice', { projectId: 'othershop' }));
  const plain = await connectClient(context, url, createTestToken('수진'));
  const heard = listen(jiyoung);
  const unheard = [minsu, tab, alice, plain].map(listen);
  const answers = [await type(minsu, {}), await type(minsu, {}), await type(tab, { projectId: 'othershop' })];
  assert.deepEqual(answers, [{ ok: true }, { ok: true }, { ok: true }]);
  // Everything before it has arrived when this has.
  assertStored(await plain.send('끝'));
  await waitUntil(() => [minsu, tab, jiyoung].every(({ frames }) => frames.length > 0), 'the message');
  assert.deepEqual(heard, [{ userId: 'u1', username: '민수' }]);
  assert.deepEqual(unheard, [[], [], [], []]);
  await waitUntil(async () => (await type(minsu, {})) && heard.length === 2, 'the next sign', 8_000);
});

it('typing is not a change in the log, and a plain member or a guest cannot disturb it', async (context) => {
  const { url } = await startTestServer(context, { GUEST_PROJECTS: '*' });
  const minsu = await connectFollower(context, url, createTestToken('민수'));
  const before = minsu.position;
  await type(minsu, {});
  const sync = await minsu.socket.emitWithAck('sync', { after: before });
  assert.deepEqual([sync.seq, sync.head, sync.messages], [before?.seq, before?.seq, []]);
  for (const wrong of ['x', null, 5, []]) assert.equal((await type(minsu, wrong)).code, 'invalid');
  const guest = await connectClient(context, url, '', { auth: { projectId: 'kimpga', batch: true } });
  assert.equal((await type(guest, {})).code, 'login_required');
});

it('in a room of more than 50 members typing is not sent', async (context) => {
  const { url } = await startTestServer(context);
  const minsu = await connectFollower(context, url, createTestToken('민수'));
  const jiyoung = await connectFollower(context, url, createTestToken('지영'));
  const heard = listen(jiyoung);
  const options = { transports: ['websocket'] };
  const crowd = await Promise.all(
    rangeInclusive(1, 48).map((number) =>
      connectClient(context, url, createTestToken(`사람 ${number}`), options),
    ),
  );
  await type(minsu, {});
  await waitUntil(() => heard.length === 1, 'a sign among 50');
  const last = await connectClient(context, url, createTestToken('쉰한 번째'), options);
  await type(crowd[0] ?? minsu, {});
  assertStored(await last.send('끝'));
  await waitUntil(() => jiyoung.frames.length > 0, 'the message');
  assert.equal(heard.length, 1);
});

it('the client: sends typing once however often it is called, shows it, and clears it with the message', async (context) => {
  const { url } = await startTestServer(context);
  const minsu = await enter(context, url, '민수');
  const jiyoung = await enter(context, url, '지영');
  const shown: string[][] = [];
  context.after(watchTyping(jiyoung, (typists) => shown.push(typists.map(({ username }) => username))));
  for (let key = 0; key < 30; key += 1) minsu.notifyTyping();
  await waitUntil(() => shown.length === 1, 'the sign');
  minsu.send('다 썼어요');
  await waitUntil(() => shown.length === 2, 'its end');
  assert.deepEqual(shown, [['민수'], []]);
});
