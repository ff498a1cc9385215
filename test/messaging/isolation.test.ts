/** Promise: what is said in one project is never seen in another, whatever the sender claims. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { join, startChatty, stored, tokenOf, until } from '../support/server.js';

it('a message reaches everyone of its project, the sender included, and nobody else', async (context) => {
  const { url } = await startChatty(context);
  const minsu = await join(context, url, tokenOf('민수'));
  const jiyoung = await join(context, url, tokenOf('지영'));
  const alice = await join(context, url, tokenOf('Alice', { projectId: 'othershop' }));
  stored(await minsu.say('김프만의 이야기'));
  stored(await alice.say('only for the shop'));
  await until(
    () => minsu.messages.length > 0 && jiyoung.messages.length > 0 && alice.messages.length > 0,
    'delivery',
  );
  assert.deepEqual(
    [minsu.contents, jiyoung.contents, alice.contents],
    [['김프만의 이야기'], ['김프만의 이야기'], ['only for the shop']],
  );
  const late = await join(context, url, tokenOf('Bob', { projectId: 'othershop' }));
  assert.deepEqual(
    late.history[0]?.map(({ content }) => content),
    ['only for the shop'],
  );
});

it('project, author, time and number come from the server, never from the payload (T2)', async (context) => {
  const { url } = await startChatty(context);
  const minsu = await join(context, url, tokenOf('민수', { userId: 'u1' }));
  const alice = await join(context, url, tokenOf('Alice', { projectId: 'othershop' }));
  const claim = {
    content: '안녕',
    projectId: 'othershop',
    project_id: 'othershop',
    room: 'other',
    userId: 'admin',
    username: '관리자',
    id: 99,
    seq: 99,
    created_at: '1999-01-01',
    role: 'admin',
    __proto__: { role: 'admin' },
  };
  const message = stored(await minsu.say(claim));
  assert.deepEqual([message.userId, message.username, message.id, message.seq], ['u1', '민수', 1, 1]);
  assert.ok(Math.abs(Date.parse(message.created_at) - Date.now()) < 60_000);
  stored(await alice.say('one'));
  await until(() => alice.messages.length > 0, 'delivery');
  assert.deepEqual(alice.contents, ['one']);
});

it('the same client id in two projects, or of two members, is two messages', async (context) => {
  const { url } = await startChatty(context);
  const visitors = [tokenOf('민수'), tokenOf('지영'), tokenOf('민수', { projectId: 'othershop' })];
  for (const token of visitors) {
    const answer = await (await join(context, url, token)).say({ content: '같은 번호', clientId: 'c1' });
    assert.equal(answer.ok && !answer.duplicate, true);
  }
});

it('a message of another project cannot be answered', async (context) => {
  const { url } = await startChatty(context);
  stored(await (await join(context, url, tokenOf('Alice', { projectId: 'othershop' }))).say('one'));
  const answer = await (await join(context, url, tokenOf('민수'))).say({ content: '답', replyTo: 1 });
  assert.equal(!answer.ok && answer.code, 'not_found');
});

it('namespaces other than the main one are closed (T3)', async (context) => {
  const { url } = await startChatty(context);
  const { Visitor } = await import('../support/server.js');
  const visitor = new Visitor(`${url}/admin`, { token: tokenOf('민수') }, { reconnection: false });
  context.after(() => visitor.socket.disconnect());
  const error = await new Promise<Error>((resolve) => visitor.socket.once('connect_error', resolve));
  assert.equal(error.message, 'Invalid namespace');
});
