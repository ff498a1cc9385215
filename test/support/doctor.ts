/** What tests of the doctor stand on: tokens of any kind, and a server's parts that look at them. */

import { createHmac } from 'node:crypto';
import type { TestContext } from 'node:test';
import { createAuth } from '@chatty/server/auth/auth';
import { createDoctor, type Examination } from '@chatty/server/doctor/token-doctor';
import { createConduct } from '@chatty/server/messages/permissions';
import { createNaming } from '@chatty/server/moderation/display-names';
import { createOrder } from '@chatty/server/moderation/moderation-state';
import { createFilters } from '@chatty/server/moderation/word-filters';
import { createProjects } from '@chatty/server/projects/projects';
import { createVault } from '@chatty/server/projects/secret-encryption';
import { createLog } from '@chatty/server/runtime/logger';
import type { SanctionKind } from '@chatty/server/store/moderation-store';
import { SECRET } from './server.js';
import { open } from './store.js';

export const SECRETS = {
  current: 'the secret that is in force, with bytes enough',
  older: 'the secret that is in force too, with bytes enough',
  revoked: 'the secret that has been revoked, with bytes enough',
  expired: 'the secret that has come to its end, with bytes enough',
  shared: SECRET,
  wrong: 'the secret of somebody else, with bytes enough',
};
export const seconds = () => Math.floor(Date.now() / 1_000);
const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url');
export const sign = (header: object, claims: object, secret: string, hash = 'sha256') => {
  const signed = `${encode(header)}.${encode(claims)}`;
  return `${signed}.${createHmac(hash, secret).update(signed).digest('base64url')}`;
};

/** A server's parts on a real database: "kimpga" with secrets, cut-offs, sanctions and rules, "plain" without a record. */
export async function clinic(context: TestContext) {
  const { store } = await open(context);
  const by = { kind: 'operator', id: 'operator', name: 'operator' } as const;
  const vault = createVault('a sealing key of the tests, 32 bytes or more');
  const settings = { highestRole: 'moderator', lookAlikes: 'refuse' };
  await store.projects.create(
    { id: 'kimpga', name: '김프가', origins: ['https://kimpga.com'], settings },
    by,
  );
  for (const kid of ['current', 'older', 'revoked', 'expired'] as const) {
    const sealed = vault.seal(`kimpga/${kid}`, SECRETS[kid]);
    const expiresAt = kid === 'expired' ? new Date(Date.now() - 60_000).toISOString() : null;
    await store.projects.addSecret(
      'kimpga',
      { kid, algorithm: 'HS256', sealed, public: null, expiresAt },
      by,
    );
  }
  await store.projects.revoke('kimpga', 'revoked', by);
  await store.projects.cutOff('kimpga', 'cut', new Date(Date.now() - 30_000).toISOString(), by);
  const log = createLog('silent');
  const projects = await createProjects({
    records: store.projects,
    vault,
    founding: SECRET,
    unlisted: true,
    origins: ['https://plain.example'],
    guestProjects: [],
    production: true,
    log,
  });
  const order = await createOrder({ records: store.order, log });
  context.after(async () => {
    order.close();
    await projects.close();
  });
  const sanction = (userId: string, kind: SanctionKind, seconds: number | null) =>
    store.order.sanction({
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
  await store.order.setRules({
    project: 'plain',
    room: 'main',
    changes: { read: 'moderator' },
    actor: by,
  });
  await order.refresh();
  const rules = { requireExpiry: true, maxHours: 24, allowLocalHttp: false };
  const naming = createNaming({ projects, order });
  const auth = createAuth({ projects, order, naming, ...rules });
  const filters = createFilters({ projects });
  const conduct = createConduct({ order, projects, filters, store });
  const doctor = createDoctor({ auth, conduct, projects, rules });
  return { auth, conduct, doctor, projects, store };
}

export const outcomesOf = ({ checks }: Examination) => checks.map(({ outcome }) => outcome);
