/** Promise: a host's backend administers its own project with a key of its own, and with it nothing else, nowhere else. */

import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import pg from 'pg';
import { callApi, createProject, KEY_SETTINGS } from '../support/projects.js';
import {
  connectClient,
  createTestToken,
  startTestServer,
  type TestServer,
  waitUntil,
} from '../support/server.js';

type Place = { url: string };
type Answer = Awaited<ReturnType<typeof callApi>>;

async function makeKey(chatty: TestServer, project: string, name = 'backend') {
  const { status, body } = await callApi(chatty, 'POST', `/projects/${project}/keys`, { name });
  assert.equal(status, 201);
  const { id, key } = body as unknown as { id: string; key: string };
  return { id, key };
}

const by = (key: string) => ({ authorization: `Bearer ${key}` });
const withKey = (place: Place, key: string, method: string, path: string, body?: object) =>
  callApi(place, method, path, body, by(key));

async function open(context: TestContext) {
  const chatty = await startTestServer(context, KEY_SETTINGS);
  await createProject(chatty, 'kimpga', { origins: ['https://kimpga.com'] });
  await createProject(chatty, 'othershop');
  return { chatty, ...(await makeKey(chatty, 'kimpga')) };
}

async function rows(chatty: TestServer, sql: string) {
  const client = new pg.Client(chatty.connection);
  await client.connect();
  return (await client.query(sql).finally(() => client.end())).rows;
}

const refused = ({ status, body }: Answer) => ({ status, body });

/** Everything that is the operator's, as a request. */
const FOR_THE_OPERATOR: [string, string, object?][] = [
  ['GET', '/projects'],
  ['POST', '/projects', { id: 'mine' }],
  ['POST', '/projects/kimpga/secrets', {}],
  ['PATCH', '/projects/kimpga/secrets/none', { expiresAt: null }],
  ['DELETE', '/projects/kimpga/secrets/none'],
  ['GET', '/projects/kimpga/keys'],
  ['POST', '/projects/kimpga/keys', {}],
  ['DELETE', '/projects/kimpga/keys/none'],
  ['PATCH', '/projects/kimpga', { origins: ['https://evil.example'] }],
  ['PATCH', '/projects/kimpga', { settings: { guests: true } }],
  ['PATCH', '/projects/kimpga', { settings: { nullOrigin: true } }],
  ['PATCH', '/projects/kimpga', { settings: { highestRole: 'admin' } }],
  ['PATCH', '/projects/kimpga', { settings: { connections: 9 } }],
  ['PATCH', '/projects/kimpga', { settings: { perSecond: 9 } }],
  ['DELETE', '/projects/kimpga/cutoffs'],
  ['DELETE', '/projects/kimpga/cutoffs?userId=u1'],
  ['GET', '/refusals'],
];

it('a key opens only its project, is shown once, and is stored only as a hash (A1)', async (context) => {
  const { chatty, id, key } = await open(context);
  assert.match(key, /^chatty_kimpga_[0-9a-f]{64}$/);
  const seen = await withKey(chatty, key, 'GET', '/projects/kimpga');
  assert.deepEqual([seen.status, seen.body.id], [200, 'kimpga']);
  assert.equal(
    (await withKey(chatty, key, 'PATCH', '/projects/kimpga', { name: '김프가' })).body.name,
    '김프가',
  );
  const words = { settings: { words: ['바보'] } };
  assert.equal((await withKey(chatty, key, 'PATCH', '/projects/kimpga', words)).status, 200);
  const minsu = await connectClient(
    context,
    chatty.url,
    createTestToken('민수', { userId: 'u1', now: Date.now() - 60_000 }),
  );
  assert.equal(
    (await withKey(chatty, key, 'POST', '/projects/kimpga/cutoffs', { userId: 'u1' })).status,
    200,
  );
  await waitUntil(() => !minsu.socket.connected, 'the cut-off', 5_000);

  const dump = JSON.stringify(await rows(chatty, "SELECT *, encode(hash, 'hex') AS hex FROM project_keys"));
  const shown = JSON.stringify((await callApi(chatty, 'GET', '/projects/kimpga')).body);
  const listed = JSON.stringify((await callApi(chatty, 'GET', '/projects/kimpga/keys')).body);
  const random = key.slice(-64);
  for (const text of [dump, shown, listed]) assert.ok(text.includes(id) && !text.includes(random));
  assert.ok(!shown.includes('hash') && !listed.includes('hash'));
});

