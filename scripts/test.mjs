/** `npm test`: everything, from unit tests to three people in a browser, on a database of its own. */

import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireChromium } from './chromium.mjs';
import { requireFirefox } from './firefox.mjs';
import { prepare, ROOT, say } from './prepare.mjs';

await prepare();
const chromium = await requireChromium().catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});

/** Test files named on the command line, or all of them. */
function testFiles() {
  const named = process.argv.slice(2);
  if (named.length > 0) return named;
  const packages = readdirSync(join(ROOT, 'packages')).map((name) => `packages/${name}/test`);
  const folders = [...packages, 'test'].filter((folder) => existsSync(join(ROOT, folder)));
  return folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => `${folder}/${name}`),
  );
}

const files = testFiles();
/** Not everybody may install one; then its stories are skipped, and the last line says so. */
let lacking = '';
const firefox = files.some((file) => file.endsWith('/firefox.test.ts'))
  ? await requireFirefox().catch(({ message }) => {
      lacking = `${message}\n`;
      return '';
    })
  : '';
process.stderr.write(lacking);
const folder = mkdtempSync(join(tmpdir(), 'chatty-test-'));
// The user PostgreSQL runs as has to pass through it.
chmodSync(folder, 0o755);
const { startEmbedded } = await import('../packages/server/dist/store/embedded.js');
const embedded = await startEmbedded({ folder, log: (_level, message) => say(message), progress: say });

// The timeout is that of a whole file: the longest takes a minute and a half, on a machine that has other work four times that.
const values = [
  '--conditions=source',
  '--import',
  'tsx',
  '--test',
  '--test-concurrency=2',
  '--test-timeout=480000',
  ...files,
];
const environment = {
  ...process.env,
  CHATTY_TEST_DATABASE: JSON.stringify(embedded.connection),
  CHROMIUM_PATH: chromium,
  FIREFOX_PATH: firefox,
};
const child = spawn(process.execPath, values, { cwd: ROOT, stdio: 'inherit', env: environment });
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM']))
  process.on(signal, () => child.kill(signal));
const code = await new Promise((resolve) => child.once('close', (status) => resolve(status ?? 1)));
await embedded.close();
rmSync(folder, { recursive: true, force: true });
process.stderr.write(lacking);
process.exit(code);
