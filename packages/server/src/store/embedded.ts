/** The embedded database: a real PostgreSQL as a child process in the data folder, watched, restarted, stopped with us. */

import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { keepSecret } from '../secret.js';
import { StartError } from '../start-error.js';
import { type Binaries, layOutBinaries } from './embedded-binaries.js';
import {
  makeCluster,
  makeDataFolder,
  makePrivateFolder,
  requireOurs,
  requireReachable,
  SUPERUSER,
} from './embedded-cluster.js';
import { chooseIdentity, type Identity } from './embedded-identity.js';
import { findPostmaster, isPostgres, type Owner, takeOwnership } from './embedded-owner.js';
import { isRunning, launch, type Place, stopChild, stopServer } from './embedded-server.js';
import type { Connection } from './postgres.js';

export type Embedded = {
  /** The same for the whole life, restarts included. */
  connection: Connection;
  /** Stops the database and waits until it is gone. Idempotent. */
  close(): Promise<void>;
};

type Report = (level: 'info' | 'warn' | 'error', message: string) => void;

/** Longest path of a Unix socket that every system takes (sockaddr_un: 104 bytes on macOS, 108 on Linux). */
const SOCKET_PATH = 100;
/** Crash recovery after a kill can take a while. */
const START_TIMEOUT = 60_000;
const FIRST_PAUSE = 500;
const LAST_PAUSE = 10_000;
const DATABASE = 'chatty';
const DUPLICATE_DATABASE = '42P04';

/**
 * Starts PostgreSQL in `folder`, made where it is missing. A server left behind by a killed Chatty is stopped first.
 * @throws StartError with one sentence: folder not writable, another Chatty on it, platform without binaries, ...
 */
export async function startEmbedded(options: {
  folder: string;
  log: Report;
  progress?: (sentence: string) => void;
}): Promise<Embedded> {
  const { log, progress = () => undefined } = options;
  const folder = resolve(options.folder);
  const place = {
    folder,
    pgdata: join(folder, 'pgdata'),
    socketFolder: join(folder, 'run'),
    logFile: join(folder, 'postgres.log'),
  };
  const identity = chooseIdentity(place.pgdata);
  requireReachable(folder, identity);
  makeDataFolder(folder);
  requireReachable(folder, identity);
  const password = keepSecret(join(folder, 'postgres-password'));
  await stopOrphan(place, password, log);
  const fresh = !existsSync(place.pgdata);
  if (fresh) progress('Preparing the database (first start only).');
  const binaries = await layOutBinaries(folder);
  makePrivateFolder(place.socketFolder, identity);
  if (fresh) await makeCluster({ folder, pgdata: place.pgdata, binaries, identity, password });
  requireOurs(place.pgdata, binaries.major);
  const connection = await chooseConnection(place, password);
  return supervise({ place, binaries, identity, connection, log, progress });
}

/** A server whose Chatty was killed still runs: its lock is free, so it is ours to stop. */
async function stopOrphan(place: Place, password: string, log: Report): Promise<void> {
  const found = findPostmaster(place.pgdata);
  if (!found) return;
  const host = found.socketFolder || '127.0.0.1';
  const connection = { host, port: found.port || 5432, user: SUPERUSER, password, database: DATABASE };
  const owner = await takeOwnership(connection, place.folder, () => isPostgres(found.pid, place.pgdata));
  if (!owner) return;
  log('warn', 'stopping the database of a Chatty that was killed');
  await owner.release();
  await stopServer(found.pid, () => isPostgres(found.pid, place.pgdata));
}

async function chooseConnection(place: Place, password: string): Promise<Connection> {
  const account = { user: SUPERUSER, password, database: DATABASE };
  const socket = join(place.socketFolder, '.s.PGSQL.5432');
  if (Buffer.byteLength(socket) <= SOCKET_PATH) return { host: place.socketFolder, port: 5432, ...account };
  return { host: '127.0.0.1', port: await freePort(), ...account };
}

