/** Programs of the project as a user starts them: real processes, free ports, ended with the test. */

import { type ChildProcess, spawn } from 'node:child_process';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Environment } from '@chatty/server';
import { waitUntil } from './server.js';

const REPOSITORY_ROOT = fileURLToPath(new URL('../..', import.meta.url));

export type RunningProgram = {
  child: ChildProcess;
  output(): string;
  /** Resolves with the exit code, or the signal's name. */
  exited: Promise<number | string>;
};

/** The environment a program gets: nothing of the tests' own database, npm or settings. */
const baseEnvironment: Environment = { PATH: process.env.PATH, HOME: process.env.HOME };

/** @param options `node`: options of Node itself; `ipc`: whether it can be sent messages */
export function runProgram(
  context: Pick<TestContext, 'after'>,
  file: string,
  environment: Environment,
  parameters: readonly string[] = [],
  { node = [], ipc = false }: { node?: readonly string[]; ipc?: boolean } = {},
): RunningProgram {
  const child = spawn(process.execPath, [...node, file, ...parameters], {
    cwd: REPOSITORY_ROOT,
    env: { ...baseEnvironment, ...environment },
    stdio: ['ignore', 'pipe', 'pipe', ...(ipc ? (['ipc'] as const) : [])],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const ended = new Promise<number | string>((resolve) =>
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'gone')),
  );
  context.after(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  return { child, output: () => text, exited: ended };
}

const START_SCRIPT = 'scripts/start.mjs';
export const SERVER_ENTRY = 'packages/server/dist/main.js';

/** `npm start` on free ports, as far as "Chatty is running", with the addresses it printed. */
export async function startDemo(
  context: Pick<TestContext, 'after'>,
  folder: string,
  environment: Environment = {},
) {
  const program = runProgram(context, START_SCRIPT, {
    CHATTY_DATA_DIR: folder,
    PORT: '0',
    KIMPGA_PORT: '0',
    OTHERSHOP_PORT: '0',
    PLAYGROUND_PORT: '0',
    ...environment,
  });
  await waitUntil(
    () => /Ctrl-C/.test(program.output()) || program.child.exitCode !== null,
    'the demo',
    60_000,
  );
  const address = (name: string) => {
    const found = new RegExp(`${name}\\s+(http://localhost:\\d+)`).exec(program.output())?.[1];
    if (!found) throw new Error(`no address of ${name} in:\n${program.output()}`);
    return found;
  };
  return {
    program,
    kimpga: address('Kimpga'),
    othershop: address('Othershop'),
    chat: address('Chat server'),
  };
}
