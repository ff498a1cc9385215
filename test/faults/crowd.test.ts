/** Promise: nothing acknowledged is lost, doubled, reordered or skipped, whoever is away, elsewhere, or comes back with many. */

import { after, it } from 'node:test';
import { createNoisyProject, createReconnectStorm, memberOutage } from './support/fault-list.js';
import { startCluster } from './support/rig.js';
import { runScenarioTest } from './support/story.js';

const cluster = await startCluster(after);

const stories = [
  { promise: 'hundreds of messages while everybody is away', story: memberOutage, seconds: 4 },
  { promise: 'a second server on the same database', story: createNoisyProject(), seconds: 4 },
  { promise: '200 members that come back at once', story: createReconnectStorm(200), seconds: 1 },
];

for (const { promise, story, seconds } of stories) {
  it(`${promise}: nothing is lost, duplicated, reordered or skipped`, {
    timeout: 170_000,
  }, async (context) => {
    await runScenarioTest(context, story, { database: await cluster.createDatabase(), seconds });
  });
}
