/** Promise: whatever a peer leaves unfinished, unread or open, its connection is gone after a bounded time. */

import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { createLog, readConfig, startApp } from '@chatty/server';
import { countServerSockets, openIdlePeer } from '../support/idle-peer.js';
import {
  assertStored,
  connectClient,
  createTestDatabase,
  createTestToken,
  SECRET,
  startTestServer,
  waitUntil,
} from '../support/server.js';

const CRLF = '\r\n';
const head = (line: string, ...fields: string[]) => [line, 'Host: x', ...fields, '', ''].join(CRLF);
const DEADLINES = { headersMs: 400, requestMs: 800, closeMs: 200, unreadMs: 600, sweepIntervalMs: 50 };

/** What a peer sends before it stops. */
const UNFINISHED: Record<string, string> = {
  nothing: '',
  'a blank line': CRLF,
  'half a method': 'GE',
  'half a head': `GET / HTTP/1.1${CRLF}Host: x${CRLF}X-Half: `,
  'half a head behind a whole request': `${head('GET /healthz HTTP/1.1')}GET / HTTP/1.1${CRLF}Ho`,
  'half a body': `${head('POST /api/v1/projects HTTP/1.1', 'Content-Length: 100')}{`,
  'half a chunk': `${head('POST /socket.io/?EIO=4&transport=polling HTTP/1.1', 'Transfer-Encoding: chunked')}5${CRLF}ab`,
  'no HTTP at all': 'HACK\0\0',
  'a head that is too large': head('GET / HTTP/1.1', `X-Large: ${'a'.repeat(20_000)}`),
  'a request that asks for the end': head('GET /widget.js HTTP/1.1', 'Connection: close'),
  'an upgrade to nothing that is there': head(
    'GET /other HTTP/1.1',
    'Connection: Upgrade',
    'Upgrade: websocket',
  ),
  'an upgrade to another protocol': head('GET / HTTP/1.1', 'Connection: Upgrade', 'Upgrade: h2c'),
  'a WebSocket without a key': head(
    'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1',
    'Connection: Upgrade',
    'Upgrade: websocket',
  ),
  'a tunnel': head('CONNECT evil.example:443 HTTP/1.1'),
};

async function start(context: TestContext) {
  const connection = await createTestDatabase(context);
  const read = readConfig({
    ...{ HOST: '127.0.0.1', PORT: '0', JWT_SECRET: SECRET, ADMIN_KEY: 'k'.repeat(40), LOG_LEVEL: 'silent' },
    ...{ DB_HOST: connection.host, DB_PORT: String(connection.port), POSTGRES_DB: connection.database },
    ...{ POSTGRES_USER: connection.user, POSTGRES_PASSWORD: connection.password },
  });
  assert.ok(read.ok);
  const log = createLog('silent');
  const { config } = read;
  const app = await startApp({ config, log, progress: () => undefined, httpDeadlines: DEADLINES });
  context.after(() => app.close());
  return { url: `http://127.0.0.1:${app.port}` };
}

it('peers that stall, read nothing or never close are all disconnected eventually', async (context) => {
  const open = countServerSockets(context);
  const { url } = await start(context);
  for (const [what, bytes] of Object.entries(UNFINISHED)) {
    await Promise.all(Array.from({ length: 20 }, () => openIdlePeer(context, url, bytes)));
    await waitUntil(() => open() === 0, `the end of peers that sent ${what}`);
  }
});

it('a request head has a total time limit, however steadily bytes arrive', async (context) => {
  const open = countServerSockets(context);
  const { url } = await start(context);
  const peers = await Promise.all(
    Array.from({ length: 20 }, () => openIdlePeer(context, url, 'GET / HTTP/1.1')),
  );
  await waitUntil(() => open() === 20, 'connections');
  let drops = 0;
  const dripping = setInterval(() => {
    drops += 1;
    for (const peer of peers) peer.write(`${CRLF}X-${drops}: a`);
  }, 20);
  context.after(() => clearInterval(dripping));
  await waitUntil(() => open() === 0, 'the end of peers that drip');
  assert.ok(drops >= 10, `${drops} drops`);
});

it('a peer that sends requests without reading responses is disconnected, and others are served meanwhile', async (context) => {
  const open = countServerSockets(context);
  const { url } = await start(context);
  const request = head('GET /widget.js HTTP/1.1', 'Accept-Encoding: identity');
  const flood = await openIdlePeer(context, url, request.repeat(1_000));
  await waitUntil(() => open() === 0, 'the end of a thousand requests at once');
  assert.ok(flood.bytesRead < 100 * 1024);
  const peers = await Promise.all(Array.from({ length: 10 }, () => openIdlePeer(context, url)));
  await waitUntil(() => open() === 10, 'connections');
  const asking = setInterval(() => {
    for (const peer of peers) peer.write(request.repeat(4));
  }, 5);
  context.after(() => clearInterval(asking));
  assert.equal((await fetch(`${url}/healthz`, { headers: { connection: 'close' } })).status, 200);
  await waitUntil(() => open() === 0, 'the end of those who ask on and on');
});

it('idle members stay connected: long polling and WebSockets outlive the HTTP timeouts', async (context) => {
  const { url } = await start(context);
  const members = [
    await connectClient(context, url, createTestToken('민수'), { transports: ['websocket'] }),
    await connectClient(context, url, createTestToken('하늘'), { transports: ['polling'] }),
  ];
  let gone = 0;
  for (const { socket } of members) socket.on('disconnect', () => (gone += 1));
  const idle = await openIdlePeer(context, url, 'GET / HTT');
  let ended = false;
  idle.once('end', () => (ended = true)).resume();
  // Longer than any deadline: a request that is late is answered, then ended; so is the next.
  for (let times = 0; times < 3; times += 1) {
    const late = await openIdlePeer(context, url, 'GET / HTT');
    late.resume();
    await new Promise((resolve) => late.once('end', resolve));
    late.destroy();
  }
  await waitUntil(() => ended, 'the end of a request that is late');
  assert.equal(gone, 0);
  for (const member of members) assertStored(await member.send('아직 있어요'));
});

it('a late request gets a timeout response before its connection closes', async (context) => {
  const { url } = await start(context);
  const peer = await openIdlePeer(context, url, 'GET / HTTP/1.1');
  let text = '';
  peer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  peer.resume();
  await waitUntil(() => text.includes('}'), 'an answer');
  assert.match(text, /^HTTP\/1\.1 408 /);
});

it('by default a request head may take 8 s', async (context) => {
  const open = countServerSockets(context);
  const { url } = await startTestServer(context);
  const began = performance.now();
  await openIdlePeer(context, url, 'GET / HTTP/1.1');
  await waitUntil(() => open() === 1, 'the connection');
  await waitUntil(() => open() === 0, 'its end', 20_000);
  const seconds = (performance.now() - began) / 1_000;
  assert.ok(seconds > 7, `${seconds} s`);
});
