/** `npm run soak -- --seconds 120 --seed 7`: every fault, one or two at once, then a thousand members that come back at once. */

import { parseArgs } from 'node:util';
import { prepare, say } from '../../scripts/bootstrap.mjs';
import { type SoakServer, startSoakServer } from './soak-server.js';
import { createEnds } from './support/endings.js';
import {
  away,
  clockStep,
  databaseFaults,
  mixed,
  restore,
  serverFaults,
  storm,
} from './support/fault-list.js';
import { startCluster } from './support/rig.js';
import { judge, type Stage, type Story, tell } from './support/story.js';

await prepare();
const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '120' }, seed: { type: 'string' } },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const seconds = Number(values.seconds);
/** Between two lines of progress, between two floods of guests, and between two heaps after garbage collection. */
const PROGRESS_MS = Math.min(60_000, seconds * 100);
const FLOOD_INTERVAL_MS = Math.min(60_000, seconds * 200);
const HEAP_MS = Math.min(300_000, seconds * 100);
const FLOOD_MS = 3_000;
const LONGEST_PAUSE_MS = 1_000;
say(`seed ${seed}`);
const ends = createEnds();
const cluster = await startCluster(ends.after);
const faults = databaseFaults(cluster);
const everything = mixed([
  ...Object.values(serverFaults),
  away,
  clockStep,
  restore,
  faults.restart,
  faults.kill,
  faults.terminate,
  faults.lock,
]);

/** A server that lives through it all, on the database of the story, and tells how it fares. */
function createWatch() {
  let soak: Promise<SoakServer> | undefined;
  let [told, measured, flooded] = [performance.now(), performance.now(), performance.now()];
  const begun = performance.now();
  return {
    report: async () => (await soak)?.report(),
    async beside({ context, database, acks }: Stage, count: number): Promise<void> {
      soak ??= startSoakServer(context, database);
      const { flood, progress, server } = await soak;
      const now = performance.now();
      if (now - flooded >= FLOOD_INTERVAL_MS) {
        flooded = now;
        await flood(FLOOD_MS);
        await server.setClock(count % 2 === 0 ? 3_600_000 : -3_600_000);
      }
      if (now - told < PROGRESS_MS) return;
      told = now;
      const collect = now - measured >= HEAP_MS;
      if (collect) measured = now;
      const minutes = ((now - begun) / 60_000).toFixed(1);
      say(`${minutes} min: ${acks()} acknowledged, ${count} faults; ${await progress(collect)}`);
    },
  };
}

const watch = createWatch();
const stories: [Story, number, typeof watch.beside | undefined][] = [
  [everything, seconds, watch.beside],
  [storm(1_000), 1, undefined],
];
let failed = 0;
for (const [story, length, beside] of stories) {
  const own = createEnds();
  try {
    const options = { database: await cluster.database(), seconds: length, seed, ...(beside && { beside }) };
    const told = await tell(own.context, story, options);
    say(
      `${story.name}: ${told.acks} acknowledged (${told.changes} edits and deletes), ${told.rows} stored, ${told.faults} faults`,
    );
    judge(story, told, seed);
    const report = beside && (await watch.report());
    if (report) {
      say(
        `longest pause of the event loop ${report.longestPauseMs.toFixed(0)} ms, peak RSS ${report.peakRssMb.toFixed(0)} MB, heap ${report.slopeMbPerHour.toFixed(1)} MB an hour`,
      );
      if (report.longestPauseMs > LONGEST_PAUSE_MS)
        throw new Error(`the event loop stood still for ${report.longestPauseMs.toFixed(0)} ms`);
    }
  } catch (error) {
    failed += 1;
    say(`FAIL ${story.name}: ${error instanceof Error ? error.message : error}`);
  }
  await own.run();
}
await ends.run();
process.exit(failed === 0 ? 0 : 1);
