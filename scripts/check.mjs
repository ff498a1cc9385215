/** `npm run check`: style, types, arrows between files, unused code, sizes, old packages. Every step runs; one failure fails the whole. */

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { prepare, ROOT, say } from './bootstrap.mjs';
import { floorFaults } from './minimum-versions.mjs';

/** What every page view loads, and with it everything a visitor needs to read and write, in the language of the first host. */
const LOADER_GZIP_BYTES = 3 * 1024;
const WIDGET_GZIP_BYTES = 30 * 1024;
const LANGUAGE = 'ko';
const FILE_LINES = 300;
/** Fewer modules than this means the walk did not see the code, and its green says nothing. */
const LEAST_MODULES = 50;

const bin = (/** @type {string} */ name) => join(ROOT, 'node_modules', '.bin', name);

/** @type {[string, () => string | null][]} each answers null, or what is wrong */
const steps = [
  ['biome', () => command(bin('biome'), ['ci', '--error-on-warnings', '.'])],
  ['tsc: packages and demo', () => command(bin('tsc'), ['-b'])],
  ['tsc: tests and scripts', () => command(bin('tsc'), ['-p', 'test'])],
  ['arrows between files', arrows],
  ['unused code', () => command(bin('knip'), ['--no-progress'])],
  ['size of the widget', widgetSize],
  ['length of files', fileLengths],
  ['versions with known holes', lockfile],
];

/**
 * @param {string} program
 * @param {string[]} values
 * @returns {string | null}
 */
function command(program, values) {
  const { status, stdout, stderr, error } = spawnSync(program, values, {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return status === 0 ? null : `${error ?? ''}${stdout}${stderr}`;
}

function arrows() {
  const values = ['--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'packages', 'demo/src'];
  const { stdout, stderr } = spawnSync(bin('depcruise'), values, {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  try {
    const { modules, summary } = JSON.parse(stdout);
    const own = modules.filter((/** @type {{ source: string }} */ { source }) =>
      /^(packages|demo)\/.*\.tsx?$/.test(source),
    );
    if (own.length < LEAST_MODULES) return `only ${own.length} modules were seen`;
    const broken = summary.violations.map(
      (/** @type {{ rule: { name: string }, from: string, to: string }} */ each) =>
        `${each.rule.name}: ${each.from} -> ${each.to}`,
    );
    return broken.length === 0 ? null : broken.join('\n');
  } catch {
    return `${stdout}${stderr}`;
  }
}

function widgetSize() {
  const dist = join(ROOT, 'packages/widget/dist');
  const sizeOf = (/** @type {string} */ file) =>
    gzipSync(readFileSync(join(dist, file)), { level: 9 }).length;
  const { chat, languages } = JSON.parse(readFileSync(join(dist, 'parts.json'), 'utf8'));
  const loader = sizeOf('widget.js');
  const whole = loader + sizeOf(`widget/${chat}`) + sizeOf(`widget/${languages[LANGUAGE]}`);
  say(
    `    loader ${loader} of ${LOADER_GZIP_BYTES}, all to read and write ${whole} of ${WIDGET_GZIP_BYTES} bytes gzip`,
  );
  return loader <= LOADER_GZIP_BYTES && whole <= WIDGET_GZIP_BYTES ? null : 'too many bytes';
}

function fileLengths() {
  const { stdout } = spawnSync('git', ['ls-files', '*.ts', '*.tsx', '*.mjs'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const files = stdout.split('\n').filter((file) => file !== '' && existsSync(join(ROOT, file)));
  if (files.length < LEAST_MODULES) return `only ${files.length} files were seen`;
  const long = files
    .map((file) => ({ file, lines: readFileSync(join(ROOT, file), 'utf8').split('\n').length - 1 }))
    .filter(({ lines }) => lines > FILE_LINES);
  return long.length === 0 ? null : long.map(({ file, lines }) => `${file}: ${lines} lines`).join('\n');
}

function lockfile() {
  const faults = floorFaults(JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')));
  return faults.length === 0 ? null : faults.join('\n');
}

await prepare();
let failed = 0;
for (const [name, step] of steps) {
  const fault = step();
  say(`${fault === null ? 'ok  ' : 'FAIL'} ${name}`);
  if (fault !== null) {
    failed += 1;
    say(fault);
  }
}
say(`${steps.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
