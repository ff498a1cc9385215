/** Promise: HS256 is answered as jose answers it, but for extensions, of which it knows none. */

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { compactVerify, decodeJwt, decodeProtectedHeader } from 'jose';
import { findSigningKey } from '../src/auth/jwt-signature.js';
import { type SigningKey, secretToKey } from '../src/projects/projects.js';

const RUNS = 3_000;
const SECRETS = ['one secret of at least thirty-two bytes', '다른 비밀 — 서른두 바이트보다 길다, 분명히'];
const KEYS: SigningKey[] = SECRETS.map((secret, index) => ({
  kid: String(index),
  algorithms: ['HS256'],
  key: secretToKey(secret),
}));

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const sign = (text: string, secret: string, hash = 'sha256') =>
  createHmac(hash, secret).update(text).digest('base64url');

const header = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ alg: 'HS256', typ: 'JWT' }) },
  fc.record(
    {
      alg: fc.constantFrom('HS256', 'hs256', 'HS384', 'none', 'RS256', 0, null, ['HS256']),
      kid: fc.string(),
      crit: fc.constantFrom([], ['b64'], ['exp'], null, 'b64'),
      b64: fc.boolean(),
    },
    { requiredKeys: [] },
  ),
);
const token = fc
  .record({
    header,
    payload: fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue(), { maxKeys: 4 }),
    secret: fc.constantFrom(...SECRETS, 'a secret that nobody has been given'),
    hash: fc.constantFrom('sha256', 'sha256', 'sha256', 'sha512'),
  })
  .map((given) => {
    const text = `${encode(given.header)}.${encode(given.payload)}`;
    return `${text}.${sign(text, given.secret, given.hash)}`;
  });
/** One character of it replaced, put in or taken out. */
const bent = fc
  .tuple(token, fc.nat(), fc.constantFrom(...'AZaz09-_+/= .\n', ''), fc.nat({ max: 1 }))
  .map(([text, place, letter, taken]) => {
    const at = place % (text.length + 1);
    return text.slice(0, at) + letter + text.slice(at + taken);
  });

/** The parts as `form` has read them before a signature is looked at; null: it would not have come so far. */
function read(text: string) {
  try {
    decodeJwt(text);
    return decodeProtectedHeader(text);
  } catch {
    return null;
  }
}

async function josesAnswer(text: string): Promise<string | null> {
  for (const [index, secret] of SECRETS.entries()) {
    const key = new TextEncoder().encode(secret);
    const fits = await compactVerify(text, key, { algorithms: ['HS256'] }).then(
      () => true,
      () => false,
    );
    if (fits) return String(index);
  }
  return null;
}

test('verifying an HS256 token gives the same result as jose, for valid and for damaged tokens', async () => {
  const seen = { fits: 0, not: 0, stricter: 0 };
  await fc.assert(
    fc.asyncProperty(fc.oneof(token, bent), async (text) => {
      const head = read(text);
      if (head === null) return;
      const found = await findSigningKey(text, head, KEYS);
      const ours = 'kind' in found ? null : found.key.kid;
      const theirs = await josesAnswer(text);
      if (ours !== null) assert.equal(ours, theirs);
      // What only jose takes: an extension that says what holds anyway.
      else if (theirs !== null) assert.ok(head.crit !== undefined, text);
      seen[ours !== null ? 'fits' : theirs === null ? 'not' : 'stricter'] += 1;
    }),
    { numRuns: RUNS },
  );
  assert.ok(seen.fits > RUNS / 20 && seen.not > RUNS / 20, JSON.stringify(seen));
});

test('an error names the key or the part that cannot be verified', () => {
  const text = `${encode({ alg: 'HS256' })}.${encode({})}`;
  const good = `${text}.${sign(text, SECRETS[1] ?? '')}`;
  const kindOf = (token: string, header: object, keys = KEYS) => {
    const found = findSigningKey(token, header, keys);
    return found instanceof Promise || 'key' in found ? found : found.kind;
  };
  assert.deepEqual(kindOf(good, { alg: 'HS256' }), { key: KEYS[1] }, 'the second key is tried as well');
  assert.equal(kindOf(good, { alg: 'HS256' }, KEYS.slice(0, 1)), 'no_match');
  assert.equal(kindOf(`${text}.`, { alg: 'HS256' }), 'no_match', 'no signature');
  assert.equal(kindOf(good.slice(0, -2), { alg: 'HS256' }), 'malformed', 'cut');
  assert.equal(kindOf(`${good.slice(0, -1)}*`, { alg: 'HS256' }), 'malformed');
  assert.equal(kindOf(good, { alg: 'none' }), 'malformed');
  assert.equal(kindOf(good, {}), 'malformed');
  assert.equal(kindOf(good, { alg: 'HS256', crit: ['exp'] }), 'malformed');
});

test('padding and trailing blanks, which some hosts send, are accepted', () => {
  const text = `${encode({ alg: 'HS256' })}.${encode({})}`;
  for (const end of ['=', '\n', ' ', '=\r\n'])
    assert.deepEqual(
      findSigningKey(`${text}.${sign(text, SECRETS[0] ?? '')}${end}`, { alg: 'HS256' }, KEYS),
      {
        key: KEYS[0],
      },
    );
});

test('an empty secret never verifies', () => {
  assert.throws(() => secretToKey(''), /empty/);
});
