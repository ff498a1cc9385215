/** Promise: the stories and their checker see a bug when there is one; `npm run planted` tries all of them. */

import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import { describe } from '../faults/checker/index.js';
import { startCluster } from '../faults/support/rig.js';
import { tell } from '../faults/support/story.js';
import { bugs } from './bugs.js';
import { plant } from './copy.js';
import { runPlanted, stalled } from './run.js';

const cluster = await startCluster(after);

it('every planted bug still finds the code it changes', () => {
  for (const { name, patches } of bugs) plant(name, patches).remove();
});

it('the story of the stalled finds nothing in a server without a bug', {
  timeout: 170_000,
}, async (context) => {
  const database = await cluster.database();
  const { violations, trouble } = await tell(context, stalled, { database, seconds: 1, seed: 1 });
  assert.equal(trouble, null);
  assert.equal(describe(violations), '');
});

for (const name of [
  'dedupe-off',
  'published-to-every-project',
  'history-without-changes',
  'quadratic-trailing-spaces',
]) {
  it(`the planted bug ${name} is caught`, { timeout: 170_000 }, async (context) => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const { caught, what } = await runPlanted(context, name, { cluster, seed });
    assert.ok(caught, `seed ${seed}: ${what}`);
  });
}
