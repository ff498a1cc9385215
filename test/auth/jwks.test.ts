/** Promise: a host that publishes its keys signs with any of them, and nobody else with anything that can be read there. */

import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join as joinPath } from 'node:path';
import { it } from 'node:test';
import { generate } from 'selfsigned';
import { runProgram, SERVER_ENTRY } from '../support/processes.js';
import { callApi, createProject, KEY_SETTINGS } from '../support/projects.js';
import {
  connectClient,
  connectExpectingRefusal,
  createTemporaryFolder,
  createTestDatabase,
  createTestToken,
  SECRET,
  waitUntil,
} from '../support/server.js';
import { createClaims, encodeTokenPart } from '../support/token-server.js';

type Published = {
  kid: string;
  alg: 'RS256' | 'ES256' | 'EdDSA';
  publicKey: KeyObject;
  privateKey: KeyObject;
};

const published: Published[] = [
  { kid: 'rsa', alg: 'RS256', ...generateKeyPairSync('rsa', { modulusLength: 2_048 }) },
  { kid: 'curve', alg: 'ES256', ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) },
  { kid: 'edwards', alg: 'EdDSA', ...generateKeyPairSync('ed25519') },
];

function tokenBy({ kid, alg, privateKey }: Published, header: object = {}, project = 'host'): string {
  const signed = `${encodeTokenPart({ alg, typ: 'JWT', kid, ...header })}.${encodeTokenPart(createClaims(project))}`;
  const hash = privateKey.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  const signature = sign(hash, Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}

/** As the host answers for its keys, `kid` and all. */
const jwks = JSON.stringify({
  keys: published.map(({ kid, alg, publicKey }) => ({
    ...publicKey.export({ format: 'jwk' }),
    kid,
    alg,
    use: 'sig',
  })),
});

it('tokens of all published keys are accepted, no others are, and redirects are not followed', async (context) => {
  const folder = createTemporaryFolder();
  const pems = await generate([{ name: 'commonName', value: 'localhost' }], {
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
  });
  const authority = joinPath(folder, 'host.pem');
  writeFileSync(authority, pems.cert);

  let status = 503;
  const asked: (string | undefined)[] = [];
  const host = createServer({ key: pems.private, cert: pems.cert }, ({ url }, response) => {
    asked.push(url);
    // Where a redirection leads, the keys are; it is not followed.
    const good = status === 200 || url === '/elsewhere';
    response.writeHead(good ? 200 : status, { 'content-type': 'application/json', location: '/elsewhere' });
    response.end(good ? jwks : '{}');
  });
  await new Promise<void>((resolve) => void host.listen(0, '127.0.0.1', resolve));
  context.after(() => host.close());
  const address = `https://localhost:${(host.address() as AddressInfo).port}/.well-known/jwks.json`;

  const database = await createTestDatabase(context);
  // A process of its own: whom it trusts beside the authorities of the world is read once, at its start.
  const program = runProgram(context, SERVER_ENTRY, {
    HOST: '127.0.0.1',
    PORT: '0',
    NODE_EXTRA_CA_CERTS: authority,
    JWT_SECRET: SECRET,
    ...KEY_SETTINGS,
    DB_HOST: database.host,
    DB_PORT: String(database.port),
    POSTGRES_USER: database.user,
    POSTGRES_PASSWORD: database.password,
    POSTGRES_DB: database.database,
  });
  const port = () => /"port":(\d+)/.exec(program.output())?.[1];
  await waitUntil(() => port() !== undefined, 'the chat server', 60_000);
  const chatty = { url: `http://127.0.0.1:${port()}` };
  await createProject(chatty, 'host');
  const made = await callApi(chatty, 'POST', '/projects/host/secrets', {
    algorithm: 'JWKS',
    publicKey: address,
  });
  assert.equal(made.status, 201);

  const codeOf = async (token: string) =>
    (await connectExpectingRefusal(context, chatty.url, { token })).data?.code;
  const [rsa, curve, edwards] = published;
  assert.ok(rsa && curve && edwards);

  assert.equal(await codeOf(tokenBy(rsa)), 'unavailable');
  status = 302;
  assert.equal(await codeOf(tokenBy(rsa)), 'unavailable');
  status = 200;
  for (const key of published) await connectClient(context, chatty.url, tokenBy(key));
  assert.deepEqual(asked, Array(3).fill('/.well-known/jwks.json'), 'the keys are kept');

  // What anybody can read at the address, as the secret of a token.
  const forms = published.flatMap(({ publicKey }) => [
    publicKey.export({ format: 'pem', type: 'spki' }).toString(),
    JSON.stringify(publicKey.export({ format: 'jwk' })),
  ]);
  for (const secret of [jwks, ...forms])
    for (const kid of [undefined, 'curve']) {
      const signed = `${encodeTokenPart({ alg: 'HS256', typ: 'JWT', kid })}.${encodeTokenPart(createClaims('host'))}`;
      const signature = createHmac('sha256', secret).update(signed).digest('base64url');
      assert.equal(await codeOf(`${signed}.${signature}`), 'token_invalid');
    }
  const stranger = { ...curve, ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) };
  for (const wrong of [
    tokenBy(stranger),
    tokenBy(stranger, { kid: 'nobody' }),
    // A place where the keys are said to be, and the key itself: a token has no say in how it is checked.
    tokenBy(stranger, { jku: `https://localhost:1/` }),
    tokenBy(stranger, { jwk: stranger.publicKey.export({ format: 'jwk' }) }),
    tokenBy({ ...curve, kid: 'rsa' }),
    tokenBy({ ...edwards, alg: 'ES256' }),
    createTestToken('민수', { projectId: 'host' }),
    tokenBy(curve, {}, 'other'),
  ])
    assert.equal(await codeOf(wrong), 'token_invalid', wrong);
});
