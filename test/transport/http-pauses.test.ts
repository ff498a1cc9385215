/** Promise: no request, whatever stands in its head, its address or its body, keeps everybody else waiting for more than 50 ms (R15). */

import { connect } from 'node:net';
import { it, type TestContext } from 'node:test';
import fc from 'fast-check';
import { assertNoLongPause } from '../support/event-loop-lag.js';
import { ADMIN_KEY, createProject, KEY_SETTINGS } from '../support/projects.js';
import { sendRawRequest } from '../support/raw/http.js';
import { createTestToken, startTestServer } from '../support/server.js';
import { mixedHeaderFields, worstHeaderFields, worstJsonBodies } from '../support/worst-requests.js';
import { worstTexts } from '../support/worst-texts.js';

/** Node reads no longer head. Some of it goes to the other fields. */
const HEAD_BYTES = 15_000;
const BODY_BYTES = 16 * 1024;
const PATIENCE_MS = 5_000;

async function start(context: TestContext) {
  // As many proxies as there may be, so that the whole of X-Forwarded-For is read.
  const chatty = await startTestServer(context, {
    ...KEY_SETTINGS,
    TRUSTED_PROXY_HOPS: '10',
    ADDRESS_EVENTS_PER_SECOND: '1000000',
  });
  await createProject(chatty, 'kimpga', { settings: { words: ['scam'] }, origins: ['https://kimpga.com'] });
  return chatty;
}

type Request = { method?: string; path?: string; fields?: Record<string, string>; body?: string };

function written({ method = 'GET', path = '/', fields = {}, body = '' }: Request): Buffer {
  const lines = Object.entries({ Host: 'x', Connection: 'close', ...fields }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  const length = Buffer.byteLength(body);
  return Buffer.concat([
    Buffer.from(
      `${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\nContent-Length: ${length}\r\n\r\n`,
      'latin1',
    ),
    Buffer.from(body),
  ]);
}

function assertQuick(url: string, what: string, request: Request): Promise<void> {
  const bytes = written(request);
  return assertNoLongPause(what, () => sendRawRequest(url, bytes, PATIENCE_MS));
}

/** Sends bytes and hangs up at the first of the answer. */
function sendUntilAnswered(url: string, bytes: Buffer): Promise<void> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const tcp = connect({ host: hostname, port: Number(port), noDelay: true });
    tcp.once('data', () => tcp.destroy()).once('close', () => resolve());
    // A hang-up is an answer here.
    tcp.on('error', () => undefined);
    tcp.write(bytes);
  });
}

const authorized = { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' };
/** A header field, and where it is read. */
const FIELDS: [field: string, path: string][] = [
  ['If-None-Match', '/widget.js'],
  ['Accept-Encoding', '/widget.js'],
  ['X-Forwarded-For', '/api/v1/projects'],
  ['X-Forwarded-For', '/socket.io/?EIO=4&transport=polling'],
  ['Authorization', '/api/v1/projects'],
  ['Origin', '/api/v1/projects'],
  ['Origin', '/socket.io/?EIO=4&transport=polling'],
  ['Sec-Fetch-Site', '/api/v1/projects'],
  ['Content-Type', '/api/v1/projects'],
  ['Cookie', '/doctor'],
  ['X-Any', '/healthz'],
];
/** Addresses with a place in them. */
const PATHS = [
  '/?',
  '/widget/?',
  '/nothing/?',
  '/socket.io/?EIO=4&transport=polling&?',
  '/socket.io/??',
  '/api/v1/projects/?',
  '/api/v1/projects/kimpga/sanctions?after=?',
  '/api/v1/projects/kimpga/sanctions?limit=?',
  '/api/v1/projects/kimpga/audit?before=?',
  '/api/v1/projects/kimpga/audit??',
  '/api/v1/projects/kimpga/rooms/?/rules',
];
const withPlace = (path: string, text: string) => {
  const at = path.lastIndexOf('?');
  return path.slice(0, at) + text + path.slice(at + 1);
};
/** A space would end the address. */
const asAddress = (text: string) => text.replace(/[\s#]/g, '%20').slice(0, HEAD_BYTES);

it('no header field blocks the event loop', { timeout: 240_000 }, async (context) => {
  const { url } = await start(context);
  for (const [field, path] of FIELDS) {
    const fields = path.startsWith('/api') ? authorized : {};
    for (const text of worstHeaderFields(HEAD_BYTES - 400))
      await assertQuick(url, `${field}: ${text.slice(0, 20)}`, {
        path,
        fields: { ...fields, [field]: `a${text}b` },
      });
  }
});

it('no URL blocks the event loop', { timeout: 240_000 }, async (context) => {
  const { url } = await start(context);
  for (const path of PATHS)
    for (const text of worstHeaderFields(HEAD_BYTES - 400))
      await assertQuick(url, `${path} with ${text.slice(0, 20)}`, {
        path: withPlace(path, asAddress(text)),
        fields: authorized,
      });
});

it('no mixture of header fields blocks the event loop', { timeout: 240_000 }, async (context) => {
  const { url } = await start(context);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...FIELDS),
      mixedHeaderFields(HEAD_BYTES - 400),
      async ([field, path], text) => {
        await assertQuick(url, `${field}: ${text.slice(0, 40)}`, { path, fields: { [field]: text } });
      },
    ),
    { numRuns: 200 },
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...PATHS), mixedHeaderFields(HEAD_BYTES - 400), async (path, text) => {
      const whole = withPlace(path, asAddress(text));
      await assertQuick(url, whole.slice(0, 60), { path: whole, fields: authorized });
    }),
    { numRuns: 200 },
  );
});

