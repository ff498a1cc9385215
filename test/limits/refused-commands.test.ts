/** Promise: a packet pays for its size before it is looked at, also where it is refused, and what is refused costs nobody else. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { times } from '../support/limits.js';
import { KEYS, make } from '../support/projects.js';
import { join, startChatty, stored, tokenOf, until, Visitor } from '../support/server.js';

const FEW = { SEND_BURST: '20', SEND_PER_SECOND: '1', READ_BURST: '20', READ_PER_SECOND: '1' };
const TOO_LONG = '긴'.repeat(2_600);

const ask = (visitor: Visitor, event: string, payload: unknown) =>
  visitor.socket.timeout(8_000).emitWithAck(event, payload);
const codes = (answers: { ok: boolean; code?: string }[]) => answers.map(({ code }) => code ?? 'ok');

for (const [what, event, payload, code] of [
  ['a text that is too long', 'chat message', TOO_LONG, 'too_long'],
  ['a text without ink', 'chat message', ' ', 'empty'],
  ['an edit of a wrong form', 'edit message', { id: 'x' }, 'invalid'],
  ['a list asked for in a wrong form', 'members', { limit: -1 }, 'invalid'],
  ['an event that is none', 'no such event', {}, 'invalid'],
] as const)
  it(`${what} is refused as such until the limit, then as too much, and is no way around it (D13)`, async (context) => {
    const { url } = await startChatty(context, FEW);
    const member = await join(context, url, tokenOf('공격'));
    const said = codes(await Promise.all(times(40, () => ask(member, event, payload))));
    const first = said.indexOf('rate_limited');
    assert.ok(first > 0 && first <= 20, `${first} were looked at`);
    assert.ok(said.slice(0, first).every((each) => each === code));
    assert.ok(said.slice(first).filter((each) => each === 'rate_limited').length >= 15);
  });

it('what somebody may not do is refused as such, and paid for (D13)', async (context) => {
  const { url } = await startChatty(context, { ...FEW, GUEST_PROJECTS: 'kimpga' });
  const guest = new Visitor(url, { projectId: 'kimpga' });
  context.after(() => guest.socket.disconnect());
  await until(() => guest.history.length > 0, 'history');
  const denied = codes(await Promise.all(times(40, () => ask(guest, 'typing', {}))));
  assert.deepEqual(new Set(denied), new Set(['login_required']));
  assert.equal((await ask(guest, 'members', {})).code, 'rate_limited');
});

for (const transports of [['websocket'], ['polling'], ['polling', 'websocket']])
  it(`a packet pays for each 8 KB begun, by ${transports.join(' and then ')} (D13)`, async (context) => {
    const { url } = await startChatty(context, FEW);
    const member = await join(context, url, tokenOf('공격'), { transports });
    const large = { content: 'x', more: 'a'.repeat(60_000) };
    assert.deepEqual(codes(await Promise.all([ask(member, 'chat message', large), member.say('가')])), [
      'ok',
      'ok',
    ]);
    const next = codes(await Promise.all(times(3, () => ask(member, 'chat message', large))));
    assert.deepEqual(next, ['ok', 'rate_limited', 'rate_limited']);
  });

it('a member who sends nothing but texts that are too long is sent away (D13)', async (context) => {
  const { url } = await startChatty(context);
  const bystander = await join(context, url, tokenOf('지영'));
  const member = await join(context, url, tokenOf('공격'), { reconnection: false });
  const ends: { event: string; code: string }[] = [];
  member.socket.on('refused', (refusal) => ends.push(refusal));
  for (let sent = 0; sent < 700; sent += 1) member.socket.emit('chat message', 'a'.repeat(7_900));
  await until(() => member.socket.disconnected, 'the close');
  const end = ends.find(({ event }) => event === 'connection');
  assert.equal(end?.code, 'rate_limited');
  stored(await bystander.say('멀쩡해요'));
});

it('what is refused takes nothing of what the members of a project have together (T4)', async (context) => {
  const chatty = await startChatty(context, KEYS);
  await make(chatty, 'small', { settings: { perSecond: 1 } });
  const [loud, calm] = await Promise.all(
    ['공격', '지영'].map((name) => join(context, chatty.url, tokenOf(name, { projectId: 'small' }))),
  );
  assert.ok(loud && calm);
  const answers = await Promise.all(times(60, () => ask(loud, 'chat message', ' ')));
  assert.deepEqual(new Set(codes(answers)), new Set(['empty']));
  for (let line = 0; line < 5; line += 1) stored(await calm.say(`${line}`));
});
