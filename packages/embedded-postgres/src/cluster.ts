/** Makes the folders and the empty database cluster that the embedded PostgreSQL lives in. */

import { execFile } from 'node:child_process';
import {
  accessSync,
  appendFileSync,
  chmodSync,
  chownSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  lchownSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Binaries } from './binaries.js';
import { programError } from './errors.js';
import type { DataFolder } from './find-postmaster.js';
import { firstInaccessibleFolder, type OsUser, spawnUserOptions } from './os-user.js';
import { StartError } from './startup-error.js';
import { makeTempFolder } from './temp-folder.js';

/** Longest first start in milliseconds; a slow disk takes a few seconds. */
const INITDB_TIMEOUT_MS = 120_000;
export const SUPERUSER = 'chatty';
/** First version of PostgreSQL with locales of its own. */
const BUILTIN_LOCALE_MAJOR = 17;

/** Makes the data folder and proves that it can be written. Throws the file system's error. */
export function makeDataFolder(folder: string): void {
  let existing = folder;
  while (!existsSync(existing)) existing = dirname(existing);
  // Asked first, since mkdir calls a read-only file system a missing folder.
  accessSync(existing, constants.W_OK);
  const isNew = mkdirSync(folder, { recursive: true }) !== undefined;
  // PostgreSQL's user has to pass through it whatever the umask says; secrets inside have modes of their own.
  if (isNew) chmodSync(folder, 0o755);
  accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
}

export function assertReachable(folder: string, osUser: OsUser | null): void {
  const blockedFolder = firstInaccessibleFolder(folder, osUser);
  if (blockedFolder === null) return;
  throw new StartError(
    `PostgreSQL cannot run as root, and the user it runs as may not pass through ${blockedFolder}: set CHATTY_DATA_DIR to a folder that everybody can reach, such as /var/lib/chatty.`,
  );
}

/** Makes a folder that only PostgreSQL's user can enter, and what is in it that user's. */
export function makePrivateFolder(folder: string, osUser: OsUser | null): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  if (!osUser || statSync(folder).uid === osUser.uid) return;
  const { uid, gid } = osUser;
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
    lchownSync(join(folder, entry), uid, gid);
  chownSync(folder, uid, gid);
}

/** Whether there is a cluster. Refuses one that is another user's, or a folder full of something else. */
export function hasCluster(pgdata: string): boolean {
  const stats = statSync(pgdata, { throwIfNoEntry: false });
  if (!stats) return false;
  const currentUid = process.getuid?.();
  if (currentUid !== undefined && currentUid !== 0 && currentUid !== stats.uid) {
    throw new StartError(
      `The database in ${pgdata} belongs to another user (uid ${stats.uid}): start as that user, or set CHATTY_DATA_DIR to another folder.`,
    );
  }
  const entries = readdirSync(pgdata);
  if (entries.includes('PG_VERSION')) return true;
  if (entries.length === 0) return false;
  throw new StartError(
    `The folder ${pgdata} is not empty and holds no database: move it away, or set CHATTY_DATA_DIR to another folder.`,
  );
}

/** Refuses a cluster of another major version, which PostgreSQL refuses in words nobody understands. */
export function assertVersion(pgdata: string, major: string): void {
  const version = readFileSync(join(pgdata, 'PG_VERSION'), 'utf8').trim();
  if (version === major) return;
  throw new StartError(
    `The database in ${pgdata} was made by PostgreSQL ${version} and this is ${major}: dump it there and load it here, or set CHATTY_DATA_DIR to another folder.`,
  );
}

/** Runs initdb beside the final place and renames. Of two starts at the same moment the faster one's cluster stays. */
export async function createCluster(options: {
  dataFolder: DataFolder;
  binaries: Binaries;
  osUser: OsUser | null;
  password: string;
}): Promise<void> {
  const { dataFolder, binaries, osUser, password } = options;
  const tempFolder = makeTempFolder(dataFolder.folder);
  const newCluster = join(tempFolder, 'pgdata');
  try {
    makePrivateFolder(tempFolder, osUser);
    const passwordFile = join(tempFolder, 'password');
    writeFileSync(passwordFile, password, { mode: 0o600 });
    if (osUser) chownSync(passwordFile, osUser.uid, osUser.gid);
    await runInitdb({ binaries, osUser, target: newCluster, passwordFile, logFile: dataFolder.logFile });
    if (!hasCluster(dataFolder.pgdata)) renameSync(newCluster, dataFolder.pgdata);
    syncFolder(dataFolder.folder);
  } catch (error) {
    if (!hasCluster(dataFolder.pgdata)) throw error;
  } finally {
    rmSync(tempFolder, { recursive: true, force: true });
  }
}

/** A rename is only safe from a power cut when the folder it happened in is on the disk. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** The same order and the same letters on every system; before the builtin provider the operating system's C.UTF-8 is that. */
function localeOptions({ major }: Binaries): string[] {
  if (Number(major) < BUILTIN_LOCALE_MAJOR) return ['--locale=C.UTF-8'];
  return ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
}

async function runInitdb(options: {
  binaries: Binaries;
  osUser: OsUser | null;
  target: string;
  passwordFile: string;
  logFile: string;
}): Promise<void> {
  const { binaries, osUser, target, passwordFile, logFile } = options;
  const values = ['--encoding=UTF8', ...localeOptions(binaries), '--auth=scram-sha-256'];
  const paths = [`--pgdata=${target}`, `--username=${SUPERUSER}`, `--pwfile=${passwordFile}`];
  try {
    await promisify(execFile)(binaries.initdb, [...values, ...paths], {
      ...spawnUserOptions(osUser),
      cwd: '/',
      env: { PATH: '/usr/bin:/bin', TZ: 'UTC', LC_ALL: 'C' },
      timeout: INITDB_TIMEOUT_MS,
    });
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    if (stderr !== '') appendFileSync(logFile, stderr, { mode: 0o600 });
    throw programError(error, stderr, logFile);
  }
}