it('only the operator can change who may connect: a leaked key creates no other key and grants no access', async (context) => {
  const { chatty, key } = await open(context);
  for (const [method, path, body] of FOR_THE_OPERATOR) {
    const { status, body: answer } = await withKey(chatty, key, method, path, body);
    assert.deepEqual([status, answer.code], [403, 'forbidden'], `${method} ${path} ${JSON.stringify(body)}`);
  }
  const { body } = await callApi(chatty, 'GET', '/projects/kimpga');
  assert.deepEqual([body.origins, body.settings, body.secrets], [['https://kimpga.com'], {}, []]);
});

it('another project looks nonexistent, by any method (A1, T1)', async (context) => {
  const { chatty, key } = await open(context);
  const requests: [string, string, object?][] = [
    ['GET', ''],
    ['PATCH', '', { name: 'x' }],
    ['POST', '/cutoffs', {}],
    ['POST', '/secrets', {}],
    ['GET', '/keys'],
  ];
  for (const [method, path, body] of requests) {
    const [there, nowhere] = await Promise.all(
      ['othershop', 'nonesuch'].map((id) => withKey(chatty, key, method, `/projects/${id}${path}`, body)),
    );
    const text = JSON.stringify(refused(there as Answer)).replaceAll('othershop', 'nonesuch');
    assert.equal(text, JSON.stringify(refused(nowhere as Answer)), `${method} ${path}`);
    assert.ok([403, 404].includes((there as Answer).status));
  }
  assert.equal((await callApi(chatty, 'GET', '/projects/othershop')).body.name, 'othershop');
});

it('no visitor token, page, form or GET request can change anything (A1)', async (context) => {
  const { chatty, key } = await open(context);
  const { secret = '' } = (await callApi(chatty, 'POST', '/projects/kimpga/secrets', {})).body;
  const wrong = {
    'no key': '',
    'an empty key': 'Bearer ',
    "an admin's token": `Bearer ${createTestToken('지영', { role: 'admin', secret })}`,
    'an expired token': `Bearer ${createTestToken('지영', { role: 'admin', secret, now: Date.now() - 86_400_000 })}`,
    'a token by the shared secret': `Bearer ${createTestToken('지영', { role: 'admin' })}`,
    'the secret itself': `Bearer ${secret}`,
    'a key of its form': `Bearer chatty_kimpga_${'0'.repeat(64)}`,
    'the key as another project’s': `Bearer ${key.replace('kimpga', 'othershop')}`,
  };
  for (const [name, authorization] of Object.entries(wrong)) {
    const { status } = await callApi(chatty, 'GET', '/projects/kimpga', undefined, { authorization });
    assert.equal(status, 401, name);
  }
  const send = async (method: string, path: string, headers: Record<string, string>, body?: string) => {
    const answer = await fetch(`${chatty.url}/api/v1${path}`, {
      method,
      headers: { ...by(key), ...headers },
      body: body ?? null,
    });
    return answer.status;
  };
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  assert.equal(await send('POST', '/projects/kimpga/cutoffs', form, 'userId=u1'), 400);
  assert.equal(await send('POST', '/projects/kimpga/cutoffs', { 'content-type': 'text/plain' }, '{}'), 400);
  assert.equal(await send('GET', '/projects/kimpga/cutoffs?userId=u1', {}), 404);
  const pages: Record<string, string>[] = [
    { origin: 'https://kimpga.com' },
    { origin: 'null' },
    { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'cross-site' },
    { origin: chatty.url, 'sec-fetch-site': 'same-site' },
  ];
  for (const headers of pages)
    assert.equal(await send('GET', '/projects/kimpga', headers), 403, JSON.stringify(headers));
  assert.equal(await send('GET', '/projects/kimpga', { origin: chatty.url }), 200, 'our own page');
  assert.deepEqual(await rows(chatty, 'SELECT * FROM token_cutoffs'), []);
});

