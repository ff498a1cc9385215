/** Promise: a start as another user of the database, who is told less of where it stands, is not taken for a restored backup. */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { it } from 'node:test';
import type { DatabaseConfig } from '@chatty/server/testing';
import { migrate } from '@chatty/server/testing';
import pg from 'pg';
import { createEmptyDatabase } from '../support/server.js';

it('a superuser and an unprivileged owner start in turn, and no room gets a new epoch until rows are loaded', async (context) => {
  const superuser = await createEmptyDatabase(context);
  const admin = new pg.Client(superuser);
  await admin.connect();
  const role = `owner_${randomBytes(4).toString('hex')}`;
  await admin.query(`CREATE ROLE ${role} LOGIN PASSWORD 'of the test'; ALTER SCHEMA public OWNER TO ${role};
    GRANT CREATE ON DATABASE ${superuser.database} TO ${role}`);
  const owner = { ...superuser, user: role, password: 'of the test' };
  const start = (connection: DatabaseConfig) => migrate(connection, 5, () => undefined);
  const epoch = async () => (await admin.query<{ epoch: string }>('SELECT epoch FROM rooms')).rows[0]?.epoch;
  try {
    await start(owner);
    await admin.query("INSERT INTO rooms (project_id, room_id) VALUES ('kimpga', 'main')");
    const before = await epoch();
    for (const connection of [superuser, owner, superuser, owner]) {
      await start(connection);
      assert.equal(await epoch(), before, `after a start as ${connection.user}`);
    }
    await admin.query('UPDATE log_mark SET mark = mark');
    await start(owner);
    assert.notEqual(await epoch(), before);
  } finally {
    await admin.query(`REASSIGN OWNED BY ${role} TO CURRENT_USER; DROP OWNED BY ${role}; DROP ROLE ${role}`);
    await admin.end();
  }
});
