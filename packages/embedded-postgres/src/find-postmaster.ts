/** Finds the PostgreSQL that serves a data folder already, and clears away what only looks like one. */

import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { codeOf } from './errors.js';
import { isAlive } from './temp-folder.js';

export type Place = { folder: string; pgdata: string; socketFolder: string; logFile: string };

/** `pid` is null where the server answers without being a process that can be seen from here. */
export type Postmaster = { pid: number | null; host: string; port: number };

/** The port's number is only part of the socket's name; nothing listens on it. */
export const SOCKET_PORT = 5432;
const SOCKET = `.s.PGSQL.${SOCKET_PORT}`;
const ANSWER_TIMEOUT = 2_000;

export function socketPath(place: Place): string {
  return join(place.socketFolder, SOCKET);
}

/** The server that is alive on this folder, or null; then a start is free to go on. */
export async function findPostmaster(place: Place): Promise<Postmaster | null> {
  const file = join(place.pgdata, 'postmaster.pid');
  const content = readText(file);
  const [pid, , , port, host] = content.split('\n');
  if (isPostgres(Number(pid), place.pgdata)) {
    return { pid: Number(pid), host: host || '127.0.0.1', port: Number(port) || SOCKET_PORT };
  }
  // Two containers that share a volume do not see each other's processes, but they do reach each other's sockets.
  if (await answers(place)) return { pid: null, host: place.socketFolder, port: SOCKET_PORT };
  clearStale(file, content);
  const lock = `${socketPath(place)}.lock`;
  clearStale(lock, readText(lock));
  return null;
}

/** The process number in postmaster.pid, or null without that file. */
export function writtenPid(pgdata: string): number | null {
  return Number.parseInt(readText(join(pgdata, 'postmaster.pid')), 10) || null;
}

/**
 * Removes a lock file whose number now belongs to another program, which PostgreSQL would take for a rival; in a
 * restarted container the numbers repeat. Files of dead processes are left to PostgreSQL, which checks more than we can.
 */
function clearStale(file: string, content: string): void {
  const pid = Number.parseInt(content, 10);
  // Read again, since another start may just have written its own.
  if (pid > 0 && isAlive(pid) && readText(file) === content) rmSync(file, { force: true });
}

/** Whether `pid` is the PostgreSQL of this folder: a server's working directory is its data folder. */
export function isPostgres(pid: number, pgdata: string): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 1) return false;
  try {
    if (process.platform !== 'linux')
      return /postgres/.test(argumentsOf(pid)) && argumentsOf(pid).includes(pgdata);
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
    if (codeOf(error) !== 'EACCES' && codeOf(error) !== 'EPERM') throw error;
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(pgdata);
  }
}

function argumentsOf(pid: number): string {
  return execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8', stdio: 'pipe' });
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return '';
    throw error;
  }
}

/** Whether anything accepts connections on the socket of this folder. */
export function answers(place: Place): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path: socketPath(place), timeout: ANSWER_TIMEOUT });
    const settle = (result: boolean) => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', () => settle(true));
    socket.once('timeout', () => settle(false));
    socket.once('error', () => settle(false));
  });
}
