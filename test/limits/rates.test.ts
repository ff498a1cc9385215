/** Promise: whoever is too quick is told how long to wait, whoever goes on is sent away, and nobody else notices. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Refusal } from '@chatty/protocol';
import {
  BEHIND_PROXY,
  connectRawMember,
  expectRefusal,
  floodUntilClosed,
  forwardedFor,
  openUnresponsiveUpgrade,
  repeat,
} from '../support/limits.js';
import { callApi, createProject, KEY_SETTINGS } from '../support/projects.js';
import { openPollingSession, pollingRequest, sendRawRequest } from '../support/raw/http.js';
import { openRawSocket } from '../support/raw/websocket.js';
import { encodeFrame, OPCODE_PING, OPCODE_PONG } from '../support/raw/websocket-frames.js';
import {
  assertStored,
  connectClient,
  createTestToken,
  startTestServer,
  waitUntil,
} from '../support/server.js';

for (const [name, bytes] of [
  ['pings of WebSocket', encodeFrame('', { opcode: OPCODE_PING })],
  ['pongs of WebSocket', encodeFrame('', { opcode: OPCODE_PONG })],
  ['pongs of Engine.IO', encodeFrame('3')],
  ['packets of Engine.IO that mean nothing', encodeFrame('6')],
  ['events that are none', encodeFrame('42["nothing"]')],
  ['events of a wrong form', encodeFrame('42["chat message",7]')],
] as const)
  it(`a flood of ${name} closes its connection and puts its member on cooldown; nobody else is affected (D12)`, async (context) => {
    const { url } = await startTestServer(context, { RATE_LIMIT_COOLDOWN_SECONDS: '30' });
    const bystander = await connectClient(context, url, createTestToken('지영'));
    const session = bystander.socket.id;
    await floodUntilClosed(await connectRawMember(context, url, '공격'), bytes);
    const { code, retryAfter = 0 } = await expectRefusal(context, url, { token: createTestToken('공격') });
    assert.equal(code, 'rate_limited');
    assert.ok(Number.isInteger(retryAfter) && retryAfter > 10_000 && retryAfter <= 30_000);
    assertStored(await bystander.send('멀쩡해요'));
    assert.equal(bystander.socket.id, session);
  });

for (const [name, bytes] of [
  ['probes', encodeFrame('2probe')],
  ['pings of WebSocket', encodeFrame('', { opcode: OPCODE_PING })],
  ['requests to take over', encodeFrame('5')],
] as const)
  it(`a WebSocket upgrade from long polling is closed after a flood of ${name} (D12)`, async (context) => {
    const { url } = await startTestServer(context);
    const sid = await openPollingSession(url);
    const socket = await openRawSocket(url, { path: `/socket.io/?EIO=4&transport=websocket&sid=${sid}` });
    context.after(() => socket.resetConnection());
    await floodUntilClosed(socket, bytes);
  });

it('a second WebSocket upgrade is closed immediately, even if it does not answer the close (D12)', async (context) => {
  const { url } = await startTestServer(context);
  const path = `/socket.io/?EIO=4&transport=websocket&sid=${await openPollingSession(url)}`;
  const first = await openRawSocket(url, { path });
  context.after(() => first.resetConnection());
  first.sendText('2probe');
  assert.ok(await first.waitFor(({ receivedTexts: texts }) => texts.includes('3probe')));
  const second = await openUnresponsiveUpgrade(context, url, path);
  await waitUntil(() => second.closed, 'the close');
  first.sendText('5');
  first.sendText(`40${JSON.stringify({ token: createTestToken('민수') })}`);
  assert.ok(
    await first.waitFor(({ receivedTexts: texts }) => texts.some((text) => text.startsWith('42["history"'))),
  );
});

it('a poll that contains a flood ends its session (D12)', async (context) => {
  const { url } = await startTestServer(context);
  const query = `EIO=4&transport=polling&sid=${await openPollingSession(url)}`;
  const body = repeat(20_000, () => '3').join('\u001e');
  await sendRawRequest(url, pollingRequest(url, { method: 'POST', query, body }));
  const next = await sendRawRequest(url, pollingRequest(url, { query }));
  assert.equal(next?.status, 400);
});

it('a flood of messages is refused with a retry delay, then ends with a cooldown for its member only (D13)', async (context) => {
  const { url } = await startTestServer(context, { RATE_LIMIT_COOLDOWN_SECONDS: '2' });
  const bystander = await connectClient(context, url, createTestToken('지영'));
  const flooder = await connectClient(context, url, createTestToken('공격'), { reconnection: false });
  const refusals: (Refusal & { event: string })[] = [];
  flooder.socket.on('refused', (refusal) => refusals.push(refusal));
  const answers = repeat(600, (index) => flooder.send(`${index}`).catch(() => null));
  await waitUntil(() => flooder.socket.disconnected, 'the close');
  const beyond = (await Promise.all(answers)).flatMap((answer) => (answer && !answer.ok ? [answer] : []));
  assert.ok(beyond.length >= 100, `${beyond.length} were refused`);
  for (const { code, retryAfter = 0 } of beyond) {
    assert.equal(code, 'rate_limited');
    assert.ok(Number.isInteger(retryAfter) && retryAfter > 0 && retryAfter <= 200);
  }
  const end = refusals.find(({ event }) => event === 'connection');
  assert.deepEqual([end?.code, end?.retryAfter], ['rate_limited', 2_000]);
  const again = () => expectRefusal(context, url, { token: createTestToken('공격') });
  const { said, code, retry, retryAfter = 0 } = await again();
  assert.deepEqual([said, code, retry], ['Too many requests', 'rate_limited', 'later']);
  assert.ok(Number.isInteger(retryAfter) && retryAfter > 0 && retryAfter <= 2_000);
  assertStored(await bystander.send('멀쩡해요'));
  await waitUntil(
    () =>
      again().then(
        () => false,
        () => true,
      ),
    'the end of the cool-down',
  );
});

it('the rate limit of a member is shared by all their connections (D14)', async (context) => {
  const { url } = await startTestServer(context, { SEND_BURST: '5', SEND_PER_SECOND: '1' });
  const tabs = await Promise.all(repeat(3, () => connectClient(context, url, createTestToken('민수'))));
  const answers = await Promise.all(tabs.flatMap((tab) => repeat(10, (index) => tab.send(`${index}`))));
  assert.ok(answers.filter(({ ok }) => ok).length < 15);
});

it('the rate limit of an address is shared by everyone there (D14)', async (context) => {
  const { url } = await startTestServer(context, {
    ...BEHIND_PROXY,
    ADDRESS_EVENT_BURST: '60',
    ADDRESS_EVENTS_PER_SECOND: '1',
  });
  const crowd = await Promise.all(
    repeat(4, (index) =>
      connectClient(context, url, createTestToken(`민수${index}`), forwardedFor('203.0.113.7')),
    ),
  );
  const other = await connectClient(context, url, createTestToken('지영'), forwardedFor('203.0.113.8'));
  const answers = await Promise.all(crowd.flatMap((each) => repeat(20, (index) => each.send(`${index}`))));
  const beyond = answers.filter((answer) => !answer.ok && answer.code === 'rate_limited');
  assert.ok(beyond.length >= 40 && beyond.length < 80, `${beyond.length} were refused`);
  assertStored(await other.send('멀쩡해요'));
});

it('history pages are clamped or refused, and rate limited (D19)', async (context) => {
  const { url } = await startTestServer(context, { READ_BURST: '20', READ_PER_SECOND: '1' });
  const minsu = await connectClient(context, url, createTestToken('민수'));
  await Promise.all(repeat(120, (index) => minsu.send(`${index}`)));
  const page = (payload: object) => minsu.socket.emitWithAck('history', payload);
  assert.equal((await page({ before: 111, limit: 1e9 })).messages.length, 100);
  for (const limit of [-1, 0, 1.5, '5', null, 2 ** 60])
    assert.equal((await page({ before: 100, limit })).code, 'invalid', `a limit of ${limit}`);
  for (const before of ['1; drop', -1, null])
    assert.equal((await page({ before })).code, 'invalid', `before ${before}`);
  const pages = await Promise.all(repeat(100, () => page({ before: 100 })));
  const beyond = pages.filter(({ ok, code }) => !ok && code === 'rate_limited');
  assert.ok(beyond.length > 50, `${beyond.length} were refused`);
  for (const { retryAfter } of beyond) assert.ok(Number.isInteger(retryAfter) && retryAfter > 0);
});

it('a project has its own rate limit: beyond it its members are refused, and no other project is affected (T4)', async (context) => {
  const chatty = await startTestServer(context, KEY_SETTINGS);
  await createProject(chatty, 'loud', { settings: { perSecond: 2 } });
  const loud = await Promise.all(
    repeat(3, (index) =>
      connectClient(context, chatty.url, createTestToken(`시끄${index}`, { projectId: 'loud' })),
    ),
  );
  const calm = await connectClient(context, chatty.url, createTestToken('지영', { projectId: 'calm' }));
  const answers = Promise.all(loud.flatMap((each) => repeat(50, (index) => each.send(`${index}`))));
  for (let line = 0; line < 30; line += 1) assertStored(await calm.send(`${line}`));
  const given = await answers;
  const sent = given.filter(({ ok }) => ok).length;
  assert.ok(sent >= 20 && sent < 100, `${sent} were stored`);
  for (const answer of given)
    assert.ok(answer.ok || (answer.code === 'rate_limited' && Number.isInteger(answer.retryAfter)));
  // It is nobody's own doing, and nobody is sent away for it.
  for (const { socket } of loud) assert.ok(socket.connected);
  const changed = await callApi(chatty, 'PATCH', '/projects/loud', { settings: { perSecond: 1_000 } });
  assert.equal(changed.status, 200);
  for (const each of loud) assertStored(await each.send('이제 됩니다'));
});
