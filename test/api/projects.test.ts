/** Promise: a project with a record is entered by its own keys and from its own pages only, and what is taken back holds at once. */

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { it, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { importPKCS8, SignJWT } from 'jose';
import pg from 'pg';
import { ADMIN_KEY, callApi, createProject, KEY_SETTINGS } from '../support/projects.js';
import {
  connectClient,
  connectExpectingRefusal,
  createTestToken,
  startTestServer,
  type TestServer,
  waitUntil,
} from '../support/server.js';

async function addSecret(chatty: TestServer, id: string, more: object = {}) {
  const { status, body } = await callApi(chatty, 'POST', `/projects/${id}/secrets`, more);
  assert.equal(status, 201);
  return { kid: String(body.kid), secret: String(body.secret) };
}

async function codeOf(
  context: TestContext,
  chatty: TestServer,
  token: string,
  extraHeaders: Record<string, string> = {},
) {
  const error = await connectExpectingRefusal(context, chatty.url, { token }, { extraHeaders });
  return [error.message, error.data?.code];
}

const REFUSED = ['Authentication error', 'token_invalid'];

it('own secrets: several at once, by kid or in turn; the shared one and those of other projects are refused (J9, J17)', async (context) => {
  const chatty = await startTestServer(context, KEY_SETTINGS);
  const projects = ['kimpga', 'shop', 'cafe'];
  const secrets = new Map<string, { kid: string; secret: string }>();
  await createProject(chatty, 'kimpga');
  await connectClient(context, chatty.url, createTestToken('민수'));
  for (const id of projects) {
    if (id !== 'kimpga') await createProject(chatty, id);
    secrets.set(id, await addSecret(chatty, id));
  }
  for (const signer of projects)
    for (const projectId of projects) {
      const { secret = '' } = secrets.get(signer) ?? {};
      const token = createTestToken('민수', { projectId, secret });
      if (signer === projectId) await connectClient(context, chatty.url, token);
      else assert.deepEqual(await codeOf(context, chatty, token), REFUSED, `${signer} for ${projectId}`);
    }
  for (const projectId of projects)
    assert.deepEqual(await codeOf(context, chatty, createTestToken('민수', { projectId })), REFUSED);
  // A project that nobody has made is still everybody's who has the shared secret.
  await connectClient(context, chatty.url, createTestToken('민수', { projectId: 'elsewhere' }));

  const second = await addSecret(chatty, 'kimpga');
  await connectClient(context, chatty.url, createTestToken('지영', { secret: second.secret }));
  await connectClient(
    context,
    chatty.url,
    createTestToken('지영', { secret: secrets.get('kimpga')?.secret ?? '' }),
  );
  const named = (kid: unknown) =>
    new SignJWT({ username: '지영', projectId: 'kimpga' })
      .setProtectedHeader({ alg: 'HS256', kid: kid as string })
      .setExpirationTime('1h')
      .sign(new TextEncoder().encode(second.secret));
  await connectClient(context, chatty.url, await named(second.kid));
  for (const kid of [
    secrets.get('kimpga')?.kid,
    '../../etc/passwd',
    "' or 1=1--",
    '__proto__',
    'constructor',
    '',
  ])
    assert.deepEqual(await codeOf(context, chatty, await named(kid)), REFUSED, String(kid));
});

it('revoking a secret closes only its own connections; without any secret nobody can connect', async (context) => {
  const chatty = await startTestServer(context, KEY_SETTINGS);
  await createProject(chatty, 'kimpga');
  const [old, fresh] = [await addSecret(chatty, 'kimpga'), await addSecret(chatty, 'kimpga')];
  const before = await connectClient(context, chatty.url, createTestToken('민수', { secret: old.secret }));
  const after = await connectClient(context, chatty.url, createTestToken('지영', { secret: fresh.secret }));
  const refused: string[] = [];
  before.socket.on('refused', ({ event, code }) => refused.push(`${event} ${code}`));
  assert.equal((await callApi(chatty, 'DELETE', `/projects/kimpga/secrets/${old.kid}`)).status, 200);
  await waitUntil(() => !before.socket.connected && refused.length > 0, 'the old secret closed', 5_000);
  assert.deepEqual(refused.slice(0, 1), ['connection token_invalid']);
  assert.ok(after.socket.connected);
  await callApi(chatty, 'PATCH', `/projects/kimpga/secrets/${fresh.kid}`, {
    expiresAt: new Date(Date.now() - 1_000),
  });
  await waitUntil(() => !after.socket.connected, 'the expired secret closed', 5_000);
  for (const { secret } of [old, fresh])
    assert.deepEqual(await codeOf(context, chatty, createTestToken('민수', { secret })), REFUSED);
  assert.deepEqual(
    await codeOf(context, chatty, createTestToken('민수')),
    REFUSED,
    'the shared secret does not come back',
  );
});

it('an expiring secret closes its connections', async (context) => {
  const chatty = await startTestServer(context, KEY_SETTINGS);
  await createProject(chatty, 'kimpga');
  const expiresAt = new Date(Date.now() + 1_500);
  const { secret } = await addSecret(chatty, 'kimpga', { expiresAt });
  const minsu = await connectClient(context, chatty.url, createTestToken('민수', { secret }));
  await waitUntil(() => !minsu.socket.connected, 'the end of the secret', 20_000);
  assert.ok(Date.now() >= expiresAt.getTime());
  assert.deepEqual(await codeOf(context, chatty, createTestToken('민수', { secret })), REFUSED);
});

it('another server learns of a revoked secret, and a later started one decrypts the stored secrets', async (context) => {
  const one = await startTestServer(context, KEY_SETTINGS);
  await createProject(one, 'kimpga');
  const { kid, secret } = await addSecret(one, 'kimpga');
  const two = await startTestServer(context, KEY_SETTINGS, one.connection);
  const there = await connectClient(context, two.url, createTestToken('민수', { secret }));
  await callApi(one, 'DELETE', `/projects/kimpga/secrets/${kid}`);
  await waitUntil(() => !there.socket.connected, 'the other server closed it', 5_000);
  const keyless = await startTestServer(context, { ADMIN_KEY }, one.connection);
  const fresh = await addSecret(one, 'kimpga');
  await waitUntil(
    async () => (await callApi(keyless, 'GET', '/projects/kimpga')).body.secrets !== undefined,
    'the record',
  );
  assert.deepEqual(
    await codeOf(context, keyless, createTestToken('민수', { secret: fresh.secret })),
    REFUSED,
  );
  assert.equal((await callApi(keyless, 'POST', '/projects/kimpga/secrets', {})).body.code, 'invalid');
});

it('the database has no plaintext secret, and none that can be decrypted elsewhere (J13)', async (context) => {
  const chatty = await startTestServer(context, KEY_SETTINGS);
  await createProject(chatty, 'kimpga');
  await createProject(chatty, 'shop');
  const { kid, secret } = await addSecret(chatty, 'kimpga');
  await connectClient(context, chatty.url, createTestToken('민수', { secret }));
  const client = new pg.Client(chatty.connection);
  await client.connect();
  const { rows } = await client.query(
    'SELECT p.*, s.* FROM projects p LEFT JOIN project_secrets s ON s.project_id = p.id',
  );
  const dump = JSON.stringify(rows, (_, value) =>
    value?.type === 'Buffer' ? Buffer.from(value.data).toString('latin1') : value,
  );
  assert.ok(dump.includes(kid) && !dump.includes(secret));
  await client.query(
    "INSERT INTO project_secrets SELECT 'shop', kid, algorithm, sealed FROM project_secrets",
  );
  await client.end();
  await pause(1_500);
  assert.deepEqual(
    await codeOf(context, chatty, createTestToken('민수', { projectId: 'shop', secret })),
    REFUSED,
  );
  const shown = JSON.stringify((await callApi(chatty, 'GET', '/projects/kimpga')).body);
  assert.ok(shown.includes(kid) && !shown.includes(secret) && !shown.includes('sealed'));
});

it('public keys verify their own algorithm only; a secret made of a public key verifies nothing (J2)', async (context) => {
  const chatty = await startTestServer(context, KEY_SETTINGS);
  await createProject(chatty, 'kimpga');
  const { publicKey, privateKey } = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const made = await callApi(chatty, 'POST', '/projects/kimpga/secrets', { algorithm: 'EdDSA', publicKey });
  assert.deepEqual([made.status, made.body.secret], [201, undefined]);
  const token = await new SignJWT({ username: '민수', projectId: 'kimpga' })
    .setProtectedHeader({ alg: 'EdDSA' })
    .sign(await importPKCS8(privateKey, 'EdDSA'));
  await connectClient(context, chatty.url, token);
  assert.deepEqual(await codeOf(context, chatty, createTestToken('민수', { secret: publicKey })), REFUSED);
  for (const wrong of [
    { algorithm: 'RS256', publicKey },
    { algorithm: 'EdDSA', publicKey: 'x' },
    { algorithm: 'none' },
    { algorithm: 'JWKS', publicKey: 'http://a.example' },
  ])
    assert.equal((await callApi(chatty, 'POST', '/projects/kimpga/secrets', wrong)).body.code, 'invalid');
});

it('while the keys of a host cannot be fetched, its tokens are not reported as wrong', async (context) => {
  const chatty = await startTestServer(context, KEY_SETTINGS);
  await createProject(chatty, 'kimpga');
  // Nothing listens there.
  await addSecret(chatty, 'kimpga', { algorithm: 'JWKS', publicKey: 'https://127.0.0.1:1/jwks.json' });
  const { privateKey } = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const token = await new SignJWT({ username: '민수', projectId: 'kimpga' })
    .setProtectedHeader({ alg: 'EdDSA', kid: 'k1' })
    .sign(await importPKCS8(privateKey, 'EdDSA'));
  assert.deepEqual(await codeOf(context, chatty, token), ['Service unavailable', 'unavailable']);
  assert.deepEqual(
    await codeOf(context, chatty, createTestToken('민수')),
    REFUSED,
    'the shared secret has no say',
  );
});

it('an expiring token is announced, is renewed on the same connection, or else the connection ends with it (J14)', async (context) => {
  const chatty = await startTestServer(context);
  // It ended 25 s ago, and 30 are forgiven.
  const now = Date.now() - 58_000;
  const token = (userId: string, more: object = {}) =>
    createTestToken(userId, { userId, expiresIn: 33, now, ...more });
  const [stays, goes] = [
    await connectClient(context, chatty.url, token('u1')),
    await connectClient(context, chatty.url, token('u2')),
  ];
  const [told, ended] = [[] as string[], [] as string[]];
  stays.socket.on('expiring', ({ expiresAt }) => told.push(expiresAt));
  goes.socket.on('refused', ({ event, code }) => ended.push(`${event} ${code}`));
  await waitUntil(() => told.length > 0, 'the notice');
  const refresh = (given: string) =>
    stays.socket.timeout(5_000).emitWithAck('auth refresh', { token: given });
  assert.equal((await refresh('none.at.all')).code, 'token_invalid');
  const renewed = await refresh(createTestToken('새 이름', { userId: 'u1', expiresIn: 600 }));
  assert.ok(renewed.ok && Date.parse(renewed.expiresAt) > Date.now() + 500_000);
  // An older token brings nothing older back.
  assert.deepEqual(await refresh(token('u1', { now: now - 1_000, expiresIn: 60 })), renewed);
  await waitUntil(() => !goes.socket.connected, 'the end of the token', 15_000);
  assert.deepEqual(ended, ['connection token_expired']);
  const answer = await stays.send('아직 여기');
  assert.ok(answer.ok && answer.message.username === '새 이름');
  stays.socket.emit('auth refresh', { token: createTestToken('u9', { userId: 'u9' }) });
  await waitUntil(() => !stays.socket.connected, 'the end with another’s token');
});

it('a cutoff invalidates the earlier tokens of one user or of everyone', async (context) => {
  const chatty = await startTestServer(context, KEY_SETTINGS);
  await createProject(chatty, 'kimpga');
  const old = (userId: string) => createTestToken(userId, { userId, now: Date.now() - 60_000 });
  const [minsu, jiyoung] = [
    await connectClient(context, chatty.url, old('u1')),
    await connectClient(context, chatty.url, old('u2')),
  ];
  const cut = (body: object) => callApi(chatty, 'POST', '/projects/kimpga/cutoffs', body);
  const moment = new Date(Date.now() - 30_000).toISOString();
  assert.equal((await cut({ userId: 'u1', before: moment })).status, 200);
  await waitUntil(() => !minsu.socket.connected, 'u1 out', 5_000);
  assert.ok(jiyoung.socket.connected);
  assert.equal((await codeOf(context, chatty, old('u1')))[1], 'token_expired');
  await connectClient(context, chatty.url, createTestToken('u1', { userId: 'u1' }));
  // An earlier one takes nothing back.
  await cut({ userId: 'u1', before: new Date(0).toISOString() });
  assert.equal((await codeOf(context, chatty, old('u1')))[1], 'token_expired');
  await cut({ before: moment });
  await waitUntil(() => !jiyoung.socket.connected, 'everybody out', 5_000);
});
