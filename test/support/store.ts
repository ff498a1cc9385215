/** What tests of the store stand on: an empty, migrated database, stores on it, two projects. */

import type { TestContext } from 'node:test';
import type { Draft } from '@chatty/protocol/validate';
import { createAuth } from '@chatty/server/auth/auth';
import { createNaming } from '@chatty/server/moderation/display-names';
import { createOrder } from '@chatty/server/moderation/moderation-state';
import { createProjects } from '@chatty/server/projects/projects';
import { createLog } from '@chatty/server/runtime/logger';
import { migrate } from '@chatty/server/store/postgres/migrate';
import { createPostgresStore } from '@chatty/server/store/postgres/postgres-store';
import type { ProjectId, Store } from '@chatty/server/store/store';
import { makeDatabase, SECRET, tokenOf } from './server.js';

export const author = { userId: 'u1', username: '민수', avatar: null };
export const draft = (
  content: string,
  clientId: string | null = null,
  replyTo: number | null = null,
): Draft => ({
  content,
  clientId,
  replyTo,
});

/** Project ids come from verified tokens only, here as anywhere. */
async function projectOf({ projects: records, order: orders }: Store, projectId: string): Promise<ProjectId> {
  const projects = await createProjects({
    records,
    vault: null,
    founding: SECRET,
    unlisted: true,
    origins: null,
    guestProjects: [],
    production: false,
    log: createLog('silent'),
  });
  const order = await createOrder({ records: orders, log: createLog('silent') });
  const naming = createNaming({ projects, order });
  const auth = createAuth({ projects, order, naming, requireExpiry: false, maxHours: null });
  const verdict = await auth.verify({ token: tokenOf('민수', { projectId }) });
  order.close();
  await projects.close();
  if (!verdict.ok) throw new Error(verdict.reason);
  return verdict.member.projectId;
}

export async function open(context: TestContext) {
  const connection = await makeDatabase(context);
  const ran = await migrate(connection, 5, () => undefined);
  const stores: Store[] = [];
  const openStore = () => {
    const store = createPostgresStore({ connection, log: createLog('silent') });
    stores.push(store);
    return store;
  };
  context.after(() => Promise.all(stores.map((store) => store.close())));
  const store = openStore();
  return {
    connection,
    ran,
    openStore,
    store,
    kimpga: await projectOf(store, 'kimpga'),
    shop: await projectOf(store, 'othershop'),
  };
}
