/** Promise: nobody takes all the places, of an address, of a member, of a project, or by saying nothing; others come in. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { SignJWT } from 'jose';
import {
  BEHIND_PROXY,
  connectTcp,
  expectRefusal,
  forwardedFor,
  openUnresponsiveUpgrade,
  repeat,
} from '../support/limits.js';
import { callApi, createProject, KEY_SETTINGS } from '../support/projects.js';
import { pollingRequest, sendRawRequest } from '../support/raw/http.js';
import { openRawSocket } from '../support/raw/websocket.js';
import {
  assertStored,
  connectClient,
  connectExpectingRefusal,
  createTestToken,
  SECRET,
  startTestServer,
  waitUntil,
} from '../support/server.js';

const FORGED = createTestToken('공격', { secret: 'another-secret-of-at-least-32-bytes' });
const header = (address: string) => `X-Forwarded-For: ${address}`;
/** The status of an attempt to open a connection, by long polling. */
const knock = async (url: string, address: string) =>
  (await sendRawRequest(url, pollingRequest(url, { headers: [header(address)] })))?.status;

it('connections that are silent or send a byte a second are closed, and members still connect (D1)', async (context) => {
  const { url } = await startTestServer(context);
  const { hostname, port } = new URL(url);
  const silent = await Promise.all(repeat(200, () => connectTcp(context, hostname, Number(port))));
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
  assertStored(await (await connectClient(context, url, createTestToken('민수'))).send('멀쩡해요'));
  await waitUntil(() => closed === silent.length, 'all to be closed', 15_000);
});

it('unauthenticated connections are closed after 5 s, even if they never answer; a member stays (D2)', async (context) => {
  const { url } = await startTestServer(context);
  const minsu = await connectClient(context, url, createTestToken('민수'));
  const mute = await Promise.all(repeat(50, () => openUnresponsiveUpgrade(context, url)));
  await waitUntil(() => mute.every(({ closed }) => closed), 'all to be closed', 10_000);
  assertStored(await minsu.send('멀쩡해요'));
});

it('unauthenticated connections are limited per address, and other addresses still connect (D2)', async (context) => {
  const { url } = await startTestServer(context, {
    ...BEHIND_PROXY,
    UNAUTHENTICATED_CONNECTIONS_PER_ADDRESS: '5',
  });
  const strangers = await Promise.all(
    repeat(20, () => openRawSocket(url, { headers: [header('203.0.113.7')] })),
  );
  context.after(() => strangers.map((socket) => socket.resetConnection()));
  assert.equal(strangers.filter(({ open }) => open).length, 5);
  assert.equal(await knock(url, '203.0.113.7'), 403);
  const minsu = await connectClient(context, url, createTestToken('민수'), forwardedFor('203.0.113.8'));
  assertStored(await minsu.send('멀쩡해요'));
  for (const socket of strangers) socket.resetConnection();
  await connectClient(context, url, createTestToken('지영'), forwardedFor('203.0.113.7'));
});

it('unauthenticated connections are limited per server, and authenticated ones do not count (D2)', async (context) => {
  const { url } = await startTestServer(context, { UNAUTHENTICATED_CONNECTIONS: '5' });
  for (const index of repeat(10, (index) => index))
    await connectClient(context, url, createTestToken(`민수${index}`));
  const strangers = await Promise.all(repeat(20, () => openRawSocket(url)));
  context.after(() => strangers.map((socket) => socket.resetConnection()));
  assert.equal(strangers.filter(({ open }) => open).length, 5);
});

it('an address that sends forged tokens is refused before any check; other addresses are not (D3)', async (context) => {
  const { url } = await startTestServer(context, BEHIND_PROXY);
  const here = forwardedFor('203.0.113.7');
  for (const index of repeat(20, (index) => index)) {
    const { said, code } = await expectRefusal(context, url, { token: FORGED }, here);
    assert.deepEqual([said, code], ['Authentication error', 'token_invalid'], `forgery ${index}`);
  }
  assert.equal(await knock(url, '203.0.113.7'), 403);
  const socket = await openRawSocket(url, { headers: [header('203.0.113.7')] });
  assert.equal(socket.open, false);
  const minsu = await connectClient(context, url, createTestToken('민수'), forwardedFor('203.0.113.8'));
  assertStored(await minsu.send('멀쩡해요'));
  // Three seconds give it another.
  await waitUntil(async () => (await knock(url, '203.0.113.7')) === 200, 'the end of the block');
});

