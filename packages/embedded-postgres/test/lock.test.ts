/** Promises about whose a data folder is: one Chatty at a time, and never locked out by something that is not one. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startEmbeddedPostgres } from '../src/embedded-postgres.js';
import {
  changeOwnerToOrdinaryUser,
  connectionOf,
  createDataFolder,
  isRoot,
  ordinaryUser,
  postmasterPid,
  query,
  spawnChatty,
  startDatabase,
} from './support/setup.js';

const timeout = 60_000;

test('a second Chatty on the same folder is refused with a clear error, and the first keeps running', {
  timeout,
}, async (t) => {
  const folder = createDataFolder(t);
  const { connection } = await startDatabase(t, folder);
  const pid = postmasterPid(folder);
  const second = await spawnChatty(t, folder);
  assert.deepEqual(second.answer, {
    refusal: `Another Chatty is running on the data folder ${folder}: stop it, or set CHATTY_DATA_DIR to another folder.`,
  });
  assert.deepEqual(await query(connection, 'SELECT 1 AS n'), [{ n: 1 }]);
  assert.equal(postmasterPid(folder), pid);
});

for (const asOrdinary of [false, true]) {
  const who = asOrdinary ? 'an ordinary user' : 'whoever runs the tests';
  test(`of two simultaneous first starts exactly one wins (${who})`, { timeout }, async (t) => {
    const folder = changeOwnerToOrdinaryUser(createDataFolder(t));
    const both = await Promise.all([1, 2].map(() => spawnChatty(t, folder, { asOrdinary })));
    const refused = both.filter(({ answer }) => 'refusal' in answer);
    assert.equal(refused.length, 1, JSON.stringify(both.map(({ answer }) => answer)));
    assert.match(JSON.stringify(refused[0]?.answer), /Another Chatty is running/);
    const winner = both.find(({ answer }) => 'connection' in answer);
    assert.ok(winner);
    assert.deepEqual(await query(connectionOf(winner), 'SELECT 1 AS n'), [{ n: 1 }]);
    await winner.stop('SIGTERM');
    assert.equal(winner.child.exitCode, 0);
  });
}

test('of two starts after kill -9 exactly one wins', { timeout }, async (t) => {
  const folder = createDataFolder(t);
  const killed = await spawnChatty(t, folder);
  await query(connectionOf(killed), 'CREATE TABLE kept AS SELECT 1 AS n');
  await killed.stop('SIGKILL');
  const both = await Promise.all([1, 2].map(() => spawnChatty(t, folder)));
  const winner = both.find(({ answer }) => 'connection' in answer);
  assert.ok(winner, JSON.stringify(both.map(({ answer }) => answer)));
  assert.equal(both.filter(({ answer }) => 'refusal' in answer).length, 1);
  assert.deepEqual(await query(connectionOf(winner), 'SELECT n FROM kept'), [{ n: 1 }]);
  await winner.stop('SIGTERM');
});

/** A process that is not PostgreSQL, of the user PostgreSQL runs as. */
async function bystander(t: TestContext): Promise<number> {
  const become = isRoot ? `process.setgid(${ordinaryUser.gid}); process.setuid(${ordinaryUser.uid});` : '';
  const child = spawn(
    process.execPath,
    ['-e', `${become} console.log('here'); setInterval(() => {}, 1000)`],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  assert.ok(child.pid);
  return child.pid;
}

test('lock files whose process id was reused by another program do not prevent a start', {
  timeout,
}, async (t) => {
  const folder = createDataFolder(t);
  await (await startDatabase(t, folder)).close();
  const pid = await bystander(t);
  const content = `${pid}\n${folder}/pgdata\n1700000000\n5432\n${folder}/run\n\n  1234567     98765\nready   \n`;
  for (const file of ['pgdata/postmaster.pid', 'run/.s.PGSQL.5432.lock']) {
    writeFileSync(join(folder, file), content, { mode: 0o600 });
    if (isRoot) chownSync(join(folder, file), ordinaryUser.uid, ordinaryUser.gid);
  }
  const { connection } = await startDatabase(t, folder);
  assert.deepEqual(await query(connection, 'SELECT 1 AS n'), [{ n: 1 }]);
});

test('a Chatty with invisible processes, as in another container, keeps its folder lock', {
  timeout,
}, async (t) => {
  const folder = createDataFolder(t);
  const { connection } = await startDatabase(t, folder);
  const file = join(folder, 'pgdata', 'postmaster.pid');
  const content = readFileSync(file, 'utf8');
  // Process number 1 is alive everywhere and no server of ours.
  writeFileSync(file, content.replace(/^\d+/, '1'));
  const second = await spawnChatty(t, folder);
  assert.match('refusal' in second.answer ? second.answer.refusal : '', /Another Chatty is running/);
  writeFileSync(file, content);
  assert.deepEqual(await query(connection, 'SELECT 1 AS n'), [{ n: 1 }]);
});

test('a database with a different password fails without waiting', { timeout }, async (t) => {
  const folder = createDataFolder(t);
  await (await startDatabase(t, folder)).close();
  writeFileSync(join(folder, 'postgres-password'), 'another\n');
  await assert.rejects(startEmbeddedPostgres({ folder, log: () => undefined }), {
    name: 'StartError',
    message: /does not accept the password in .*postgres-password/,
  });
  assert.equal(postmasterPid(folder), null, 'the server that was started for it is gone');
});
