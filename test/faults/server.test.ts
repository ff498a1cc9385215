/** Promise: nothing acknowledged is lost, doubled, reordered or skipped, however the server and the way to it break. */

import { after, it } from 'node:test';
import { serverFaultScenarios } from './support/fault-list.js';
import { startCluster } from './support/rig.js';
import { runScenarioTest } from './support/story.js';

const cluster = await startCluster(after);

const stories = [
  { promise: 'kill -9 of the server, again and again', story: serverFaultScenarios.kill, seconds: 12 },
  { promise: 'the server stopped for seconds (SIGSTOP)', story: serverFaultScenarios.freeze, seconds: 10 },
  { promise: 'clients that are reset', story: serverFaultScenarios.reset, seconds: 8 },
  { promise: 'connections left half open', story: serverFaultScenarios.halfOpen, seconds: 8 },
  {
    promise: 'a network in which nothing passes for seconds',
    story: serverFaultScenarios.blackHole,
    seconds: 10,
  },
  { promise: 'a slow network', story: serverFaultScenarios.slowLink, seconds: 8 },
];

for (const { promise, story, seconds } of stories) {
  it(`${promise}: nothing is lost, duplicated, reordered or skipped`, {
    timeout: 170_000,
  }, async (context) => {
    await runScenarioTest(context, story, { database: await cluster.createDatabase(), seconds });
  });
}