it('a connection opened before its address was blocked gets the retry delay and is closed (D3)', async (context) => {
  const { url } = await startTestServer(context, { ...BEHIND_PROXY, INVALID_TOKENS_PER_MINUTE: '2' });
  const here = { headers: [header('203.0.113.7')] };
  const early = await openRawSocket(url, here);
  context.after(() => early.resetConnection());
  for (const _ of repeat(2, (index) => index))
    await expectRefusal(context, url, { token: FORGED }, forwardedFor('203.0.113.7'));
  early.sendText(`40${JSON.stringify({ token: createTestToken('민수') })}`);
  await waitUntil(() => early.closed, 'the close', 4_000);
  assert.match(early.receivedTexts.at(-1) ?? '', /^44.*"rate_limited".*"retryAfter":\d+\b/);
});

it('the number of token checks per connection is limited, however many tokens are sent (D3)', async (context) => {
  const { url } = await startTestServer(context);
  const socket = await openRawSocket(url);
  context.after(() => socket.resetConnection());
  for (const _ of repeat(10, (index) => index)) socket.sendText(`40${JSON.stringify({ token: FORGED })}`);
  await waitUntil(() => socket.closed, 'the close', 4_000);
  assert.ok(socket.receivedTexts.filter((text) => text.startsWith('44')).length <= 4);
});

it('a forged token on an authenticated connection counts like one in the handshake (D3)', async (context) => {
  const { url } = await startTestServer(context, { ...BEHIND_PROXY, INVALID_TOKENS_PER_MINUTE: '2' });
  const minsu = await connectClient(context, url, createTestToken('민수'), forwardedFor('203.0.113.7'));
  for (const _ of repeat(3, (index) => index)) {
    const answer = await minsu.socket.emitWithAck('auth refresh', { token: FORGED });
    assert.equal(answer.code, 'token_invalid');
  }
  assert.equal(await knock(url, '203.0.113.7'), 403);
  assertStored(await minsu.send('멀쩡해요'));
});

it('valid members behind one address raise its limit for forged tokens, and expired tokens do not count as forged (D3)', async (context) => {
  const { url } = await startTestServer(context, { ...BEHIND_PROXY, INVALID_TOKENS_PER_MINUTE: '2' });
  const here = forwardedFor('203.0.113.7');
  const expired = await new SignJWT({ projectId: 'kimpga', username: '늦은 사람' })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('-1h')
    .sign(new TextEncoder().encode(SECRET));
  for (const _ of repeat(5, (index) => index))
    assert.equal((await expectRefusal(context, url, { token: expired }, here)).code, 'token_expired');
  for (const index of repeat(30, (index) => index))
    await connectClient(context, url, createTestToken(`민수${index}`), here);
  for (const _ of repeat(6, (index) => index))
    assert.equal((await expectRefusal(context, url, { token: FORGED }, here)).code, 'token_invalid');
  await connectClient(context, url, createTestToken('지영'), here);
});

it('a member may have ten connections, the next gets a retry delay, and a closed one makes room (D14)', async (context) => {
  const { url } = await startTestServer(context);
  const tabs = await Promise.all(repeat(10, () => connectClient(context, url, createTestToken('민수'))));
  const more = await Promise.all(
    repeat(40, () => expectRefusal(context, url, { token: createTestToken('민수') })),
  );
  for (const { code, retryAfter } of more)
    assert.deepEqual([code, Number.isInteger(retryAfter)], ['rate_limited', true]);
  await connectClient(context, url, createTestToken('지영'));
  tabs[0]?.socket.disconnect();
  await waitUntil(
    () =>
      connectExpectingRefusal(context, url, { token: createTestToken('민수') }).then(
        () => false,
        () => true,
      ),
    'a place',
  );
});

it('a connection counts once for its member, however often it authenticates, until it closes (D14)', async (context) => {
  const { url } = await startTestServer(context);
  const socket = await openRawSocket(url);
  context.after(() => socket.resetConnection());
  for (const name of ['하나', '둘', '셋'])
    socket.sendText(`40${JSON.stringify({ token: createTestToken(name) })}`);
  await waitUntil(() => socket.closed, 'the close');
  assert.ok(socket.receivedTexts.filter((text) => text.startsWith('40{')).length <= 1);
  const other = await openRawSocket(url);
  context.after(() => other.resetConnection());
  other.sendText(`40${JSON.stringify({ token: createTestToken('하나') })}`);
  assert.ok(
    await other.waitFor(({ receivedTexts: texts }) => texts.some((text) => text.startsWith('42["history"'))),
  );
  other.sendText('41');
  await waitUntil(() => other.closed, 'the close of a connection without a member');
});

