/** Promise: a versioned cache reads what changed after its version, and shows a complete reload only when it has finished. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createVersionedCache } from '../src/cluster/versioned-cache.js';

type Changes = { version: number; isComplete: boolean; rows: [project: string, value: number][] };

function openCache(answers: (Changes | null)[], needsFullReload = () => false) {
  const readSince: (number | null)[] = [];
  const published: (string[] | 'any')[] = [];
  let fullReloads = 0;
  let finishRow = async () => {};
  const cache = createVersionedCache<Map<string, number>, Changes>({
    readChanges: async (since) => {
      readSince.push(since);
      return answers.shift() ?? null;
    },
    createState: () => new Map(),
    apply: async (state, { rows }) => {
      for (const [project, value] of rows) {
        await finishRow();
        state.set(project, value);
      }
      return new Set(rows.map(([project]) => project));
    },
    needsFullReload,
    onFullReload: () => {
      fullReloads += 1;
    },
  });
  cache.onChange((projects) => published.push(projects ? [...projects] : 'any'));
  return {
    cache,
    readSince,
    published,
    fullReloads: () => fullReloads,
    beforeEachRow: (wait: () => Promise<void>) => {
      finishRow = wait;
    },
  };
}

it('reads all rows first, then only changes, and publishes the projects that changed', async () => {
  const { cache, readSince, published } = openCache([
    { version: 3, isComplete: true, rows: [['one', 1]] },
    { version: 4, isComplete: false, rows: [['two', 2]] },
    null,
  ]);
  assert.equal(cache.version, null);
  for (let run = 0; run < 3; run += 1) await cache.refresh();
  assert.deepEqual(readSince, [null, 3, 4]);
  assert.deepEqual(published, ['any', ['two']]);
  assert.deepEqual(
    [...cache.state],
    [
      ['one', 1],
      ['two', 2],
    ],
  );
  assert.equal(cache.version, 4);
});

it('a complete reload replaces the state when it has finished, and drops rows that are gone', async () => {
  const { cache, beforeEachRow } = openCache([
    {
      version: 3,
      isComplete: true,
      rows: [
        ['one', 1],
        ['two', 2],
      ],
    },
    { version: 1, isComplete: true, rows: [['one', 0]] },
  ]);
  await cache.refresh();
  const seen: number[] = [];
  beforeEachRow(async () => void seen.push(cache.state.size));
  await cache.refresh();
  assert.deepEqual(seen, [2]);
  assert.deepEqual([...cache.state], [['one', 0]]);
});

it('a full reload that is asked for ignores the known version and is confirmed once it succeeded', async () => {
  let isNeeded = false;
  const { cache, readSince, fullReloads } = openCache(
    [
      { version: 3, isComplete: true, rows: [] },
      { version: 3, isComplete: true, rows: [] },
    ],
    () => isNeeded,
  );
  await cache.refresh();
  isNeeded = true;
  await cache.refresh();
  assert.deepEqual([readSince, fullReloads()], [[null, null], 1]);
});
