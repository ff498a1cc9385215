/** Promise: whoever is too quick is told how long to wait, whoever goes on is sent away, and nobody else notices. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Refusal } from '@chatty/protocol/errors';
import { BEHIND_PROXY, enterRaw, flood, from, openMute, refused, times } from '../support/limits.js';
import { ask, KEYS, make } from '../support/projects.js';
import { openPolling, pollingRequest, sendRaw } from '../support/raw/http.js';
import { openRaw } from '../support/raw/websocket.js';
import { frame, PING, PONG } from '../support/raw/websocket-frames.js';
import { join, startChatty, stored, tokenOf, until } from '../support/server.js';

for (const [name, bytes] of [
  ['pings of WebSocket', frame('', { opcode: PING })],
  ['pongs of WebSocket', frame('', { opcode: PONG })],
  ['pongs of Engine.IO', frame('3')],
  ['packets of Engine.IO that mean nothing', frame('6')],
  ['events that are none', frame('42["nothing"]')],
  ['events of a wrong form', frame('42["chat message",7]')],
] as const)
  it(`a flood of ${name} ends its connection and sends its member away; nobody else is disturbed (D12)`, async (context) => {
    const { url } = await startChatty(context, { COOL_DOWN_SECONDS: '30' });
    const bystander = await join(context, url, tokenOf('지영'));
    const session = bystander.socket.id;
    await flood(await enterRaw(context, url, '공격'), bytes);
    const { code, retryAfter = 0 } = await refused(context, url, { token: tokenOf('공격') });
    assert.equal(code, 'rate_limited');
    assert.ok(Number.isInteger(retryAfter) && retryAfter > 10_000 && retryAfter <= 30_000);
    stored(await bystander.say('멀쩡해요'));
    assert.equal(bystander.socket.id, session);
  });

for (const [name, bytes] of [
  ['probes', frame('2probe')],
  ['pings of WebSocket', frame('', { opcode: PING })],
  ['requests to take over', frame('5')],
] as const)
  it(`a WebSocket that is to take over from long polling ends by a flood of ${name} (D12)`, async (context) => {
    const { url } = await startChatty(context);
    const sid = await openPolling(url);
    const socket = await openRaw(url, { path: `/socket.io/?EIO=4&transport=websocket&sid=${sid}` });
    context.after(() => socket.reset());
    await flood(socket, bytes);
  });

it('a second WebSocket that is to take over is let go at once, also where it does not answer the close (D12)', async (context) => {
  const { url } = await startChatty(context);
  const path = `/socket.io/?EIO=4&transport=websocket&sid=${await openPolling(url)}`;
  const first = await openRaw(url, { path });
  context.after(() => first.reset());
  first.say('2probe');
  assert.ok(await first.when(({ texts }) => texts.includes('3probe')));
  const second = await openMute(context, url, path);
  await until(() => second.closed, 'the close');
  first.say('5');
  first.say(`40${JSON.stringify({ token: tokenOf('민수') })}`);
  assert.ok(await first.when(({ texts }) => texts.some((text) => text.startsWith('42["history"'))));
});

it('a poll that holds a flood ends its session (D12)', async (context) => {
  const { url } = await startChatty(context);
  const query = `EIO=4&transport=polling&sid=${await openPolling(url)}`;
  const body = times(20_000, () => '3').join('\u001e');
  await sendRaw(url, pollingRequest(url, { method: 'POST', query, body }));
  const next = await sendRaw(url, pollingRequest(url, { query }));
  assert.equal(next?.status, 400);
});

it('a flood of messages is refused with the time to wait, then ends with a cool-down for its member alone (D13)', async (context) => {
  const { url } = await startChatty(context, { COOL_DOWN_SECONDS: '2' });
  const bystander = await join(context, url, tokenOf('지영'));
  const flooder = await join(context, url, tokenOf('공격'), { reconnection: false });
  const refusals: (Refusal & { event: string })[] = [];
  flooder.socket.on('refused', (refusal) => refusals.push(refusal));
  const answers = times(600, (index) => flooder.say(`${index}`).catch(() => null));
  await until(() => flooder.socket.disconnected, 'the close');
  const beyond = (await Promise.all(answers)).flatMap((answer) => (answer && !answer.ok ? [answer] : []));
  assert.ok(beyond.length >= 100, `${beyond.length} were refused`);
  for (const { code, retryAfter = 0 } of beyond) {
    assert.equal(code, 'rate_limited');
    assert.ok(Number.isInteger(retryAfter) && retryAfter > 0 && retryAfter <= 200);
  }
  const end = refusals.find(({ event }) => event === 'connection');
  assert.deepEqual([end?.code, end?.retryAfter], ['rate_limited', 2_000]);
  const again = () => refused(context, url, { token: tokenOf('공격') });
  const { said, code, retry, retryAfter = 0 } = await again();
  assert.deepEqual([said, code, retry], ['Too many requests', 'rate_limited', 'later']);
  assert.ok(Number.isInteger(retryAfter) && retryAfter > 0 && retryAfter <= 2_000);
  stored(await bystander.say('멀쩡해요'));
  await until(
    () =>
      again().then(
        () => false,
        () => true,
      ),
    'the end of the cool-down',
  );
});

it('the share of a member is one for all their connections (D14)', async (context) => {
  const { url } = await startChatty(context, { SEND_BURST: '5', SEND_PER_SECOND: '1' });
  const tabs = await Promise.all(times(3, () => join(context, url, tokenOf('민수'))));
  const answers = await Promise.all(tabs.flatMap((tab) => times(10, (index) => tab.say(`${index}`))));
  assert.ok(answers.filter(({ ok }) => ok).length < 15);
});

it('the share of an address is one for all who are there (D14)', async (context) => {
  const { url } = await startChatty(context, {
    ...BEHIND_PROXY,
    ADDRESS_BURST: '60',
    ADDRESS_PER_SECOND: '1',
  });
  const crowd = await Promise.all(
    times(4, (index) => join(context, url, tokenOf(`민수${index}`), from('203.0.113.7'))),
  );
  const other = await join(context, url, tokenOf('지영'), from('203.0.113.8'));
  const answers = await Promise.all(crowd.flatMap((each) => times(20, (index) => each.say(`${index}`))));
  const beyond = answers.filter((answer) => !answer.ok && answer.code === 'rate_limited');
  assert.ok(beyond.length >= 40 && beyond.length < 80, `${beyond.length} were refused`);
  stored(await other.say('멀쩡해요'));
});

it('pages of history are clamped or refused, and no faster than the limit (D19)', async (context) => {
  const { url } = await startChatty(context, { READ_BURST: '20', READ_PER_SECOND: '1' });
  const minsu = await join(context, url, tokenOf('민수'));
  await Promise.all(times(120, (index) => minsu.say(`${index}`)));
  const page = (payload: object) => minsu.socket.emitWithAck('history', payload);
  assert.equal((await page({ before: 111, limit: 1e9 })).messages.length, 100);
  for (const limit of [-1, 0, 1.5, '5', null, 2 ** 60])
    assert.equal((await page({ before: 100, limit })).code, 'invalid', `a limit of ${limit}`);
  for (const before of ['1; drop', -1, null])
    assert.equal((await page({ before })).code, 'invalid', `before ${before}`);
  const pages = await Promise.all(times(100, () => page({ before: 100 })));
  const beyond = pages.filter(({ ok, code }) => !ok && code === 'rate_limited');
  assert.ok(beyond.length > 50, `${beyond.length} were refused`);
  for (const { retryAfter } of beyond) assert.ok(Number.isInteger(retryAfter) && retryAfter > 0);
});

it('a project has a share of its own: beyond it its members are refused, and nobody of another project is (T4)', async (context) => {
  const chatty = await startChatty(context, KEYS);
  await make(chatty, 'loud', { settings: { perSecond: 2 } });
  const loud = await Promise.all(
    times(3, (index) => join(context, chatty.url, tokenOf(`시끄${index}`, { projectId: 'loud' }))),
  );
  const calm = await join(context, chatty.url, tokenOf('지영', { projectId: 'calm' }));
  const answers = Promise.all(loud.flatMap((each) => times(50, (index) => each.say(`${index}`))));
  for (let line = 0; line < 30; line += 1) stored(await calm.say(`${line}`));
  const given = await answers;
  const sent = given.filter(({ ok }) => ok).length;
  assert.ok(sent >= 20 && sent < 100, `${sent} were stored`);
  for (const answer of given)
    assert.ok(answer.ok || (answer.code === 'rate_limited' && Number.isInteger(answer.retryAfter)));
  // It is nobody's own doing, and nobody is sent away for it.
  for (const { socket } of loud) assert.ok(socket.connected);
  const changed = await ask(chatty, 'PATCH', '/projects/loud', { settings: { perSecond: 1_000 } });
  assert.equal(changed.status, 200);
  for (const each of loud) stored(await each.say('이제 됩니다'));
});
