/** What the fault stories break: a chat server as a process on one port, and a PostgreSQL of their own. */

import { spawnSync } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import type { TestContext } from 'node:test';
import type { Environment } from '@chatty/server';
import type { DatabaseConfig } from '@chatty/server/testing';
import pg from 'pg';
import { type RunningProgram, runProgram, SERVER_ENTRY } from '../../support/processes.js';
import { createTemporaryFolder, SECRET, startPostgres, waitUntil } from '../../support/server.js';

export type CleanupContext = Pick<TestContext, 'after'>;

export type ServerProcess = {
  readonly port: number;
  readonly url: string;
  /** Resolves when it answers. */
  start(): Promise<void>;
  /** Ends it at once, and resolves when it is gone. */
  kill(): Promise<void>;
  freeze(): void;
  thaw(): void;
  /** Why it ended by itself, or null. */
  failureReason(): string | null;
  /** What it wrote since its last start. */
  output(): string;
  /** Sets its time of day this many milliseconds off the machine's; also after its next start. */
  setClock(offsetMs: number): Promise<void>;
  /**
   * How it fared since it was last asked; null where it did not live to tell. `collect`: after a garbage collection;
   * `snapshot`: file that its heap snapshot is written to.
   */
  measure(options?: { collect?: boolean; snapshot?: string }): Promise<ServerMeasurements | null>;
};

/** `pauseMs`: the longest time that its event loop stood still, and what its CPUs did meanwhile. */
type ServerMeasurements = {
  pauseMs: number;
  pauseCpuMs: number;
  heapBytes: number;
  rssBytes: number;
  peakRssBytes: number;
};

const PROBE_MODULE = ['--expose-gc', '--import', './test/support/server-probe.mjs'];
const PROBE_TIMEOUT_MS = 10_000;
const SNAPSHOT_TIMEOUT_MS = 60_000;

/**
 * @param entry the program to run, from the root of the checkout
 * @param settings environment variables over those of the stories
 */
export async function startServerProcess(
  context: CleanupContext,
  database: DatabaseConfig,
  entry = SERVER_ENTRY,
  settings: Environment = {},
): Promise<ServerProcess> {
  // Below the range that systems take free ports from: it must still be ours after a kill.
  const port = randomInt(20_000, 32_000);
  const url = `http://127.0.0.1:${port}`;
  let program: RunningProgram | null = null;
  let crash: string | null = null;
  let offset = 0;
  let asked = 0;
  context.after(() => program?.child.kill('SIGCONT'));

  async function start(): Promise<void> {
    const environment = {
      HOST: '127.0.0.1',
      PORT: String(port),
      JWT_SECRET: SECRET,
      LOG_LEVEL: 'warn',
      SEND_BURST: '1000000',
      SEND_PER_SECOND: '1000000',
      DB_HOST: database.host,
      DB_PORT: String(database.port),
      POSTGRES_USER: database.user,
      POSTGRES_PASSWORD: database.password,
      POSTGRES_DB: database.database,
      ...settings,
    };
    const started = runProgram(context, entry, environment, [], { node: PROBE_MODULE, ipc: true });
    program = started;
    void started.exited.then((code) => {
      if (program === started) crash = `the server ended with ${code}:\n${started.output().slice(-4_000)}`;
    });
    const answers = () =>
      fetch(`${url}/healthz`).then(
        () => true,
        () => false,
      );
    await waitUntil(async () => crash !== null || (await answers()), 'the chat server', 60_000);
    if (crash !== null) throw new Error(crash);
    if (offset !== 0) await ask({ clock: offset });
  }

  type Question = { clock?: number; collect?: boolean; snapshot?: string };

  function ask(question: Question): Promise<ServerMeasurements | null> {
    const child = program?.child;
    if (!child?.connected) return Promise.resolve(null);
    asked += 1;
    const id = asked;
    return new Promise((resolve) => {
      const done = (answer: ServerMeasurements | null) => {
        clearTimeout(timer);
        child.off('message', hear);
        child.off('close', lost);
        resolve(answer);
      };
      const hear = (answer: ServerMeasurements & { id: number }) => void (answer.id === id && done(answer));
      const lost = () => done(null);
      const timer = setTimeout(lost, question.snapshot ? SNAPSHOT_TIMEOUT_MS : PROBE_TIMEOUT_MS);
      child.on('message', hear);
      child.on('close', lost);
      child.send({ id, ...question }, (error) => void (error && lost()));
    });
  }

  await start();
  return {
    port,
    url,
    start,
    async kill() {
      const ending = program;
      program = null;
      ending?.child.kill('SIGKILL');
      await ending?.exited;
    },
    freeze: () => void program?.child.kill('SIGSTOP'),
    thaw: () => void program?.child.kill('SIGCONT'),
    failureReason: () => crash,
    output: () => program?.output() ?? '',
    async setClock(offsetMs) {
      offset = offsetMs;
      await ask({ clock: offsetMs });
    },
    measure: (options = {}) => ask(options),
  };
}

