/** Makes a fresh clone ready: the Node version, the packages, the build. Says what it does while it is slow. */

import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const REPOSITORY_ROOT = fileURLToPath(new URL('..', import.meta.url));
const MIN_NODE_VERSION = [20, 19];
/** How often a long step says that it is still running, in milliseconds. */
const PROGRESS_INTERVAL_MS = 5_000;

/** @param {string} sentence */
export function printProgress(sentence) {
  process.stdout.write(`${sentence}\n`);
}

/** Ends the process with one sentence when a step cannot be done. */
export async function prepareClone() {
  try {
    assertNodeVersion();
    if (!isInstalled()) await installPackages();
    const { buildIfStale } = await import('./build.mjs');
    await buildIfStale(printProgress);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exit(1);
  }
}

function assertNodeVersion() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = MIN_NODE_VERSION;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  throw new Error(
    `Chatty needs Node ${MIN_NODE_VERSION.join('.')} or newer, and this is ${process.versions.node}.`,
  );
}

/** npm writes its hidden lock file last, so an install that was interrupted does not count. */
function isInstalled() {
  const hidden = join(REPOSITORY_ROOT, 'node_modules', '.package-lock.json');
  return (
    existsSync(hidden) &&
    statSync(hidden).mtimeMs >= statSync(join(REPOSITORY_ROOT, 'package-lock.json')).mtimeMs
  );
}

async function installPackages() {
  printProgress('Installing packages (first start, about half a minute).');
  const npm = process.env.npm_execpath;
  const [command, ...values] = npm ? [process.execPath, npm] : ['npm'];
  await runCommand(command, [...values, 'ci', '--include=dev', '--loglevel=error'], 'still installing');
}

/**
 * Runs a program quietly; its output is shown only when it fails.
 * @param {string} command
 * @param {string[]} values
 * @param {string} activity what the heartbeat says
 * @returns {Promise<void>}
 */
export function runCommand(command, values, activity) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, values, { cwd: REPOSITORY_ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    const started = performance.now();
    const beat = setInterval(
      () => printProgress(`  … ${activity} (${Math.round((performance.now() - started) / 1_000)} s)`),
      PROGRESS_INTERVAL_MS,
    );
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.once('error', (error) => finish(`${command} could not be run: ${error.message}`));
    child.once('close', (code) =>
      finish(code === 0 ? null : `${command} ${values.join(' ')} failed:\n${output.slice(0, 2_000)}`),
    );
    /** @param {string | null} fault */
    function finish(fault) {
      clearInterval(beat);
      if (fault === null) resolve();
      else reject(new Error(fault));
    }
  });
}
