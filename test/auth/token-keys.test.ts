/** Promise: where a host signs with a private key, nothing opens its project but what that key has signed, as it has signed it. */

import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { it } from 'node:test';
import fc from 'fast-check';
import {
  createAuthenticator,
  createClaims,
  encodeTokenPart,
  PROJECT_SECRETS,
  type PublicKeyProject,
  writeToken,
} from '../support/token-server.js';

type Host = PublicKeyProject & { privateKey: KeyObject };

const HOSTS: Host[] = [
  { id: 'rsa', algorithm: 'RS256', ...generateKeyPairSync('rsa', { modulusLength: 2_048 }) },
  { id: 'curve', algorithm: 'ES256', ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) },
  { id: 'edwards', algorithm: 'EdDSA', ...generateKeyPairSync('ed25519') },
];
/** Of the same kinds, and nobody's. */
const UNAUTHENTICATED_CONNECTIONS: Record<string, KeyObject> = {
  RS256: generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey,
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  EdDSA: generateKeyPairSync('ed25519').privateKey,
};
const MUTATIONS = 3_000;

function seal(header: object, claims: object, key: KeyObject): string {
  const signed = `${encodeTokenPart(header)}.${encodeTokenPart(claims)}`;
  const hash = key.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  const signature = sign(hash, Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}

const goodOf = ({ id, algorithm, privateKey }: Host) =>
  seal({ alg: algorithm, typ: 'JWT' }, createClaims(id), privateKey);

/** What is public of a key, in the forms that somebody might take for a secret. */
const publicForms = ({ publicKey }: Host) => {
  const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString();
  return [
    pem,
    pem.trim(),
    publicKey.export({ format: 'der', type: 'spki' }),
    JSON.stringify(publicKey.export({ format: 'jwk' })),
  ];
};

type Pick = (limit: number) => number;
const WAYS: Record<string, (host: Host, pick: Pick) => string> = {
  'one bit'(host, pick) {
    const parts = goodOf(host).split('.');
    const at = pick(3);
    const bytes = Buffer.from(parts[at] ?? '', 'base64url');
    const place = pick(bytes.length);
    bytes[place] = (bytes[place] ?? 0) ^ (1 << pick(8));
    parts[at] = bytes.toString('base64url');
    return parts.join('.');
  },
  'claims changed'(host, pick) {
    const [header, , signature] = goodOf(host).split('.');
    const changes = [
      { role: 'admin' },
      { sub: 'u2' },
      { projectId: HOSTS[pick(HOSTS.length)]?.id, iat: 1 },
      { exp: Math.floor(Date.now() / 1_000) + 7_200 },
    ];
    return `${header}.${encodeTokenPart({ ...createClaims(host.id), ...changes[pick(changes.length)] })}.${signature}`;
  },
  'algorithm changed'(host, pick) {
    const [, claims, signature] = goodOf(host).split('.');
    const others = [
      'none',
      'HS256',
      'RS256',
      'PS256',
      'RS512',
      'ES256',
      'ES384',
      'EdDSA',
      'Ed25519',
      '',
    ].filter((alg) => alg !== host.algorithm);
    return `${encodeTokenPart({ alg: others[pick(others.length)] })}.${claims}.${[signature, ''][pick(2)]}`;
  },
  'the public key as a secret'(host, pick) {
    const forms = publicForms(host);
    const signed = `${encodeTokenPart({ alg: ['HS256', host.algorithm][pick(2)], kid: 'first' })}.${encodeTokenPart(createClaims(host.id))}`;
    return `${signed}.${createHmac('sha256', forms[pick(forms.length)] ?? '')
      .update(signed)
      .digest('base64url')}`;
  },
  'signed by another'(host, pick) {
    const others = [
      ...HOSTS.filter(({ id }) => id !== host.id).map(({ privateKey }) => privateKey),
      ...Object.values(UNAUTHENTICATED_CONNECTIONS),
    ];
    return seal(
      { alg: host.algorithm, kid: 'first' },
      createClaims(host.id),
      others[pick(others.length)] as KeyObject,
    );
  },
  'the shared secret'(host, pick) {
    const secrets = Object.values(PROJECT_SECRETS);
    return writeToken({ claims: createClaims(host.id), secret: secrets[pick(secrets.length)] });
  },
  'a key inside'(host, pick) {
    const key = UNAUTHENTICATED_CONNECTIONS[host.algorithm] as KeyObject;
    const jwk = key.export({ format: 'jwk' });
    const header = {
      alg: host.algorithm,
      jwk,
      ...[{}, { kid: 'first' }, { jku: 'https://x.example/jwks' }][pick(3)],
    };
    return seal(header, createClaims(host.id), key);
  },
  'an empty signature'(host, pick) {
    const [header, claims, signature = ''] = goodOf(host).split('.');
    // A zero for each number of a signature is what careless verifiers of curves let pass.
    const zeros = Buffer.alloc(Buffer.from(signature, 'base64url').length);
    const one = Buffer.concat([zeros.subarray(1), Buffer.from([1])]);
    return `${header}.${claims}.${[zeros, one, Buffer.alloc(0), Buffer.alloc(64, 0xff)][pick(4)]?.toString('base64url')}`;
  },
};

it('none of 3,000 mutations of tokens signed with private keys is accepted (J1, J2, J3, J8)', async (context) => {
  const show = await createAuthenticator(context, { more: HOSTS });
  for (const host of HOSTS) {
    const verdict = await show(goodOf(host));
    assert.equal(verdict.ok && verdict.member.projectId, host.id);
  }
  const tried = new Map<string, number>();
  const mutation = fc.record({
    host: fc.constantFrom(...HOSTS),
    way: fc.constantFrom(...Object.keys(WAYS)),
    chance: fc.infiniteStream(fc.nat()),
  });
  await fc.assert(
    fc.asyncProperty(mutation, async ({ host, way, chance }) => {
      const pick = (limit: number) => (chance.next().value ?? 0) % limit;
      const token = WAYS[way]?.(host, pick) ?? '';
      tried.set(way, (tried.get(way) ?? 0) + 1);
      assert.equal((await show(token)).ok, false, `${host.id}, ${way}: ${token}`);
    }),
    { numRuns: MUTATIONS, endOnFailure: true },
  );
  context.diagnostic(JSON.stringify(Object.fromEntries(tried)));
  for (const way of Object.keys(WAYS)) assert.ok((tried.get(way) ?? 0) > 100, way);
});

it('no host can sign for another with its private key, for any key type (J9)', async (context) => {
  const show = await createAuthenticator(context, { more: HOSTS });
  for (const signer of HOSTS)
    for (const target of [...HOSTS.map(({ id }) => id), 'kimpga', 'founding'])
      for (const kid of [undefined, 'first']) {
        const header = { alg: signer.algorithm, ...(kid && { kid }) };
        const verdict = await show(seal(header, createClaims(target), signer.privateKey));
        assert.equal(verdict.ok, signer.id === target, `${signer.id} for ${target}`);
      }
});
