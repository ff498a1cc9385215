/** Promise: what waited to be stored is judged again when it is, and each answer is that of its own job. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createRefusal } from '@chatty/protocol';
import { UnavailableError } from '../src/runtime/unavailable-error.js';
import { createAccessCheckedFlush } from '../src/store/postgres/recheck-permissions.js';
import type { AccessCheck } from '../src/store/store.js';

type Job = { text: string; access?: AccessCheck };

function createStore() {
  const stored: string[] = [];
  const flush = createAccessCheckedFlush(async (jobs: readonly Job[]) => {
    stored.push(...jobs.map(({ text }) => text));
    return jobs.map(({ text }) => (text === 'again' ? null : { text }));
  });
  return { stored, flush };
}

const banned = createRefusal('banned');

it('of a batch with permitted and forbidden writes, the permitted ones are stored', async () => {
  const { stored, flush } = createStore();
  const jobs: Job[] = [
    { text: 'one', access: () => null },
    { text: 'two', access: () => banned },
    { text: 'again', access: () => null },
    { text: 'four' },
  ];
  assert.deepEqual(await flush(jobs, false), [
    { text: 'one' },
    { outcome: 'refused', refused: banned },
    null,
    { text: 'four' },
  ]);
  assert.deepEqual(stored, ['one', 'again', 'four']);
});

it('if no write is permitted, the database is not queried', async () => {
  const { stored, flush } = createStore();
  const answers = await flush([{ text: 'one', access: () => banned }], false);
  assert.deepEqual(answers, [{ outcome: 'refused', refused: banned }]);
  assert.deepEqual(stored, []);
});

it('while permissions are unknown, all writes are retried', async () => {
  const { stored, flush } = createStore();
  const jobs: Job[] = [{ text: 'one' }, { text: 'two', access: () => 'unknown' }];
  await assert.rejects(flush(jobs, false), UnavailableError);
  assert.deepEqual(stored, []);
});
