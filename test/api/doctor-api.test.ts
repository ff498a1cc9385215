/** Promise: the doctor is for whoever has a key, leaves no trace, and gives nothing of other projects away. */

import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import type { Examination } from '@chatty/server/doctor/token-doctor';
import { outcomesOf, SECRETS, sign } from '../support/doctor.js';
import { ask, KEYS, make } from '../support/projects.js';
import { type Chatty, join, refusalOf, SECRET, startChatty, tokenOf } from '../support/server.js';

type Told = { status: number; body: Examination & { code?: string } };

async function makeClinic(context: TestContext) {
  const chatty = await startChatty(context, KEYS);
  await make(chatty, 'kimpga', { origins: ['https://kimpga.com'] });
  const { secret = '', kid = '' } = (await ask(chatty, 'POST', '/projects/kimpga/secrets', {})).body;
  const { key } = (await ask(chatty, 'POST', '/projects/kimpga/keys', {})).body as unknown as { key: string };
  return { chatty, secret, kid, key };
}

const examine = async ({ url }: Chatty, key: string, project: string, body: object) =>
  (await ask({ url }, 'POST', `/projects/${project}/doctor`, body, {
    authorization: `Bearer ${key}`,
  })) as unknown as Told;

it('over HTTP it is for the project’s key alone, leaves no trace, and says what the socket then does', async (context) => {
  const { chatty, secret, kid, key } = await makeClinic(context);
  const token = tokenOf('민수', { userId: 'u1', secret, role: 'admin' });
  const { status, body } = await examine(chatty, key, 'kimpga', { token, origin: 'https://kimpga.com' });
  assert.deepEqual([status, body.ok, body.code], [200, true, null]);
  assert.match(body.checks.find(({ check }) => check === 'signature')?.advice.ko ?? '', new RegExp(kid));
  const { secrets } = (await ask(chatty, 'GET', '/projects/kimpga')).body as unknown as {
    secrets: { lastUsedAt: string | null }[];
  };
  assert.equal(secrets[0]?.lastUsedAt, null);
  const refused = await ask(chatty, 'GET', '/projects/kimpga/refusals');
  assert.deepEqual(refused.body.refusals, []);
  await join(context, chatty.url, token, { extraHeaders: { origin: 'https://kimpga.com' } });
  const evil = { extraHeaders: { origin: 'https://evil.example' } };
  const error = await refusalOf(context, chatty.url, { token }, evil);
  const told = await examine(chatty, key, 'kimpga', { token, origin: 'https://evil.example' });
  assert.deepEqual([told.body.ok, told.body.code], [false, error.data?.code]);

  for (const wrong of [{}, { token: '' }, { token: 7 }, { token, origin: 7 }, []])
    assert.equal((await examine(chatty, key, 'kimpga', wrong)).status, 400);
  assert.equal((await examine(chatty, 'x', 'kimpga', { token })).status, 401);
  await make(chatty, 'othershop');
  assert.equal((await examine(chatty, key, 'othershop', { token })).status, 404);
  assert.equal((await examine(chatty, key, 'nonesuch', { token })).status, 404);
});

it('of another project it tells nothing, neither keys nor bans nor origins (T1)', async (context) => {
  const { chatty, key } = await makeClinic(context);
  await make(chatty, 'othershop');
  const { secret = '' } = (await ask(chatty, 'POST', '/projects/othershop/secrets', {})).body;
  await ask(chatty, 'POST', '/projects/othershop/members/u1/ban');
  const answers = await Promise.all(
    [secret, SECRET].map((signer) =>
      examine(chatty, key, 'kimpga', {
        token: sign(
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

it('keys of a host that cannot be fetched are called that, not a wrong signature', async (context) => {
  const { chatty, key } = await makeClinic(context);
  await ask(chatty, 'POST', '/projects/kimpga/secrets', {
    algorithm: 'JWKS',
    publicKey: 'https://127.0.0.1:1/jwks.json',
  });
  const token = sign({ alg: 'ES256', kid: 'k1' }, { projectId: 'kimpga', username: '민수' }, SECRETS.wrong);
  const { status, body } = await examine(chatty, key, 'kimpga', { token });
  assert.deepEqual([status, body.ok, body.code], [200, false, 'unavailable']);
  assert.ok(outcomesOf(body).includes('signature unreachable'));
});
