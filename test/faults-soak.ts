/** `npm run soak -- --seconds 120 --seed 7`: every fault, one or two at once, then a thousand members that come back at once. */

import { parseArgs } from 'node:util';
import { prepare, say } from '../scripts/prepare.mjs';
import { createEnds } from './faults-ends.js';
import { away, databaseFaults, mixed, serverFaults, storm } from './faults-list.js';
import { startCluster } from './faults-rig.js';
import { judge, type Story, tell } from './faults-story.js';

await prepare();
const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '120' }, seed: { type: 'string' } },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
say(`seed ${seed}`);
const ends = createEnds();
const cluster = await startCluster(ends.after);
const { restart, kill, terminate, lock } = databaseFaults(cluster);
const everything = mixed([...Object.values(serverFaults), away, restart, kill, terminate, lock]);

const stories: [Story, number][] = [
  [everything, Number(values.seconds)],
  [storm(1_000), 1],
];
let failed = 0;
for (const [story, seconds] of stories) {
  const own = createEnds();
  try {
    const told = await tell(own.context, story, { database: await cluster.database(), seconds, seed });
    say(
      `${story.name}: ${told.acks} acknowledged (${told.changes} edits and deletes), ${told.rows} stored, ${told.faults} faults`,
    );
    judge(story, told, seed);
  } catch (error) {
    failed += 1;
    say(`FAIL ${story.name}: ${error instanceof Error ? error.message : error}`);
  }
  await own.run();
}
await ends.run();
process.exit(failed === 0 ? 0 : 1);
