/**
 * `npm run bench`: load on this machine, one table. `--quick` for three minutes, `--only NAME` for one scenario.
 * BENCH_DATABASE: a PostgreSQL on this machine in the place of the embedded one, as JSON { host, port, user, password,
 * database }; the user has to be a superuser.
 */

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startEmbeddedPostgres } from '@chatty/embedded-postgres';
import type { DatabaseConfig } from '@chatty/server/testing';
import pg from 'pg';
import { type BenchScenario, createBenchContext, type ResultRow } from './context.js';
import { describeMachine, processTreeCpuSeconds } from './measure.js';
import { hottestFunctions } from './profile.js';
import { saveRun } from './results.js';
import { measureLatency, measureThroughput } from './scenarios/acknowledgements.js';
import { measureBusyRooms, measureWithoutJit } from './scenarios/busy-rooms.js';
import { measureFanOut, measurePlainFanOut } from './scenarios/fan-out.js';
import { measureHistoryReads } from './scenarios/history.js';
import { measureIdleMemory } from './scenarios/idle.js';
import { measureJoinStorm } from './scenarios/join-storm.js';
import { measureNoisyNeighbour } from './scenarios/neighbours.js';
import { measureSmallRoom } from './scenarios/small-room.js';
import { measureStalledReaders } from './scenarios/stalled.js';

const scenarios: Record<string, BenchScenario> = {
  'fan-out-1000': (stage) => measureFanOut(stage, 1_000),
  'fan-out-5000': (stage) => measureFanOut(stage, 5_000),
  'fan-out-plain': measurePlainFanOut,
  'acks-hot-room': (stage) => measureThroughput(stage, 1),
  'acks-50-rooms': (stage) => measureThroughput(stage, 50),
  'acks-jit': measureWithoutJit,
  'busy-rooms': measureBusyRooms,
  'ack-latency': measureLatency,
  'small-room': measureSmallRoom,
  memory: measureIdleMemory,
  'join-storm': measureJoinStorm,
  history: measureHistoryReads,
  'stalled-readers': measureStalledReaders,
  neighbours: measureNoisyNeighbour,
};
const GENERATOR_CORE = '1';
/** No new scenario begins after this many seconds, so that a run ends in bounded time. */
const TIME_BUDGET = { quick: 150, whole: 780 };

const printProgress = (sentence: string) => process.stdout.write(`${sentence}\n`);
const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
    profile: { type: 'boolean', default: false },
  },
});

function chosenScenarios(): [string, BenchScenario][] {
  const all = Object.entries(scenarios);
  const { only } = values;
  const wanted = only ? all.filter(([name]) => only.includes(name)) : all;
  if (wanted.length === 0 || wanted.length < (only?.length ?? 0))
    throw new Error(`--only takes the names of scenarios: ${Object.keys(scenarios).join(' ')}`);
  return wanted;
}

function pinToCore(): void {
  if (cpus().length < 2) throw new Error('The bench needs two cores: one for the server, one for itself.');
  const { status } = spawnSync('taskset', ['-acp', GENERATOR_CORE, String(process.pid)]);
  if (status !== 0) throw new Error('The bench needs "taskset" (Linux, package util-linux).');
}

/** The database of the run: the one that is given, or an embedded one of its own. */
async function openDatabase(folder: string): Promise<{ connection: DatabaseConfig; close(): Promise<void> }> {
  const given = process.env.BENCH_DATABASE;
  if (given) return { connection: JSON.parse(given), close: async () => undefined };
  return startEmbeddedPostgres({
    folder,
    log: (_level, message) => printProgress(message),
    progress: printProgress,
  });
}

async function postmasterPidOf(connection: DatabaseConfig): Promise<number> {
  const client = new pg.Client(connection);
  await client.connect();
  const { rows } = await client
    .query<{ folder: string }>("SELECT current_setting('data_directory') AS folder")
    .finally(() => client.end());
  return Number.parseInt(readFileSync(join(rows[0]?.folder ?? '', 'postmaster.pid'), 'utf8'), 10);
}

async function runBenchmark(folder: string): Promise<void> {
  const wanted = chosenScenarios();
  const loadBefore = loadavg()[0] ?? 0;
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1_000;
  // Started before this process takes its core, because a child inherits the cores of its parent.
  const { connection, close } = await openDatabase(folder);
  // A server would outlive a bench that is interrupted.
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void close().finally(() => process.exit(1)));
  pinToCore();
  const postmaster = await postmasterPidOf(connection);
  const profile = values.profile ? join(folder, 'profiles') : null;
  const rows: ResultRow[] = [];
  try {
    for (const [name, scenario] of wanted) {
      if (seconds() > (values.quick ? TIME_BUDGET.quick : TIME_BUDGET.whole)) {
        printProgress(`left out for lack of time: ${name}`);
        continue;
      }
      printProgress(`${name} (${Math.round(seconds())} s)`);
      const into = profile ? join(profile, name) : null;
      const stage = createBenchContext({
        postgres: connection,
        databaseCpu: () => processTreeCpuSeconds(postmaster),
        quick: values.quick,
        profile: into,
        say: (sentence) => printProgress(`  ${sentence}`),
      });
      rows.push(...(await scenario(stage)));
      if (into) printProgress(hottestFunctions(into));
    }
  } finally {
    await close();
  }
  const options = process.argv.slice(2).join(' ');
  const figures = {
    date: new Date().toISOString(),
    machine: describeMachine(),
    loadBefore,
    seconds: seconds(),
    options,
    rows,
  };
  printProgress(`\n${saveRun(figures)}`);
}

const folder = mkdtempSync(join(tmpdir(), 'chatty-bench-'));
// The user PostgreSQL runs as has to pass through it.
chmodSync(folder, 0o755);
try {
  await runBenchmark(folder);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
