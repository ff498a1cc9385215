/** `npm test -- --changed`: the test files that a change can reach by the imports between files. */

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { REPOSITORY_ROOT } from './bootstrap.mjs';

/** A change of these reaches everything. */
const REACHES_ALL = /^(package(-lock)?\.json|tsconfig[^/]*\.json|scripts\/|test\/support\/server\.ts$)/;
/** Files that no import names, and the file that reads them. */
const READ_BY = /** @type {[RegExp, string][]} */ ([
  [/^packages\/server\/src\/store\/postgres\/.*\.sql$/, 'packages/server/src/store/postgres/migrate.ts'],
  [/^packages\/server\/src\/http\/pages\//, 'packages/server/src/http/pages/doctor/doctor-page.ts'],
  [/^(docs\/|[A-Z]+(\.ko)?\.md$|\.env\.example$)/, 'test/docs/documents.test.ts'],
  [/^packages\/widget\//, 'test/browser/smoke.test.ts'],
]);
const IMPORT = /\b(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g;

const git = (/** @type {string[]} */ ...values) =>
  execFileSync('git', values, { cwd: REPOSITORY_ROOT, encoding: 'utf8' }).split('\n').filter(Boolean);

/** Changed since the branch left main (on main: since the last commit), committed or not. */
export function changedFiles() {
  const base = git('merge-base', 'HEAD', 'main')[0] === git('rev-parse', 'HEAD')[0] ? 'HEAD' : 'main';
  const committed = base === 'HEAD' ? [] : git('diff', '--name-only', `${base}...HEAD`);
  const uncommitted = git('diff', '--name-only', 'HEAD');
  return [...new Set([...committed, ...uncommitted, ...git('ls-files', '--others', '--exclude-standard')])];
}

/**
 * @param {string[]} tests
 * @param {string[]} changed
 * @returns {string[]} of the tests, those that import a changed file, directly or not
 */
export function reachedTests(tests, changed) {
  if (changed.some((file) => REACHES_ALL.test(file))) return tests;
  const wanted = new Set(changed);
  for (const file of changed)
    for (const [pattern, reader] of READ_BY) if (pattern.test(file)) wanted.add(reader);
  const imports = importGraph();
  return tests.filter((test) => reaches(test, wanted, imports));
}

/**
 * @param {string} start
 * @param {ReadonlySet<string>} wanted
 * @param {ReadonlyMap<string, string[]>} imports
 */
function reaches(start, wanted, imports) {
  const seen = new Set([start]);
  for (const file of seen) {
    if (wanted.has(file)) return true;
    for (const next of imports.get(file) ?? []) seen.add(next);
  }
  return false;
}

function importGraph() {
  const files = ['packages', 'demo', 'test', 'bench', 'scripts'].flatMap(sourcesBelow);
  const known = new Set(files);
  return new Map(
    files.map((file) => {
      const text = readFileSync(join(REPOSITORY_ROOT, file), 'utf8');
      const targets = [...text.matchAll(IMPORT)].map(([, specifier = '']) => resolve(file, specifier, known));
      return [file, targets.filter((target) => target !== null)];
    }),
  );
}

/**
 * @param {string} from
 * @param {string} specifier
 * @param {ReadonlySet<string>} known
 */
function resolve(from, specifier, known) {
  const entry = /^@chatty\/([^/]+)(?:\/(.+))?$/.exec(specifier);
  const path = entry
    ? `${entry[1] === 'demo' ? 'demo' : `packages/${entry[1]}`}/src/${entry[2] ?? 'index'}`
    : specifier.startsWith('.')
      ? posix.join(dirname(from), specifier).replace(/\.js$/, '')
      : null;
  if (path === null) return null;
  return [path, `${path}.ts`, `${path}.tsx`, `${path}.js`].find((candidate) => known.has(candidate)) ?? null;
}

/**
 * @param {string} folder
 * @returns {string[]}
 */
function sourcesBelow(folder) {
  if (!existsSync(join(REPOSITORY_ROOT, folder))) return [];
  return readdirSync(join(REPOSITORY_ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return /^(node_modules|dist)$/.test(entry.name) ? [] : sourcesBelow(path);
    return /\.(ts|tsx|mjs|js)$/.test(entry.name) ? [path] : [];
  });
}
