/** Promise: the stories and their checker see a bug when there is one; `npm run planted` tries all of them. */

import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import { startCluster } from './faults-rig.js';
import { bugs } from './planted-bugs.js';
import { plant } from './planted-copy.js';
import { runPlanted } from './planted-run.js';

const cluster = await startCluster(after);

it('every planted bug still finds the code it changes', () => {
  for (const { name, patches } of bugs) plant(name, patches).remove();
});

for (const name of ['dedupe-off', 'published-to-every-project', 'emit-out-of-order']) {
  it(`the planted bug ${name} is caught`, { timeout: 170_000 }, async (context) => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const { caught, what } = await runPlanted(context, name, { cluster, seed });
    assert.ok(caught, `seed ${seed}: ${what}`);
  });
}