function freePort(): Promise<number> {
  return new Promise((found, failed) => {
    const server = createServer();
    server.once('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => found(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

async function supervise(parts: {
  place: Place;
  binaries: Binaries;
  identity: Identity | null;
  connection: Connection;
  log: Report;
  progress: (sentence: string) => void;
}): Promise<Embedded> {
  const { place, connection, log } = parts;
  let closing: Promise<void> | null = null;
  let child = launch(parts);
  let owner: Owner | null = null;
  let wake = () => {};

  async function up(): Promise<void> {
    const running = child;
    const held = await ready(running, connection, place, parts.progress);
    owner = held;
    held.onLost(() => {
      owner = null;
      // While the server lives the lock must be ours; when it has ended, `restart` takes it again.
      setTimeout(() => !closing && isRunning(running) && !owner && void regain(running), FIRST_PAUSE).unref();
    });
  }

  async function regain(running: ChildProcess): Promise<void> {
    log('warn', 'the connection that owns the data folder broke; taking it again');
    await up().catch((error: unknown) => {
      log('error', String(error));
      if (isRunning(running)) running.kill('SIGINT');
    });
  }

  async function restart(): Promise<void> {
    for (let pause = FIRST_PAUSE; !closing; pause = Math.min(LAST_PAUSE, pause * 2)) {
      await new Promise<void>((resume) => {
        wake = resume;
        setTimeout(resume, pause);
      });
      if (closing) return;
      child = launch(parts);
      try {
        await up();
        watch(child);
        log('info', 'the database is back');
        return;
      } catch (error) {
        log(
          'error',
          `the database could not be started again: ${error instanceof Error ? error.message : String(error)}`,
        );
        await stopChild(child);
      }
    }
  }

  function watch(running: ChildProcess): void {
    const ended = () => {
      if (closing) return;
      log(
        'error',
        `the database ended unexpectedly (${running.signalCode ?? running.exitCode}); starting it again`,
      );
      void restart();
    };
    if (isRunning(running)) running.once('exit', ended);
    else ended();
  }

  async function shut(): Promise<void> {
    wake();
    await owner?.release();
    await stopChild(child);
  }

  try {
    await up();
    await makeDatabase(connection);
  } catch (error) {
    closing = shut();
    await closing;
    throw error;
  }
  watch(child);
  return {
    connection,
    close: () => {
      closing ??= shut();
      return closing;
    },
  };
}

/** Waits until the server answers and the folder is ours. */
async function ready(
  child: ChildProcess,
  connection: Connection,
  place: Place,
  progress: (sentence: string) => void,
): Promise<Owner> {
  const deadline = Date.now() + START_TIMEOUT;
  const tellAt = Date.now() + 3_000;
  let told = false;
  while (isRunning(child)) {
    if (await answers(connection)) {
      const owner = await takeOwnership(connection, place.folder, () => isRunning(child));
      if (owner) return owner;
      break;
    }
    if (Date.now() > deadline) {
      throw new StartError(
        `The database did not start within ${START_TIMEOUT / 1_000} s: see ${place.logFile}.`,
      );
    }
    if (!told && Date.now() > tellAt) {
      told = true;
      progress('The database is recovering what was being written when it was killed.');
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  if (findPostmaster(place.pgdata)) {
    throw new StartError(
      `Another Chatty is running on the data folder ${place.folder}: stop it, or set CHATTY_DATA_DIR to another folder.`,
    );
  }
  throw new StartError(`The database ended while it was starting: see ${place.logFile}.`);
}

async function answers(connection: Connection): Promise<boolean> {
  const client = new pg.Client({ ...connection, database: 'postgres', connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  const up = await client.connect().then(
    () => true,
    () => false,
  );
  await client.end().catch(() => undefined);
  return up;
}

async function makeDatabase(connection: Connection): Promise<void> {
  const client = new pg.Client({ ...connection, database: 'postgres' });
  await client.connect();
  try {
    await client.query(`CREATE DATABASE ${DATABASE}`);
  } catch (error) {
    if (!(error instanceof pg.DatabaseError && error.code === DUPLICATE_DATABASE)) throw error;
  } finally {
    await client.end();
  }
}
