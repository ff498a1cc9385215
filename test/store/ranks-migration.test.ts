/** Promise: sanctions set before they remembered who set them are given their setter by the audit log. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { it } from 'node:test';
import { migrate } from '@chatty/server/testing';
import pg from 'pg';
import { createEmptyDatabase } from '../support/server.js';

const FOLDER = new URL('../../packages/server/src/store/postgres/migrations/', import.meta.url);
const RANKS = '0016_ranks.sql';

it('a sanction of an older server belongs to its last author in the log', async (context) => {
  const connection = await createEmptyDatabase(context);
  const client = new pg.Client(connection);
  await client.connect();
  await client.query(
    'CREATE TABLE chatty_migrations (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())',
  );
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.sql') && name < RANKS);
  for (const name of files.sort()) {
    await client.query(readFileSync(new URL(name, FOLDER), 'utf8'));
    await client.query('INSERT INTO chatty_migrations (name) VALUES ($1)', [name]);
  }
  const setters = { key: 'k1', operator: 'operator', moderator: 'm1', admin: 'a1' };
  await client.query("SELECT set_config('chatty.projects', 'p', false)");
  await client.query(
    "INSERT INTO staff (project_id, user_id, username, role, issued_at) VALUES ('p', 'a1', 'a', 'admin', now())",
  );
  for (const [setter, id] of Object.entries(setters)) {
    const kind = setter === 'key' || setter === 'operator' ? setter : 'member';
    await client.query(
      "INSERT INTO sanctions (project_id, user_id, kind, set_at) VALUES ('p', $1, 'ban', now())",
      [`by-${setter}`],
    );
    const actors = [
      { kind: 'member', id: 'earlier', name: 'x' },
      { kind, id, name: 'x' },
    ];
    for (const actor of actors)
      await client.query(
        "INSERT INTO audit_log (project_id, actor, act, subject, details) VALUES ('p', $1, 'ban', $2, '{}')",
        [actor, `by-${setter}`],
      );
  }
  await client.query(
    "INSERT INTO sanctions (project_id, user_id, kind, set_at) VALUES ('p', 'by-nobody', 'ban', now())",
  );
  const versions = async () =>
    (await client.query('SELECT user_id, version FROM sanctions ORDER BY user_id')).rows;
  const before = await versions();
  assert.ok((await migrate(connection, 5, () => undefined)).includes(RANKS));
  assert.deepEqual(await versions(), before, 'no version is taken');
  const { rows } = await client.query('SELECT user_id, set_by, set_by_id FROM sanctions ORDER BY user_id');
  await client.end();
  assert.deepEqual(
    rows.map(({ user_id, set_by, set_by_id }) => [user_id, set_by, set_by_id]),
    [
      ['by-admin', 'admin', 'a1'],
      ['by-key', 'key', 'k1'],
      ['by-moderator', 'moderator', 'm1'],
      ['by-nobody', 'moderator', ''],
      ['by-operator', 'operator', 'operator'],
    ],
  );
});
