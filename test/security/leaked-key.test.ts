/** Promise: whatever somebody does with a leaked key of a project, the operator undoes. */

import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import pg from 'pg';
import { runChattyCommand } from '../support/command-line.js';
import { callApi, createProject, KEY_SETTINGS } from '../support/projects.js';
import {
  connectClient,
  connectExpectingRefusal,
  createTestToken,
  startTestServer,
  waitUntil,
} from '../support/server.js';

type Answer = { status: number; body: Record<string, unknown> & { code?: string } };
type Entry = { act: string; actor: { kind: string; id: string }; subject: string; details: object };

async function open(context: TestContext) {
  const chatty = await startTestServer(context, KEY_SETTINGS);
  await createProject(chatty, 'kimpga');
  const { body } = await callApi(chatty, 'POST', '/projects/kimpga/keys', { name: 'backend' });
  const { id, key } = body as unknown as { id: string; key: string };
  const withKey = (method: string, path: string, given?: object): Promise<Answer> =>
    callApi(chatty, method, `/projects/kimpga${path}`, given, { authorization: `Bearer ${key}` });
  const operator = (method: string, path: string, given?: object): Promise<Answer> =>
    callApi(chatty, method, `/projects/kimpga${path}`, given);
  return { chatty, id, withKey, operator };
}

const after = (seconds: number) => new Date(Date.now() + seconds * 1_000).toISOString();

it('a cutoff is at most the allowed clock skew in the future, whoever sets it (A5)', async (context) => {
  const { withKey, operator } = await open(context);
  for (const before of ['9999-12-31T23:59:59Z', after(3_600), after(60)])
    for (const cut of [withKey, operator]) {
      const { status, body } = await cut('POST', '/cutoffs', { userId: 'u1', before });
      assert.deepEqual([status, body.code], [400, 'invalid'], before);
      assert.match(String(body.message), /must not be in the future/);
    }
  assert.equal((await withKey('POST', '/cutoffs', { userId: 'u1', before: after(15) })).status, 200);
  assert.equal((await withKey('POST', '/cutoffs', { userId: null })).status, 400, 'null is not everybody');
});

it('a timestamp that the database cannot store is refused on every route', async (context) => {
  const { operator } = await open(context);
  const { kid } = (await operator('POST', '/secrets', {})).body;
  for (const moment of [
    '0000-01-01T00:00:00Z',
    '0001-01-01',
    '1969-12-31T23:59:59Z',
    '9999-12-31T23:59:59-23:00',
  ]) {
    const answers = [
      await operator('POST', '/cutoffs', { before: moment }),
      await operator('POST', '/secrets', { expiresAt: moment }),
      await operator('PATCH', `/secrets/${kid}`, { expiresAt: moment }),
    ];
    for (const { status, body } of answers) assert.deepEqual([status, body.code], [400, 'invalid'], moment);
  }
  const last = '9999-12-31T23:59:59.999Z';
  assert.equal((await operator('PATCH', `/secrets/${kid}`, { expiresAt: last })).status, 200);
});

it('the operator can remove a cutoff, including an old one of year 9999; a project key cannot (A5)', async (context) => {
  const { chatty, withKey, operator } = await open(context);
  const other = await startTestServer(context, KEY_SETTINGS, chatty.connection);
  const client = new pg.Client(chatty.connection);
  await client.connect();
  await client.query(
    "INSERT INTO token_cutoffs (project_id, user_id, before) VALUES ('kimpga', '', '9999-01-01'), ('kimpga', '..', '9999-01-01')",
  );
  await client.end();
  const token = createTestToken('민수', { userId: '..' });
  await waitUntil(
    () =>
      connectExpectingRefusal(context, chatty.url, { token }).then(
        ({ data }) => data?.code === 'token_expired',
        () => false,
      ),
    'the cut-off',
  );
  assert.equal((await withKey('DELETE', '/cutoffs')).status, 403);
  assert.deepEqual((await operator('DELETE', '/cutoffs')).body, { userId: null, removed: true });
  assert.equal((await connectExpectingRefusal(context, chatty.url, { token })).data?.code, 'token_expired');
  const run = async (...parameters: string[]) => {
    const { status, text } = await runChattyCommand(chatty, ['project', ...parameters]);
    return { status, body: JSON.parse(text) };
  };
  const removed = { userId: '..', removed: true };
  assert.deepEqual(await run('cutoff', 'kimpga', '--user', '..', '--remove'), { status: 0, body: removed });
  await connectClient(context, chatty.url, token);
  await waitUntil(
    () =>
      connectExpectingRefusal(context, other.url, { token }).then(
        () => false,
        () => true,
      ),
    'the other server',
  );
  assert.deepEqual((await operator('DELETE', '/cutoffs?userId=none')).body, {
    userId: 'none',
    removed: false,
  });
  assert.equal((await operator('DELETE', '/cutoffs?userId=a&userId=b')).status, 400);
  const entries = (await operator('GET', '/audit')).body.entries as Entry[];
  assert.deepEqual(
    entries
      .filter(({ act }) => act === 'remove cut-off')
      .map(({ actor, subject, details }) => [actor.kind, subject, details]),
    ['..', ''].map((user) => ['operator', user, { before: '9999-01-01T00:00:00+00:00' }]),
  );
});

