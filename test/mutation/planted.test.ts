/** Promise: the stories and their checker see a bug when there is one; `npm run planted` tries all of them. */

import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import { formatViolations } from '../faults/checker/index.js';
import { startCluster } from '../faults/support/rig.js';
import { runScenario } from '../faults/support/story.js';
import { plantedBugs } from './bugs.js';
import { createPatchedCopy } from './copy.js';
import { runPlanted, stalledMemberScenario } from './run.js';

const cluster = await startCluster(after);

it('every planted bug still finds the code it changes', () => {
  for (const { name, codePatches: patches } of plantedBugs) createPatchedCopy(name, patches).remove();
});

it('the scenario for stalled members reports no violation in a server without a bug', {
  timeout: 170_000,
}, async (context) => {
  const database = await cluster.createDatabase();
  const { violations, failure: trouble } = await runScenario(context, stalledMemberScenario, {
    database,
    seconds: 1,
    seed: 1,
  });
  assert.equal(trouble, null);
  assert.equal(formatViolations(violations), '');
});

for (const name of [
  'dedupe-off',
  'published-to-every-project',
  'history-without-changes',
  'quadratic-trailing-spaces',
]) {
  it(`the planted bug ${name} is detected`, { timeout: 170_000 }, async (context) => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const { isDetected: caught, summary: what } = await runPlanted(context, name, { cluster, seed });
    assert.ok(caught, `seed ${seed}: ${what}`);
  });
}
