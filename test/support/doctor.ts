/** What tests of the doctor stand on: tokens of any kind, and a server's parts that look at them. */

import { createHmac } from 'node:crypto';
import type { TestContext } from 'node:test';
import { createLog } from '@chatty/server';
import type { SanctionKind } from '@chatty/server/testing';
import {
  createAuth,
  createDisplayNames,
  createDoctor,
  createModerationState,
  createProjects,
  createRoomPermissions,
  createSecretCipher,
  type DoctorReport,
} from '@chatty/server/testing';
import { SECRET } from './server.js';
import { openTestStores } from './store.js';

export const PROJECT_SECRETS = {
  current: 'the secret that is in force, with bytes enough',
  older: 'the secret that is in force too, with bytes enough',
  revoked: 'the secret that has been revoked, with bytes enough',
  expired: 'the secret that has come to its end, with bytes enough',
  shared: SECRET,
  wrong: 'the secret of somebody else, with bytes enough',
};
export const seconds = () => Math.floor(Date.now() / 1_000);
const encodeTokenPart = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url');
export const signToken = (header: object, claims: object, secret: string, hash = 'sha256') => {
  const signed = `${encodeTokenPart(header)}.${encodeTokenPart(claims)}`;
  return `${signed}.${createHmac(hash, secret).update(signed).digest('base64url')}`;
};

/** A server's parts on a real database: "kimpga" with secrets, cut-offs, sanctions and rules, "plain" without a record. */
export async function openDoctorParts(context: TestContext) {
  const { store } = await openTestStores(context);
  const by = { kind: 'operator', id: 'operator', name: 'operator' } as const;
  const vault = createSecretCipher('a sealing key of the tests, 32 bytes or more');
  const settings = { highestRole: 'moderator', lookAlikes: 'refuse' };
  await store.projects.create(
    { id: 'kimpga', name: '김프가', origins: ['https://kimpga.com'], settings },
    by,
  );
  for (const kid of ['current', 'older', 'revoked', 'expired'] as const) {
    const sealed = vault.encrypt(`kimpga/${kid}`, PROJECT_SECRETS[kid]);
    const expiresAt = kid === 'expired' ? new Date(Date.now() - 60_000).toISOString() : null;
    await store.projects.addSecret(
      'kimpga',
      { kid, algorithm: 'HS256', sealed, public: null, expiresAt },
      by,
    );
  }
  await store.projects.revokeSecret('kimpga', 'revoked', by);
  await store.projects.setCutoff('kimpga', 'cut', new Date(Date.now() - 30_000).toISOString(), by);
  const log = createLog('silent');
  const projects = await createProjects({
    records: store.projects,
    secretCipher: vault,
    sharedKey: SECRET,
    allowUnregistered: true,
    origins: ['https://plain.example'],
    guestProjects: [],
    production: true,
    log,
  });
  const order = await createModerationState({ records: store.moderation, log });
  context.after(async () => {
    order.close();
    await projects.close();
  });
  const sanction = (userId: string, kind: SanctionKind, seconds: number | null) =>
    store.moderation.setSanction({
      project: 'kimpga',
      userId,
      kind,
      seconds,
      reason: null,
      actor: by,
      setBy: 'operator',
      overruled: [],
      details: {},
      evidence: null,
    });
  await sanction('banned', 'ban', null);
  await sanction('banned-for-now', 'ban', 3_600);
  await sanction('kicked', 'kick', 3_600);
  await sanction('muted', 'mute', null);
  await store.moderation.setRules({
    project: 'plain',
    room: 'main',
    changes: { read: 'moderator' },
    actor: by,
  });
  await order.refresh();
  const rules = { requireExpiry: true, maxLifetimeHours: 24, allowLocalHttp: false };
  const naming = createDisplayNames({ projects, moderationState: order });
  const auth = createAuth({ projects, moderationState: order, displayNames: naming, ...rules });
  const permissions = createRoomPermissions({ moderationState: order, projects });
  const doctor = createDoctor({ auth, permissions, projects, rules });
  return { auth, permissions, doctor, projects, store };
}

export const outcomesOf = ({ checks }: DoctorReport) => checks.map(({ outcome }) => outcome);
