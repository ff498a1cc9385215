/** Keeps the database running and ours: takes the lock, restarts what falls, stops everything at the end. */

import { setTimeout as pause } from 'node:timers/promises';
import { anotherChatty } from './errors.js';
import { findPostmaster, writtenPid } from './find-postmaster.js';
import { type Owner, takeOwnership } from './lock.js';
import { launch, type Parts, type Server } from './process.js';
import { StartError } from './startup-error.js';

export type Report = (level: 'info' | 'warn' | 'error', message: string) => void;

type Supervised = Parts & { log: Report; onSlow: () => void };

/** The loopback port was taken between choosing it and listening on it. */
export class PortTaken extends StartError {}

const FIRST_PAUSE = 500;
const LAST_PAUSE = 10_000;
/** A server that lived this long did not fall because of how it was started, in milliseconds. */
const SETTLED = 30_000;
/** How long the loser of two starts may take to find out. */
const LOSER_PATIENCE = 5_000;

/**
 * Starts the server and watches it until `close`. A fall is repaired for as long as it takes, under the same connection.
 * @throws StartError where the first start does not succeed; then nothing of ours is left running
 */
export async function supervise(parts: Supervised): Promise<{ close(): Promise<void> }> {
  const { log } = parts;
  const closing = new AbortController();
  let server = launch(parts);
  /** Its end has been told and it is not back. */
  let down = false;
  let owner: Owner = await claim(parts, server).catch(async (error: unknown) => {
    await server.stop();
    throw error;
  });

  async function watch(): Promise<void> {
    for (let wait = FIRST_PAUSE; !closing.signal.aborted; wait = Math.min(LAST_PAUSE, wait * 2)) {
      const since = performance.now();
      await Promise.race([owner.lost, server.ended]);
      if (performance.now() - since > SETTLED) wait = FIRST_PAUSE;
      if (!closing.signal.aborted) await repair(wait);
    }
  }

  /** One try. What it leaves undone shows as a lost lock or an ended server again. */
  async function repair(wait: number): Promise<void> {
    try {
      if (server.isRunning() && (await regain())) return;
      if (!down) log('error', `the database ended unexpectedly (${server.lastWords()}); starting it again`);
      down = true;
      await pause(wait, undefined, { signal: closing.signal });
      await server.stop();
      server = launch(parts);
      owner = await claim(parts, server);
      down = false;
      log('info', 'the database is back');
    } catch (error) {
      if (closing.signal.aborted) return;
      log('error', `the database is not back yet: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** The connection broke and the server lives (or is ending and does not know it yet: false). */
  async function regain(): Promise<boolean> {
    const held = await takeOwnership(claimOn(parts, server));
    if (held === null) return false;
    owner = held;
    down = false;
    log('warn', 'the connection that owns the data folder broke and was taken again');
    return true;
  }

  const watching = watch();
  let closed: Promise<void> | null = null;
  async function shut(): Promise<void> {
    closing.abort();
    await server.stop();
    await watching;
    // A repair may have started one more in the very moment of closing.
    await server.stop();
    await owner.release();
  }
  return {
    close: () => {
      closed ??= shut();
      return closed;
    },
  };
}

function claimOn({ connection, place, onSlow }: Supervised, server: Server) {
  return { connection, folder: place.folder, alive: server.isRunning, settle: 0, onSlow };
}

/** Waits until the server serves and the folder is ours. */
async function claim(parts: Supervised, server: Server): Promise<Owner> {
  const { place } = parts;
  const owner = await takeOwnership(claimOn(parts, server));
  // Of two starts at the same moment one server gives way; until it has, the one that answers may be the other's.
  if (owner && writtenPid(place.pgdata) === server.pid) return owner;
  await owner?.release();
  await Promise.race([server.ended, pause(LOSER_PATIENCE, undefined, { ref: false })]);
  if (await findPostmaster(place)) throw anotherChatty(place.folder);
  if (/TCP\/IP socket/.test(server.lastWords())) throw new PortTaken(server.fault().message);
  throw server.fault();
}
