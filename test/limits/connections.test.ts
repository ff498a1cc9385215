/** Promise: nobody takes all the places, of an address, of a member, of a project, or by saying nothing; others come in. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { SignJWT } from 'jose';
import { BEHIND_PROXY, from, openMute, reach, refused, times } from '../support/limits.js';
import { ask, KEYS, make } from '../support/projects.js';
import { pollingRequest, sendRaw } from '../support/raw/http.js';
import { openRaw } from '../support/raw/websocket.js';
import { join, refusalOf, SECRET, startChatty, stored, tokenOf, until } from '../support/server.js';

const FORGED = tokenOf('공격', { secret: 'another-secret-of-at-least-32-bytes' });
const header = (address: string) => `X-Forwarded-For: ${address}`;
/** The status of an attempt to open a connection, by long polling. */
const knock = async (url: string, address: string) =>
  (await sendRaw(url, pollingRequest(url, { headers: [header(address)] })))?.status;

it('connections that say nothing, or a byte a second, are closed, and members come in meanwhile (D1)', async (context) => {
  const { url } = await startChatty(context);
  const { hostname, port } = new URL(url);
  const silent = await Promise.all(times(200, () => reach(context, hostname, Number(port))));
  let closed = 0;
  for (const [index, tcp] of silent.entries()) {
    tcp.once('close', () => {
      closed += 1;
    });
    if (index % 2 === 0) continue;
    const head = `GET / HTTP/1.1\r\nHost: ${hostname}\r\nX-Slow: ${'a'.repeat(100)}`;
    let sent = 0;
    const drip = setInterval(() => tcp.writable && tcp.write(head[sent++] ?? 'a'), 1_000);
    context.after(() => clearInterval(drip));
  }
  stored(await (await join(context, url, tokenOf('민수'))).say('멀쩡해요'));
  await until(() => closed === silent.length, 'all to be closed', 15_000);
});

it('strangers are let go after five seconds, also those who answer nothing; a member stays (D2)', async (context) => {
  const { url } = await startChatty(context);
  const minsu = await join(context, url, tokenOf('민수'));
  const mute = await Promise.all(times(50, () => openMute(context, url)));
  await until(() => mute.every(({ closed }) => closed), 'all to be closed', 10_000);
  stored(await minsu.say('멀쩡해요'));
});

it('an address has only so many strangers, and another one comes in (D2)', async (context) => {
  const { url } = await startChatty(context, { ...BEHIND_PROXY, STRANGERS_PER_ADDRESS: '5' });
  const strangers = await Promise.all(times(20, () => openRaw(url, { headers: [header('203.0.113.7')] })));
  context.after(() => strangers.map((socket) => socket.reset()));
  assert.equal(strangers.filter(({ open }) => open).length, 5);
  assert.equal(await knock(url, '203.0.113.7'), 403);
  const minsu = await join(context, url, tokenOf('민수'), from('203.0.113.8'));
  stored(await minsu.say('멀쩡해요'));
  for (const socket of strangers) socket.reset();
  await join(context, url, tokenOf('지영'), from('203.0.113.7'));
});

it('a server has only so many strangers, and who has come in is none (D2)', async (context) => {
  const { url } = await startChatty(context, { STRANGERS: '5' });
  for (const index of times(10, (index) => index)) await join(context, url, tokenOf(`민수${index}`));
  const strangers = await Promise.all(times(20, () => openRaw(url)));
  context.after(() => strangers.map((socket) => socket.reset()));
  assert.equal(strangers.filter(({ open }) => open).length, 5);
});

it('an address that shows forged tokens is refused before anything is looked at; others are not (D3)', async (context) => {
  const { url } = await startChatty(context, BEHIND_PROXY);
  const here = from('203.0.113.7');
  for (const index of times(20, (index) => index)) {
    const { said, code } = await refused(context, url, { token: FORGED }, here);
    assert.deepEqual([said, code], ['Authentication error', 'token_invalid'], `forgery ${index}`);
  }
  assert.equal(await knock(url, '203.0.113.7'), 403);
  const socket = await openRaw(url, { headers: [header('203.0.113.7')] });
  assert.equal(socket.open, false);
  const minsu = await join(context, url, tokenOf('민수'), from('203.0.113.8'));
  stored(await minsu.say('멀쩡해요'));
  // Three seconds give it another.
  await until(async () => (await knock(url, '203.0.113.7')) === 200, 'the end of the block');
});

