/** Promise: what waited to be stored is judged again when it is, and each answer is that of its own job. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { refusal } from '@chatty/protocol/errors';
import { createCheckedFlush } from '../src/store/postgres/recheck-permissions.js';
import { type Access, Unavailable } from '../src/store/store.js';

type Job = { text: string; access?: Access };

function createStore() {
  const stored: string[] = [];
  const flush = createCheckedFlush(async (jobs: readonly Job[]) => {
    stored.push(...jobs.map(({ text }) => text));
    return jobs.map(({ text }) => (text === 'again' ? null : { text }));
  });
  return { stored, flush };
}

const banned = refusal('banned');

it('of some who may and some who may not, those who may are stored', async () => {
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

it('where nobody may, nothing is asked of the database', async () => {
  const { stored, flush } = createStore();
  const answers = await flush([{ text: 'one', access: () => banned }], false);
  assert.deepEqual(answers, [{ outcome: 'refused', refused: banned }]);
  assert.deepEqual(stored, []);
});

it('while it is not known who may, all of them come again', async () => {
  const { stored, flush } = createStore();
  const jobs: Job[] = [{ text: 'one' }, { text: 'two', access: () => 'unknown' }];
  await assert.rejects(flush(jobs, false), Unavailable);
  assert.deepEqual(stored, []);
});
