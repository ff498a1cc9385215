/** Promise: the doctor is for whoever has a key, leaves no trace, and gives nothing of other projects away. */

import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import type { DoctorReport } from '@chatty/server/testing';
import { outcomesOf, PROJECT_SECRETS, signToken } from '../support/doctor.js';
import { callApi, createProject, KEY_SETTINGS } from '../support/projects.js';
import {
  connectClient,
  connectExpectingRefusal,
  createTestToken,
  SECRET,
  startTestServer,
  type TestServer,
} from '../support/server.js';

type Told = { status: number; body: DoctorReport & { code?: string } };

async function makeClinic(context: TestContext) {
  const chatty = await startTestServer(context, KEY_SETTINGS);
  await createProject(chatty, 'kimpga', { origins: ['https://kimpga.com'] });
  const { secret = '', kid = '' } = (await callApi(chatty, 'POST', '/projects/kimpga/secrets', {})).body;
  const { key } = (await callApi(chatty, 'POST', '/projects/kimpga/keys', {})).body as unknown as {
    key: string;
  };
  return { chatty, secret, kid, key };
}

const examine = async ({ url }: TestServer, key: string, project: string, body: object) =>
  (await callApi({ url }, 'POST', `/projects/${project}/doctor`, body, {
    authorization: `Bearer ${key}`,
  })) as unknown as Told;

it('over HTTP the doctor requires the project key, leaves no trace, and matches the socket result', async (context) => {
  const { chatty, secret, kid, key } = await makeClinic(context);
  const token = createTestToken('민수', { userId: 'u1', secret, role: 'admin' });
  const { status, body } = await examine(chatty, key, 'kimpga', { token, origin: 'https://kimpga.com' });
  assert.deepEqual([status, body.ok, body.code], [200, true, null]);
  assert.match(body.checks.find(({ check }) => check === 'signature')?.advice.ko ?? '', new RegExp(kid));
  const { secrets } = (await callApi(chatty, 'GET', '/projects/kimpga')).body as unknown as {
    secrets: { lastUsedAt: string | null }[];
  };
  assert.equal(secrets[0]?.lastUsedAt, null);
  const refused = await callApi(chatty, 'GET', '/projects/kimpga/refusals');
  assert.deepEqual(refused.body.refusals, []);
  await connectClient(context, chatty.url, token, { extraHeaders: { origin: 'https://kimpga.com' } });
  const evil = { extraHeaders: { origin: 'https://evil.example' } };
  const error = await connectExpectingRefusal(context, chatty.url, { token }, evil);
  const told = await examine(chatty, key, 'kimpga', { token, origin: 'https://evil.example' });
  assert.deepEqual([told.body.ok, told.body.code], [false, error.data?.code]);

  for (const wrong of [{}, { token: '' }, { token: 7 }, { token, origin: 7 }, []])
    assert.equal((await examine(chatty, key, 'kimpga', wrong)).status, 400);
  assert.equal((await examine(chatty, 'x', 'kimpga', { token })).status, 401);
  await createProject(chatty, 'othershop');
  assert.equal((await examine(chatty, key, 'othershop', { token })).status, 404);
  assert.equal((await examine(chatty, key, 'nonesuch', { token })).status, 404);
});

it('reveals nothing of another project: no keys, bans or origins (T1)', async (context) => {
  const { chatty, key } = await makeClinic(context);
  await createProject(chatty, 'othershop');
  const { secret = '' } = (await callApi(chatty, 'POST', '/projects/othershop/secrets', {})).body;
  await callApi(chatty, 'POST', '/projects/othershop/members/u1/ban');
  const answers = await Promise.all(
    [secret, SECRET].map((signer) =>
      examine(chatty, key, 'kimpga', {
        token: signToken(
          { alg: 'HS256' },
          { projectId: 'othershop', username: '민수', sub: 'u1', iat: 1_700_000_000, exp: 4_000_000_000 },
          signer,
        ),
      }),
    ),
  );
  const tell = ({ body }: Told) => JSON.stringify({ ...body, code: null });
  assert.equal(tell(answers[0] as Told), tell(answers[1] as Told), 'well and badly signed look alike');
  for (const check of ['signature', 'cutoff', 'exclusion', 'origin'])
    assert.equal(answers[0]?.body.checks.find((each) => each.check === check)?.result, 'skipped', check);
});

it('unreachable host keys are reported as such, not as a wrong signature', async (context) => {
  const { chatty, key } = await makeClinic(context);
  await callApi(chatty, 'POST', '/projects/kimpga/secrets', {
    algorithm: 'JWKS',
    publicKey: 'https://127.0.0.1:1/jwks.json',
  });
  const token = signToken(
    { alg: 'ES256', kid: 'k1' },
    { projectId: 'kimpga', username: '민수' },
    PROJECT_SECRETS.wrong,
  );
  const { status, body } = await examine(chatty, key, 'kimpga', { token });
  assert.deepEqual([status, body.ok, body.code], [200, false, 'unavailable']);
  assert.ok(outcomesOf(body).includes('signature unreachable'));
});
