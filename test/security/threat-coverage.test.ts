/** Promise: every threat on the list has a test that names it, or a reason why there is none. */

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string) => readFileSync(join(root, file), 'utf8');

const series = (letter: string, last: number) =>
  Array.from({ length: last }, (_, index) => `${letter}${index + 1}`);
/** All there are: the page may leave none out. */
const ROWS = [
  ...series('J', 19),
  ...series('T', 5),
  ...series('A', 6),
  ...series('D', 25),
  ...series('X', 11),
  ...series('U', 8),
  ...series('S', 6),
  ...series('P', 3),
];

const rows = [
  ...read('docs/contributing/threat-model.md').matchAll(/^\| ([A-Z]\d+) \| (.+?) \| (.+) \|$/gm),
].map(([, row = '', threat = '', shown = '']) => ({ row, threat, shown }));

/** The rows that titles of tests in this file name, in brackets at their end. */
function namedIn(file: string): Set<string> {
  const titles = [...read(file).matchAll(/\bit\(\s*(['"`])(.+?)\1,/gs)].map(([, , title = '']) => title);
  return new Set(
    titles.flatMap((title) => /\(([A-Z]\d+(?:, [A-Z]\d+)*)\)$/.exec(title)?.[1]?.split(', ') ?? []),
  );
}

it('docs/contributing/threat-model.md has every row once, in order', () => {
  assert.deepEqual(
    rows.map(({ row }) => row),
    ROWS,
  );
});

for (const { row, threat, shown } of rows)
  it(`${row}, ${threat}: has a test that names it, or a reason`, () => {
    if (/^none( yet)?: .{10,}/.test(shown)) return;
    const files = [...shown.matchAll(/`([^`]+)`/g)].map(([, file = '']) => file);
    assert.ok(files.length > 0 && shown.replace(/`[^`]+`/g, '').trim() === '', shown);
    for (const file of files) {
      assert.ok(existsSync(join(root, file)), file);
      assert.ok(namedIn(file).has(row), `no title in ${file} names ${row}`);
    }
  });

it('no test names a row that is not on the page', () => {
  const folders = ['test', ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}/test`)];
  const files = folders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map(
        (name) => `${folder}/${name}`,
      ),
    )
    .filter((file) => file.endsWith('.test.ts'));
  assert.ok(files.length > 60);
  const known = new Set(ROWS);
  for (const file of files)
    for (const row of namedIn(file)) assert.ok(known.has(row) || /^[RGF]\d+$/.test(row), `${file}: ${row}`);
});
