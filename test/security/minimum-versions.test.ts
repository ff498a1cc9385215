/** Promise: a package with a known hole does not get into the lockfile, in no copy and under no name. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { findOutdatedPackages, isBelow, MINIMUM_VERSIONS } from '../../scripts/minimum-versions.mjs';

const lock = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8'));
const floors: typeof MINIMUM_VERSIONS = { ws: ['8.21.1', 'a hole'], 'engine.io': ['6.6.10', 'another'] };
const good = {
  'node_modules/ws': { version: '8.21.1' },
  'node_modules/engine.io': { version: '6.6.10' },
};

it('the lockfile of this repository satisfies every minimum version', () => {
  assert.deepEqual(findOutdatedPackages(lock), []);
  assert.ok(Object.keys(MINIMUM_VERSIONS).length >= 4);
});

const faults: [string, Record<string, { version?: string; name?: string; link?: boolean }>, RegExp][] = [
  [
    'an old copy',
    { 'node_modules/ws': { version: '8.21.0' } },
    /^node_modules\/ws: 8\.21\.0 is below 8\.21\.1/,
  ],
  [
    'a copy only another package sees',
    { 'node_modules/a/node_modules/ws': { version: '7.5.10' } },
    /7\.5\.10/,
  ],
  ['a copy of a workspace', { 'packages/server/node_modules/ws': { version: '8.0.0' } }, /8\.0\.0/],
  ['an alias', { 'node_modules/sockets': { name: 'ws', version: '8.17.0' } }, /sockets: 8\.17\.0/],
  ['a number that is only longer', { 'node_modules/engine.io': { version: '6.6.9' } }, /6\.6\.9 is below/],
  ['a pre-release of the floor', { 'node_modules/ws': { version: '8.21.1-rc.1' } }, /rc\.1/],
  ['a copy without a version', { 'node_modules/ws': { link: true } }, /no version/],
  ['a version that is none', { 'node_modules/ws': { version: 'latest' } }, /latest/],
];
for (const [name, packages, fault] of faults) {
  it(`${name} is reported`, () => {
    const found = findOutdatedPackages({ packages: { ...good, ...packages } }, floors);
    assert.equal(found.length, 1);
    assert.match(found[0] ?? '', fault);
  });
}

it('a missing package is reported, and so is a lockfile without packages', () => {
  const { 'node_modules/ws': ws } = good;
  assert.match(
    findOutdatedPackages({ packages: { 'node_modules/ws': ws } }, floors).join(),
    /^engine\.io is not in/,
  );
  assert.equal(findOutdatedPackages({}, floors).length, 2);
  // A name that only ends alike is another package.
  assert.equal(
    findOutdatedPackages({ packages: { ...good, 'node_modules/@x/ws': { version: '1.0.0' } } }, floors)
      .length,
    0,
  );
});

it('versions are compared numerically', () => {
  const ordered = ['0.9.9', '1.0.0-beta', '1.0.0', '1.0.9', '1.0.10', '1.2.0', '1.10.0', '2.0.0', '10.0.0'];
  for (const [index, version] of ordered.entries())
    for (const [other, floor] of ordered.entries())
      assert.equal(isBelow(version, floor), index < other, `${version} ${floor}`);
  assert.throws(() => isBelow('1.0.0', 'newest'));
});