it('no header field or URL of a WebSocket upgrade blocks the event loop', {
  timeout: 240_000,
}, async (context) => {
  const { url } = await start(context);
  const path = '/socket.io/?EIO=4&transport=websocket';
  const upgrade = {
    ...{ Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' },
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  };
  const names = ['X-Forwarded-For', 'Origin', 'Sec-WebSocket-Protocol', 'Sec-WebSocket-Extensions', 'Cookie'];
  for (const text of worstHeaderFields(HEAD_BYTES - 600)) {
    const requests = names.map((name) => written({ path, fields: { ...upgrade, [name]: `a${text}b` } }));
    requests.push(written({ path: `${path}&${asAddress(text)}`, fields: upgrade }));
    for (const [at, bytes] of requests.entries())
      await assertNoLongPause(`${names[at] ?? 'the address'} of ${text.slice(0, 20)}`, () =>
        sendUntilAnswered(url, bytes),
      );
  }
});

it('the maximum number of header fields and parameters does not block the event loop', async (context) => {
  const { url } = await start(context);
  const many = Object.fromEntries(Array.from({ length: 1_900 }, (_, at) => [`f${at.toString(36)}`, '']));
  await assertQuick(url, 'many fields', { fields: many });
  const parameters = Array.from({ length: 3_000 }, (_, at) => `${at.toString(36)}=`).join('&');
  for (const path of ['/api/v1/projects/kimpga/audit', '/socket.io/', '/widget.js'])
    await assertQuick(url, `many parameters of ${path}`, {
      path: `${path}?${parameters}`,
      fields: authorized,
    });
});

it('no body of an API route blocks the event loop', { timeout: 240_000 }, async (context) => {
  const { url } = await start(context);
  const routes = [
    'POST /projects',
    'PATCH /projects/kimpga',
    'POST /projects/kimpga/secrets',
    'POST /projects/kimpga/keys',
    'POST /projects/kimpga/cutoffs',
    'POST /projects/kimpga/doctor',
    'POST /projects/kimpga/filter/dry-run',
    'POST /projects/kimpga/members/u1/mute',
    'PATCH /projects/kimpga/rooms/main/rules',
  ];
  for (const route of routes) {
    const [method = '', path = ''] = route.split(' ');
    const size = /^PATCH \/projects\/kimpga$|dry-run/.test(route) ? 256 * 1024 : BODY_BYTES;
    for (const body of worstJsonBodies(size))
      await assertQuick(url, `${route} of ${body.slice(0, 20)}`, {
        method,
        path: `/api/v1${path}`,
        fields: authorized,
        body,
      });
  }
});

it('no text in an API body blocks the event loop', { timeout: 240_000 }, async (context) => {
  const { url } = await start(context);
  const places: [method: string, path: string, body: (text: string) => object][] = [
    ['PATCH', '/projects/kimpga', (text) => ({ name: text })],
    ['PATCH', '/projects/kimpga', (text) => ({ origins: [`https://${text}`] })],
    ['PATCH', '/projects/kimpga', (text) => ({ settings: { rooms: [text] } })],
    ['POST', '/projects/kimpga/cutoffs', (text) => ({ before: text })],
    ['POST', '/projects/kimpga/cutoffs', (text) => ({ before: `2026-01-01${text}` })],
    ['POST', '/projects/kimpga/secrets', (text) => ({ algorithm: 'RS256', publicKey: text })],
    ['POST', '/projects/kimpga/members/u1/mute', (text) => ({ reason: text, seconds: 1 })],
    ['POST', '/projects/kimpga/doctor', (token) => ({ token })],
    [
      'POST',
      '/projects/kimpga/doctor',
      (origin) => ({ token: createTestToken('민수'), origin: origin.slice(0, 256) }),
    ],
  ];
  for (const [method, path, bodyOf] of places)
    for (const [, text] of worstTexts(5_000))
      await assertQuick(url, `${method} ${path} ${JSON.stringify(bodyOf(text)).slice(0, 60)}`, {
        method,
        path: `/api/v1${path}`,
        fields: authorized,
        body: JSON.stringify(bodyOf(text)),
      });
});
