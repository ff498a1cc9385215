/** A measured server: a process of its own on core 0, asked for its memory, read for its processor time. */

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { DatabaseConfig } from '@chatty/server/testing';
import pg from 'pg';
import { cpuSeconds, residentBytes } from './measure.js';

/** The file in servers/ of each. */
export type ServerKind = 'ours' | 'bare' | 'started';

export type BenchServer = {
  kind: ServerKind;
  port: number;
  pid: number;
  database: DatabaseConfig;
  cpuSeconds(): number;
  residentBytes(): number;
  /** After a garbage collection. */
  memoryAfterGc(): Promise<NodeJS.MemoryUsage>;
  stop(): Promise<void>;
};

export const TOKEN_SECRET = 'a-secret-of-the-bench-with-enough-bytes';
const SERVER_CORE = '0';
const MAINTENANCE_DATABASE = 'postgres';

type ServerReport = { port?: number; memory?: NodeJS.MemoryUsage };

/**
 * @param settings of the server, over the bench's own
 * @param profile folder for a CPU profile, written when the server stops
 */
export async function startBenchServer(options: {
  kind: ServerKind;
  postgres: DatabaseConfig;
  settings: Record<string, string>;
  profile: string | null;
}): Promise<BenchServer> {
  const { kind, postgres, settings, profile } = options;
  const database = { ...postgres, database: `bench_${randomBytes(6).toString('hex')}` };
  await query({ ...postgres, database: MAINTENANCE_DATABASE }, `CREATE DATABASE ${database.database}`);
  const flags = ['--expose-gc', ...(profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : [])];
  const file = fileURLToPath(new URL(`servers/${kind}.mjs`, import.meta.url));
  const child = spawn('taskset', ['-c', SERVER_CORE, process.execPath, ...flags, file], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { PATH: process.env.PATH, ...databaseEnvironment(database), ...settings },
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const next = <Key extends keyof ServerReport>(key: Key) =>
    new Promise<NonNullable<ServerReport[Key]>>((resolve, reject) => {
      void ended.then(() => reject(new Error(`the server "${kind}" ended`)));
      const onReport = (report: ServerReport) => {
        const value = report[key];
        if (value === undefined || value === null) return;
        child.off('message', onReport);
        resolve(value);
      };
      child.on('message', onReport);
    });
  const port = await next('port');
  const pid = child.pid ?? 0;
  return {
    kind,
    port,
    pid,
    database,
    cpuSeconds: () => cpuSeconds(pid),
    residentBytes: () => residentBytes(pid),
    memoryAfterGc: () => {
      child.send('memory');
      return next('memory');
    },
    stop: async () => {
      if (child.connected) child.send('stop');
      await ended;
      await query(
        { ...postgres, database: MAINTENANCE_DATABASE },
        `DROP DATABASE ${database.database} WITH (FORCE)`,
      );
    },
  };
}

function databaseEnvironment(database: DatabaseConfig): Record<string, string> {
  return {
    HOST: '127.0.0.1',
    PORT: '0',
    JWT_SECRET: TOKEN_SECRET,
    LOG_LEVEL: 'error',
    DB_HOST: database.host,
    DB_PORT: String(database.port),
    POSTGRES_USER: database.user,
    POSTGRES_PASSWORD: database.password ?? '',
    POSTGRES_DB: database.database,
    // What one member may send is no question here.
    SEND_BURST: '1000000',
    SEND_PER_SECOND: '1000000',
  };
}

export async function query(connection: DatabaseConfig, sql: string, values: unknown[] = []): Promise<void> {
  const client = new pg.Client(connection);
  await client.connect();
  await client.query(sql, values).finally(() => client.end());
}
