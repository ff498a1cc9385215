/** The server a fuzzing client attacks: a process of its own on a database of its own, and what must be true of it afterwards. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { DatabaseConfig } from '@chatty/server/testing';
import { type RunningProgram, runProgram, SERVER_ENTRY } from '../support/processes.js';
import { createTemporaryFolder, createTestDatabase, SECRET, waitUntil } from '../support/server.js';

export type FuzzTarget = {
  url: string;
  program: RunningProgram;
  /** Where the pauses of its event loop are written. */
  lagFile: string;
};

const LAG_PRELOAD = fileURLToPath(new URL('../support/event-loop-lag-preload.mjs', import.meta.url));
/** A rejection nobody handles ends the process, and so does a heap that only grows. */
const NODE_OPTIONS = `--unhandled-rejections=strict --max-old-space-size=256 --import=${LAG_PRELOAD}`;

/** Who fuzzes is to reach what lies behind the limits. */
const UNLIMITED_SETTINGS = Object.fromEntries(
  ['SEND_BURST', 'READ_BURST', 'PACKET_BURST', 'RATE_LIMIT_STRIKES']
    .concat('ADDRESS_EVENT_BURST', 'ADDRESS_EVENTS_PER_SECOND', 'PROJECT_EVENTS_PER_SECOND')
    .map((name) => [name, '1000000']),
);

/** @param chosen its program, from the root of the checkout, and its empty database, where they are not the usual ones */
export async function startFuzzTarget(
  context: Pick<TestContext, 'after'>,
  chosen: { entry?: string; connection?: DatabaseConfig } = {},
): Promise<FuzzTarget> {
  const { entry = SERVER_ENTRY, connection = await createTestDatabase(context) } = chosen;
  const { host, port, user, password, database } = connection;
  const lagFile = join(createTemporaryFolder(), 'pauses');
  const program = runProgram(context, entry, {
    NODE_OPTIONS,
    EVENT_LOOP_LAG_FILE: lagFile,
    HOST: '127.0.0.1',
    PORT: '0',
    JWT_SECRET: SECRET,
    LOG_LEVEL: 'info',
    ...UNLIMITED_SETTINGS,
    DB_HOST: host,
    DB_PORT: String(port),
    POSTGRES_USER: user,
    POSTGRES_PASSWORD: password,
    POSTGRES_DB: database,
  });
  const portOf = () => /listens on port (\d+)/.exec(program.output())?.[1];
  await waitUntil(() => portOf() !== undefined || program.child.exitCode !== null, 'the server', 60_000);
  assert.ok(portOf(), program.output());
  return { url: `http://127.0.0.1:${portOf()}`, program, lagFile };
}

/** Rejects when the server ends. */
export async function exitOf({ program }: FuzzTarget): Promise<never> {
  const code = await program.exited;
  throw new Error(`the server ended with ${code}:\n${program.output().slice(-4_000)}`);
}

/** The last warnings and errors of its log. */
export function errorLogOf({ program }: FuzzTarget): string {
  const lines = program.output().split('\n');
  return lines
    .filter((line) => !/"level":[123]0/.test(line))
    .slice(-20)
    .join('\n');
}

/** Resident memory of the server in MiB. */
export const memoryMibOf = (target: FuzzTarget): number => readStatusMib(target, 'VmRSS');

/** The most it ever had, in MiB; where the system does not tell, what it has. */
export const peakMemoryMibOf = (target: FuzzTarget): number => readStatusMib(target, 'VmHWM');

function readStatusMib({ program }: FuzzTarget, field: 'VmRSS' | 'VmHWM'): number {
  const status = `/proc/${program.child.pid}/status`;
  // Linux images without ps have this, other systems have ps.
  const text = existsSync(status)
    ? (new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(status, 'utf8'))?.[1] ?? '')
    : spawnSync('ps', ['-o', 'rss=', '-p', String(program.child.pid)], { encoding: 'utf8' }).stdout;
  return Math.round(Number(text) / 1_024);
}

/** The longer pauses of its event loop so far, in milliseconds. */
export function readPausesMs({ lagFile }: FuzzTarget): number[] {
  return readFileSync(lagFile, 'utf8').trim().split('\n').filter(Boolean).map(Number);
}

/** The process lives, nothing failed inside it, and its log says nothing it may not say. */
export function assertServerHealthy({ program }: FuzzTarget): void {
  const output = program.output();
  assert.equal(program.child.exitCode, null);
  assert.equal(program.child.signalCode, null);
  const lines = output.split('\n');
  const bad = lines.filter((line) => /unhandled|uncaught|"level":[56]0|eyJ[\w-]{10}/i.test(line));
  assert.deepEqual(bad.slice(0, 5), []);
  // Whatever was said to it, a line of the log is a line.
  const torn = lines.filter((line) => line !== '' && !/^\{.*\}$/.test(line));
  assert.deepEqual(torn.slice(0, 5), []);
}
