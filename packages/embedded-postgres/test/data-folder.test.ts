/** Promises about the data folder: what a start puts there, what it survives finding there, what it refuses and how. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startEmbeddedPostgres } from '../src/embedded-postgres.js';
import { firstInaccessibleFolder, isReachable } from '../src/os-user.js';
import {
  changeOwnerToOrdinaryUser,
  createDataFolder,
  isRoot,
  query,
  spawnChatty,
  startDatabase,
} from './support/setup.js';

const timeout = 60_000;
const log = () => undefined;

function deadPid(): number {
  return spawnSync(process.execPath, ['-e', '']).pid;
}

test('programs in the folder are readable for everyone, data for its owner only', { timeout }, async (t) => {
  const folder = createDataFolder(t);
  mkdirSync(join(folder, 'postgres-17.1.0'));
  await startDatabase(t, folder);
  const programs = readdirSync(folder).filter((name) => /^postgres-\d/.test(name));
  assert.equal(programs.length, 1, 'an older version is removed');
  const files = readdirSync(join(folder, programs[0] ?? ''), { recursive: true, encoding: 'utf8' });
  for (const file of files) {
    assert.doesNotMatch(file, /\.a$|pkgconfig|include/);
    const path = join(folder, programs[0] ?? '', file);
    // statSync follows: a library link that leads nowhere fails here.
    const needed = statSync(path).isDirectory() ? 0o005 : 0o004;
    assert.equal(statSync(path).mode & needed, needed, path);
  }
  assert.ok(files.some((file) => lstatSync(join(folder, programs[0] ?? '', file)).isSymbolicLink()));
  const mode = (name: string) => (statSync(join(folder, name)).mode & 0o777).toString(8);
  assert.deepEqual(['pgdata', 'run', 'postgres-password', 'postgres.log'].map(mode), [
    '700',
    '700',
    '600',
    '600',
  ]);
});

test('leftovers of interrupted starts are removed and block nothing', {
  timeout,
}, async (t) => {
  const folder = createDataFolder(t);
  const scratch = [`scratch-${deadPid()}-abcdef`, `scratch-${process.pid}-abcdef`];
  for (const name of scratch) {
    mkdirSync(join(folder, name, 'pgdata', 'base'), { recursive: true });
    writeFileSync(join(folder, name, 'pgdata', 'PG_VERSION'), '18\n');
  }
  mkdirSync(join(folder, 'pgdata'));
  const { connection } = await startDatabase(t, folder);
  assert.deepEqual(await query(connection, 'SELECT 1 AS n'), [{ n: 1 }]);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith('scratch-')),
    [],
  );
});

test('programs left incomplete by a power failure are installed again', { timeout }, async (t) => {
  const folder = createDataFolder(t);
  await (await startDatabase(t, folder)).close();
  const [programs = ''] = readdirSync(folder).filter((name) => /^postgres-\d/.test(name));
  truncateSync(join(folder, programs, 'bin', 'postgres'), 0);
  const { connection } = await startDatabase(t, folder);
  assert.deepEqual(await query(connection, 'SELECT 1 AS n'), [{ n: 1 }]);
});

test('a database restored from a backup with the wrong owner and mode starts', { timeout }, async (t) => {
  const folder = createDataFolder(t);
  await (await startDatabase(t, folder)).close();
  const pgdata = join(folder, 'pgdata');
  const inside = readdirSync(pgdata, { recursive: true, encoding: 'utf8' }).map((name) => join(pgdata, name));
  if (isRoot) for (const path of [pgdata, ...inside]) chownSync(path, 0, 0);
  chmodSync(pgdata, 0o755);
  const { connection } = await startDatabase(t, folder);
  assert.deepEqual(await query(connection, 'SELECT 1 AS n'), [{ n: 1 }]);
});

test('a file in place of the folder is named in the error', { timeout }, async (t) => {
  const file = join(createDataFolder(t), 'file');
  writeFileSync(file, '');
  for (const folder of [file, join(file, 'data')]) {
    const sentence = {
      name: 'StartError',
      message: new RegExp(`^The data folder ${folder} cannot be used \\(`),
    };
    await assert.rejects(startEmbeddedPostgres({ folder, log }), sentence);
  }
});

test('a folder that an ordinary user cannot write or create is named in the error', {
  timeout,
}, async (t) => {
  const folder = changeOwnerToOrdinaryUser(createDataFolder(t));
  chmodSync(folder, 0o555);
  for (const place of [folder, join(folder, 'data')]) {
    const { answer } = await spawnChatty(t, place, { asOrdinary: true });
    const refusal = 'refusal' in answer ? answer.refusal : JSON.stringify(answer);
    assert.ok(refusal.startsWith(`The data folder ${place} cannot be used (EACCES`), refusal);
  }
  chmodSync(folder, 0o755);
});

test('a database of another PostgreSQL version is refused and left unchanged', { timeout }, async (t) => {
  const folder = createDataFolder(t);
  mkdirSync(join(folder, 'pgdata'));
  writeFileSync(join(folder, 'pgdata', 'PG_VERSION'), '15\n');
  await assert.rejects(startEmbeddedPostgres({ folder, log }), {
    name: 'StartError',
    message: /was made by PostgreSQL 15 and this is 18/,
  });
  assert.deepEqual(readdirSync(join(folder, 'pgdata')), ['PG_VERSION']);
});

test('an ordinary user is refused a database of another user', { timeout }, async (t) => {
  const folder = changeOwnerToOrdinaryUser(createDataFolder(t));
  symlinkSync('/', join(folder, 'pgdata'));
  const { answer } = await spawnChatty(t, folder, { asOrdinary: true });
  assert.match('refusal' in answer ? answer.refusal : '', /belongs to another user \(uid 0\)/);
});

test('a foreign folder in place of the database is left unchanged', { timeout }, async (t) => {
  const folder = createDataFolder(t);
  mkdirSync(join(folder, 'pgdata'));
  writeFileSync(join(folder, 'pgdata', 'photo.jpg'), '');
  await assert.rejects(startEmbeddedPostgres({ folder, log }), {
    name: 'StartError',
    message: /is not empty and holds no database/,
  });
  assert.deepEqual(readdirSync(join(folder, 'pgdata')), ['photo.jpg']);
});

test('a folder that the database user cannot access is reported before anything is created', {
  timeout,
}, async (t) => {
  const home = join(createDataFolder(t), 'home');
  mkdirSync(home, { mode: 0o700 });
  const folder = join(home, 'checkout', 'data');
  const stranger = { uid: 54_321, gid: 54_321 };
  assert.equal(firstInaccessibleFolder(folder, stranger), home);
  // Who is not root runs the database as oneself and reaches what one made.
  assert.equal(isReachable(folder), !isRoot);
  if (isRoot)
    await assert.rejects(startEmbeddedPostgres({ folder, log }), new RegExp(`may not pass through ${home}:`));
  assert.ok(!existsSync(folder));
});
