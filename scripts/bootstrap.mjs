/** Makes a fresh clone ready: the Node version, the packages, the build. Says what it does while it is slow. */

import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
const OLDEST_NODE = [20, 19];
/** How often a long step says that it is still running, in milliseconds. */
const HEARTBEAT = 5_000;

/** @param {string} sentence */
export function say(sentence) {
  process.stdout.write(`${sentence}\n`);
}

/** Ends the process with one sentence when a step cannot be done. */
export async function prepare() {
  try {
    requireNode();
    if (!isInstalled()) await install();
    const { buildIfStale } = await import('./build.mjs');
    await buildIfStale(say);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exit(1);
  }
}

function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_NODE;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  throw new Error(
    `Chatty needs Node ${OLDEST_NODE.join('.')} or newer, and this is ${process.versions.node}.`,
  );
}

/** npm writes its hidden lock file last, so an install that was interrupted does not count. */
function isInstalled() {
  const hidden = join(ROOT, 'node_modules', '.package-lock.json');
  return existsSync(hidden) && statSync(hidden).mtimeMs >= statSync(join(ROOT, 'package-lock.json')).mtimeMs;
}

async function install() {
  say('Installing packages (first start, about half a minute).');
  const npm = process.env.npm_execpath;
  const [command, ...values] = npm ? [process.execPath, npm] : ['npm'];
  await run(command, [...values, 'ci', '--include=dev', '--loglevel=error'], 'still installing');
}

/**
 * Runs a program quietly; its output is shown only when it fails.
 * @param {string} command
 * @param {string[]} values
 * @param {string} activity what the heartbeat says
 * @returns {Promise<void>}
 */
export function run(command, values, activity) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, values, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    const started = performance.now();
    const beat = setInterval(
      () => say(`  … ${activity} (${Math.round((performance.now() - started) / 1_000)} s)`),
      HEARTBEAT,
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
