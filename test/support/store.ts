/** What tests of the store stand on: an empty, migrated database, stores on it, two projects. */

import type { TestContext } from 'node:test';
import type { Draft } from '@chatty/protocol';
import { createLog } from '@chatty/server';
import type { ProjectId, Store } from '@chatty/server/testing';
import {
  createAuth,
  createDisplayNames,
  createModerationState,
  createPostgresStore,
  createProjects,
  migrate,
} from '@chatty/server/testing';
import { createTestDatabase, createTestToken, SECRET } from './server.js';

export const testAuthor = { userId: 'u1', username: '민수', avatar: null };
export const createDraft = (
  content: string,
  clientId: string | null = null,
  replyTo: number | null = null,
): Draft => ({
  content,
  clientId,
  replyTo,
});

/** Project ids come from verified tokens only, here as anywhere. */
async function createProjectStore(
  { projects: records, moderation: orders }: Store,
  projectId: string,
): Promise<ProjectId> {
  const projects = await createProjects({
    records,
    secretCipher: null,
    sharedKey: SECRET,
    allowUnregistered: true,
    origins: null,
    guestProjects: [],
    production: false,
    log: createLog('silent'),
  });
  const order = await createModerationState({ records: orders, log: createLog('silent') });
  const naming = createDisplayNames({ projects, moderationState: order });
  const auth = createAuth({
    projects,
    moderationState: order,
    displayNames: naming,
    requireExpiry: false,
    maxLifetimeHours: null,
  });
  const verdict = await auth.verify({ token: createTestToken('민수', { projectId }) });
  order.close();
  await projects.close();
  if (!verdict.ok) throw new Error(verdict.reason);
  return verdict.member.projectId;
}

export async function openTestStores(context: TestContext, createDatabase = createTestDatabase) {
  const connection = await createDatabase(context);
  const ran = await migrate(connection, 5, () => undefined);
  const stores: Store[] = [];
  const openStore = () => {
    const store = createPostgresStore({ config: connection, log: createLog('silent') });
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
    kimpga: await createProjectStore(store, 'kimpga'),
    shop: await createProjectStore(store, 'othershop'),
  };
}
