/** `npm run planted`: plants every bug in turn and fails when one of them is not caught. Names choose some. */

import { prepareClone, printProgress } from '../../scripts/bootstrap.mjs';
import { createCleanupStack } from '../faults/support/endings.js';
import { startCluster } from '../faults/support/rig.js';
import { plantedBugs } from './bugs.js';
import { runPlanted } from './run.js';

await prepareClone();
const requestedNames = process.argv.slice(2);
const chosenBugs = plantedBugs.filter(
  ({ name }) => requestedNames.length === 0 || requestedNames.includes(name),
);
const cleanupStack = createCleanupStack();
const cluster = await startCluster(cleanupStack.after);
const seed = Number(process.env.CHATTY_SEED ?? Math.floor(Math.random() * 2 ** 31));
printProgress(`seed ${seed}`);
let missedCount = 0;
for (const { name } of chosenBugs) {
  const own = createCleanupStack();
  const {
    isDetected: caught,
    tryCount: tries,
    summary: what,
  } = await runPlanted(own.context, name, { cluster, seed });
  await own.runAll();
  if (!caught) missedCount += 1;
  printProgress(
    `${caught ? 'caught' : 'MISSED'} ${name} (try ${tries})\n    ${what.split('\n').slice(0, 4).join('\n    ').slice(0, 600)}`,
  );
}
await cleanupStack.runAll();
printProgress(`${chosenBugs.length - missedCount} of ${chosenBugs.length} planted bugs caught`);
process.exit(missedCount === 0 && chosenBugs.length > 0 ? 0 : 1);
