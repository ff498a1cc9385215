/** Promise: whatever somebody does with a leaked key of a project, the operator undoes. */

import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import pg from 'pg';
import { join, refusalOf, startChatty, tokenOf, until } from './kit.js';
import { runProgram } from './processes.js';
import { ADMIN_KEY, ask, KEYS, make } from './projects-kit.js';

type Answer = { status: number; body: Record<string, unknown> & { code?: string } };
type Entry = { act: string; actor: { kind: string; id: string }; subject: string; details: object };

async function open(context: TestContext) {
  const chatty = await startChatty(context, KEYS);
  await make(chatty, 'kimpga');
  const { body } = await ask(chatty, 'POST', '/projects/kimpga/keys', { name: 'backend' });
  const { id, key } = body as unknown as { id: string; key: string };
  const withKey = (method: string, path: string, given?: object): Promise<Answer> =>
    ask(chatty, method, `/projects/kimpga${path}`, given, { authorization: `Bearer ${key}` });
  const operator = (method: string, path: string, given?: object): Promise<Answer> =>
    ask(chatty, method, `/projects/kimpga${path}`, given);
  return { chatty, id, withKey, operator };
}

const after = (seconds: number) => new Date(Date.now() + seconds * 1_000).toISOString();

it('a cut-off lies at most the allowed clock difference ahead, whoever sets it', async (context) => {
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

it('a moment that the database could not keep is refused as such, wherever one is read', async (context) => {
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

it('the operator takes a cut-off away, also one of the year 9999 from before; a key cannot', async (context) => {
  const { chatty, withKey, operator } = await open(context);
  const other = await startChatty(context, KEYS, chatty.connection);
  const client = new pg.Client(chatty.connection);
  await client.connect();
  await client.query(
    "INSERT INTO token_cutoffs (project_id, user_id, before) VALUES ('kimpga', '', '9999-01-01'), ('kimpga', '..', '9999-01-01')",
  );
  await client.end();
  const token = tokenOf('민수', { userId: '..' });
  await until(
    () =>
      refusalOf(context, chatty.url, { token }).then(
        ({ data }) => data?.code === 'token_expired',
        () => false,
      ),
    'the cut-off',
  );
  assert.equal((await withKey('DELETE', '/cutoffs')).status, 403);
  assert.deepEqual((await operator('DELETE', '/cutoffs')).body, { userId: null, removed: true });
  assert.equal((await refusalOf(context, chatty.url, { token })).data?.code, 'token_expired');
  const run = async (...parameters: string[]) => {
    const program = runProgram(
      context,
      'scripts/project.mjs',
      { CHATTY_URL: chatty.url, ADMIN_KEY },
      parameters,
    );
    return { status: await program.ended, body: JSON.parse(program.output()) };
  };
  const removed = { userId: '..', removed: true };
  assert.deepEqual(await run('cutoff', 'kimpga', '--user', '..', '--remove'), { status: 0, body: removed });
  await join(context, chatty.url, token);
  await until(
    () =>
      refusalOf(context, other.url, { token }).then(
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

it('cut-offs are bounded: one project cannot fill the memory of all servers', async (context) => {
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