it('connections are limited per address and per project, each with a setting (D14)', async (context) => {
  const chatty = await startTestServer(context, {
    ...BEHIND_PROXY,
    ...KEY_SETTINGS,
    CONNECTIONS_PER_ADDRESS: '3',
  });
  const { url } = chatty;
  await createProject(chatty, 'small', { settings: { connections: 2 } });
  for (const index of repeat(3, (index) => index))
    await connectClient(context, url, createTestToken(`가${index}`), forwardedFor('203.0.113.7'));
  const crowded = await expectRefusal(
    context,
    url,
    { token: createTestToken('나') },
    forwardedFor('203.0.113.7'),
  );
  assert.equal(crowded.code, 'rate_limited');
  const small = (name: string) => createTestToken(name, { projectId: 'small' });
  for (const index of repeat(2, (index) => index))
    await connectClient(context, url, small(`다${index}`), forwardedFor(`203.0.113.${20 + index}`));
  const full = await expectRefusal(context, url, { token: small('라') }, forwardedFor('203.0.113.30'));
  assert.equal(full.code, 'rate_limited');
  await connectClient(context, url, createTestToken('나'), forwardedFor('203.0.113.30'));
});

it('entries left of the trusted proxies in X-Forwarded-For do not change the address (D21)', async (context) => {
  const { url } = await startTestServer(context, { TRUSTED_PROXY_HOPS: '2', CONNECTIONS_PER_ADDRESS: '2' });
  const spoof = (index: number) => forwardedFor(`198.51.100.${index}`, '203.0.113.7', '192.0.2.1');
  for (const index of repeat(2, (index) => index))
    await connectClient(context, url, createTestToken(`가${index}`), spoof(index));
  for (const index of repeat(3, (index) => index))
    assert.equal(
      (await expectRefusal(context, url, { token: createTestToken(`나${index}`) }, spoof(index + 10))).code,
      'rate_limited',
    );
  await connectClient(
    context,
    url,
    createTestToken('다'),
    forwardedFor('203.0.113.7', '203.0.113.8', '192.0.2.1'),
  );
});

it('without trusted proxies X-Forwarded-For is ignored (D21)', async (context) => {
  const { url } = await startTestServer(context, {
    UNAUTHENTICATED_CONNECTIONS_PER_ADDRESS: '1',
    CONNECTIONS_PER_ADDRESS: '1',
  });
  for (const index of repeat(3, (index) => index))
    await connectClient(context, url, createTestToken(`가${index}`), forwardedFor('203.0.113.7'));
});

it('wrong admin keys are counted by real address, not by the claimed one (A2)', async (context) => {
  const chatty = await startTestServer(context, { ...KEY_SETTINGS, ...BEHIND_PROXY });
  const guess = async (index: number, ...addresses: string[]) =>
    (
      await callApi(chatty, 'GET', '/projects', undefined, {
        authorization: `Bearer ${index}`,
        'x-forwarded-for': addresses.join(', '),
      })
    ).status;
  const statuses: number[] = [];
  for (const index of repeat(15, (index) => index))
    statuses.push(await guess(index, `198.51.100.${index}`, '203.0.113.7'));
  assert.deepEqual(statuses, [...repeat(10, () => 401), ...repeat(5, () => 429)]);
  // A subscriber has 64 bits of IPv6 to choose from.
  for (const index of repeat(15, (index) => index))
    statuses.push(await guess(index, `2001:db8:1:2:${index + 1}::${index + 1}`));
  assert.deepEqual(statuses.slice(15), [...repeat(10, () => 401), ...repeat(5, () => 429)]);
  assert.equal(await guess(0, '203.0.113.8'), 401);
  const withRightKey = async (address: string) =>
    (await callApi(chatty, 'GET', '/projects', undefined, { 'x-forwarded-for': address })).status;
  assert.equal(await withRightKey('203.0.113.7'), 429);
  assert.equal(await withRightKey('203.0.113.8'), 200);
});
