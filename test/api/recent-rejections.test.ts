/** Promise: a host sees what was refused of its project and why, no stranger can flood that out, and no token is ever in it. */

import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import type { Projects } from '@chatty/server/testing';
import { createRefusalLog, type RecentRefusal, type RefusalCount } from '@chatty/server/testing';
import { callApi, createProject, KEY_SETTINGS } from '../support/projects.js';
import {
  connectClient,
  connectExpectingRefusal,
  createTestToken,
  startTestServer,
  type TestServer,
} from '../support/server.js';

type Told = { refusals: RecentRefusal[]; counts: RefusalCount[] };

const told = async (chatty: TestServer, path: string) =>
  (await callApi(chatty, 'GET', path)).body as unknown as Told;

const knock = (context: TestContext, { url }: TestServer, auth: Record<string, unknown>, origin?: string) =>
  connectExpectingRefusal(context, url, auth, origin ? { extraHeaders: { origin } } : {});

async function open(context: TestContext, settings: Record<string, string> = {}) {
  const chatty = await startTestServer(context, { ...KEY_SETTINGS, ...settings });
  await createProject(chatty, 'kimpga', { origins: ['https://kimpga.com'] });
  await createProject(chatty, 'othershop');
  const { secret = '' } = (await callApi(chatty, 'POST', '/projects/kimpga/secrets', {})).body;
  return { chatty, secret };
}

it('a refusal is logged with its reason, origin and member, as far as known', async (context) => {
  const { chatty, secret } = await open(context);
  const wrong = createTestToken('민수', { userId: 'u1' });
  const right = createTestToken('민수', { userId: 'u1', secret });
  const old = createTestToken('민수', { userId: 'u1', secret, now: Date.now() - 86_400_000 });
  const error = await knock(context, chatty, { token: wrong });
  assert.deepEqual(
    Object.keys(error.data ?? {}).sort(),
    ['code', 'message', 'retry'],
    'the visitor learns no more',
  );
  await knock(context, chatty, { token: right }, 'https://evil.example');
  await knock(context, chatty, { token: right }, 'https://evil.example');
  await knock(context, chatty, { token: old });
  const member = await connectClient(context, chatty.url, right);
  assert.equal((await member.send({ content: '' })).ok, false);
  const { refusals, counts } = await told(chatty, '/projects/kimpga/refusals');
  assert.deepEqual(
    refusals.map(({ event, code, origin, userId, signed, times }) => [
      event,
      code,
      origin,
      userId,
      signed,
      times,
    ]),
    [
      ['chat message', 'empty', null, 'u1', true, 1],
      ['connection', 'token_expired', null, null, true, 1],
      ['connection', 'origin_refused', 'https://evil.example', 'u1', true, 2],
      ['connection', 'token_invalid', null, null, false, 1],
    ],
  );
  assert.match(refusals[2]?.reason ?? '', /npm run project -- origins kimpga/);
  assert.match(refusals[3]?.reason ?? '', /signature/);
  assert.deepEqual(counts[0], {
    code: 'origin_refused',
    origin: 'https://evil.example',
    signed: true,
    count: 2,
  });
  assert.equal(counts.length, 4);
  const text = JSON.stringify(refusals);
  for (const token of [wrong, right, old])
    for (const part of token.split('.')) assert.ok(!text.includes(part));
  assert.ok(!/eyJ/.test(text) && !text.includes('127.0.0.1'));
});

it('refusals of no known project are visible to the operator only; no project sees those of another (T1)', async (context) => {
  const { chatty } = await open(context, { UNREGISTERED_PROJECTS: 'refuse' });
  await knock(context, chatty, { token: 'no token at all' });
  await knock(context, chatty, { token: createTestToken('민수', { projectId: 'nonesuch' }) });
  await knock(context, chatty, { projectId: 'kimpga' });
  const { refusals } = await told(chatty, '/refusals');
  assert.deepEqual(
    refusals.map(({ project, code }) => [project, code]),
    [
      ['nonesuch', 'token_invalid'],
      [null, 'token_invalid'],
    ],
  );
  assert.deepEqual(
    (await told(chatty, '/projects/kimpga/refusals')).refusals.map(({ code }) => code),
    ['token_missing'],
  );
  assert.deepEqual((await told(chatty, '/projects/othershop/refusals')).refusals, []);
  assert.equal((await callApi(chatty, 'GET', '/projects/nonesuch/refusals')).status, 404);
  const { key } = (await callApi(chatty, 'POST', '/projects/othershop/keys', {})).body as unknown as {
    key: string;
  };
  const withKey = async (path: string) =>
    (await callApi(chatty, 'GET', path, undefined, { authorization: `Bearer ${key}` })).status;
  assert.equal(await withKey('/projects/othershop/refusals'), 200);
  assert.equal(await withKey('/projects/kimpga/refusals'), 404);
  assert.equal(await withKey('/refusals'), 403);
});

