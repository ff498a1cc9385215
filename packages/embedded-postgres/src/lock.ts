/** Decides whose the data folder is: one Chatty at a time, held by a lock that dies with its holder. */

import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import type { Connection } from './connection.js';
import { alreadyRunningError } from './errors.js';
import { StartError } from './startup-error.js';

export type FolderLock = {
  /** Resolves when the lock's connection has ended, whoever ended it. */
  lost: Promise<void>;
  release(): Promise<void>;
};

export type LockRequest = {
  connection: Connection;
  /** Named in the sentences. */
  folder: string;
  /** Whether the server that is asked still runs; without it there is nothing to wait for. */
  isServerAlive: () => boolean | Promise<boolean>;
  /** How long the lock must be seen free before it is taken, in milliseconds: somebody may be about to take it. */
  settleMs: number;
  /** Told once when it takes long. */
  onSlow: () => void;
};

/** Key of the session advisory lock in the database `postgres`; any constant of ours would do. */
const LOCK_KEY = 4_027_119;
/** How long a previous holder may take to go, in milliseconds. */
const HOLDER_EXIT_TIMEOUT_MS = 4_000;
/** How long a server may give no answer at all. */
const NO_ANSWER_TIMEOUT_MS = 60_000;
/** How long it may answer that it is starting: crash recovery is only longer when it is cut short. */
const RECOVERY_TIMEOUT_MS = 600_000;
const SLOW_NOTICE_MS = 3_000;
const POLL_INTERVAL_MS = 50;
const ANSWER_TIMEOUT_MS = 2_000;

const STARTING_OR_STOPPING = '57P03';
const AUTHENTICATION_ERROR = /^28/;
const LOCKED = 'held';

/**
 * Takes the lock, waiting for a server that is starting and a holder that is just stopping.
 * @returns null where the server went away meanwhile
 * @throws StartError where another Chatty keeps it, the password is not its own, or no answer comes in time
 */
export async function acquireLock(request: LockRequest): Promise<FolderLock | null> {
  const startedAt = performance.now();
  let lockedSince: number | null = null;
  let hasReportedSlow = false;
  while (await request.isServerAlive()) {
    const attempt = await tryLock(request).catch((error: unknown) => error);
    if (isFolderLock(attempt)) return attempt;
    const now = performance.now();
    lockedSince = attempt === LOCKED ? (lockedSince ?? now) : null;
    if (lockedSince !== null && now - lockedSince > HOLDER_EXIT_TIMEOUT_MS)
      throw alreadyRunningError(request.folder);
    if (attempt !== LOCKED) assertCanStillSucceed(attempt, now - startedAt, request.folder);
    if (!hasReportedSlow && attempt !== LOCKED && now - startedAt > SLOW_NOTICE_MS) {
      hasReportedSlow = true;
      request.onSlow();
    }
    await pause(POLL_INTERVAL_MS);
  }
  return null;
}

function isFolderLock(attempt: unknown): attempt is FolderLock {
  return typeof attempt === 'object' && attempt !== null && 'release' in attempt;
}

function assertCanStillSucceed(error: unknown, waitedMs: number, folder: string): void {
  const code = error instanceof pg.DatabaseError ? (error.code ?? '') : '';
  if (AUTHENTICATION_ERROR.test(code)) {
    const sentence = `The database in ${folder} does not accept the password in ${folder}/postgres-password: put the file back that it was made with, or set CHATTY_DATA_DIR to another folder.`;
    throw new StartError(sentence, { cause: error });
  }
  const timeoutMs = code === STARTING_OR_STOPPING ? RECOVERY_TIMEOUT_MS : NO_ANSWER_TIMEOUT_MS;
  if (waitedMs <= timeoutMs) return;
  const reason = error instanceof Error ? error.message : String(error);
  throw new StartError(
    `The database in ${folder} gave no answer within ${timeoutMs / 1_000} s (${reason}).`,
    {
      cause: error,
    },
  );
}

async function tryLock({ connection, settleMs }: LockRequest): Promise<FolderLock | typeof LOCKED> {
  const client = new pg.Client({
    ...connection,
    database: 'postgres',
    application_name: 'chatty owner',
    // Whatever the environment asks of other servers: this one has no certificate and is on this machine.
    ssl: false,
    connectionTimeoutMillis: ANSWER_TIMEOUT_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
    keepAlive: true,
  });
  client.on('error', () => undefined);
  const lost = new Promise<void>((resolve) => client.once('end', resolve));
  const release = () => client.end().catch(() => undefined);
  try {
    await client.connect();
    if ((await staysUnlocked(client, settleMs)) && (await tryAdvisoryLock(client))) return { lost, release };
  } catch (error) {
    await release();
    throw error;
  }
  await release();
  return LOCKED;
}

async function staysUnlocked(client: pg.Client, settleMs: number): Promise<boolean> {
  const until = performance.now() + settleMs;
  while (performance.now() < until) {
    const { rowCount } = await client.query(
      "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND classid = 0 AND objid = $1 AND objsubid = 1",
      [LOCK_KEY],
    );
    if (rowCount !== 0) return false;
    await pause(POLL_INTERVAL_MS);
  }
  return true;
}

async function tryAdvisoryLock(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ held: boolean }>('SELECT pg_try_advisory_lock($1) AS held', [
    LOCK_KEY,
  ]);
  return rows[0]?.held === true;
}
