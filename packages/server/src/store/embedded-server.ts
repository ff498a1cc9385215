/** The PostgreSQL process itself: how it is started and how it is stopped. */

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, renameSync, statSync } from 'node:fs';
import type { Binaries } from './embedded-binaries.js';
import type { Identity } from './embedded-identity.js';
import type { Connection } from './postgres.js';

export type Place = { folder: string; pgdata: string; socketFolder: string; logFile: string };

/** How long each kind of stop may take before the next harder one, in milliseconds. */
const STOP_TIMEOUT = 10_000;
const LOG_BYTES = 10 * 1024 * 1024;

export function launch(parts: {
  place: Place;
  binaries: Binaries;
  identity: Identity | null;
  connection: Connection;
}): ChildProcess {
  const { place, binaries, identity, connection } = parts;
  const onSocket = connection.host === place.socketFolder;
  const settings = {
    listen_addresses: onSocket ? '' : '127.0.0.1',
    unix_socket_directories: onSocket ? place.socketFolder : '',
    unix_socket_permissions: '0700',
    port: String(connection.port),
    max_connections: '50',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_min_messages: 'warning',
    // What people write must not reach the log, not even in a failing statement.
    log_min_error_statement: 'panic',
    log_parameter_max_length_on_error: '0',
  };
  if (existsSync(place.logFile) && statSync(place.logFile).size > LOG_BYTES)
    renameSync(place.logFile, `${place.logFile}.old`);
  // A file and not a pipe: when Node is killed the server must still be able to write and end in order.
  const output = openSync(place.logFile, 'a', 0o600);
  const child = spawn(
    binaries.postgres,
    ['-D', place.pgdata, ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])],
    {
      ...(identity ?? {}),
      cwd: '/',
      env: { PATH: '/usr/bin:/bin', TZ: 'UTC', LC_ALL: 'C' },
      stdio: ['ignore', output, output],
      // A session of its own: Ctrl-C in the terminal is for us, and we stop the database after the last write.
      detached: true,
    },
  );
  child.once('error', () => undefined);
  closeSync(output);
  child.unref();
  return child;
}

export function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

export async function stopChild(child: ChildProcess): Promise<void> {
  if (!isRunning(child) || child.pid === undefined) return;
  await stopServer(child.pid, () => isRunning(child));
}

/** Fast shutdown, then immediate, then kill: each waits for the end before the next. */
export async function stopServer(pid: number, running: () => boolean): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    const deadline = Date.now() + STOP_TIMEOUT;
    while (running() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
    if (!running()) return;
  }
}
