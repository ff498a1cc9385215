/** Promise: projects are made and changed by whoever has the admin key, over HTTP and by a command, and by nobody else. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ADMIN_KEY, callApi, createProject, KEY_SETTINGS } from '../support/projects.js';
import { connectClient, createTestToken, startTestServer } from '../support/server.js';

it('the API accepts only its key, refuses browsers, and resists guessing (A1, A2)', async (context) => {
  const chatty = await startTestServer(context, KEY_SETTINGS);
  assert.equal(
    (await callApi(chatty, 'GET', '/projects', undefined, { origin: 'https://kimpga.com' })).status,
    403,
  );
  const statuses: number[] = [];
  for (const wrong of [
    '',
    'Bearer ',
    `Basic ${ADMIN_KEY}`,
    `Bearer ${createTestToken('민수', { role: 'admin' })}`,
  ])
    statuses.push((await callApi(chatty, 'POST', '/projects', { id: 'x' }, { authorization: wrong })).status);
  assert.deepEqual(statuses, [401, 401, 401, 401]);
  assert.deepEqual((await callApi(chatty, 'GET', '/projects')).body.projects, []);
  const closed = await startTestServer(context);
  assert.equal((await callApi(closed, 'GET', '/projects')).status, 404);
});

it('after ten wrong keys every key from that address is refused unchecked; other addresses are not affected (A2)', async (context) => {
  const chatty = await startTestServer(context, { ...KEY_SETTINGS, TRUSTED_PROXY_HOPS: '1' });
  const tryKey = async (address: string, key: string) =>
    (
      await callApi(chatty, 'GET', '/projects', undefined, {
        authorization: `Bearer ${key}`,
        'x-forwarded-for': address,
      })
    ).status;
  const guesses = Array.from({ length: 200 }, (_, guess) => `guess ${guess}`);
  const statuses = await Promise.all(guesses.map((guess) => tryKey('203.0.113.9', guess)));
  assert.equal(statuses.filter((status) => status === 401).length, 10);
  assert.equal(statuses.filter((status) => status === 429).length, 190);
  const { status, body } = await callApi(chatty, 'GET', '/projects', undefined, {
    'x-forwarded-for': '203.0.113.9',
  });
  assert.deepEqual([status, body.code], [429, 'rate_limited']);
  assert.equal(await tryKey('203.0.113.10', ADMIN_KEY), 200, 'the operator, from elsewhere');
  assert.equal(await tryKey('2001:db8::1', ADMIN_KEY), 200);
  for (const _ of guesses.slice(0, 11)) await tryKey('2001:db8::1', 'wrong');
  assert.equal(await tryKey('2001:db8::2', ADMIN_KEY), 429, 'the same subscriber of IPv6');
});

it('without a known address, guessing through a proxy does not lock out the operator on the machine (A2)', async (context) => {
  const chatty = await startTestServer(context, KEY_SETTINGS);
  const forwarded = { 'x-forwarded-for': '203.0.113.9' };
  for (let guess = 0; guess < 11; guess += 1)
    await callApi(chatty, 'GET', '/projects', undefined, {
      ...forwarded,
      authorization: `Bearer wrong ${guess}`,
    });
  assert.equal((await callApi(chatty, 'GET', '/projects', undefined, forwarded)).status, 429);
  assert.equal((await callApi(chatty, 'GET', '/projects')).status, 200);
});

it('a backend that repeats a wrong project key locks out neither the operator nor other projects (A2)', async (context) => {
  const chatty = await startTestServer(context, KEY_SETTINGS);
  await createProject(chatty, 'kimpga');
  await createProject(chatty, 'othershop');
  const keyOf = async (project: string) =>
    (await callApi(chatty, 'POST', `/projects/${project}/keys`, {})).body as unknown as { key: string };
  const [mine, theirs] = [await keyOf('kimpga'), await keyOf('othershop')];
  const open = async (project: string, key: string) =>
    (await callApi(chatty, 'GET', `/projects/${project}`, undefined, { authorization: `Bearer ${key}` }))
      .status;
  for (let times = 0; times < 11; times += 1) await open('kimpga', `chatty_kimpga_${'0'.repeat(64)}`);
  assert.equal(await open('kimpga', mine.key), 429);
  assert.equal(await open('othershop', theirs.key), 200);
  assert.equal((await callApi(chatty, 'GET', '/projects')).status, 200);
  for (let times = 0; times < 12; times += 1) await open('x', `chatty_none${times}_${'0'.repeat(64)}`);
  assert.equal((await callApi(chatty, 'GET', '/projects')).status, 429, 'a made-up project hides no guess');
});

it('an invalid request is refused with the reason, and nothing is partly applied', async (context) => {
  const chatty = await startTestServer(context, KEY_SETTINGS);
  await createProject(chatty, 'kimpga', { name: '김프가', settings: { guests: true } });
  const code = async (method: string, path: string, body: unknown) =>
    (await callApi(chatty, method, path, body as object)).body.code;
  for (const id of [undefined, '', 'KIMPGA', 'a b', '../x', '__proto__', 'x'.repeat(65), 7])
    assert.equal(await code('POST', '/projects', { id }), 'invalid', String(id));
  assert.equal(await code('POST', '/projects', { id: 'kimpga' }), 'exists');
  assert.equal(await code('POST', '/projects', []), 'invalid');
  assert.equal(await code('PATCH', '/projects/none', { name: 'x' }), 'not_found');
  assert.equal(
    await code('PATCH', '/projects/kimpga', { name: 'x', settings: { guests: 'yes' } }),
    'invalid',
  );
  assert.equal(await code('PATCH', '/projects/kimpga', { settings: { unknown: 1 } }), 'invalid');
  assert.equal(await code('POST', '/projects/none/secrets', {}), 'not_found');
  assert.equal(await code('POST', '/projects/kimpga/secrets', { expiresAt: 'soon' }), 'invalid');
  assert.equal(await code('DELETE', '/projects/kimpga/secrets/none', undefined), 'not_found');
  const { body } = await callApi(chatty, 'GET', '/projects/kimpga');
  assert.deepEqual([body.name, body.settings, body.secrets], ['김프가', { guests: true }, []]);
  await connectClient(context, chatty.url, '', { auth: { projectId: 'kimpga' } });
  assert.deepEqual(
    (await callApi(chatty, 'PATCH', '/projects/kimpga', { settings: { guests: null } })).body.settings,
    {},
  );
});
