/** Promise: nothing but a token that one of a project's own keys has signed, as it was signed, opens that project. */

import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync, sign as signWith } from 'node:crypto';
import { it, type TestContext } from 'node:test';
import { createAuth } from '@chatty/server/auth';
import { createLog } from '@chatty/server/log';
import { createNaming } from '@chatty/server/naming';
import { createOrder } from '@chatty/server/order';
import { createProjects } from '@chatty/server/projects';
import { createVault } from '@chatty/server/vault';
import fc from 'fast-check';
import { SECRET } from './kit.js';
import { open } from './stores.js';

const SECRETS: Record<string, string> = {
  kimpga: 'the secret of kimpga, with bytes enough for it',
  shop: 'the secret of the shop, with bytes enough for it',
  cafe: 'the secret of the cafe, with bytes enough for it',
  // Without a record: the secret that such projects share.
  founding: SECRET,
};
const IDS = Object.keys(SECRETS);
/** Tries of the property, and mutations of each. */
const RUNS = 1_060;
const MUTATIONS = 100;

type Parts = { header: Record<string, unknown>; claims: Record<string, unknown>; secret: string };

const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url');
const write = ({ header, claims, secret }: Parts) => {
  const signed = `${encode(header)}.${encode(claims)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
};
const bytesOf = (token: string) =>
  token.split('.').map((part) => Buffer.from(part, 'base64url').toString('hex'));
/** base64url has spare bits in its last character: another spelling of the same bytes is the same token. */
const isSame = (one: string, other: string) =>
  one.split('.').length === other.split('.').length && bytesOf(one).join() === bytesOf(other).join();

async function door(context: TestContext) {
  const { store } = await open(context);
  const by = { kind: 'operator', id: 'operator', name: 'operator' } as const;
  const vault = createVault('a sealing key of the tests, 32 bytes or more');
  for (const id of IDS) {
    if (id === 'founding') continue;
    await store.projects.create({ id, name: id, origins: [], settings: {} }, by);
    const sealed = vault.seal(`${id}/first`, SECRETS[id] ?? '');
    const secret = { kid: 'first', algorithm: 'HS256', sealed, public: null, expiresAt: null } as const;
    await store.projects.addSecret(id, secret, by);
  }
  const log = createLog('silent');
  const projects = await createProjects({
    records: store.projects,
    vault,
    founding: SECRET,
    unlisted: true,
    origins: null,
    guestProjects: ['*'],
    production: false,
    log,
  });
  const order = await createOrder({ records: store.order, log });
  context.after(async () => {
    order.close();
    await projects.close();
  });
  const naming = createNaming({ projects, order });
  const auth = await createAuth({ projects, order, naming, requireExpiry: true, maxHours: 24 });
  return async (token: string) => {
    const verdict = await auth.verify({ token, project: 'kimpga' });
    return verdict.ok ? verdict.member : null;
  };
}

const claimsOf = (projectId: string) => {
  const now = Math.floor(Date.now() / 1_000);
  return { projectId, sub: 'u1', username: '민수', role: 'member', iat: now, exp: now + 3_600 };
};

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
      { projectId: IDS[(IDS.indexOf(id) + 1 + pick(IDS.length - 1)) % IDS.length] },
      { __proto__: { role: 'admin' }, constructor: 1 },
    ];
    return `${header}.${encode({ ...claimsOf(id), ...changes[pick(changes.length)], iat: 1 })}.${signature}`;
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
    return `${encode(header)}.${claims}.${[signature, ''][pick(2)]}`;
  },
  'signed by another': (_token, id, pick) => {
    const secrets = [
      ...IDS.filter((each) => each !== id).map((each) => SECRETS[each] ?? ''),
      ' ',
      'secret',
      `${SECRETS[id]} `,
    ];
    return write({
      header: { alg: 'HS256' },
      claims: claimsOf(id),
      secret: secrets[pick(secrets.length)] ?? '',
    });
  },
  'signed in another way': (_token, id, pick) => {
    const hash = ['sha384', 'sha512', 'sha1'][pick(3)] ?? '';
    const signed = `${encode({ alg: ['HS256', 'HS384', 'HS512'][pick(3)] })}.${encode(claimsOf(id))}`;
    return `${signed}.${createHmac(hash, SECRETS[id] ?? '')
      .update(signed)
      .digest('base64url')}`;
  },
  'another key inside': (_token, id) => {
    const { publicKey, privateKey } = PAIR;
    const header = { alg: 'RS256', jwk: publicKey.export({ format: 'jwk' }) };
    const signed = `${encode(header)}.${encode(claimsOf(id))}`;
    return `${signed}.${signWith('sha256', Buffer.from(signed), privateKey).toString('base64url')}`;
  },
  'parts moved': (token, id, pick) => {
    const other = write({
      header: { alg: 'HS256', typ: 'JWT' },
      claims: { ...claimsOf(id), sub: 'u3' },
      secret: SECRETS[id] ?? '',
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

it('of 100,000 mutations of good tokens none is accepted (J1, J2, J3, J8, G21)', {
  timeout: 170_000,
}, async (context) => {
  const enter = await door(context);
  const ways = Object.keys(MUTATE);
  const tried: Record<string, number> = {};
  for (const id of IDS) {
    const good = write({
      header: { alg: 'HS256', typ: 'JWT' },
      claims: claimsOf(id),
      secret: SECRETS[id] ?? '',
    });
    assert.equal((await enter(good))?.projectId, id);
  }
  const mutation = fc.record({
    id: fc.constantFrom(...IDS),
    way: fc.constantFrom(...ways),
    chance: fc.infiniteStream(fc.nat()),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(mutation, { minLength: MUTATIONS, maxLength: MUTATIONS }),
      async (mutations) => {
        for (const { id, way, chance } of mutations) {
          const good = write({
            header: { alg: 'HS256', typ: 'JWT' },
            claims: claimsOf(id),
            secret: SECRETS[id] ?? '',
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
  for (const signer of IDS)
    for (const target of IDS)
      for (const kid of [undefined, 'first']) {
        const header = { alg: 'HS256', ...(kid && { kid }) };
        const member = await enter(
          write({ header, claims: claimsOf(target), secret: SECRETS[signer] ?? '' }),
        );
        assert.equal(member?.projectId ?? null, signer === target ? target : null, `${signer} for ${target}`);
      }
});
