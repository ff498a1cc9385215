/** Promises of the embedded database over its life: what it keeps, how it comes back, what it leaves behind. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isPostgresOf } from '../src/find-postmaster.js';
import { isProcessAlive } from '../src/temp-folder.js';
import {
  changeOwnerToOrdinaryUser,
  connectionOf,
  createDataFolder,
  postmasterPid,
  query,
  spawnChatty,
  startDatabase,
  waitUntil,
} from './support/setup.js';

const timeout = 60_000;
const WRITE = 'CREATE TABLE kept AS SELECT 1 AS n';
const READ = 'SELECT n FROM kept';

test('rows of the first start are there at the next start, and a COMMIT is on disk', {
  timeout,
}, async (t) => {
  const folder = createDataFolder(t);
  const first = await startDatabase(t, folder);
  assert.match(first.warnings.join(), /first start only/);
  await query(first.connection, WRITE);
  await first.close();

  const later = await startDatabase(t, folder);
  assert.deepEqual(later.warnings, []);
  assert.deepEqual(await query(later.connection, READ), [{ n: 1 }]);
  for (const setting of ['fsync', 'synchronous_commit', 'full_page_writes']) {
    assert.deepEqual(await query(later.connection, `SELECT current_setting('${setting}') AS value`), [
      { value: 'on' },
    ]);
  }
});

test('only this machine can connect, and only with the password', { timeout }, async (t) => {
  const { connection } = await startDatabase(t, createDataFolder(t));
  assert.deepEqual(await query(connection, 'SHOW listen_addresses'), [{ listen_addresses: '' }]);
  await assert.rejects(
    query({ ...connection, password: 'guess' }, 'SELECT 1'),
    /password authentication failed/,
  );
});

test('an ordinary user gets the same guarantees', { timeout }, async (t) => {
  const folder = changeOwnerToOrdinaryUser(createDataFolder(t));
  const first = await spawnChatty(t, folder, { asOrdinary: true });
  await query(connectionOf(first), WRITE);
  await first.stop('SIGTERM');
  assert.equal(first.child.exitCode, 0);
  assert.equal(postmasterPid(folder), null);
  const later = await spawnChatty(t, folder, { asOrdinary: true });
  assert.deepEqual(await query(connectionOf(later), READ), [{ n: 1 }]);
  await later.stop('SIGTERM');
});

for (const asOrdinary of [false, true]) {
  const who = asOrdinary ? 'an ordinary user' : 'whoever runs the tests';
  test(`after kill -9 of Chatty the next start finds every row (${who})`, { timeout }, async (t) => {
    const folder = changeOwnerToOrdinaryUser(createDataFolder(t));
    const killed = await spawnChatty(t, folder, { asOrdinary });
    await query(connectionOf(killed), WRITE);
    const orphan = postmasterPid(folder);
    assert.ok(orphan);
    await killed.stop('SIGKILL');
    assert.ok(isPostgresOf(orphan, join(folder, 'pgdata')), 'the server outlives its Chatty');

    const next = await spawnChatty(t, folder, { asOrdinary });
    assert.deepEqual(await query(connectionOf(next), READ), [{ n: 1 }]);
    assert.ok(!isPostgresOf(orphan, join(folder, 'pgdata')), 'the old server is gone');
    await next.stop('SIGTERM');
  });
}

test('after kill -9 of PostgreSQL it restarts by itself with the same connection settings', {
  timeout,
}, async (t) => {
  const folder = createDataFolder(t);
  const { connection, logEntries: logged } = await startDatabase(t, folder);
  await query(connection, WRITE);
  for (const round of [1, 2]) {
    const pid = postmasterPid(folder);
    assert.ok(pid);
    process.kill(pid, 'SIGKILL');
    await waitUntil(() => logged.filter((line) => line === 'the database is back').length === round);
    assert.deepEqual(await query(connection, READ), [{ n: 1 }]);
  }
  assert.match(logged[0] ?? '', /ended unexpectedly \(SIGKILL\)/);
});

test('the folder lock survives a loss of the lock connection alone', { timeout }, async (t) => {
  const folder = createDataFolder(t);
  const { connection, logEntries: logged } = await startDatabase(t, folder);
  const pid = postmasterPid(folder);
  await query(
    connection,
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'chatty owner'",
  );
  await waitUntil(() => logged.some((line) => /taken again/.test(line)));
  assert.equal(postmasterPid(folder), pid, 'the same server still runs');
  const second = await spawnChatty(t, folder);
  assert.ok('refusal' in second.answer);
});

test('close leaves no process, and can be called twice', { timeout }, async (t) => {
  const folder = createDataFolder(t);
  const embedded = await startDatabase(t, folder);
  const pid = postmasterPid(folder);
  assert.ok(pid);
  await Promise.all([embedded.close(), embedded.close()]);
  await embedded.close();
  assert.ok(!isProcessAlive(pid));
  assert.equal(postmasterPid(folder), null);
});

test('close works while the database is down and about to restart', { timeout }, async (t) => {
  const folder = createDataFolder(t);
  const embedded = await startDatabase(t, folder);
  const pid = postmasterPid(folder);
  assert.ok(pid);
  process.kill(pid, 'SIGKILL');
  await waitUntil(() => embedded.logEntries.some((line) => /ended unexpectedly/.test(line)));
  await embedded.close();
  assert.equal(postmasterPid(folder), pid, 'no other server was started');
  assert.ok(!isProcessAlive(pid));
});

test('user content does not reach the database log', { timeout }, async (t) => {
  const folder = createDataFolder(t);
  const { connection } = await startDatabase(t, folder);
  const failing = query(connection, "SELECT 'literal-words', $1::text, 1 / (length($1) - 16)", [
    'parameter-words!',
  ]);
  await assert.rejects(failing, /division by zero/);
  const log = readFileSync(join(folder, 'postgres.log'), 'utf8');
  assert.match(log, /division by zero/);
  assert.doesNotMatch(log, /literal-words|parameter-words/);
});

test('a path too long for a Unix socket falls back to loopback only', { timeout }, async (t) => {
  const folder = createDataFolder(t, `chatty-${'long-'.repeat(20)}`);
  const first = await startDatabase(t, folder);
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
  await killed.stop('SIGKILL');
  const next = await startDatabase(t, folder);
  assert.deepEqual(await query(next.connection, READ), [{ n: 1 }]);
});
