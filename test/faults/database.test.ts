/** Promise: nothing acknowledged is lost, doubled, reordered or skipped, however the database breaks. */

import { after, it } from 'node:test';
import { databaseFaults } from './support/fault-list.js';
import { smallDisk, startCluster } from './support/rig.js';
import { tellTest } from './support/story.js';

const cluster = await startCluster(after);
const faults = databaseFaults(cluster);

const stories = [
  { promise: 'fast and immediate restarts of the database', story: faults.restart, seconds: 12 },
  { promise: 'kill -9 of the database', story: faults.kill, seconds: 10 },
  { promise: 'its connections ended in the middle of a COMMIT', story: faults.terminate, seconds: 8 },
  { promise: 'its tables locked for seconds', story: faults.lock, seconds: 10 },
];

for (const { promise, story, seconds } of stories) {
  it(`${promise}: nothing is lost, doubled, reordered or skipped`, { timeout: 170_000 }, async (context) => {
    await tellTest(context, story, { database: await cluster.database(), seconds });
  });
}

it('a full disk: nothing is lost, and all goes on when there is room again', {
  timeout: 170_000,
}, async (context) => {
  const folder = smallDisk(context);
  if (folder === null) return;
  const small = await startCluster((end) => context.after(end), folder);
  await tellTest(context, databaseFaults(small).diskFull, { database: await small.database(), seconds: 6 });
});