it('a key that sends endless requests is rate limited; the operator and other keys are not', async (context) => {
  const { chatty, key } = await open(context);
  const other = await makeKey(chatty, 'othershop');
  const statuses = new Map<number, number>();
  let refused: Answer | undefined;
  for (let round = 0; round < 40 && !refused; round += 1) {
    const answers = await Promise.all(
      Array.from({ length: 25 }, () => withKey(chatty, key, 'GET', '/projects/kimpga/sanctions')),
    );
    for (const { status } of answers) statuses.set(status, (statuses.get(status) ?? 0) + 1);
    refused = answers.find(({ status }) => status === 429);
  }
  assert.equal(refused?.body.code, 'rate_limited');
  assert.ok((statuses.get(200) ?? 0) >= 200);
  assert.equal((await withKey(chatty, other.key, 'GET', '/projects/othershop/sanctions')).status, 200);
  assert.equal((await callApi(chatty, 'GET', '/projects/kimpga')).status, 200);
});

it('a revoked key stops working on every server; its last use is reported (A1)', async (context) => {
  const { chatty, id, key } = await open(context);
  const other = await startTestServer(context, KEY_SETTINGS, chatty.connection);
  assert.equal((await withKey(other, key, 'GET', '/projects/kimpga')).status, 200);
  const listed = async () =>
    (await callApi(chatty, 'GET', '/projects/kimpga/keys')).body.keys as unknown as {
      name: string;
      lastUsedAt: string | null;
      revokedAt: string | null;
    }[];
  await waitUntil(async () => (await listed())[0]?.lastUsedAt != null, 'the time of use');
  assert.equal((await listed())[0]?.name, 'backend');
  assert.equal((await callApi(chatty, 'DELETE', `/projects/kimpga/keys/${id}`)).status, 200);
  assert.equal((await withKey(chatty, key, 'GET', '/projects/kimpga')).status, 401);
  await waitUntil(
    async () => (await withKey(other, key, 'GET', '/projects/kimpga')).status === 401,
    'the other server',
    5_000,
  );
  assert.ok((await listed())[0]?.revokedAt);
  assert.equal((await callApi(chatty, 'DELETE', '/projects/kimpga/keys/none')).status, 404);
});

it('each change of a project is in the audit log with its actor and without secrets (A4)', async (context) => {
  const { chatty, id, key } = await open(context);
  const secret = (await callApi(chatty, 'POST', '/projects/kimpga/secrets', {})).body;
  const path = `/projects/kimpga/secrets/${secret.kid}`;
  await callApi(chatty, 'PATCH', path, { expiresAt: '2040-01-01T00:00:00Z' });
  await callApi(chatty, 'DELETE', path);
  await callApi(chatty, 'DELETE', path);
  await callApi(chatty, 'PATCH', '/projects/kimpga', { origins: [], settings: { guests: true } });
  await withKey(chatty, key, 'PATCH', '/projects/kimpga', { name: '김프가' });
  await withKey(chatty, key, 'POST', '/projects/kimpga/cutoffs', { userId: 'u1' });
  await callApi(chatty, 'DELETE', `/projects/kimpga/keys/${id}`);
  const entries = await rows(
    chatty,
    "SELECT actor, act, subject, details FROM audit_log WHERE project_id = 'kimpga' ORDER BY id",
  );
  assert.deepEqual(
    entries.map(({ actor, act, subject }) => [actor.kind, act, subject]),
    [
      ['operator', 'create project', 'kimpga'],
      ['operator', 'add key', id],
      ['operator', 'add secret', secret.kid],
      ['operator', 'expire secret', secret.kid],
      ['operator', 'revoke secret', secret.kid],
      ['operator', 'change project', 'kimpga'],
      ['key', 'change project', 'kimpga'],
      ['key', 'cut off', 'u1'],
      ['operator', 'revoke key', id],
    ],
  );
  assert.deepEqual(entries[7].actor, { kind: 'key', id, name: 'backend' });
  assert.deepEqual(entries[5].details, {
    before: { origins: ['https://kimpga.com'], settings: { guests: null } },
    after: { origins: [], settings: { guests: true } },
  });
  const text = JSON.stringify(entries);
  assert.ok(!text.includes(String(secret.secret)) && !text.includes(key.slice(-64)));
});
