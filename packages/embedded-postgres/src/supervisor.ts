/** Keeps the database running and ours: takes the lock, restarts what falls, stops everything at the end. */

import { setTimeout as pause } from 'node:timers/promises';
import { alreadyRunningError } from './errors.js';
import { findPostmaster, recordedPid } from './find-postmaster.js';
import { acquireLock, type FolderLock } from './lock.js';
import { type PostgresProcess, type ServerOptions, startPostgres } from './process.js';
import { StartError } from './startup-error.js';

export type ReportEvent = (level: 'info' | 'warn' | 'error', message: string) => void;

type SupervisorOptions = ServerOptions & { log: ReportEvent; onSlow: () => void };

/** The loopback port was taken between choosing it and listening on it. */
export class PortTakenError extends StartError {}

const MIN_RESTART_DELAY_MS = 500;
const MAX_RESTART_DELAY_MS = 10_000;
/** A server that lived this long did not fall because of how it was started, in milliseconds. */
const STABLE_UPTIME_MS = 30_000;
/** How long the loser of two starts may take to find out. */
const RACE_LOSER_TIMEOUT_MS = 5_000;

/**
 * Starts the server and watches it until `close`. A fall is repaired for as long as it takes, under the same connection.
 * @throws StartError where the first start does not succeed; then nothing of ours is left running
 */
export async function supervise(options: SupervisorOptions): Promise<{ close(): Promise<void> }> {
  const { log } = options;
  const closing = new AbortController();
  let server = startPostgres(options);
  /** Its end has been told and it is not back. */
  let isDown = false;
  let folderLock: FolderLock = await waitUntilServing(options, server).catch(async (error: unknown) => {
    await server.stop();
    throw error;
  });

  async function restartLoop(): Promise<void> {
    for (
      let delay = MIN_RESTART_DELAY_MS;
      !closing.signal.aborted;
      delay = Math.min(MAX_RESTART_DELAY_MS, delay * 2)
    ) {
      const since = performance.now();
      await Promise.race([folderLock.lost, server.exited]);
      if (performance.now() - since > STABLE_UPTIME_MS) delay = MIN_RESTART_DELAY_MS;
      if (!closing.signal.aborted) await repair(delay);
    }
  }

  /** One try. What it leaves undone shows as a lost lock or an ended server again. */
  async function repair(delay: number): Promise<void> {
    try {
      if (server.isRunning() && (await reacquireLock())) return;
      if (!isDown)
        log('error', `the database ended unexpectedly (${server.exitReason()}); starting it again`);
      isDown = true;
      await pause(delay, undefined, { signal: closing.signal });
      await server.stop();
      server = startPostgres(options);
      folderLock = await waitUntilServing(options, server);
      isDown = false;
      log('info', 'the database is back');
    } catch (error) {
      if (closing.signal.aborted) return;
      log('error', `the database is not back yet: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** The connection broke and the server lives (or is ending and does not know it yet: false). */
  async function reacquireLock(): Promise<boolean> {
    const newLock = await acquireLock(lockRequestFor(options, server));
    if (newLock === null) return false;
    folderLock = newLock;
    isDown = false;
    log('warn', 'the connection that owns the data folder broke and was taken again');
    return true;
  }

  const running = restartLoop();
  let closed: Promise<void> | null = null;
  async function shutDown(): Promise<void> {
    closing.abort();
    await server.stop();
    await running;
    // A repair may have started one more in the very moment of closing.
    await server.stop();
    await folderLock.release();
  }
  return {
    close: () => {
      closed ??= shutDown();
      return closed;
    },
  };
}

function lockRequestFor({ connection, place, onSlow }: SupervisorOptions, server: PostgresProcess) {
  return { connection, folder: place.folder, isServerAlive: server.isRunning, settleMs: 0, onSlow };
}

/** Waits until the server serves and the folder is ours. */
async function waitUntilServing(options: SupervisorOptions, server: PostgresProcess): Promise<FolderLock> {
  const { place } = options;
  const folderLock = await acquireLock(lockRequestFor(options, server));
  // Of two starts at the same moment one server gives way; until it has, the one that answers may be the other's.
  if (folderLock && recordedPid(place.pgdata) === server.pid) return folderLock;
  await folderLock?.release();
  await Promise.race([server.exited, pause(RACE_LOSER_TIMEOUT_MS, undefined, { ref: false })]);
  if (await findPostmaster(place)) throw alreadyRunningError(place.folder);
  if (/TCP\/IP socket/.test(server.exitReason())) throw new PortTakenError(server.startError().message);
  throw server.startError();
}
