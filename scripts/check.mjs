/** `npm run check`: style, types, arrows between files, unused code, sizes, old packages. Every step runs; one failure fails the whole. */

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { prepareClone, printProgress, REPOSITORY_ROOT } from './bootstrap.mjs';
import { findOutdatedPackages } from './minimum-versions.mjs';

/** What every page view loads, and with it everything a visitor needs to read and write, in the language of the first host. */
const MAX_LOADER_GZIP_BYTES = 3 * 1024;
const MAX_WIDGET_GZIP_BYTES = 30 * 1024;
const MEASURED_LANGUAGE = 'ko';
const MAX_FILE_LINES = 300;
/** Fewer modules than this means the walk did not see the code, and its green says nothing. */
const MIN_MODULE_COUNT = 50;

const binaryPath = (/** @type {string} */ name) => join(REPOSITORY_ROOT, 'node_modules', '.bin', name);

/** @type {[string, () => string | null][]} each answers null, or what is wrong */
const checkSteps = [
  ['biome', () => runCommand(binaryPath('biome'), ['ci', '--error-on-warnings', '.'])],
  ['tsc: packages and demo', () => runCommand(binaryPath('tsc'), ['-b'])],
  ['tsc: tests and scripts', () => runCommand(binaryPath('tsc'), ['-p', 'test'])],
  ['arrows between files', checkDependencies],
  ['unused code', () => runCommand(binaryPath('knip'), ['--no-progress'])],
  ['size of the widget', checkWidgetSize],
  ['length of files', checkFileLengths],
  ['versions with known holes', checkLockfile],
];

/**
 * @param {string} program
 * @param {string[]} values
 * @returns {string | null}
 */
function runCommand(program, values) {
  const { status, stdout, stderr, error } = spawnSync(program, values, {
    cwd: REPOSITORY_ROOT,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return status === 0 ? null : `${error ?? ''}${stdout}${stderr}`;
}

function checkDependencies() {
  const values = [
    '--config',
    '.dependency-cruiser.cjs',
    '--output-type',
    'json',
    'packages',
    'demo/src',
    'test',
    'bench',
  ];
  const { stdout, stderr } = spawnSync(binaryPath('depcruise'), values, {
    cwd: REPOSITORY_ROOT,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  try {
    const { modules, summary } = JSON.parse(stdout);
    const own = modules.filter((/** @type {{ source: string }} */ { source }) =>
      /^(packages|demo)\/.*\.tsx?$/.test(source),
    );
    if (own.length < MIN_MODULE_COUNT) return `only ${own.length} modules were seen`;
    const broken = summary.violations.map(
      (/** @type {{ rule: { name: string }, from: string, to: string }} */ each) =>
        `${each.rule.name}: ${each.from} -> ${each.to}`,
    );
    return broken.length === 0 ? null : broken.join('\n');
  } catch {
    return `${stdout}${stderr}`;
  }
}

function checkWidgetSize() {
  const dist = join(REPOSITORY_ROOT, 'packages/widget/dist');
  const sizeOf = (/** @type {string} */ file) =>
    gzipSync(readFileSync(join(dist, file)), { level: 9 }).length;
  const { chat, languages } = JSON.parse(readFileSync(join(dist, 'parts.json'), 'utf8'));
  const loader = sizeOf('widget.js');
  const whole = loader + sizeOf(`widget/${chat}`) + sizeOf(`widget/${languages[MEASURED_LANGUAGE]}`);
  printProgress(
    `    loader ${loader} of ${MAX_LOADER_GZIP_BYTES}, all to read and write ${whole} of ${MAX_WIDGET_GZIP_BYTES} bytes gzip`,
  );
  return loader <= MAX_LOADER_GZIP_BYTES && whole <= MAX_WIDGET_GZIP_BYTES ? null : 'too many bytes';
}

function checkFileLengths() {
  const { stdout } = spawnSync('git', ['ls-files', '*.ts', '*.tsx', '*.mjs'], {
    cwd: REPOSITORY_ROOT,
    encoding: 'utf8',
  });
  const files = stdout.split('\n').filter((file) => file !== '' && existsSync(join(REPOSITORY_ROOT, file)));
  if (files.length < MIN_MODULE_COUNT) return `only ${files.length} files were seen`;
  const long = files
    .map((file) => ({
      file,
      lines: readFileSync(join(REPOSITORY_ROOT, file), 'utf8').split('\n').length - 1,
    }))
    .filter(({ lines }) => lines > MAX_FILE_LINES);
  return long.length === 0 ? null : long.map(({ file, lines }) => `${file}: ${lines} lines`).join('\n');
}

function checkLockfile() {
  const faults = findOutdatedPackages(
    JSON.parse(readFileSync(join(REPOSITORY_ROOT, 'package-lock.json'), 'utf8')),
  );
  return faults.length === 0 ? null : faults.join('\n');
}

await prepareClone();
let failedStepCount = 0;
for (const [name, step] of checkSteps) {
  const fault = step();
  printProgress(`${fault === null ? 'ok  ' : 'FAIL'} ${name}`);
  if (fault !== null) {
    failedStepCount += 1;
    printProgress(fault);
  }
}
printProgress(`${checkSteps.length - failedStepCount} passed, ${failedStepCount} failed`);
process.exit(failedStepCount === 0 ? 0 : 1);