it('whoever was let begin before an address was blocked is told how long to wait, and let go (D3)', async (context) => {
  const { url } = await startChatty(context, { ...BEHIND_PROXY, BAD_TOKENS_PER_MINUTE: '2' });
  const here = { headers: [header('203.0.113.7')] };
  const early = await openRaw(url, here);
  context.after(() => early.reset());
  for (const _ of times(2, (index) => index))
    await refused(context, url, { token: FORGED }, from('203.0.113.7'));
  early.say(`40${JSON.stringify({ token: tokenOf('민수') })}`);
  await until(() => early.closed, 'the close', 4_000);
  assert.match(early.texts.at(-1) ?? '', /^44.*"rate_limited".*"retryAfter":\d+\b/);
});

it('on one connection only a few tokens are looked at, however many are shown (D3)', async (context) => {
  const { url } = await startChatty(context);
  const socket = await openRaw(url);
  context.after(() => socket.reset());
  for (const _ of times(10, (index) => index)) socket.say(`40${JSON.stringify({ token: FORGED })}`);
  await until(() => socket.closed, 'the close', 4_000);
  assert.ok(socket.texts.filter((text) => text.startsWith('44')).length <= 4);
});

it('a forged token on a connection that is in counts as one at the door (D3)', async (context) => {
  const { url } = await startChatty(context, { ...BEHIND_PROXY, BAD_TOKENS_PER_MINUTE: '2' });
  const minsu = await join(context, url, tokenOf('민수'), from('203.0.113.7'));
  for (const _ of times(3, (index) => index)) {
    const answer = await minsu.socket.emitWithAck('auth refresh', { token: FORGED });
    assert.equal(answer.code, 'token_invalid');
  }
  assert.equal(await knock(url, '203.0.113.7'), 403);
  stored(await minsu.say('멀쩡해요'));
});

it('a crowd behind one address may forget itself more often, and expired tokens are no forgeries (D3)', async (context) => {
  const { url } = await startChatty(context, { ...BEHIND_PROXY, BAD_TOKENS_PER_MINUTE: '2' });
  const here = from('203.0.113.7');
  const expired = await new SignJWT({ projectId: 'kimpga', username: '늦은 사람' })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('-1h')
    .sign(new TextEncoder().encode(SECRET));
  for (const _ of times(5, (index) => index))
    assert.equal((await refused(context, url, { token: expired }, here)).code, 'token_expired');
  for (const index of times(30, (index) => index)) await join(context, url, tokenOf(`민수${index}`), here);
  for (const _ of times(6, (index) => index))
    assert.equal((await refused(context, url, { token: FORGED }, here)).code, 'token_invalid');
  await join(context, url, tokenOf('지영'), here);
});

it('a member has ten connections, the next is told to wait, and one that ends makes room (D14)', async (context) => {
  const { url } = await startChatty(context);
  const tabs = await Promise.all(times(10, () => join(context, url, tokenOf('민수'))));
  const more = await Promise.all(times(40, () => refused(context, url, { token: tokenOf('민수') })));
  for (const { code, retryAfter } of more)
    assert.deepEqual([code, Number.isInteger(retryAfter)], ['rate_limited', true]);
  await join(context, url, tokenOf('지영'));
  tabs[0]?.socket.disconnect();
  await until(
    () =>
      refusalOf(context, url, { token: tokenOf('민수') }).then(
        () => false,
        () => true,
      ),
    'a place',
  );
});

