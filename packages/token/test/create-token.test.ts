/** Promise: what createToken signs, any HS256 library verifies and Chatty accepts; what it cannot sign, it names. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { jwtVerify } from 'jose';
import { createToken } from '../src/create-token.js';

const secret = 'a-secret-of-the-tests-with-enough-bytes';
const base = { secret, projectId: 'kimpga', username: '민수' };

it('a token carries the claims and lasts one hour', async () => {
  const token = createToken({
    ...base,
    userId: 'u1',
    avatar: 'https://a.test/b.png',
    role: 'moderator',
    keyId: 'k1',
  });
  const { payload, protectedHeader } = await jwtVerify(token, new TextEncoder().encode(secret), {
    algorithms: ['HS256'],
  });
  assert.deepEqual(protectedHeader, { alg: 'HS256', typ: 'JWT', kid: 'k1' });
  const { iat = 0, exp = 0, ...claims } = payload;
  assert.deepEqual(claims, {
    projectId: 'kimpga',
    username: '민수',
    sub: 'u1',
    avatar: 'https://a.test/b.png',
    role: 'moderator',
  });
  assert.equal(exp - iat, 3_600);
});

for (const [name, options, words] of [
  ['a short secret', { secret: 'short' }, /32 bytes/],
  ['a life over a day', { expiresIn: 86_401 }, /expiresIn/],
  ['a project in capitals', { projectId: 'KIMPGA' }, /projectId/],
  ['an invisible name', { username: '\u200b' }, /username/],
  ['a time that is none', { now: Number.NaN }, /now/],
  ['a role we do not know', { role: 'king' as 'admin' }, /role/],
  ['badges that are no list', { badges: 'vip' as unknown as string[] }, /badges/],
  ['a script as avatar', { avatar: 'javascript:alert(1)' }, /avatar/],
] as const) {
  it(`refuses ${name}`, () => assert.throws(() => createToken({ ...base, ...options }), words));
}
