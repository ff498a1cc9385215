/** The PostgreSQL process itself: how it is started and how it is stopped. */

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, fchownSync, fstatSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Binaries } from './binaries.js';
import type { Connection } from './connection.js';
import { lastErrorMessage, programError } from './errors.js';
import type { DataFolder } from './find-postmaster.js';
import { type OsUser, spawnUserOptions } from './os-user.js';
import type { StartError } from './startup-error.js';

export type ServerOptions = {
  place: DataFolder;
  binaries: Binaries;
  identity: OsUser | null;
  connection: Connection;
};

export type PostgresProcess = {
  pid: number | undefined;
  isRunning(): boolean;
  /** Resolves when the process is gone, or could not be started. */
  exited: Promise<void>;
  /** How it ended: its signal, else the reason it wrote, else its exit code. */
  exitReason(): string;
  /** Why it could not be started, as a sentence. */
  startError(): StartError;
  /** Fast shutdown, then harder; resolves when it is gone. */
  stop(): Promise<void>;
};

/** How long each kind of stop may take before the next harder one, in milliseconds. */
const STOP_STEP_TIMEOUT_MS = 10_000;
const MAX_LOG_BYTES = 10 * 1024 * 1024;

/** Starts the process; whether it gets to serve is seen by asking it. Throws the file system's error on a bad log file. */
export function startPostgres({
  place: dataFolder,
  binaries,
  identity: osUser,
  connection,
}: ServerOptions): PostgresProcess {
  rotateLog(dataFolder.logFile);
  // A file and not a pipe: when Node is killed the server must still be able to write and end in order.
  const output = openSync(dataFolder.logFile, 'a', 0o600);
  if (osUser) fchownSync(output, osUser.uid, osUser.gid);
  const logOffset = fstatSync(output).size;
  const child = spawn(
    binaries.postgres,
    ['-D', dataFolder.pgdata, ...serverArguments(dataFolder, connection)],
    {
      ...spawnUserOptions(osUser),
      cwd: '/',
      env: { PATH: '/usr/bin:/bin', TZ: 'UTC', LC_ALL: 'C' },
      stdio: ['ignore', output, output],
      // A session of its own: Ctrl-C in the terminal is for us, and we stop the database after the last write.
      detached: true,
    },
  );
  closeSync(output);
  child.unref();
  let failure: unknown;
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', (error) => {
      failure = error;
      resolve();
    });
  });
  const isRunning = () => child.pid !== undefined && child.exitCode === null && child.signalCode === null;
  const readOutput = () => readFileSync(dataFolder.logFile).subarray(logOffset).toString();
  return {
    pid: child.pid,
    isRunning,
    exited,
    // A signal says more than the log, where only the other processes complain about the missing one.
    exitReason: () =>
      child.signalCode ?? lastErrorMessage(readOutput()) ?? String(failure ?? describeExit(child)),
    startError: () => programError(failure ?? describeExit(child), readOutput(), dataFolder.logFile),
    stop: async () => {
      if (child.pid !== undefined) await stopServer(child.pid, isRunning);
    },
  };
}

function serverArguments(dataFolder: DataFolder, connection: Connection): string[] {
  const onSocket = connection.host === dataFolder.socketFolder;
  const values = {
    listen_addresses: onSocket ? '' : '127.0.0.1',
    unix_socket_directories: onSocket ? dataFolder.socketFolder : '',
    unix_socket_permissions: '0700',
    port: connection.port,
    max_connections: 50,
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_min_messages: 'warning',
    log_checkpoints: 'off',
    // What people write must not reach the log, not even in a failing statement.
    log_min_error_statement: 'panic',
    log_parameter_max_length_on_error: 0,
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

function rotateLog(logFile: string): void {
  const size = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
  if (size > MAX_LOG_BYTES) renameSync(logFile, `${logFile}.old`);
}

function describeExit(child: ChildProcess): string {
  return child.signalCode ?? `exit code ${child.exitCode}`;
}

/** Fast shutdown, then immediate, then kill: each waits up to 10 s for the end before the next. */
export async function stopServer(pid: number, isRunning: () => boolean): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    if (!isRunning()) return;
    try {
      process.kill(pid, signal);
    } catch {
      // Gone between the look and the signal.
      return;
    }
    const deadline = performance.now() + STOP_STEP_TIMEOUT_MS;
    while (isRunning() && performance.now() < deadline) await pause(20);
  }
}
