/** Promise: nothing but a token that one of a project's own keys has signed, as it was signed, opens that project. */

import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync, sign as signWith } from 'node:crypto';
import { it, type TestContext } from 'node:test';
import fc from 'fast-check';
import {
  assertStored,
  connectClient,
  connectExpectingRefusal,
  createTestToken,
  startTestServer,
} from '../support/server.js';
import {
  createAuthenticator,
  createClaims,
  encodeTokenPart,
  PROJECT_IDS,
  PROJECT_SECRETS,
  writeToken,
} from '../support/token-server.js';

/** Tries of the property, and mutations of each. */
const RUNS = 1_060;
const MUTATIONS = 100;

const bytesOf = (token: string) =>
  token.split('.').map((part) => Buffer.from(part, 'base64url').toString('hex'));
/** base64url has spare bits in its last character: another spelling of the same bytes is the same token. */
const isSame = (one: string, other: string) =>
  one.split('.').length === other.split('.').length && bytesOf(one).join() === bytesOf(other).join();

async function door(context: TestContext) {
  const show = await createAuthenticator(context);
  return async (token: string) => {
    const verdict = await show(token);
    return verdict.ok ? verdict.member : null;
  };
}

/** Ways to make another token of a good one; `pick` chooses among what there is. */
const MUTATE: Record<string, (token: string, id: string, pick: (limit: number) => number) => string> = {
  'one character': (token, _id, pick) => {
    const at = pick(token.length);
    const letter = 'ABCXYZabcxyz0189-_.=+/ '.charAt(pick(23));
    return token.slice(0, at) + letter + token.slice(at + 1);
  },
  'one bit': (token, _id, pick) => {
    const parts = token.split('.');
    const at = pick(3);
    const bytes = Buffer.from(parts[at] ?? '', 'base64url');
    const place = pick(bytes.length);
    bytes[place] = (bytes[place] ?? 0) ^ (1 << pick(8));
    parts[at] = bytes.toString('base64url');
    return parts.join('.');
  },
  'cut short': (token, _id, pick) => token.slice(0, pick(token.length)),
  'made longer': (token, _id, pick) => token + ['.', 'A', '=', '.x', '\n', token][pick(6)],
  'claims changed': (token, id, pick) => {
    const [header, , signature] = token.split('.');
    const changes: object[] = [
      { role: 'admin' },
      { sub: 'u2' },
      { username: '관리자' },
      { exp: Math.floor(Date.now() / 1_000) + 7_200 },
      {
        projectId:
          PROJECT_IDS[(PROJECT_IDS.indexOf(id) + 1 + pick(PROJECT_IDS.length - 1)) % PROJECT_IDS.length],
      },
      { __proto__: { role: 'admin' }, constructor: 1 },
    ];
    return `${header}.${encodeTokenPart({ ...createClaims(id), ...changes[pick(changes.length)], iat: 1 })}.${signature}`;
  },
  'header changed': (token, _id, pick) => {
    const [, claims, signature] = token.split('.');
    const header = [
      { alg: 'none' },
      { alg: 'None' },
      { alg: 'HS384' },
      { alg: 'RS256' },
      { alg: ['HS256'] },
      { alg: 0 },
      { alg: 'HS256', crit: ['b64'], b64: false },
      { alg: 'HS256', jku: 'https://evil.example', kid: '../../etc/passwd' },
      { alg: 'HS256', kid: '__proto__' },
      {},
    ][pick(10)];
    return `${encodeTokenPart(header)}.${claims}.${[signature, ''][pick(2)]}`;
  },
  'signed by another': (_token, id, pick) => {
    const secrets = [
      ...PROJECT_IDS.filter((each) => each !== id).map((each) => PROJECT_SECRETS[each] ?? ''),
      ' ',
      'secret',
      `${PROJECT_SECRETS[id]} `,
    ];
    return writeToken({
      header: { alg: 'HS256' },
      claims: createClaims(id),
      secret: secrets[pick(secrets.length)] ?? '',
    });
  },
  'signed in another way': (_token, id, pick) => {
    const hash = ['sha384', 'sha512', 'sha1'][pick(3)] ?? '';
    const signed = `${encodeTokenPart({ alg: ['HS256', 'HS384', 'HS512'][pick(3)] })}.${encodeTokenPart(createClaims(id))}`;
    return `${signed}.${createHmac(hash, PROJECT_SECRETS[id] ?? '')
      .update(signed)
      .digest('base64url')}`;
  },
  'another key inside': (_token, id) => {
    const { publicKey, privateKey } = PAIR;
    const header = { alg: 'RS256', jwk: publicKey.export({ format: 'jwk' }) };
    const signed = `${encodeTokenPart(header)}.${encodeTokenPart(createClaims(id))}`;
    return `${signed}.${signWith('sha256', Buffer.from(signed), privateKey).toString('base64url')}`;
  },
  'parts moved': (token, id, pick) => {
    const other = writeToken({
      header: { alg: 'HS256', typ: 'JWT' },
      claims: { ...createClaims(id), sub: 'u3' },
      secret: PROJECT_SECRETS[id] ?? '',
    });
    const [a, b] = [token.split('.'), other.split('.')];
    return (
      [
        [a[0], a[1], b[2]],
        [b[0], b[1], a[2]],
        [a[1], a[0], a[2]],
        [a[0], a[0], a[2]],
        [a[0], a[1]],
        [...a, ...b],
      ][pick(6)]?.join('.') ?? ''
    );
  },
};
const PAIR = generateKeyPairSync('rsa', { modulusLength: 2_048 });

