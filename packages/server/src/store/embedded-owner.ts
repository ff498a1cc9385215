/** Decides whose the data folder is: one Chatty at a time, held by a lock that dies with its holder. */

import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { StartError } from '../start-error.js';
import type { Connection } from './postgres.js';

export type Owner = {
  /** Told once when the lock's connection ends by itself. */
  onLost(listener: () => void): void;
  release(): Promise<void>;
};

/** Key of the session advisory lock in the database `postgres`; any constant of ours would do. */
const LOCK = 4_027_119;
/** How long a previous Chatty may take to stop, or its killed sessions to be noticed, in milliseconds. */
const PATIENCE = 4_000;
const PAUSE = 100;

export type Postmaster = { pid: number; port: number; socketFolder: string };

/** What postmaster.pid says of a server that is alive on this folder. A stale file is removed; then, or without one: null. */
export function findPostmaster(pgdata: string): Postmaster | null {
  const file = join(pgdata, 'postmaster.pid');
  let lines: string[];
  try {
    lines = readFileSync(file, 'utf8').split('\n');
  } catch {
    return null;
  }
  const pid = Number(lines[0]);
  if (isPostgres(pid, pgdata)) return { pid, port: Number(lines[3]) || 0, socketFolder: lines[4] ?? '' };
  rmSync(file, { force: true });
  return null;
}

/**
 * Whether `pid` is the PostgreSQL of this folder. In a restarted container the numbers repeat, so it may be alive and be
 * something else. A server's working directory is its data folder; where the system does not tell, its name has to do.
 */
export function isPostgres(pid: number, pgdata: string): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 1) return false;
  try {
    if (process.platform === 'linux') return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(pgdata);
    return /postgres/.test(
      execFileSync('ps', ['-o', 'comm=', '-p', String(pid)], { encoding: 'utf8', stdio: 'pipe' }),
    );
  } catch {
    return false;
  }
}

/**
 * Takes the lock, waiting a little for a holder that is just stopping.
 * @returns null where the server went away meanwhile
 * @throws StartError where another Chatty keeps it
 */
export async function takeOwnership(
  connection: Connection,
  folder: string,
  alive: () => boolean,
): Promise<Owner | null> {
  const deadline = Date.now() + PATIENCE;
  let reason = '';
  while (alive()) {
    const attempt = await tryLock(connection).catch((error: unknown) => String(error));
    if (typeof attempt !== 'string') return attempt;
    reason = attempt;
    if (Date.now() > deadline) break;
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
  if (!alive()) return null;
  const sentence =
    reason === HELD
      ? `Another Chatty is running on the data folder ${folder}: stop it, or set CHATTY_DATA_DIR to another folder.`
      : `The database in ${folder} is running but does not let Chatty in (${reason}).`;
  throw new StartError(sentence);
}

const HELD = 'held';

async function tryLock(connection: Connection): Promise<Owner | string> {
  const client = new pg.Client({
    ...connection,
    database: 'postgres',
    application_name: 'chatty owner',
    connectionTimeoutMillis: 2_000,
    query_timeout: 2_000,
    keepAlive: true,
  });
  let lost: () => void = () => undefined;
  client.on('error', () => undefined);
  client.on('end', () => lost());
  try {
    await client.connect();
    const { rows } = await client.query<{ held: boolean }>('SELECT pg_try_advisory_lock($1) AS held', [LOCK]);
    if (rows[0]?.held) {
      return {
        onLost: (listener) => {
          lost = listener;
        },
        release: async () => {
          lost = () => undefined;
          await client.end().catch(() => undefined);
        },
      };
    }
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
  await client.end();
  return HELD;
}
