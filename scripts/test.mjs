/**
 * `npm test`: unit and integration tests, and one browser suite, on a database of their own.
 * `--all` (npm run test:all): everything, then the database tests on an installed PostgreSQL. `--rest`: of that, what `npm test` left out.
 * `--changed`: of `npm test`, what a change can reach. File names: those files.
 */

import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { prepareClone, printProgress, REPOSITORY_ROOT } from './bootstrap.mjs';
import { changedFiles, reachedTests } from './changed-files.mjs';
import { requireChromium } from './require-chromium.mjs';
import { requireFirefox } from './require-firefox.mjs';
import { requirePostgres } from './require-postgres.mjs';
import { allTestFiles, BROWSER_SMOKE, DATABASE_TESTS, FIREFOX_SUITE, isSlow } from './test-files.mjs';

/** Two files at once keep two cores busy; more would time each other out. */
const CONCURRENCY = 2;
/** Of one file, in milliseconds: the longest takes a minute and a half, on a machine with other work four times that. */
const FILE_TIMEOUT_MS = 480_000;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { all: { type: 'boolean' }, rest: { type: 'boolean' }, changed: { type: 'boolean' } },
});
const isCi = process.env.CI === 'true';

/** @returns {string[]} */
function chosenFiles() {
  if (positionals.length > 0) return positionals;
  const files = allTestFiles();
  if (options.rest) return files.filter(isSlow);
  if (options.all) return files;
  const quick = files.filter((file) => !isSlow(file));
  return options.changed ? reachedTests(quick, changedFiles()) : quick;
}

/** What is left out because a program is missing; printed first and last. */
let missingPrograms = '';

/**
 * The path of a program that some files need, '' where it is missing: their tests are left out, and CI fails.
 * @param {boolean} needed
 * @param {() => Promise<string>} require
 */
async function requireOptional(needed, require) {
  if (!needed) return '';
  return await require().catch(({ message }) => {
    missingPrograms += `${message}\n`;
    return '';
  });
}

await prepareClone();
let files = chosenFiles();
const secondPass =
  options.all || options.rest || positionals.length > 0
    ? (options.rest ? allTestFiles() : files).filter((file) => DATABASE_TESTS.includes(file))
    : [];
const needsChromium = files.some(
  (file) => file.startsWith('test/browser/') || file.endsWith('/emoji.test.ts'),
);
const chromium = await requireOptional(needsChromium, requireChromium);
if (chromium === '') files = files.filter((file) => file !== BROWSER_SMOKE);
const firefox = await requireOptional(files.includes(FIREFOX_SUITE), requireFirefox);
const postgres = await requireOptional(secondPass.length > 0, requirePostgres);
process.stderr.write(missingPrograms);
if (missingPrograms !== '' && isCi) process.exit(1);
if (files.length === 0) {
  printProgress('No test file can be reached by what has changed.');
  process.exit(0);
}

const { startEmbeddedPostgres } = await import('../packages/embedded-postgres/dist/index.js');
const { createTemplateDatabase } = await import('./template-database.mjs');
/** @type {import('node:child_process').ChildProcess | null} */
let child = null;
let interrupted = false;
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM']))
  process.on(signal, () => {
    interrupted = true;
    child?.kill(signal);
  });

/**
 * Runs test files on a database server of their own.
 * @param {string[]} chosen
 * @param {string | undefined} binariesFolder of an installed PostgreSQL, instead of the embedded one
 * @returns {Promise<number>} the exit code; 1 also where CI=true and a test was skipped
 */
async function runTests(chosen, binariesFolder) {
  const folder = mkdtempSync(join(tmpdir(), 'chatty-test-'));
  // The user PostgreSQL runs as has to pass through it.
  chmodSync(folder, 0o755);
  const log = (/** @type {string} */ _level, /** @type {string} */ message) => printProgress(message);
  const embedded = await startEmbeddedPostgres({ folder, log, progress: printProgress, binariesFolder });
  const environment = {
    ...process.env,
    CHATTY_TEST_DATABASE: JSON.stringify(embedded.connection),
    CHATTY_TEST_TEMPLATE: await createTemplateDatabase(embedded.connection),
    CHATTY_TEST_POSTGRES: binariesFolder,
    CHROMIUM_PATH: chromium,
    FIREFOX_PATH: firefox,
  };
  const node = ['--conditions=source', '--import', 'tsx', '--test', `--test-concurrency=${CONCURRENCY}`];
  const values = [...node, '--test-reporter=tap', `--test-timeout=${FILE_TIMEOUT_MS}`, ...chosen];
  child = spawn(process.execPath, values, {
    cwd: REPOSITORY_ROOT,
    stdio: ['inherit', 'pipe', 'inherit'],
    env: environment,
  });
  let tail = '';
  child.stdout?.on('data', (chunk) => {
    process.stdout.write(chunk);
    tail = `${tail}${chunk}`.slice(-2_000);
  });
  const code = await new Promise((resolve) => child?.once('close', (status) => resolve(status ?? 1)));
  child = null;
  await embedded.close();
  rmSync(folder, { recursive: true, force: true });
  return code || judgeSummary(tail);
}

/** @param {string} summary the last lines of the report */
function judgeSummary(summary) {
  const count = (/** @type {string} */ name) =>
    Number(new RegExp(`^# ${name} (\\d+)$`, 'm').exec(summary)?.[1] ?? Number.NaN);
  const left = count('skipped') + count('todo');
  if (count('tests') > 0 && left === 0) return 0;
  printProgress(count('tests') > 0 ? `${left} tests were skipped.` : 'No test ran.');
  return count('tests') > 0 && !isCi ? 0 : 1;
}

let code = await runTests(files, undefined);
if (postgres !== '' && !interrupted) {
  printProgress(`The database tests once more, on the PostgreSQL in ${postgres}.`);
  code = (await runTests(secondPass, postgres)) || code;
}
process.stderr.write(missingPrograms);
process.exit(code);
