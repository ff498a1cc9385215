/** Promise: a demo host logs in whom it knows and nobody else, and signs tokens for its own project only. */

import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { createDemoSite, kimpga, othershop } from '@chatty/demo/testing';
import { jwtVerify } from 'jose';
import { SECRET } from '../support/server.js';

async function open(context: TestContext, site = kimpga) {
  const host = createDemoSite({
    site,
    host: '127.0.0.1',
    port: 0,
    chattyUrl: 'http://localhost:3000',
    jwtSecret: SECRET,
  });
  context.after(() => host.close());
  const url = `http://127.0.0.1:${(await host.listen()).port}`;
  const logIn = (id: string, password: string, headers: Record<string, string> = {}) =>
    fetch(`${url}/login`, {
      method: 'POST',
      body: new URLSearchParams({ id, password }),
      headers,
      redirect: 'manual',
    });
  return { url, logIn };
}

const tokenIn = (page: string) => /window\.params = \{"token":"([^"]+)"/.exec(page)?.[1];

it('after a login the page has the two-line snippet and a token of its own project', async (context) => {
  for (const [site, id, name] of [
    [kimpga, 'minsu', '민수'],
    [othershop, 'alice', 'Alice'],
  ] as const) {
    const { url, logIn } = await open(context, site);
    const answer = await logIn(id, `${site.id}-${id}`);
    assert.equal(answer.status, 303);
    const cookie = answer.headers.get('set-cookie') ?? '';
    assert.match(cookie, /HttpOnly; SameSite=Lax/);
    const page = await (await fetch(url, { headers: { cookie: cookie.split(';')[0] ?? '' } })).text();
    assert.match(page, /<script src="http:\/\/localhost:3000\/widget\.js" defer><\/script>/);
    const { payload } = await jwtVerify(tokenIn(page) ?? '', new TextEncoder().encode(SECRET), {
      algorithms: ['HS256'],
    });
    assert.deepEqual([payload.projectId, payload.sub, payload.username], [site.id, id, name]);
  }
});

it('without a login, or with a forged or foreign cookie, there is no token', async (context) => {
  const { url } = await open(context);
  const shop = await open(context, othershop);
  const foreign =
    (await shop.logIn('alice', 'othershop-alice')).headers.get('set-cookie')?.split(';')[0] ?? '';
  const value = foreign.split('=')[1] ?? '';
  for (const cookie of ['', 'kimpga_session=bWluc3U.9999999999.x', foreign, `kimpga_session=${value}`]) {
    const answer = await fetch(url, { headers: { cookie } });
    assert.equal(tokenIn(await answer.text()), undefined, cookie);
    assert.match(
      answer.headers.get('content-security-policy') ?? '',
      /default-src 'none'; script-src 'self' 'nonce-/,
    );
  }
});

it('wrong passwords get the same refusal, and guessing is rate limited', async (context) => {
  const { logIn } = await open(context);
  assert.equal((await logIn('minsu', 'wrong')).status, 401);
  assert.equal((await logIn('nobody', 'wrong')).status, 401);
  // At once: a try counts before its password has been looked at.
  const tries = await Promise.all(Array.from({ length: 20 }, () => logIn('minsu', 'wrong')));
  assert.equal(tries.filter(({ status }) => status === 401).length, 9);
  assert.equal((await logIn('minsu', 'kimpga-minsu')).status, 429);
  assert.equal((await logIn('jiyoung', 'kimpga-jiyoung')).status, 303);
});

it('cross-site forms, path traversal and oversized bodies are refused', async (context) => {
  const { url, logIn } = await open(context);
  assert.equal((await logIn('minsu', 'kimpga-minsu', { origin: 'https://evil.test' })).status, 403);
  assert.equal((await fetch(`${url}/..%2f..%2fpackage.json`)).status, 404);
  assert.equal((await logIn('minsu', 'x'.repeat(10_000))).status, 413);
  const json = await fetch(`${url}/login`, {
    method: 'POST',
    body: '{"id":1,"password":{}}',
    headers: { 'content-type': 'application/json' },
  });
  assert.equal(json.status, 415);
});
