/** Promise: what is said in one project is never seen in another, whatever the sender claims. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import {
  assertStored,
  connectClient,
  createTestToken,
  startTestServer,
  waitUntil,
} from '../support/server.js';

it('a message reaches every member of its project, including the sender, and nobody else', async (context) => {
  const { url } = await startTestServer(context);
  const minsu = await connectClient(context, url, createTestToken('민수'));
  const jiyoung = await connectClient(context, url, createTestToken('지영'));
  const alice = await connectClient(context, url, createTestToken('Alice', { projectId: 'othershop' }));
  assertStored(await minsu.send('김프만의 이야기'));
  assertStored(await alice.send('only for the shop'));
  await waitUntil(
    () => minsu.messages.length > 0 && jiyoung.messages.length > 0 && alice.messages.length > 0,
    'delivery',
  );
  assert.deepEqual(
    [minsu.contents, jiyoung.contents, alice.contents],
    [['김프만의 이야기'], ['김프만의 이야기'], ['only for the shop']],
  );
  const late = await connectClient(context, url, createTestToken('Bob', { projectId: 'othershop' }));
  assert.deepEqual(
    late.history[0]?.map(({ content }) => content),
    ['only for the shop'],
  );
});

it('project, author, time and number come from the server, never from the payload (T2)', async (context) => {
  const { url } = await startTestServer(context);
  const minsu = await connectClient(context, url, createTestToken('민수', { userId: 'u1' }));
  const alice = await connectClient(context, url, createTestToken('Alice', { projectId: 'othershop' }));
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
  const message = assertStored(await minsu.send(claim));
  assert.deepEqual([message.userId, message.username, message.id, message.seq], ['u1', '민수', 1, 1]);
  assert.ok(Math.abs(Date.parse(message.created_at) - Date.now()) < 60_000);
  assertStored(await alice.send('one'));
  await waitUntil(() => alice.messages.length > 0, 'delivery');
  assert.deepEqual(alice.contents, ['one']);
});

it('the same client id in two projects, or from two members, makes two messages', async (context) => {
  const { url } = await startTestServer(context);
  const visitors = [
    createTestToken('민수'),
    createTestToken('지영'),
    createTestToken('민수', { projectId: 'othershop' }),
  ];
  for (const token of visitors) {
    const answer = await (await connectClient(context, url, token)).send({
      content: '같은 번호',
      clientId: 'c1',
    });
    assert.equal(answer.ok && !answer.duplicate, true);
  }
});

it('a reply to a message of another project is refused', async (context) => {
  const { url } = await startTestServer(context);
  assertStored(
    await (await connectClient(context, url, createTestToken('Alice', { projectId: 'othershop' }))).send(
      'one',
    ),
  );
  const answer = await (await connectClient(context, url, createTestToken('민수'))).send({
    content: '답',
    replyTo: 1,
  });
  assert.equal(!answer.ok && answer.code, 'not_found');
});

it('namespaces other than the main one are refused (T3)', async (context) => {
  const { url } = await startTestServer(context);
  const { TestClient } = await import('../support/server.js');
  const visitor = new TestClient(`${url}/admin`, { token: createTestToken('민수') }, { reconnection: false });
  context.after(() => visitor.socket.disconnect());
  const error = await new Promise<Error>((resolve) => visitor.socket.once('connect_error', resolve));
  assert.equal(error.message, 'Invalid namespace');
});
