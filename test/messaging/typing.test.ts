/** Promise: the others of a small room see who is typing, and it costs nobody else anything. */

import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { type Chat, createChat } from '@chatty/client/chat';
import { watchTyping } from '@chatty/client/typing';
import { type Follower, follow, upTo } from '../support/log-follower.js';
import { join, startChatty, stored, tokenOf, until } from '../support/server.js';

function listen({ socket }: { socket: Follower['socket'] }) {
  const events: unknown[] = [];
  socket.on('typing', (...values) => events.push(...values));
  return events;
}

const type = ({ socket }: { socket: Follower['socket'] }, ...values: unknown[]) =>
  socket.timeout(8_000).emitWithAck('typing', ...values);

async function enter(context: TestContext, url: string, name: string): Promise<Chat> {
  const chat = createChat({ url, token: tokenOf(name, { userId: `id of ${name}` }) });
  context.after(() => chat.close());
  chat.connect();
  await until(() => chat.state === 'live', 'the client to be live');
  return chat;
}

it('the other batch members hear it once in 3 s; oneself, plain clients, guests and other projects do not (D17)', async (context) => {
  const { url } = await startChatty(context, { GUEST_PROJECTS: '*' });
  const minsu = await follow(context, url, tokenOf('민수', { userId: 'u1' }));
  const tab = await follow(context, url, tokenOf('민수', { userId: 'u1' }));
  const jiyoung = await follow(context, url, tokenOf('지영'));
  const alice = await follow(context, url, tokenOf('Alice', { projectId: 'othershop' }));
  const plain = await join(context, url, tokenOf('수진'));
  const heard = listen(jiyoung);
  const unheard = [minsu, tab, alice, plain].map(listen);
  const answers = [await type(minsu, {}), await type(minsu, {}), await type(tab, { projectId: 'othershop' })];
  assert.deepEqual(answers, [{ ok: true }, { ok: true }, { ok: true }]);
  // Everything before it has arrived when this has.
  stored(await plain.say('끝'));
  await until(() => [minsu, tab, jiyoung].every(({ frames }) => frames.length > 0), 'the message');
  assert.deepEqual(heard, [{ userId: 'u1', username: '민수' }]);
  assert.deepEqual(unheard, [[], [], [], []]);
  await until(async () => (await type(minsu, {})) && heard.length === 2, 'the next sign', 8_000);
});

it('it is no change of the log, and a plain client or a guest may not break it', async (context) => {
  const { url } = await startChatty(context, { GUEST_PROJECTS: '*' });
  const minsu = await follow(context, url, tokenOf('민수'));
  const before = minsu.position;
  await type(minsu, {});
  const sync = await minsu.socket.emitWithAck('sync', { after: before });
  assert.deepEqual([sync.seq, sync.head, sync.messages], [before?.seq, before?.seq, []]);
  for (const wrong of ['x', null, 5, []]) assert.equal((await type(minsu, wrong)).code, 'invalid');
  const guest = await join(context, url, '', { auth: { projectId: 'kimpga', batch: true } });
  assert.equal((await type(guest, {})).code, 'login_required');
});

it('in a room of more than 50 people nobody is told', async (context) => {
  const { url } = await startChatty(context);
  const minsu = await follow(context, url, tokenOf('민수'));
  const jiyoung = await follow(context, url, tokenOf('지영'));
  const heard = listen(jiyoung);
  const options = { transports: ['websocket'] };
  const crowd = await Promise.all(
    upTo(1, 48).map((number) => join(context, url, tokenOf(`사람 ${number}`), options)),
  );
  await type(minsu, {});
  await until(() => heard.length === 1, 'a sign among 50');
  const last = await join(context, url, tokenOf('쉰한 번째'), options);
  await type(crowd[0] ?? minsu, {});
  stored(await last.say('끝'));
  await until(() => jiyoung.frames.length > 0, 'the message');
  assert.equal(heard.length, 1);
});

it('our client: says it once however often it is called, shows it, and drops it with the message', async (context) => {
  const { url } = await startChatty(context);
  const minsu = await enter(context, url, '민수');
  const jiyoung = await enter(context, url, '지영');
  const shown: string[][] = [];
  context.after(watchTyping(jiyoung, (typists) => shown.push(typists.map(({ username }) => username))));
  for (let key = 0; key < 30; key += 1) minsu.typing();
  await until(() => shown.length === 1, 'the sign');
  minsu.send('다 썼어요');
  await until(() => shown.length === 2, 'its end');
  assert.deepEqual(shown, [['민수'], []]);
});
