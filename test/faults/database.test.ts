/** Promise: nothing acknowledged is lost, doubled, reordered or skipped, however the database breaks. */

import { after, it } from 'node:test';
import { createDatabaseFaults } from './support/fault-list.js';
import { mountSmallDisk, startCluster } from './support/rig.js';
import { runScenarioTest } from './support/story.js';

const cluster = await startCluster(after);
const faults = createDatabaseFaults(cluster);

const stories = [
  { promise: 'fast and immediate restarts of the database', story: faults.restart, seconds: 12 },
  { promise: 'kill -9 of the database', story: faults.kill, seconds: 10 },
  { promise: 'its connections ended in the middle of a COMMIT', story: faults.terminate, seconds: 8 },
  { promise: 'its tables locked for seconds', story: faults.lock, seconds: 10 },
];

for (const { promise, story, seconds } of stories) {
  it(`${promise}: nothing is lost, duplicated, reordered or skipped`, {
    timeout: 170_000,
  }, async (context) => {
    await runScenarioTest(context, story, { database: await cluster.createDatabase(), seconds });
  });
}

it('a full disk: nothing is lost, and writes resume when there is space again', {
  timeout: 170_000,
}, async (context) => {
  const folder = mountSmallDisk(context);
  if (folder === null) return;
  const small = await startCluster((end) => context.after(end), folder);
  await runScenarioTest(context, createDatabaseFaults(small).diskFull, {
    database: await small.createDatabase(),
    seconds: 6,
  });
});