it('the number of cutoffs is bounded, so one project cannot fill the memory of all servers', async (context) => {
  const { chatty, withKey, operator } = await open(context);
  const client = new pg.Client(chatty.connection);
  await client.connect();
  await client.query(
    `INSERT INTO token_cutoffs (project_id, user_id, before)
      SELECT 'kimpga', 'u' || n, '2020-01-01' FROM generate_series(1, 10000) n`,
  );
  await client.end();
  // What the row below changes is read together with those above.
  await operator('PATCH', '', { name: '김프가' });
  const { status, body } = await withKey('POST', '/cutoffs', { userId: 'new' });
  assert.deepEqual([status, body.code], [409, 'too_many']);
  assert.equal((await withKey('POST', '/cutoffs', { userId: 'u7' })).status, 200);
});

it('the operator removes everything that a key has set at once, and nothing else (A5)', async (context) => {
  const { chatty, id, withKey, operator } = await open(context);
  const { body } = await operator('POST', '/keys', { name: 'other' });
  const other = body as unknown as { id: string; key: string };
  const by = { authorization: `Bearer ${other.key}` };
  await callApi(chatty, 'POST', '/projects/kimpga/members/theirs/ban', {}, by);
  await operator('POST', '/members/mine/ban', {});
  for (const user of ['u1', 'u2']) await withKey('POST', `/members/${user}/ban`, {});
  await withKey('POST', '/members/u1/mute', {});
  // As many as make several rounds.
  const client = new pg.Client(chatty.connection);
  await client.connect();
  await client.query(
    `INSERT INTO sanctions (project_id, user_id, kind, set_at, set_by, set_by_id, version)
      SELECT 'kimpga', 'crowd' || n, 'ban', now(), 'key', $1, 0 FROM generate_series(1, 1200) n`,
    [id],
  );
  await client.end();
  assert.equal((await withKey('DELETE', `/keys/${id}/sanctions`)).status, 403);
  assert.deepEqual((await operator('DELETE', `/keys/${id}/sanctions`)).body, { lifted: 1_203 });
  const held = (await operator('GET', '/sanctions')).body.sanctions as { userId: string }[];
  assert.deepEqual(
    held.map(({ userId }) => userId),
    ['mine', 'theirs'],
  );
  await connectClient(context, chatty.url, createTestToken('민수', { userId: 'u1' }));
  assert.equal(
    (
      await connectExpectingRefusal(context, chatty.url, {
        token: createTestToken('민수', { userId: 'mine' }),
      })
    ).data?.code,
    'banned',
  );
  const [entry] = (await operator('GET', '/audit?limit=1')).body.entries as Entry[];
  assert.deepEqual([entry?.actor.kind, entry?.details], ['operator', { key: id }]);
  assert.deepEqual((await operator('DELETE', `/keys/${id}/sanctions`)).body, { lifted: 0 });
  const { status, text } = await runChattyCommand(chatty, ['keys', 'lift-sanctions', 'kimpga', other.id]);
  assert.equal(status, 0);
  assert.deepEqual(JSON.parse(text), { lifted: 1 });
});

it('a project key cannot end or replace what the operator has set', async (context) => {
  const { withKey, operator } = await open(context);
  await operator('POST', '/members/u1/ban', {});
  for (const [method, body] of [
    ['DELETE', undefined],
    ['POST', { seconds: 1 }],
  ] as const) {
    const answer = await withKey(method, '/members/u1/ban', body);
    assert.deepEqual([answer.status, answer.body.code], [403, 'forbidden'], method);
  }
  assert.deepEqual((await operator('DELETE', '/members/u1/ban')).body, { userId: 'u1', lifted: true });
});

it('settings changes by a key are rate limited in the audit log; small changes continue', async (context) => {
  const { withKey, operator } = await open(context);
  const words = (letter: string) => ({
    settings: { words: Array.from({ length: 1_000 }, (_, index) => `${letter.repeat(44)}${index}`) },
  });
  const statuses: number[] = [];
  while (statuses.length < 100 && statuses.at(-1) !== 429)
    statuses.push((await withKey('PATCH', '', words(statuses.length % 2 ? 'a' : 'b'))).status);
  assert.equal(statuses.at(-1), 429);
  assert.ok(statuses.filter((status) => status === 200).length >= 20);
  assert.equal((await operator('PATCH', '', words('c'))).status, 200, 'the operator');
});
