/** Promise: a packet pays for its size before it is looked at, also where it is refused, and what is refused costs nobody else. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { repeat } from '../support/limits.js';
import { createProject, KEY_SETTINGS } from '../support/projects.js';
import {
  assertStored,
  connectClient,
  createTestToken,
  startTestServer,
  TestClient,
  waitUntil,
} from '../support/server.js';

const FEW = { SEND_BURST: '20', SEND_PER_SECOND: '1', READ_BURST: '20', READ_PER_SECOND: '1' };
const TOO_LONG = '긴'.repeat(2_600);

const ask = (visitor: TestClient, event: string, payload: unknown) =>
  visitor.socket.timeout(8_000).emitWithAck(event, payload);
const codes = (answers: { ok: boolean; code?: string }[]) => answers.map(({ code }) => code ?? 'ok');

for (const [what, event, payload, code] of [
  ['a text that is too long', 'chat message', TOO_LONG, 'too_long'],
  ['a text without ink', 'chat message', ' ', 'empty'],
  ['an edit of a wrong form', 'edit message', { id: 'x' }, 'invalid'],
  ['a list asked for in a wrong form', 'members', { limit: -1 }, 'invalid'],
  ['an event that is none', 'no such event', {}, 'invalid'],
] as const)
  it(`${what} gets its own refusal until the limit, then rate_limited, and cannot bypass the limit (D13)`, async (context) => {
    const { url } = await startTestServer(context, FEW);
    const member = await connectClient(context, url, createTestToken('공격'));
    const said = codes(await Promise.all(repeat(40, () => ask(member, event, payload))));
    const first = said.indexOf('rate_limited');
    assert.ok(first > 0 && first <= 20, `${first} were looked at`);
    assert.ok(said.slice(0, first).every((each) => each === code));
    assert.ok(said.slice(first).filter((each) => each === 'rate_limited').length >= 15);
  });

it('a forbidden action gets its own refusal, and counts toward the rate limit (D13)', async (context) => {
  const { url } = await startTestServer(context, { ...FEW, GUEST_PROJECTS: 'kimpga' });
  const guest = new TestClient(url, { projectId: 'kimpga' });
  context.after(() => guest.socket.disconnect());
  await waitUntil(() => guest.history.length > 0, 'history');
  const denied = codes(await Promise.all(repeat(40, () => ask(guest, 'typing', {}))));
  assert.deepEqual(new Set(denied), new Set(['login_required']));
  assert.equal((await ask(guest, 'members', {})).code, 'rate_limited');
});

for (const transports of [['websocket'], ['polling'], ['polling', 'websocket']])
  it(`a packet costs one unit per started 8 KB, by ${transports.join(' and then ')} (D13)`, async (context) => {
    const { url } = await startTestServer(context, FEW);
    const member = await connectClient(context, url, createTestToken('공격'), { transports });
    const large = { content: 'x', more: 'a'.repeat(60_000) };
    assert.deepEqual(codes(await Promise.all([ask(member, 'chat message', large), member.send('가')])), [
      'ok',
      'ok',
    ]);
    const next = codes(await Promise.all(repeat(3, () => ask(member, 'chat message', large))));
    assert.deepEqual(next, ['ok', 'rate_limited', 'rate_limited']);
  });

it('a member that sends only oversized texts is disconnected (D13)', async (context) => {
  const { url } = await startTestServer(context);
  const bystander = await connectClient(context, url, createTestToken('지영'));
  const member = await connectClient(context, url, createTestToken('공격'), { reconnection: false });
  const ends: { event: string; code: string }[] = [];
  member.socket.on('refused', (refusal) => ends.push(refusal));
  for (let sent = 0; sent < 700; sent += 1) member.socket.emit('chat message', 'a'.repeat(7_900));
  await waitUntil(() => member.socket.disconnected, 'the close');
  const end = ends.find(({ event }) => event === 'connection');
  assert.equal(end?.code, 'rate_limited');
  assertStored(await bystander.send('멀쩡해요'));
});

it('refused commands do not use up the shared rate limit of the project (T4)', async (context) => {
  const chatty = await startTestServer(context, KEY_SETTINGS);
  await createProject(chatty, 'small', { settings: { perSecond: 1 } });
  const [loud, calm] = await Promise.all(
    ['공격', '지영'].map((name) =>
      connectClient(context, chatty.url, createTestToken(name, { projectId: 'small' })),
    ),
  );
  assert.ok(loud && calm);
  const answers = await Promise.all(repeat(60, () => ask(loud, 'chat message', ' ')));
  assert.deepEqual(new Set(codes(answers)), new Set(['empty']));
  for (let line = 0; line < 5; line += 1) assertStored(await calm.send(`${line}`));
});
