/** The embedded database: a real PostgreSQL as a child process in the data folder, watched, restarted, stopped with us. */

import { realpathSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { installBinaries, removeOldBinaries, systemBinaries } from './binaries.js';
import {
  assertReachable,
  assertVersion,
  createCluster,
  hasCluster,
  makeDataFolder,
  makePrivateFolder,
  SUPERUSER,
} from './cluster.js';
import type { Connection } from './connection.js';
import { folderError } from './errors.js';
import {
  acceptsConnections,
  type DataFolder,
  findPostmaster,
  isPostgresOf,
  SOCKET_PORT,
  socketPath,
} from './find-postmaster.js';
import { acquireLock } from './lock.js';
import { chooseOsUser, type OsUser } from './os-user.js';
import { type ServerOptions, stopServer } from './process.js';
import { loadOrCreateSecret } from './secret-file.js';
import { StartError } from './startup-error.js';
import { PortTakenError, type ReportEvent, supervise } from './supervisor.js';
import { removeStaleTempFolders } from './temp-folder.js';

export type EmbeddedPostgres = {
  /** The same for the whole life, restarts included. */
  connection: Connection;
  /** Stops the database and waits until it is gone. Idempotent. */
  close(): Promise<void>;
};

/** Longest path of a Unix socket that every system takes (sockaddr_un: 104 bytes on macOS, 108 on Linux). */
const MAX_SOCKET_PATH_BYTES = 100;
/** How long the lock of a running server must be seen free before its Chatty counts as dead, in milliseconds. */
const ORPHAN_SETTLE_MS = 1_000;
const MAX_PORT_ATTEMPTS = 5;
const DATABASE_NAME = 'chatty';
const QUERY_TIMEOUT_MS = 30_000;

/**
 * Starts PostgreSQL in `folder`, made where it is missing. A server left behind by a killed Chatty is stopped first.
 * @param log is told what happens to the database while it runs
 * @param progress is told in a sentence what takes long
 * @param programs folder with the programs of an installed PostgreSQL, used instead of those of the package
 * @throws StartError with one sentence: folder not writable, another Chatty on it, platform without binaries, ...
 */
export async function startEmbeddedPostgres(options: {
  folder: string;
  log: ReportEvent;
  progress?: (sentence: string) => void;
  binariesFolder?: string | undefined;
}): Promise<EmbeddedPostgres> {
  const { log, progress = () => undefined, binariesFolder } = options;
  const folder = resolve(options.folder);
  const onSlow = () =>
    progress('Waiting for the database: it is recovering from how it was stopped last time.');
  try {
    const { dataFolder, osUser } = prepareFolder(folder);
    const password = loadOrCreateSecret(join(dataFolder.folder, 'postgres-password'));
    await stopOrphan({ dataFolder, password, log, onSlow });
    removeStaleTempFolders(dataFolder.folder);
    const isNew = !hasCluster(dataFolder.pgdata);
    if (isNew) progress('Preparing the database (first start only).');
    const binaries = binariesFolder
      ? systemBinaries(binariesFolder)
      : await installBinaries(dataFolder.folder);
    if (isNew) await createCluster({ dataFolder, binaries, osUser, password });
    assertVersion(dataFolder.pgdata, binaries.major);
    for (const subfolder of [dataFolder.pgdata, dataFolder.socketFolder])
      makePrivateFolder(subfolder, osUser);
    const parts = { place: dataFolder, binaries, identity: osUser, log, onSlow };
    return await startSupervised(parts, { user: SUPERUSER, password, database: DATABASE_NAME });
  } catch (error) {
    throw folderError(error, folder);
  }
}

function prepareFolder(folder: string): { dataFolder: DataFolder; osUser: OsUser | null } {
  const osUser = chooseOsUser(join(folder, 'pgdata'));
  assertReachable(folder, osUser);
  makeDataFolder(folder);
  assertReachable(folder, osUser);
  // One name for one folder: the running server is recognised by it.
  const realFolder = realpathSync(folder);
  const dataFolder = {
    folder: realFolder,
    pgdata: join(realFolder, 'pgdata'),
    socketFolder: join(realFolder, 'run'),
    logFile: join(realFolder, 'postgres.log'),
  };
  hasCluster(dataFolder.pgdata);
  return { dataFolder, osUser };
}

/** A server whose Chatty was killed still runs: its lock stays free, so it is ours to stop. */
async function stopOrphan(options: {
  dataFolder: DataFolder;
  password: string;
  log: ReportEvent;
  onSlow: () => void;
}) {
  const { dataFolder, password, log, onSlow } = options;
  const postmaster = await findPostmaster(dataFolder);
  if (!postmaster) return;
  const { pid, host, port } = postmaster;
  const alive = () => (pid === null ? acceptsConnections(dataFolder) : isPostgresOf(pid, dataFolder.pgdata));
  const connection = { host, port, user: SUPERUSER, password, database: DATABASE_NAME };
  const folderLock = await acquireLock({
    connection,
    folder: dataFolder.folder,
    isServerAlive: alive,
    settleMs: ORPHAN_SETTLE_MS,
    onSlow,
  });
  if (!folderLock) return;
  try {
    if (pid === null) {
      throw new StartError(
        `The database in ${dataFolder.folder} is served by a process that cannot be seen from here, perhaps in another container: stop it first.`,
      );
    }
    log('warn', 'stopping the database of a Chatty that was killed');
    await stopServer(pid, () => isPostgresOf(pid, dataFolder.pgdata));
  } finally {
    await folderLock.release();
  }
}

type Credentials = { user: string; password: string; database: string };

async function startSupervised(
  parts: Omit<ServerOptions, 'connection'> & { log: ReportEvent; onSlow: () => void },
  credentials: Credentials,
): Promise<EmbeddedPostgres> {
  for (let attempt = 1; ; attempt += 1) {
    const connection = { ...(await chooseAddress(parts.place)), ...credentials };
    try {
      const { close } = await supervise({ ...parts, connection });
      await prepareDatabase(parts, connection).catch(async (error: unknown) => {
        await close();
        throw error;
      });
      return { connection, close };
    } catch (error) {
      if (!(error instanceof PortTakenError) || attempt === MAX_PORT_ATTEMPTS) throw error;
    }
  }
}

async function prepareDatabase(
  parts: Pick<ServerOptions, 'place' | 'binaries'>,
  connection: Connection,
): Promise<void> {
  await createDatabase(connection);
  await removeOldBinaries(parts.place.folder, parts.binaries);
}

async function chooseAddress(dataFolder: DataFolder): Promise<{ host: string; port: number }> {
  if (Buffer.byteLength(socketPath(dataFolder)) <= MAX_SOCKET_PATH_BYTES)
    return { host: dataFolder.socketFolder, port: SOCKET_PORT };
  return { host: '127.0.0.1', port: await freePort() };
}

function freePort(): Promise<number> {
  return new Promise((postmaster, failed) => {
    const server = createServer();
    server.once('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => postmaster(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

async function createDatabase(connection: Connection): Promise<void> {
  const client = new pg.Client({
    ...connection,
    database: 'postgres',
    ssl: false,
    connectionTimeoutMillis: QUERY_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE_NAME]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE_NAME}`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartError(`The embedded database could not be prepared (${reason}).`, { cause: error });
  } finally {
    await client.end().catch(() => undefined);
  }
}
