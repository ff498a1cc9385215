/** Promise: only a bearer of a good token gets in, and every refusal says "Authentication error" with a code. */

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, describe, it, type TestContext } from 'node:test';
import {
  assertStored,
  connectClient,
  connectExpectingRefusal,
  createTestToken,
  SECRET,
  startTestServer,
  type TestServer,
} from '../support/server.js';

const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url');
const sign = (header: unknown, claims: unknown, secret = SECRET, hash = 'sha256') => {
  const signed = `${encode(header)}.${encode(claims)}`;
  return `${signed}.${createHmac(hash, secret).update(signed).digest('base64url')}`;
};
const HS256 = { alg: 'HS256', typ: 'JWT' };
const seconds = () => Math.floor(Date.now() / 1_000);
const good = () => ({ projectId: 'kimpga', username: '민수', exp: seconds() + 60 });

describe('authentication', () => {
  let chatty: TestServer;
  let production: TestServer;
  const endings: (() => unknown)[] = [];
  before(async () => {
    const suite = { after: (ending: () => unknown) => endings.push(ending) } as unknown as TestContext;
    chatty = await startTestServer(suite);
    production = await startTestServer(suite, { NODE_ENV: 'production' });
  });
  after(async () => {
    for (const ending of endings.reverse()) await ending();
  });

  const refused: [string, () => unknown, string][] = [
    ['no token', () => undefined, 'token_missing'],
    ['an empty token', () => '', 'token_missing'],
    ['a token that is an object', () => ({ a: 1 }), 'token_invalid'],
    ['a token that is no JWT', () => 'hello', 'token_invalid'],
    ['a token of 9 KB', () => 'a'.repeat(9_000), 'token_invalid'],
    ['another secret', () => sign(HS256, good(), 'another-secret-of-at-least-32-bytes'), 'token_invalid'],
    ['alg none', () => `${encode({ alg: 'none' })}.${encode(good())}.`, 'token_invalid'],
    ['alg nOnE', () => `${encode({ alg: 'nOnE' })}.${encode(good())}.`, 'token_invalid'],
    ['HS512', () => sign({ alg: 'HS512' }, good(), SECRET, 'sha512'), 'token_invalid'],
    ['HS256 claimed as RS256', () => sign({ alg: 'RS256' }, good()), 'token_invalid'],
    ['an expired token', () => sign(HS256, { ...good(), exp: seconds() - 31 }), 'token_expired'],
    ['exp as a string', () => sign(HS256, { ...good(), exp: 'tomorrow' }), 'token_claims'],
    ['exp beyond all times', () => sign(HS256, { ...good(), exp: 9e99 }), 'token_claims'],
    ['iat in the future', () => sign(HS256, { ...good(), iat: seconds() + 40 }), 'token_claims'],
    ['no project', () => sign(HS256, { username: 'a' }), 'token_claims'],
    ['a project in capitals', () => sign(HS256, { ...good(), projectId: 'KIMPGA' }), 'token_claims'],
    ['a project called __proto__', () => sign(HS256, { ...good(), projectId: '__proto__' }), 'token_claims'],
    ['no username', () => sign(HS256, { projectId: 'kimpga' }), 'token_claims'],
    ['an invisible username', () => sign(HS256, { ...good(), username: '\u3164' }), 'token_claims'],
    [
      'a zero-width character in the username',
      () => sign(HS256, { ...good(), username: 'ad\u200bmin' }),
      'token_claims',
    ],
  ];
  for (const [name, token, code] of refused) {
    it(`refuses ${name} (J1, J2, J5, J10, J11)`, async (context) => {
      const error = await connectExpectingRefusal(context, chatty.url, { token: token() });
      assert.equal(error.message, 'Authentication error');
      assert.equal(error.data?.code, code);
    });
  }

  it('refuses every single-byte change of a token (J3)', async (context) => {
    const token = createTestToken('민수');
    for (let index = 0; index < token.length - 1; index += 9) {
      const changed = `${token.slice(0, index)}${token[index] === 'A' ? 'B' : 'A'}${token.slice(index + 1)}`;
      const error = await connectExpectingRefusal(context, chatty.url, { token: changed });
      assert.equal(error.message, 'Authentication error', `byte ${index}`);
    }
  });

  it('an unknown project, a wrong signature and a wrong key id get the same refusal (J19)', async (context) => {
    const told = new Set<string>();
    for (const [header, claims, secret] of [
      [HS256, good(), 'another-secret-of-at-least-32-bytes'],
      [HS256, { ...good(), projectId: 'nobody-knows' }, 'another-secret-of-at-least-32-bytes'],
      [{ ...HS256, kid: 'no-such-key' }, good(), 'another-secret-of-at-least-32-bytes'],
    ] as const) {
      const { message, data } = await connectExpectingRefusal(context, chatty.url, {
        token: sign(header, claims, secret),
      });
      told.add(JSON.stringify([message, data]));
    }
    assert.equal(told.size, 1);
  });

  it('does not read a token from the URL (J12)', async (context) => {
    const error = await connectExpectingRefusal(
      context,
      `${chatty.url}/?token=${createTestToken('민수')}`,
      {},
    );
    assert.equal(error.data?.code, 'token_missing');
  });

  it('allows 30 s of clock skew (J6)', async (context) => {
    await connectClient(context, chatty.url, sign(HS256, { ...good(), exp: seconds() - 25 }));
  });

  it('accepts a token without exp outside production, as the founding contract requires', async (context) => {
    await connectClient(context, chatty.url, sign(HS256, { projectId: 'kimpga', username: '민수' }));
  });

  it('drops avatars on private http addresses in production', async (context) => {
    const avatar = 'http://localhost:4001/a.png';
    const token = createTestToken('민수', { avatar });
    const shown = async ({ url }: TestServer) =>
      assertStored(await (await connectClient(context, url, token)).send('안녕')).avatar;
    assert.equal(await shown(production), null);
    assert.equal(await shown(chatty), avatar);
  });

  it('requires exp in production, at most 24 hours ahead (J5)', async (context) => {
    const none = await connectExpectingRefusal(context, production.url, {
      token: sign(HS256, { projectId: 'kimpga', username: '민수' }),
    });
    assert.equal(none.data?.code, 'token_claims');
    const long = await connectExpectingRefusal(context, production.url, {
      token: sign(HS256, { ...good(), exp: seconds() + 25 * 3_600 }),
    });
    assert.equal(long.data?.code, 'token_claims');
    await connectClient(context, production.url, sign(HS256, good()));
  });
});
