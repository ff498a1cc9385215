/** Promise: a sanction that is set anew in the moment in which it is lifted is lifted all the same. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createLog } from '@chatty/server';
import { createPostgresStore, migrate } from '@chatty/server/testing';
import pg from 'pg';
import { createTestDatabase, waitUntil } from '../support/server.js';

const PROJECT = 'kimpga';
const BOB = 'bob';
const ACTOR = { kind: 'member', id: 'minsu', name: '민수' } as const;

it('lifting a mute that another moderator is replacing waits for that change, then ends it', async (context) => {
  const connection = await createTestDatabase(context);
  await migrate(connection, 5, () => undefined);
  const store = createPostgresStore({ config: connection, log: createLog('silent') });
  const other = new pg.Client(connection);
  await other.connect();
  const overruled = ['moderator'] as const;
  try {
    await store.moderation.setSanction({
      project: PROJECT,
      userId: BOB,
      kind: 'mute',
      seconds: 600,
      reason: null,
      actor: ACTOR,
      setBy: 'moderator',
      overruled,
      details: {},
      evidence: null,
    });
    await other.query("BEGIN; UPDATE sanctions SET until = until + interval '1 minute'");
    const lifting = store.moderation.liftSanctions({
      project: PROJECT,
      userId: BOB,
      kinds: ['mute'],
      overruled,
      act: 'unmute',
      actor: ACTOR,
    });
    const blocked = 'SELECT 1 FROM pg_locks WHERE NOT granted';
    await waitUntil(async () => (await other.query(blocked)).rowCount !== 0, 'the lift to wait for the row');
    await other.query('COMMIT');
    assert.equal(await lifting, 'lifted');
    assert.deepEqual(await store.moderation.activeSanctions(PROJECT, '', 10), []);
  } finally {
    await other.end();
    await store.close();
  }
});