it('a connection has one member, however often it says who it is, and ends with them (D14)', async (context) => {
  const { url } = await startChatty(context);
  const socket = await openRaw(url);
  context.after(() => socket.reset());
  for (const name of ['하나', '둘', '셋']) socket.say(`40${JSON.stringify({ token: tokenOf(name) })}`);
  await until(() => socket.closed, 'the close');
  assert.ok(socket.texts.filter((text) => text.startsWith('40{')).length <= 1);
  const other = await openRaw(url);
  context.after(() => other.reset());
  other.say(`40${JSON.stringify({ token: tokenOf('하나') })}`);
  assert.ok(await other.when(({ texts }) => texts.some((text) => text.startsWith('42["history"'))));
  other.say('41');
  await until(() => other.closed, 'the close of a connection without a member');
});

it('an address and a project have only so many connections, each with a setting (D14)', async (context) => {
  const chatty = await startChatty(context, { ...BEHIND_PROXY, ...KEYS, CONNECTIONS_PER_ADDRESS: '3' });
  const { url } = chatty;
  await make(chatty, 'small', { settings: { connections: 2 } });
  for (const index of times(3, (index) => index))
    await join(context, url, tokenOf(`가${index}`), from('203.0.113.7'));
  const crowded = await refused(context, url, { token: tokenOf('나') }, from('203.0.113.7'));
  assert.equal(crowded.code, 'rate_limited');
  const small = (name: string) => tokenOf(name, { projectId: 'small' });
  for (const index of times(2, (index) => index))
    await join(context, url, small(`다${index}`), from(`203.0.113.${20 + index}`));
  const full = await refused(context, url, { token: small('라') }, from('203.0.113.30'));
  assert.equal(full.code, 'rate_limited');
  await join(context, url, tokenOf('나'), from('203.0.113.30'));
});

it('what stands left of the trusted proxies in X-Forwarded-For gives nobody another address (D21)', async (context) => {
  const { url } = await startChatty(context, { TRUSTED_PROXY_HOPS: '2', CONNECTIONS_PER_ADDRESS: '2' });
  const spoof = (index: number) => from(`198.51.100.${index}`, '203.0.113.7', '192.0.2.1');
  for (const index of times(2, (index) => index))
    await join(context, url, tokenOf(`가${index}`), spoof(index));
  for (const index of times(3, (index) => index))
    assert.equal(
      (await refused(context, url, { token: tokenOf(`나${index}`) }, spoof(index + 10))).code,
      'rate_limited',
    );
  await join(context, url, tokenOf('다'), from('203.0.113.7', '203.0.113.8', '192.0.2.1'));
});

it('where no proxy is trusted X-Forwarded-For is nobody’s address (D21)', async (context) => {
  const { url } = await startChatty(context, { STRANGERS_PER_ADDRESS: '1', CONNECTIONS_PER_ADDRESS: '1' });
  for (const index of times(3, (index) => index))
    await join(context, url, tokenOf(`가${index}`), from('203.0.113.7'));
});

it('wrong admin keys are counted for each address, and not for what it says it is (A2)', async (context) => {
  const chatty = await startChatty(context, { ...KEYS, ...BEHIND_PROXY });
  const guess = async (index: number, ...addresses: string[]) =>
    (
      await ask(chatty, 'GET', '/projects', undefined, {
        authorization: `Bearer ${index}`,
        'x-forwarded-for': addresses.join(', '),
      })
    ).status;
  const statuses: number[] = [];
  for (const index of times(15, (index) => index))
    statuses.push(await guess(index, `198.51.100.${index}`, '203.0.113.7'));
  assert.deepEqual(statuses, [...times(10, () => 401), ...times(5, () => 429)]);
  // A subscriber has 64 bits of IPv6 to choose from.
  for (const index of times(15, (index) => index))
    statuses.push(await guess(index, `2001:db8:1:2:${index + 1}::${index + 1}`));
  assert.deepEqual(statuses.slice(15), [...times(10, () => 401), ...times(5, () => 429)]);
  assert.equal(await guess(0, '203.0.113.8'), 401);
  const withRightKey = async (address: string) =>
    (await ask(chatty, 'GET', '/projects', undefined, { 'x-forwarded-for': address })).status;
  assert.equal(await withRightKey('203.0.113.7'), 429);
  assert.equal(await withRightKey('203.0.113.8'), 200);
});
