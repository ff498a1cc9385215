/** Promise: widget.js can be loaded from any page and cached, and the state of the server can be asked. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { startTestServer } from '../support/server.js';

it('widget.js has the headers of a cross-origin script', async (context) => {
  const { url } = await startTestServer(context);
  const answer = await fetch(`${url}/widget.js`, { headers: { origin: 'https://kimpga.test' } });
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get('content-type') ?? '', /javascript/);
  assert.equal(answer.headers.get('access-control-allow-origin'), '*');
  assert.equal(answer.headers.get('cross-origin-resource-policy'), 'cross-origin');
  assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
  assert.match(answer.headers.get('cache-control') ?? '', /max-age=300/);
  assert.ok((await answer.text()).includes('chatty-chat'));
  const again = await fetch(`${url}/widget.js`, {
    headers: { 'if-none-match': answer.headers.get('etag') ?? '' },
  });
  assert.equal(again.status, 304);
});

it('healthz reports the process, readyz reports the database, any other path is a 404', async (context) => {
  const { url } = await startTestServer(context);
  assert.equal((await fetch(`${url}/healthz`)).status, 200);
  assert.equal((await fetch(`${url}/readyz`)).status, 200);
  const missing = await fetch(`${url}/../../etc/passwd`);
  assert.equal(missing.status, 404);
  assert.deepEqual(Object.keys((await missing.json()) as object), ['code', 'message']);
});
