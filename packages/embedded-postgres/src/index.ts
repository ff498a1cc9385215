/** The embedded database: a real PostgreSQL as a child process in the data folder, watched, restarted, stopped with us. */

import { realpathSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { installedBinaries, layOutBinaries, removeOldBinaries } from './binaries.js';
import {
  hasCluster,
  makeCluster,
  makeDataFolder,
  makePrivateFolder,
  requireReachable,
  requireVersion,
  SUPERUSER,
} from './cluster.js';
import type { Connection } from './connection.js';
import { folderFault } from './errors.js';
import {
  answers,
  findPostmaster,
  isPostgres,
  type Place,
  SOCKET_PORT,
  socketPath,
} from './find-postmaster.js';
import { takeOwnership } from './lock.js';
import { chooseIdentity, type Identity } from './os-user.js';
import { type Parts, stopServer } from './process.js';
import { keepSecret } from './secret-file.js';
import { StartError } from './startup-error.js';
import { PortTaken, type Report, supervise } from './supervisor.js';
import { sweepScratch } from './temp-folder.js';

export type Embedded = {
  /** The same for the whole life, restarts included. */
  connection: Connection;
  /** Stops the database and waits until it is gone. Idempotent. */
  close(): Promise<void>;
};

/** Longest path of a Unix socket that every system takes (sockaddr_un: 104 bytes on macOS, 108 on Linux). */
const SOCKET_PATH = 100;
/** How long the lock of a running server must be seen free before its Chatty counts as dead, in milliseconds. */
const ORPHAN_SETTLE = 1_000;
const PORT_TRIES = 5;
const DATABASE = 'chatty';
const QUERY_TIMEOUT = 30_000;

/**
 * Starts PostgreSQL in `folder`, made where it is missing. A server left behind by a killed Chatty is stopped first.
 * @param log is told what happens to the database while it runs
 * @param progress is told in a sentence what takes long
 * @param programs folder with the programs of an installed PostgreSQL, used instead of those of the package
 * @throws StartError with one sentence: folder not writable, another Chatty on it, platform without binaries, ...
 */
export async function startEmbedded(options: {
  folder: string;
  log: Report;
  progress?: (sentence: string) => void;
  programs?: string | undefined;
}): Promise<Embedded> {
  const { log, progress = () => undefined, programs } = options;
  const folder = resolve(options.folder);
  const onSlow = () =>
    progress('Waiting for the database: it is recovering from how it was stopped last time.');
  try {
    const { place, identity } = prepareFolder(folder);
    const password = keepSecret(join(place.folder, 'postgres-password'));
    await stopOrphan({ place, password, log, onSlow });
    sweepScratch(place.folder);
    const fresh = !hasCluster(place.pgdata);
    if (fresh) progress('Preparing the database (first start only).');
    const binaries = programs ? installedBinaries(programs) : await layOutBinaries(place.folder);
    if (fresh) await makeCluster({ place, binaries, identity, password });
    requireVersion(place.pgdata, binaries.major);
    for (const part of [place.pgdata, place.socketFolder]) makePrivateFolder(part, identity);
    const parts = { place, binaries, identity, log, onSlow };
    return await start(parts, { user: SUPERUSER, password, database: DATABASE });
  } catch (error) {
    throw folderFault(error, folder);
  }
}

function prepareFolder(folder: string): { place: Place; identity: Identity | null } {
  const identity = chooseIdentity(join(folder, 'pgdata'));
  requireReachable(folder, identity);
  makeDataFolder(folder);
  requireReachable(folder, identity);
  // One name for one folder: the running server is recognised by it.
  const real = realpathSync(folder);
  const place = {
    folder: real,
    pgdata: join(real, 'pgdata'),
    socketFolder: join(real, 'run'),
    logFile: join(real, 'postgres.log'),
  };
  hasCluster(place.pgdata);
  return { place, identity };
}

/** A server whose Chatty was killed still runs: its lock stays free, so it is ours to stop. */
async function stopOrphan(options: { place: Place; password: string; log: Report; onSlow: () => void }) {
  const { place, password, log, onSlow } = options;
  const found = await findPostmaster(place);
  if (!found) return;
  const { pid, host, port } = found;
  const alive = () => (pid === null ? answers(place) : isPostgres(pid, place.pgdata));
  const connection = { host, port, user: SUPERUSER, password, database: DATABASE };
  const owner = await takeOwnership({
    connection,
    folder: place.folder,
    alive,
    settle: ORPHAN_SETTLE,
    onSlow,
  });
  if (!owner) return;
  try {
    if (pid === null) {
      throw new StartError(
        `The database in ${place.folder} is served by a process that cannot be seen from here, perhaps in another container: stop it first.`,
      );
    }
    log('warn', 'stopping the database of a Chatty that was killed');
    await stopServer(pid, () => isPostgres(pid, place.pgdata));
  } finally {
    await owner.release();
  }
}

type Account = { user: string; password: string; database: string };

async function start(
  parts: Omit<Parts, 'connection'> & { log: Report; onSlow: () => void },
  account: Account,
): Promise<Embedded> {
  for (let tries = 1; ; tries += 1) {
    const connection = { ...(await chooseAddress(parts.place)), ...account };
    try {
      const { close } = await supervise({ ...parts, connection });
      await finish(parts, connection).catch(async (error: unknown) => {
        await close();
        throw error;
      });
      return { connection, close };
    } catch (error) {
      if (!(error instanceof PortTaken) || tries === PORT_TRIES) throw error;
    }
  }
}

async function finish(parts: Pick<Parts, 'place' | 'binaries'>, connection: Connection): Promise<void> {
  await makeDatabase(connection);
  await removeOldBinaries(parts.place.folder, parts.binaries);
}

async function chooseAddress(place: Place): Promise<{ host: string; port: number }> {
  if (Buffer.byteLength(socketPath(place)) <= SOCKET_PATH)
    return { host: place.socketFolder, port: SOCKET_PORT };
  return { host: '127.0.0.1', port: await freePort() };
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

async function makeDatabase(connection: Connection): Promise<void> {
  const client = new pg.Client({
    ...connection,
    database: 'postgres',
    ssl: false,
    connectionTimeoutMillis: QUERY_TIMEOUT,
    query_timeout: QUERY_TIMEOUT,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartError(`The embedded database could not be prepared (${reason}).`, { cause: error });
  } finally {
    await client.end().catch(() => undefined);
  }
}