it('an origin sent by a visitor never becomes part of a command to copy', async (context) => {
  const { chatty, secret } = await open(context);
  const origin = 'https://$(id)';
  await knock(context, chatty, { token: createTestToken('민수', { secret }) }, origin);
  const [refused] = (await told(chatty, '/projects/kimpga/refusals')).refusals;
  assert.equal(refused?.origin, origin);
  assert.ok(!/npm/.test(refused?.reason ?? ''));
});

/** A project "kimpga" with a record; all others have none. */
const projects = { get: (id: string) => (id === 'kimpga' ? {} : null) } as unknown as Projects;
const bad = {
  event: 'connection',
  code: 'token_invalid',
  reason: 'signature',
  origin: null,
  userId: null,
  project: 'kimpga',
  signed: false,
  address: '203.0.113.1',
} as const;

it('no flood evicts the entries of others: by one address, many addresses, a member or unknown projects', () => {
  const refusals = createRefusalLog({ projects });
  const list = () => refusals.list('kimpga').refusals;
  const origins = () => new Set(list().map(({ origin }) => origin));
  refusals.record({ ...bad, origin: 'https://staging.kimpga.com', address: '198.51.100.1' });
  refusals.record({
    ...bad,
    code: 'token_expired',
    signed: true,
    userId: 'u1',
    origin: 'https://kimpga.com',
  });
  for (let each = 0; each < 10_000; each += 1)
    refusals.record({ ...bad, origin: `https://evil-${each}.example` });
  assert.ok(origins().has('https://staging.kimpga.com'), 'one address has few');
  for (let each = 0; each < 10_000; each += 1)
    refusals.record({ ...bad, origin: `https://evil-${each}.example`, address: `192.0.2.${each % 250}` });
  assert.ok(origins().has('https://kimpga.com'), 'nobody vouched for the others');
  for (let each = 0; each < 10_000; each += 1)
    refusals.record({ ...bad, code: 'slow_mode', signed: true, userId: 'u9', reason: `${each}` });
  assert.ok(origins().has('https://kimpga.com'), 'one member has few');
  assert.ok(list().length <= 200);
  for (let each = 0; each < 30_000; each += 1) refusals.record({ ...bad, project: `made-up-${each}` });
  assert.ok(origins().has('https://kimpga.com'));
  assert.equal(refusals.list('made-up-1').refusals.length, 0);
  assert.ok(refusals.list(null).refusals.length <= 200);
});

it('many projects share the log space: projects with few entries keep them', () => {
  const refusals = createRefusalLog({ projects });
  refusals.record({ ...bad, project: 'quiet', signed: true, userId: 'u1' });
  for (let each = 0; each < 60_000; each += 1)
    refusals.record({
      ...bad,
      project: `loud-${each % 500}`,
      signed: true,
      userId: `u${each}`,
      reason: `${each}`,
    });
  assert.equal(refusals.list('quiet').refusals.length, 1);
  let kept = 0;
  for (let each = 0; each < 500; each += 1) kept += refusals.list(`loud-${each}`).refusals.length;
  assert.ok(kept <= 20_000, String(kept));
});

it('the last hour is counted by code and origin, and older entries are not', () => {
  let time = 0;
  const refusals = createRefusalLog({ projects, now: () => time });
  const from = (origin: string, signed = true) => refusals.record({ ...bad, origin, signed, userId: 'u1' });
  from('https://a.example');
  time += 50 * 60_000;
  from('https://a.example');
  from('https://b.example');
  assert.deepEqual(
    refusals.list('kimpga').counts.map(({ origin, count }) => [origin, count]),
    [
      ['https://a.example', 2],
      ['https://b.example', 1],
    ],
  );
  time += 15 * 60_000;
  assert.equal(refusals.list('kimpga').counts[0]?.count, 1);
  for (let each = 0; each < 1_000; each += 1) from(`https://evil-${each}.example`, false);
  const { counts } = refusals.list('kimpga');
  assert.ok(counts.length <= 210);
  assert.equal(counts[0]?.origin, 'others');
  assert.equal(
    counts.reduce((sum, { count }) => sum + count, 0),
    1_002,
  );
  time += 61 * 60_000;
  assert.deepEqual(refusals.list('kimpga').counts, []);
});
