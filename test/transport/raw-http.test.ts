/** Promise: whatever comes over HTTP is answered plainly, guarded and in one form, or hung up on; the server stays. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { callApi, createProject, KEY_SETTINGS } from '../support/projects.js';
import { sendRawRequest } from '../support/raw/http.js';
import { assertStored, connectClient, createTestToken, startTestServer } from '../support/server.js';

const CRLF = '\r\n';
const request = (line: string, ...headers: string[]) => [line, ...headers, '', ''].join(CRLF);

it('malformed HTTP is answered with the same security headers (X10)', async (context) => {
  const { url } = await startTestServer(context);
  const answer = await sendRawRequest(url, `HACK${CRLF}${CRLF}`, 5_000);
  assert.equal(answer?.status, 400);
  assert.match(
    answer?.head ?? '',
    /^content-security-policy: default-src 'none'; frame-ancestors 'none'\r$/m,
  );
  assert.match(answer?.head ?? '', /^x-content-type-options: nosniff\r$/m);
});

it('malformed and smuggled requests are refused with the standard error format and have no effect (D24)', async (context) => {
  const { url } = await startTestServer(context, KEY_SETTINGS);
  const minsu = await connectClient(context, url, createTestToken('민수'));
  const cases: [string, string, readonly number[]][] = [
    [
      'length and chunks at once',
      `${request(
        'POST /api/v1/projects HTTP/1.1',
        'host: x',
        'content-length: 4',
        'transfer-encoding: chunked',
      )}0${CRLF}${CRLF}GET /healthz HTTP/1.1${CRLF}host: x${CRLF}${CRLF}`,
      [400],
    ],
    ['two lengths', request('POST / HTTP/1.1', 'host: x', 'content-length: 1', 'content-length: 2'), [400]],
    ['no host', request('GET /healthz HTTP/1.1'), [400]],
    ['two hosts', request('GET /healthz HTTP/1.1', 'host: a', 'host: b'), [200, 400]],
    ['100 KB of headers', request('GET / HTTP/1.1', 'host: x', `x: ${'a'.repeat(100_000)}`), [431]],
    ['a method that is none', request('HACK / HTTP/1.1', 'host: x'), [400]],
    ['TRACE', request('TRACE / HTTP/1.1', 'host: x', 'cookie: secret'), [404, 405]],
    ['CONNECT', request('CONNECT evil.example:443 HTTP/1.1', 'host: x'), [0, 400, 404, 405]],
    ['a URL that is none', request('GET /%FF HTTP/1.1', 'host: x'), [400]],
    ["another server's URL", request('GET http://evil.example/healthz HTTP/1.1', 'host: x'), [200, 400, 404]],
    ['a version that is none', request('GET / HTTP/9.9', 'host: x'), [400, 505]],
    ['a control in the path', request('GET /a\u0001b HTTP/1.1', 'host: x'), [400, 404]],
    [
      'an expectation',
      request('POST / HTTP/1.1', 'host: x', 'expect: the unexpected', 'content-length: 0'),
      [404, 417],
    ],
    ['not HTTP at all', `\u0016\u0003\u0001\u0002${CRLF}${CRLF}`, [400]],
  ];
  for (const [what, bytes, expected] of cases) {
    const answer = await sendRawRequest(url, bytes, 5_000);
    assert.ok(expected.includes(answer?.status ?? 0), `${what}: ${answer?.status}`);
    if (answer && answer.status >= 400 && answer.body.startsWith('{')) {
      const { code, message, ...rest } = JSON.parse(
        answer.body.replace(/^[0-9a-f]+\r\n|\r\n0\r\n\r\n$/g, ''),
      );
      assert.equal(typeof code === 'string' && typeof message === 'string', true, what);
      assert.deepEqual(rest, {}, what);
    }
    assert.doesNotMatch(answer?.body ?? '', /secret|\/work|node_modules|at \w+ \(/, what);
  }
  assertStored(await minsu.send('아직 있어요'));
});

it('a missing path gets the same response for any method and any body (D24)', async (context) => {
  const { url } = await startTestServer(context, KEY_SETTINGS);
  const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'SEARCH'];
  const paths = [
    '/nothing',
    '/widget/none.js',
    '/api/v1/nothing',
    '/.env',
    '/__proto__',
    '//',
    '/widget.js/..',
  ];
  const bodies = ['', '{', '<xml/>'];
  const answers = new Set<string>();
  for (const path of paths)
    for (const method of methods)
      for (const [index, body] of bodies.entries()) {
        const type = ['text/plain', 'application/json', 'text/xml'][index];
        const head = [`content-type: ${type}`, `content-length: ${body.length}`, 'connection: close'];
        const answer = await sendRawRequest(
          url,
          request(`${method} ${path} HTTP/1.1`, 'host: x', ...head) + body,
          5_000,
        );
        answers.add(`${answer?.status} ${method === 'HEAD' ? '' : answer?.body}`);
      }
  const missing = '{"code":"not_found","message":"There is nothing here."}';
  assert.deepEqual([...answers].sort(), ['404 ', `404 ${missing}`]);
  // What is there, by a method that it has not.
  for (const [method, path] of [
    ['POST', '/widget.js'],
    ['DELETE', '/healthz'],
    ['PUT', '/'],
    ['OPTIONS', '/api/v1/projects'],
  ])
    assert.equal(
      (await sendRawRequest(url, request(`${method} ${path} HTTP/1.1`, 'host: x'), 5_000))?.status,
      404,
    );
});

it('every response forbids framing, sniffing and referrers; scripts are available to every page (X6, X9, X10)', async (context) => {
  const chatty = await startTestServer(context, KEY_SETTINGS);
  await createProject(chatty, 'kimpga');
  const polling = ['/socket.io/?EIO=4&transport=polling', '/socket.io/?EIO=3', '/socket.io/?sid=none'];
  for (const path of ['/', '/healthz', '/readyz', '/nothing', '/api/v1/projects', '/%FF', ...polling]) {
    const { headers } = await fetch(chatty.url + path, { headers: { origin: 'https://evil.example' } });
    assert.equal(headers.get('content-security-policy'), "default-src 'none'; frame-ancestors 'none'", path);
    assert.equal(headers.get('x-content-type-options'), 'nosniff', path);
    assert.equal(headers.get('referrer-policy'), 'no-referrer', path);
    assert.equal(headers.get('cross-origin-resource-policy'), 'same-origin', path);
    for (const name of ['x-powered-by', 'server', 'set-cookie', 'access-control-allow-credentials'])
      assert.equal(headers.get(name), null, `${path} ${name}`);
    // Which page may connect is up to its project.
    if (!polling.includes(path)) assert.equal(headers.get('access-control-allow-origin'), null, path);
  }
  const { headers } = await fetch(`${chatty.url}/widget.js`);
  assert.equal(headers.get('cross-origin-resource-policy'), 'cross-origin');
  assert.equal(headers.get('access-control-allow-origin'), '*');
  assert.equal(headers.get('access-control-allow-credentials'), null);
});

it('an oversized body is not read to its end, whatever length it declares (D23)', async (context) => {
  const chatty = await startTestServer(context, KEY_SETTINGS);
  const { status, body } = await callApi(chatty, 'POST', '/projects', {
    id: 'big',
    name: 'a'.repeat(300_000),
  });
  assert.deepEqual([status, body.code], [413, 'too_large']);
  const huge = request(
    'POST /api/v1/projects HTTP/1.1',
    'host: x',
    'content-type: application/json',
    `authorization: Bearer ${'x'.repeat(40)}`,
    'content-length: 104857600',
  );
  const answer = await sendRawRequest(chatty.url, `${huge}{`, 5_000);
  assert.ok(answer && [401, 413].includes(answer.status), `${answer?.status}`);
  const zipped = await fetch(`${chatty.url}/api/v1/projects`, {
    method: 'POST',
    headers: { authorization: 'Bearer x', 'content-type': 'application/json', 'content-encoding': 'gzip' },
    body: new Uint8Array(1_000),
  });
  assert.equal(zipped.status, 401);
});