it('none of 100,000 mutations of valid tokens is accepted (J1, J2, J3, J8, G21)', {
  timeout: 170_000,
}, async (context) => {
  const enter = await door(context);
  const ways = Object.keys(MUTATE);
  const tried: Record<string, number> = {};
  for (const id of PROJECT_IDS) {
    const good = writeToken({
      header: { alg: 'HS256', typ: 'JWT' },
      claims: createClaims(id),
      secret: PROJECT_SECRETS[id] ?? '',
    });
    assert.equal((await enter(good))?.projectId, id);
  }
  const mutation = fc.record({
    id: fc.constantFrom(...PROJECT_IDS),
    way: fc.constantFrom(...ways),
    chance: fc.infiniteStream(fc.nat()),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(mutation, { minLength: MUTATIONS, maxLength: MUTATIONS }),
      async (mutations) => {
        for (const { id, way, chance } of mutations) {
          const good = writeToken({
            header: { alg: 'HS256', typ: 'JWT' },
            claims: createClaims(id),
            secret: PROJECT_SECRETS[id] ?? '',
          });
          const pick = (limit: number) => (chance.next().value ?? 0) % limit;
          const mutated = MUTATE[way]?.(good, id, pick) ?? '';
          // No token at all is a guest, which is no forgery.
          if (mutated === '' || isSame(good, mutated)) continue;
          tried[way] = (tried[way] ?? 0) + 1;
          assert.equal(await enter(mutated), null, `${way}: ${mutated}`);
        }
      },
    ),
    { numRuns: RUNS, endOnFailure: true },
  );
  const count = Object.values(tried).reduce((sum, each) => sum + each, 0);
  context.diagnostic(`${count} mutations: ${JSON.stringify(tried)}`);
  assert.ok(count > 100_000, `${count}`);
  for (const way of ways) assert.ok((tried[way] ?? 0) > 1_000, way);
});

it('no project can sign for another, for every pair of four (J9)', async (context) => {
  const enter = await door(context);
  for (const signer of PROJECT_IDS)
    for (const target of PROJECT_IDS)
      for (const kid of [undefined, 'first']) {
        const header = { alg: 'HS256', ...(kid && { kid }) };
        const member = await enter(
          writeToken({ header, claims: createClaims(target), secret: PROJECT_SECRETS[signer] ?? '' }),
        );
        assert.equal(member?.projectId ?? null, signer === target ? target : null, `${signer} for ${target}`);
      }
});

it('a running server refuses 300 mutated tokens, and its members stay connected (J1, J2, J3, J8)', async (context) => {
  const { url } = await startTestServer(context, {
    JWT_SECRET: PROJECT_SECRETS.founding,
    INVALID_TOKENS_PER_MINUTE: '1000000',
    ADDRESS_EVENT_BURST: '1000000',
  });
  const minsu = await connectClient(context, url, createTestToken('민수'));
  const good = writeToken({ claims: createClaims('founding'), secret: PROJECT_SECRETS.founding });
  await connectClient(context, url, good);
  const ways = Object.values(MUTATE);
  const seed = Math.floor(Math.random() * 2 ** 31);
  context.diagnostic(`seed ${seed}`);
  const [chances = []] = fc.sample(fc.array(fc.nat(), { minLength: 1_200, maxLength: 1_200 }), {
    numRuns: 1,
    seed,
  });
  let next = 0;
  const pick = (limit: number) => (chances[next++ % chances.length] ?? 0) % limit;
  let tried = 0;
  while (tried < 300) {
    const mutated = ways[tried % ways.length]?.(good, 'founding', pick) ?? '';
    if (mutated === '' || isSame(good, mutated)) continue;
    const error = await connectExpectingRefusal(
      context,
      url,
      { token: mutated },
      { transports: ['websocket'] },
    );
    assert.equal(error.message, 'Authentication error', mutated);
    tried += 1;
  }
  assertStored(await minsu.send('아직 있어요'));
});
