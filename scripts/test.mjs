/** `npm test`: everything, from unit tests to three people in a browser, on databases of its own. */

import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareClone, printProgress, REPOSITORY_ROOT } from './bootstrap.mjs';
import { requireChromium } from './chromium.mjs';
import { requireFirefox } from './firefox.mjs';
import { requirePostgres } from './postgres.mjs';

/** Stories of the database. They run once more on an installed PostgreSQL, which plans and compiles otherwise. */
const DATABASE_TESTS = [
  'test/store/crowd-writing.test.ts',
  'test/faults/database-stall.test.ts',
  'test/faults/database.test.ts',
  'test/api/moderation-api.test.ts',
  'test/moderation/moderation.test.ts',
  'test/messaging/message-order.test.ts',
  'test/store/query-cost.test.ts',
  'test/messaging/reactions.test.ts',
  'test/store/restored-database.test.ts',
  'test/store/row-level-security-start.test.ts',
  'test/store/row-level-security.test.ts',
  'test/store/group-commit.test.ts',
  'test/store/locks.test.ts',
  'test/store/query-plans.test.ts',
  'test/store/database-sessions.test.ts',
  'test/store/store.test.ts',
];

await prepareClone();
const chromium = await requireChromium().catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});

/** Test files named on the command line, or all of them. */
function testFiles() {
  const named = process.argv.slice(2);
  if (named.length > 0) return named;
  const packages = readdirSync(join(REPOSITORY_ROOT, 'packages')).map((name) => `packages/${name}/test`);
  const folders = [...packages, 'test'].filter((folder) => existsSync(join(REPOSITORY_ROOT, folder)));
  return folders.flatMap((folder) =>
    readdirSync(join(REPOSITORY_ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => `${folder}/${name}`),
  );
}

/** What was not tested because a program is not there that not everybody may install; said first and last. */
let missingPrograms = '';

/**
 * The path of a program that some of the files need. Without it their stories are skipped; on CI they have to be told.
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

const files = testFiles();
const retryFiles = files.filter((file) => DATABASE_TESTS.includes(file));
const firefox = await requireOptional(
  files.some((file) => file.endsWith('/firefox.test.ts')),
  requireFirefox,
);
const postgres = await requireOptional(retryFiles.length > 0, requirePostgres);
process.stderr.write(missingPrograms);
if (retryFiles.length > 0 && postgres === '' && process.env.CI === 'true') process.exit(1);

const { startEmbeddedPostgres } = await import('../packages/embedded-postgres/dist/index.js');
/** @type {import('node:child_process').ChildProcess | null} */
let child = null;
let interrupted = false;
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM']))
  process.on(signal, () => {
    interrupted = true;
    child?.kill(signal);
  });

/**
 * Runs test files on a database server of their own; answers the exit code.
 * @param {string[]} chosen
 * @param {string | undefined} programs folder of an installed PostgreSQL, instead of the embedded one
 */
async function runTests(chosen, programs) {
  const folder = mkdtempSync(join(tmpdir(), 'chatty-test-'));
  // The user PostgreSQL runs as has to pass through it.
  chmodSync(folder, 0o755);
  const log = (/** @type {string} */ _level, /** @type {string} */ message) => printProgress(message);
  const embedded = await startEmbeddedPostgres({
    folder,
    log,
    progress: printProgress,
    binariesFolder: programs,
  });
  // The timeout is that of a whole file: the longest takes a minute and a half, on a machine that has other work four times that.
  const values = [
    '--conditions=source',
    '--import',
    'tsx',
    '--test',
    '--test-concurrency=2',
    '--test-timeout=480000',
    ...chosen,
  ];
  const environment = {
    ...process.env,
    CHATTY_TEST_DATABASE: JSON.stringify(embedded.connection),
    CHATTY_TEST_POSTGRES: programs,
    CHROMIUM_PATH: chromium,
    FIREFOX_PATH: firefox,
  };
  child = spawn(process.execPath, values, { cwd: REPOSITORY_ROOT, stdio: 'inherit', env: environment });
  const code = await new Promise((resolve) => child?.once('close', (status) => resolve(status ?? 1)));
  child = null;
  await embedded.close();
  rmSync(folder, { recursive: true, force: true });
  return code;
}

let code = await runTests(files, undefined);
if (postgres !== '' && !interrupted) {
  printProgress(`The stories of the database once more, on the PostgreSQL in ${postgres}.`);
  code = (await runTests(retryFiles, postgres)) || code;
}
process.stderr.write(missingPrograms);
process.exit(code);
