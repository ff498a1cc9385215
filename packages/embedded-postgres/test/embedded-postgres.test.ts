/** Promises of the embedded database over its life: what it keeps, how it comes back, what it leaves behind. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isPostgres } from '@chatty/embedded-postgres/find-postmaster';
import { isAlive } from '@chatty/embedded-postgres/temp-folder';
import {
  connectionOf,
  dataFolder,
  giveToOrdinary,
  postmasterPid,
  query,
  spawnChatty,
  start,
  until,
} from './support/setup.js';

const timeout = 60_000;
const WRITE = 'CREATE TABLE kept AS SELECT 1 AS n';
const READ = 'SELECT n FROM kept';

test('rows of the first start are there at the next, and a COMMIT is on the disk', { timeout }, async (t) => {
  const folder = dataFolder(t);
  const first = await start(t, folder);
  assert.match(first.told.join(), /first start only/);
  await query(first.connection, WRITE);
  await first.close();

  const later = await start(t, folder);
  assert.deepEqual(later.told, []);
  assert.deepEqual(await query(later.connection, READ), [{ n: 1 }]);
  for (const setting of ['fsync', 'synchronous_commit', 'full_page_writes']) {
    assert.deepEqual(await query(later.connection, `SELECT current_setting('${setting}') AS value`), [
      { value: 'on' },
    ]);
  }
});

test('nobody but this machine can reach it, and only with the password', { timeout }, async (t) => {
  const { connection } = await start(t, dataFolder(t));
  assert.deepEqual(await query(connection, 'SHOW listen_addresses'), [{ listen_addresses: '' }]);
  await assert.rejects(
    query({ ...connection, password: 'guess' }, 'SELECT 1'),
    /password authentication failed/,
  );
});

test('an ordinary user gets the same', { timeout }, async (t) => {
  const folder = giveToOrdinary(dataFolder(t));
  const first = await spawnChatty(t, folder, { asOrdinary: true });
  await query(connectionOf(first), WRITE);
  await first.end('SIGTERM');
  assert.equal(first.child.exitCode, 0);
  assert.equal(postmasterPid(folder), null);
  const later = await spawnChatty(t, folder, { asOrdinary: true });
  assert.deepEqual(await query(connectionOf(later), READ), [{ n: 1 }]);
  await later.end('SIGTERM');
});

for (const asOrdinary of [false, true]) {
  const who = asOrdinary ? 'an ordinary user' : 'whoever runs the tests';
  test(`after kill -9 of Chatty the next start finds every row (${who})`, { timeout }, async (t) => {
    const folder = giveToOrdinary(dataFolder(t));
    const killed = await spawnChatty(t, folder, { asOrdinary });
    await query(connectionOf(killed), WRITE);
    const orphan = postmasterPid(folder);
    assert.ok(orphan);
    await killed.end('SIGKILL');
    assert.ok(isPostgres(orphan, join(folder, 'pgdata')), 'the server outlives its Chatty');

    const next = await spawnChatty(t, folder, { asOrdinary });
    assert.deepEqual(await query(connectionOf(next), READ), [{ n: 1 }]);
    assert.ok(!isPostgres(orphan, join(folder, 'pgdata')), 'the old server is gone');
    await next.end('SIGTERM');
  });
}

test('after kill -9 of PostgreSQL it comes back by itself under the same connection', {
  timeout,
}, async (t) => {
  const folder = dataFolder(t);
  const { connection, logged } = await start(t, folder);
  await query(connection, WRITE);
  for (const round of [1, 2]) {
    const pid = postmasterPid(folder);
    assert.ok(pid);
    process.kill(pid, 'SIGKILL');
    await until(() => logged.filter((line) => line === 'the database is back').length === round);
    assert.deepEqual(await query(connection, READ), [{ n: 1 }]);
  }
  assert.match(logged[0] ?? '', /ended unexpectedly \(SIGKILL\)/);
});

test('the folder stays ours when only the connection that owns it breaks', { timeout }, async (t) => {
  const folder = dataFolder(t);
  const { connection, logged } = await start(t, folder);
  const pid = postmasterPid(folder);
  await query(
    connection,
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'chatty owner'",
  );
  await until(() => logged.some((line) => /taken again/.test(line)));
  assert.equal(postmasterPid(folder), pid, 'the same server still runs');
  const second = await spawnChatty(t, folder);
  assert.ok('refusal' in second.answer);
});

test('closing leaves no process, and twice is once', { timeout }, async (t) => {
  const folder = dataFolder(t);
  const embedded = await start(t, folder);
  const pid = postmasterPid(folder);
  assert.ok(pid);
  await Promise.all([embedded.close(), embedded.close()]);
  await embedded.close();
  assert.ok(!isAlive(pid));
  assert.equal(postmasterPid(folder), null);
});

test('closing works while the database is down and about to be restarted', { timeout }, async (t) => {
  const folder = dataFolder(t);
  const embedded = await start(t, folder);
  const pid = postmasterPid(folder);
  assert.ok(pid);
  process.kill(pid, 'SIGKILL');
  await until(() => embedded.logged.some((line) => /ended unexpectedly/.test(line)));
  await embedded.close();
  assert.equal(postmasterPid(folder), pid, 'no other server was started');
  assert.ok(!isAlive(pid));
});

test('what people write does not reach the log of the database', { timeout }, async (t) => {
  const folder = dataFolder(t);
  const { connection } = await start(t, folder);
  const failing = query(connection, "SELECT 'literal-words', $1::text, 1 / (length($1) - 16)", [
    'parameter-words!',
  ]);
  await assert.rejects(failing, /division by zero/);
  const log = readFileSync(join(folder, 'postgres.log'), 'utf8');
  assert.match(log, /division by zero/);
  assert.doesNotMatch(log, /literal-words|parameter-words/);
});

test('a path too long for a Unix socket is served on loopback only', { timeout }, async (t) => {
  const folder = dataFolder(t, `chatty-${'long-'.repeat(20)}`);
  const first = await start(t, folder);
  assert.equal(first.connection.host, '127.0.0.1');
  await query(first.connection, WRITE);
  assert.deepEqual(await query(first.connection, 'SHOW listen_addresses'), [
    { listen_addresses: '127.0.0.1' },
  ]);
  assert.deepEqual(await query(first.connection, 'SHOW unix_socket_directories'), [
    { unix_socket_directories: '' },
  ]);
  const second = await spawnChatty(t, folder);
  assert.match('refusal' in second.answer ? second.answer.refusal : '', /Another Chatty/);
  await first.close();

  const killed = await spawnChatty(t, folder);
  connectionOf(killed);
  await killed.end('SIGKILL');
  const next = await start(t, folder);
  assert.deepEqual(await query(next.connection, READ), [{ n: 1 }]);
});