export type TestCluster = {
  /** An empty database of its own. */
  createDatabase(): Promise<DatabaseConfig>;
  /** SIGINT is a fast stop, SIGQUIT an immediate one; the supervisor starts it again. */
  signalPostmaster(signalPostmaster: 'SIGINT' | 'SIGQUIT' | 'SIGKILL'): Promise<void>;
  /** Leaves no room on its disk. */
  fillDisk(): void;
  clearDisk(): void;
};

/** A PostgreSQL that may be broken, watched by the supervisor that also watches it in a chat server. */
export async function startCluster(
  after: (end: () => unknown) => void,
  folder = createTemporaryFolder(),
): Promise<TestCluster> {
  const embedded = await startPostgres(folder);
  after(() => embedded.close());
  const ballast = joinPath(folder, 'ballast');
  return {
    async createDatabase() {
      const database = `story_${randomBytes(6).toString('hex')}`;
      await query(embedded.connection, `CREATE DATABASE ${database}`);
      return { ...embedded.connection, database };
    },
    async signalPostmaster(signal) {
      const file = joinPath(folder, 'pgdata/postmaster.pid');
      const postmaster = () => {
        // Missing while the supervisor is about to start it again.
        if (!existsSync(file)) return false;
        try {
          return process.kill(Number(readFileSync(file, 'utf8').split('\n')[0]), signal);
        } catch {
          return false;
        }
      };
      await waitUntil(postmaster, 'a database to be signalled', 60_000);
    },
    fillDisk() {
      const { bavail, bsize } = statfsSync(folder);
      try {
        writeFileSync(ballast, Buffer.alloc(bavail * bsize));
      } catch (error) {
        // The database took some of it meanwhile: then the disk is full, which was the aim.
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
      }
    },
    clearDisk: () => rmSync(ballast, { force: true }),
  };
}

/** A disk of its own in memory; null, and said so, where this user may not mount one. */
export function mountSmallDisk(context: Pick<TestContext, 'diagnostic'>): string | null {
  const folder = mkdtempSync(joinPath(tmpdir(), 'chatty-disk-'));
  const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=260m', 'tmpfs', folder], { encoding: 'utf8' });
  if (mount.status !== 0) {
    rmSync(folder, { recursive: true });
    context.diagnostic(`NOT RUN: no disk can be mounted here (${mount.stderr?.trim() || mount.error})`);
    return null;
  }
  process.once('exit', () => {
    spawnSync('umount', ['-l', folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  chmodSync(folder, 0o755);
  return folder;
}

/** One statement on a connection of its own. */
export async function query<Row extends pg.QueryResultRow>(
  connection: DatabaseConfig,
  sql: string,
): Promise<Row[]> {
  const client = new pg.Client({ ...connection, connectionTimeoutMillis: 5_000, query_timeout: 20_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}
