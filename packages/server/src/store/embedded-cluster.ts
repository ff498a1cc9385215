/** Makes the folders and the empty database cluster that the embedded PostgreSQL lives in. */

import { execFile } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { StartError } from '../start-error.js';
import type { Binaries } from './embedded-binaries.js';
import { barrier, type Identity, isAlive } from './embedded-identity.js';

/** Longest first start in milliseconds; a slow disk takes a few seconds. */
const INITDB_TIMEOUT = 120_000;
export const SUPERUSER = 'chatty';

/** Makes the data folder and proves that it can be written. Throws `StartError` naming the folder. */
export function makeDataFolder(folder: string): void {
  try {
    const fresh = mkdirSync(folder, { recursive: true }) !== undefined;
    // PostgreSQL's user has to pass through it whatever the umask says; secrets inside have modes of their own.
    if (fresh) chmodSync(folder, 0o755);
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new StartError(
      `The data folder ${folder} cannot be written (${code}): set CHATTY_DATA_DIR to one that can.`,
      { cause: error },
    );
  }
}

export function requireReachable(folder: string, identity: Identity | null): void {
  const place = barrier(folder, identity);
  if (place === null) return;
  throw new StartError(
    `PostgreSQL cannot run as root, and the user it runs as may not pass through ${place}: set CHATTY_DATA_DIR to another folder, such as /var/lib/chatty.`,
  );
}

/** Makes a folder only PostgreSQL's user can enter. */
export function makePrivateFolder(folder: string, identity: Identity | null): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (identity) chownSync(folder, identity.uid, identity.gid);
}

/** Refuses a cluster of another major version or another user, which would fail in words nobody understands. */
export function requireOurs(pgdata: string, major: string): void {
  const { uid } = statSync(pgdata);
  const self = process.getuid?.();
  if (self !== undefined && self !== 0 && self !== uid) {
    throw new StartError(
      `The database in ${pgdata} belongs to another user (uid ${uid}): start as that user, or set CHATTY_DATA_DIR.`,
    );
  }
  const version = readFileSync(join(pgdata, 'PG_VERSION'), 'utf8').trim();
  if (version !== major) {
    throw new StartError(
      `The database in ${pgdata} was made by PostgreSQL ${version} and this is ${major}: dump it there and load it here, or set CHATTY_DATA_DIR.`,
    );
  }
}

/** Runs initdb beside the final place and renames, so that a start killed half way leaves nothing in the way. */
export async function makeCluster(options: {
  folder: string;
  pgdata: string;
  binaries: Binaries;
  identity: Identity | null;
  password: string;
}): Promise<void> {
  const { folder, pgdata, binaries, identity, password } = options;
  for (const entry of readdirSync(folder)) {
    const dead = /^initdb-(\d+)-/.exec(entry);
    if (dead && !isAlive(Number(dead[1]))) rmSync(join(folder, entry), { recursive: true, force: true });
  }
  const temporary = mkdtempSync(join(folder, `initdb-${process.pid}-`));
  makePrivateFolder(temporary, identity);
  try {
    const passwordFile = join(temporary, 'password');
    writeFileSync(passwordFile, password, { mode: 0o600 });
    if (identity) chownSync(passwordFile, identity.uid, identity.gid);
    await runInitdb(binaries, join(temporary, 'pgdata'), passwordFile, identity);
    if (!existsSync(pgdata)) renameSync(join(temporary, 'pgdata'), pgdata);
  } catch (error) {
    // Another start at the same moment was faster; which of the two goes on is decided by the lock.
    if (!existsSync(pgdata)) throw error;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

async function runInitdb(
  binaries: Binaries,
  target: string,
  passwordFile: string,
  identity: Identity | null,
): Promise<void> {
  const values = [
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--auth=scram-sha-256',
  ];
  const paths = [`--pgdata=${target}`, `--username=${SUPERUSER}`, `--pwfile=${passwordFile}`];
  try {
    await promisify(execFile)(binaries.initdb, [...values, ...paths], {
      ...(identity ?? {}),
      cwd: '/',
      env: { PATH: '/usr/bin:/bin', TZ: 'UTC', LC_ALL: 'C' },
      timeout: INITDB_TIMEOUT,
    });
  } catch (error) {
    throw new StartError(initdbFault(error), { cause: error });
  }
}

function initdbFault(error: unknown): string {
  const { code, stderr = '' } = error as { code?: unknown; stderr?: string };
  const advice = 'set DB_HOST to a PostgreSQL server';
  if (code === 'ENOENT')
    return `The embedded PostgreSQL does not run on this system (it needs glibc, not musl): ${advice}.`;
  if (code === 'EACCES')
    return `The embedded PostgreSQL may not be run from the data folder (is it mounted noexec?): set CHATTY_DATA_DIR, or ${advice}.`;
  if (/could not look up effective user ID/.test(stderr)) {
    return `This process runs as a user without a name (uid ${process.getuid?.()}), which PostgreSQL refuses: use a named user, or ${advice}.`;
  }
  const last = stderr
    .trim()
    .split('\n')
    .filter((line) => /error|FATAL|could not/.test(line))
    .at(-1);
  return `The embedded database could not be made: ${last ?? String(error)}`;
}
