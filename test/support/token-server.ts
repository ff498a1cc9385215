/** What tests of tokens stand on: four projects, three with a secret of their own, and the door as the server has it. */

import { createHmac, type KeyObject } from 'node:crypto';
import type { TestContext } from 'node:test';
import { setImmediate as turnOfOthers } from 'node:timers/promises';
import { createLog } from '@chatty/server';
import {
  type AuthResult,
  createAuth,
  createDisplayNames,
  createModerationState,
  createProjects,
  createSecretCipher,
} from '@chatty/server/testing';
import { SECRET } from './server.js';
import { openTestStores } from './store.js';

export const PROJECT_SECRETS: Record<string, string> = {
  kimpga: 'the secret of kimpga, with bytes enough for it',
  shop: 'the secret of the shop, with bytes enough for it',
  cafe: 'the secret of the cafe, with bytes enough for it',
  // Without a record: the secret that such projects share.
  founding: SECRET,
};
export const PROJECT_IDS = Object.keys(PROJECT_SECRETS);

export const encodeTokenPart = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url');

/** A token of these parts, whatever they are. A text stands for itself, so that it may be no JSON of ours. */
export function writeToken(parts: {
  header?: unknown;
  claims: unknown;
  secret?: string | undefined;
}): string {
  const { header = { alg: 'HS256', typ: 'JWT' }, claims, secret = '' } = parts;
  const read = (part: unknown) =>
    typeof part === 'string' ? Buffer.from(part).toString('base64url') : encodeTokenPart(part);
  const signed = `${read(header)}.${read(claims)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

export function createClaims(projectId: string, time = Date.now()) {
  const now = Math.floor(time / 1_000);
  return { projectId, sub: 'u1', username: '민수', role: 'member', iat: now, exp: now + 3_600 };
}

/** A project whose host signs with a key of its own, of which the server has the public part alone. */
export type PublicKeyProject = { id: string; algorithm: 'RS256' | 'ES256' | 'EdDSA'; publicKey: KeyObject };

/**
 * Shows tokens to the door of a server in production, on a database of its own.
 * @param unlisted whether projects without a record exist
 * @param now clock in milliseconds
 */
export async function createAuthenticator(
  context: TestContext,
  options: { unlisted?: boolean; now?: () => number; more?: readonly PublicKeyProject[] } = {},
): Promise<(token: unknown) => Promise<AuthResult>> {
  const { unlisted = true, now = Date.now, more = [] } = options;
  const { store } = await openTestStores(context);
  const by = { kind: 'operator', id: 'operator', name: 'operator' } as const;
  const vault = createSecretCipher('a sealing key of the tests, 32 bytes or more');
  for (const id of PROJECT_IDS) {
    if (id === 'founding') continue;
    await store.projects.create({ id, name: id, origins: [], settings: {} }, by);
    const sealed = vault.encrypt(`${id}/first`, PROJECT_SECRETS[id] ?? '');
    const secret = { kid: 'first', algorithm: 'HS256', sealed, public: null, expiresAt: null } as const;
    await store.projects.addSecret(id, secret, by);
  }
  for (const { id, algorithm, publicKey } of more) {
    await store.projects.create({ id, name: id, origins: [], settings: {} }, by);
    const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString();
    const key = { kid: 'first', algorithm, sealed: null, public: pem, expiresAt: null };
    await store.projects.addSecret(id, key, by);
  }
  const log = createLog('silent');
  const projects = await createProjects({
    records: store.projects,
    secretCipher: vault,
    sharedKey: SECRET,
    allowUnregistered: unlisted,
    origins: null,
    guestProjects: ['*'],
    production: false,
    log,
  });
  const order = await createModerationState({ records: store.moderation, log });
  context.after(async () => {
    order.close();
    await projects.close();
  });
  const naming = createDisplayNames({ projects, moderationState: order });
  const auth = createAuth({
    projects,
    moderationState: order,
    displayNames: naming,
    requireExpiry: true,
    maxLifetimeHours: 24,
    now,
  });
  return async (token) => {
    // As between any two connections; without it the database would not be heard for seconds.
    await turnOfOthers();
    return auth.verify({ token, project: 'kimpga' });
  };
}
