/** `npm run soak -- --seconds 120 --seed 7`: every fault, one or two at once, then a thousand members that come back at once. */

import { parseArgs } from 'node:util';
import { prepareClone, printProgress } from '../../scripts/bootstrap.mjs';
import { type SoakServer, startSoakServer } from './soak-server.js';
import { createCleanupStack } from './support/endings.js';
import {
  backupRestore,
  clockStep,
  combineFaults,
  createDatabaseFaults,
  createReconnectStorm,
  memberOutage,
  serverFaultScenarios,
} from './support/fault-list.js';
import { startCluster } from './support/rig.js';
import {
  assertScenarioPassed,
  type FaultScenario,
  runScenario,
  type ScenarioContext,
} from './support/story.js';

await prepareClone();
const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '120' }, seed: { type: 'string' } },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const durationSeconds = Number(values.seconds);
/** Between two lines of progress, between two floods of guests, and between two heaps after garbage collection. */
const PROGRESS_INTERVAL_MS = Math.min(60_000, durationSeconds * 100);
const FLOOD_INTERVAL_MS = Math.min(60_000, durationSeconds * 200);
const HEAP_SAMPLE_INTERVAL_MS = Math.min(300_000, durationSeconds * 100);
const FLOOD_DURATION_MS = 3_000;
const MAX_PAUSE_MS = 1_000;
printProgress(`seed ${seed}`);
const cleanupStack = createCleanupStack();
const cluster = await startCluster(cleanupStack.after);
const availableFaults = createDatabaseFaults(cluster);
const combinedFault = combineFaults([
  ...Object.values(serverFaultScenarios),
  memberOutage,
  clockStep,
  backupRestore,
  availableFaults.restart,
  availableFaults.kill,
  availableFaults.terminate,
  availableFaults.lock,
]);

/** A server that lives through it all, on the database of the story, and tells how it fares. */
function createProgressMonitor() {
  let soak: Promise<SoakServer> | undefined;
  let [told, measured, flooded] = [performance.now(), performance.now(), performance.now()];
  const begun = performance.now();
  return {
    report: async () => (await soak)?.report(),
    async beside({ context, database, ackCount: acks }: ScenarioContext, count: number): Promise<void> {
      soak ??= startSoakServer(context, database);
      const { runGuestFlood: flood, progress, server } = await soak;
      const now = performance.now();
      if (now - flooded >= FLOOD_INTERVAL_MS) {
        flooded = now;
        await flood(FLOOD_DURATION_MS);
        await server.setClock(count % 2 === 0 ? 3_600_000 : -3_600_000);
      }
      if (now - told < PROGRESS_INTERVAL_MS) return;
      told = now;
      const collect = now - measured >= HEAP_SAMPLE_INTERVAL_MS;
      if (collect) measured = now;
      const minutes = ((now - begun) / 60_000).toFixed(1);
      printProgress(`${minutes} min: ${acks()} acknowledged, ${count} faults; ${await progress(collect)}`);
    },
  };
}

const progressMonitor = createProgressMonitor();
const stories: [FaultScenario, number, typeof progressMonitor.beside | undefined][] = [
  [combinedFault, durationSeconds, progressMonitor.beside],
  [createReconnectStorm(1_000), 1, undefined],
];
let failedStoryCount = 0;
for (const [story, length, beside] of stories) {
  const own = createCleanupStack();
  try {
    const options = {
      database: await cluster.createDatabase(),
      seconds: length,
      seed,
      ...(beside && { beside }),
    };
    const told = await runScenario(own.context, story, options);
    printProgress(
      `${story.name}: ${told.ackCount} acknowledged (${told.changeCount} edits and deletes), ${told.rowCount} stored, ${told.faultCount} faults`,
    );
    assertScenarioPassed(story, told, seed);
    const report = beside && (await progressMonitor.report());
    if (report) {
      printProgress(
        `longest pause of the event loop ${report.longestPauseMs.toFixed(0)} ms, peak RSS ${report.peakRssMb.toFixed(0)} MB, heap ${report.slopeMbPerHour.toFixed(1)} MB an hour`,
      );
      if (report.longestPauseMs > MAX_PAUSE_MS)
        throw new Error(`the event loop stood still for ${report.longestPauseMs.toFixed(0)} ms`);
    }
  } catch (error) {
    failedStoryCount += 1;
    printProgress(`FAIL ${story.name}: ${error instanceof Error ? error.message : error}`);
  }
  await own.runAll();
}
await cleanupStack.runAll();
process.exit(failedStoryCount === 0 ? 0 : 1);
