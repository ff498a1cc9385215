/** Builds what is stale: the Node packages with tsc, the SQL files and the doctor page beside them, widget.js. Fast when nothing changed. */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BUILD_STAMP_FILE = join(ROOT, '.build', 'stamp');
const SOURCE_FOLDERS = [
  /^packages\/[^/]+\/(src\/|[^/]+\.mjs|tsconfig\.json|package\.json)/,
  /^demo\/(src\/|tsconfig\.json|package\.json)/,
];
const ROOT_SOURCE_FILES = ['package-lock.json', 'tsconfig.json', 'tsconfig.base.json', 'scripts/build.mjs'];
const BUILD_OUTPUTS = [
  'packages/server/dist/main.js',
  'packages/cli/dist/index.js',
  'packages/widget/dist/widget.js.gz',
  'demo/dist/main.js',
];

/** A digest of everything the build reads. */
function digestSources() {
  const hash = createHash('sha256');
  const files = ['packages', 'demo']
    .flatMap((folder) => listFiles(folder))
    .filter((file) => SOURCE_FOLDERS.some((source) => source.test(file)));
  for (const file of [...ROOT_SOURCE_FILES, ...files].sort())
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(join(ROOT, file)));
  return hash.digest('hex');
}

/**
 * @param {string} folder
 * @returns {string[]}
 */
function listFiles(folder) {
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter(({ name }) => name !== 'node_modules' && name !== 'dist')
    .flatMap((entry) =>
      entry.isDirectory() ? listFiles(`${folder}/${entry.name}`) : [`${folder}/${entry.name}`],
    );
}

/**
 * Builds unless the last build was of the same sources. Throws with the compiler's words when it fails.
 * @param {(sentence: string) => void} reportProgress
 */
export async function buildIfStale(reportProgress) {
  const wanted = digestSources();
  const built =
    existsSync(BUILD_STAMP_FILE) && BUILD_OUTPUTS.every((file) => existsSync(join(ROOT, file)))
      ? readFileSync(BUILD_STAMP_FILE, 'utf8')
      : '';
  if (built === wanted) return;
  reportProgress('Building (a few seconds).');
  const tsc = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-b'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  if (tsc.status !== 0) throw new Error(`The build failed:\n${tsc.stdout}${tsc.stderr}`);
  const server = join(ROOT, 'packages', 'server');
  for (const folder of ['store/postgres/migrations', 'store/postgres/functions', 'http/pages/doctor'])
    cpSync(join(server, 'src', folder), join(server, 'dist', folder), {
      recursive: true,
      filter: (file) => !file.endsWith('.ts'),
    });
  const { buildWidget } = await import('../packages/widget/build.mjs');
  await buildWidget();
  mkdirSync(join(ROOT, '.build'), { recursive: true });
  writeFileSync(BUILD_STAMP_FILE, wanted);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await buildIfStale((sentence) => process.stdout.write(`${sentence}\n`));
}
