/** Promise: the embedded database starts wherever it can, belongs to one Chatty, and leaves nothing behind. */

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { StartError } from '@chatty/server/start-error';
import { startEmbedded } from '@chatty/server/store/embedded';
import type { Connection } from '@chatty/server/store/postgres';
import pg from 'pg';
import { temporaryFolder } from './kit.js';

const log = () => undefined;

async function ask(connection: Connection, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(connection);
  await client.connect();
  return (await client.query(sql).finally(() => client.end())).rows;
}

it('keeps its rows over a stop, syncs, and stops twice without complaint', async (context) => {
  const folder = join(temporaryFolder(), 'data');
  const first = await startEmbedded({ folder, log });
  await ask(first.connection, 'CREATE TABLE t AS SELECT 1 AS x');
  const [settings] = await ask(
    first.connection,
    "SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit, current_setting('listen_addresses') AS addresses",
  );
  assert.deepEqual(settings, { fsync: 'on', commit: 'on', addresses: '' });
  await Promise.all([first.close(), first.close()]);
  assert.ok(!readdirSync(join(folder, 'pgdata')).includes('postmaster.pid'));
  const second = await startEmbedded({ folder, log });
  context.after(() => second.close());
  assert.deepEqual(await ask(second.connection, 'SELECT x FROM t'), [{ x: 1 }]);
});

it('of two first starts at the same moment exactly one wins, and the other says why', async (context) => {
  const folder = join(temporaryFolder(), 'data');
  const both = await Promise.allSettled([startEmbedded({ folder, log }), startEmbedded({ folder, log })]);
  for (const each of both) if (each.status === 'fulfilled') context.after(() => each.value.close());
  const lost = both.filter((each) => each.status === 'rejected').map(({ reason }) => reason);
  assert.equal(lost.length, 1);
  assert.ok(lost[0] instanceof StartError, String(lost[0]));
});

it('a path too long for a socket takes a loopback port with a password', async (context) => {
  const folder = join(temporaryFolder(), 'a'.repeat(60), 'b'.repeat(40));
  const { connection, close } = await startEmbedded({ folder, log });
  context.after(close);
  assert.equal(connection.host, '127.0.0.1');
  assert.equal((await ask(connection, 'SELECT 1 AS x')).length, 1);
  await assert.rejects(ask({ ...connection, password: 'guess' }, 'SELECT 1'), /password/);
});

it('leftovers of a start that was killed, and a pid that is somebody else’s now, are no obstacle', async (context) => {
  const folder = join(temporaryFolder(), 'data');
  await (await startEmbedded({ folder, log })).close();
  mkdirSync(join(folder, 'postgres-copy-dead'));
  writeFileSync(
    join(folder, 'pgdata/postmaster.pid'),
    `${process.pid}\n${folder}/pgdata\n0\n5432\n${folder}/run\n\n`,
  );
  const again = await startEmbedded({ folder, log });
  context.after(() => again.close());
  assert.ok(!readdirSync(folder).includes('postgres-copy-dead'));
});

it('a cluster of another version, and a folder others may not pass through, are refused in words', async () => {
  const folder = temporaryFolder();
  const old = join(folder, 'old');
  await (await startEmbedded({ folder: old, log })).close();
  writeFileSync(join(old, 'pgdata/PG_VERSION'), '12\n');
  await assert.rejects(startEmbedded({ folder: old, log }), /made by PostgreSQL 12/);
  const closed = join(folder, 'closed');
  mkdirSync(closed);
  // As root the way is closed to PostgreSQL's user; as anybody else the folder is closed to ourselves.
  if (process.getuid?.() === 0) chmodSync(closed, 0o700);
  else chmodSync(closed, 0o500);
  await assert.rejects(
    startEmbedded({ folder: join(closed, 'data'), log }),
    /may not pass through|cannot be written/,
  );
});

it('secrets are for their owner only', async (context) => {
  const folder = join(temporaryFolder(), 'data');
  const { close } = await startEmbedded({ folder, log });
  context.after(close);
  assert.equal(statSync(join(folder, 'postgres-password')).mode & 0o777, 0o600);
  assert.equal(statSync(join(folder, 'run')).mode & 0o777, 0o700);
  assert.match(readFileSync(join(folder, 'postgres-password'), 'utf8'), /^[0-9a-f]{64}\n$/);
});
