/** Finds the PostgreSQL that serves a data folder already, and clears away what only looks like one. */

import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { errorCode } from './errors.js';
import { isProcessAlive } from './temp-folder.js';

export type DataFolder = { folder: string; pgdata: string; socketFolder: string; logFile: string };

/** `pid` is null where the server answers without being a process that can be seen from here. */
export type Postmaster = { pid: number | null; host: string; port: number };

/** The port's number is only part of the socket's name; nothing listens on it. */
export const SOCKET_PORT = 5432;
const SOCKET_NAME = `.s.PGSQL.${SOCKET_PORT}`;
const ANSWER_TIMEOUT_MS = 2_000;

export function socketPath(dataFolder: DataFolder): string {
  return join(dataFolder.socketFolder, SOCKET_NAME);
}

/** The server that is alive on this folder, or null; then a start is free to go on. */
export async function findPostmaster(dataFolder: DataFolder): Promise<Postmaster | null> {
  const file = join(dataFolder.pgdata, 'postmaster.pid');
  const content = readTextOrEmpty(file);
  const [pid, , , port, host] = content.split('\n');
  if (isPostgresOf(Number(pid), dataFolder.pgdata)) {
    return { pid: Number(pid), host: host || '127.0.0.1', port: Number(port) || SOCKET_PORT };
  }
  // Two containers that share a volume do not see each other's processes, but they do reach each other's sockets.
  if (await acceptsConnections(dataFolder))
    return { pid: null, host: dataFolder.socketFolder, port: SOCKET_PORT };
  removeStaleLockFile(file, content);
  const lockFile = `${socketPath(dataFolder)}.lock`;
  removeStaleLockFile(lockFile, readTextOrEmpty(lockFile));
  return null;
}

/** The process number in postmaster.pid, or null without that file. */
export function recordedPid(pgdata: string): number | null {
  return Number.parseInt(readTextOrEmpty(join(pgdata, 'postmaster.pid')), 10) || null;
}

/**
 * Removes a lock file whose number now belongs to another program, which PostgreSQL would take for a rival; in a
 * restarted container the numbers repeat. Files of dead processes are left to PostgreSQL, which checks more than we can.
 */
function removeStaleLockFile(file: string, content: string): void {
  const pid = Number.parseInt(content, 10);
  // Read again, since another start may just have written its own.
  if (pid > 0 && isProcessAlive(pid) && readTextOrEmpty(file) === content) rmSync(file, { force: true });
}

/** Whether `pid` is the PostgreSQL of this folder: a server's working directory is its data folder. */
export function isPostgresOf(pid: number, pgdata: string): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 1) return false;
  try {
    if (process.platform !== 'linux')
      return /postgres/.test(commandLineOf(pid)) && commandLineOf(pid).includes(pgdata);
    if (readFileSync(`/proc/${pid}/comm`, 'utf8').trim() !== 'postgres') return false;
    return servesFolder(pid, pgdata);
  } catch {
    return false;
  }
}

function servesFolder(pid: number, pgdata: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === pgdata;
  } catch (error) {
    // Root in a container may not look at other users' processes (no CAP_SYS_PTRACE); their arguments are for all.
    if (errorCode(error) !== 'EACCES' && errorCode(error) !== 'EPERM') throw error;
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(pgdata);
  }
}

function commandLineOf(pid: number): string {
  return execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8', stdio: 'pipe' });
}

function readTextOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return '';
    throw error;
  }
}

/** Whether anything accepts connections on the socket of this folder. */
export function acceptsConnections(dataFolder: DataFolder): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path: socketPath(dataFolder), timeout: ANSWER_TIMEOUT_MS });
    const finish = (result: boolean) => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', () => finish(true));
    socket.once('timeout', () => finish(false));
    socket.once('error', () => finish(false));
  });
}
