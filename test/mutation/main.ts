/** `npm run planted`: plants every bug in turn and fails when one of them is not caught. Names choose some. */

import { prepare, say } from '../../scripts/bootstrap.mjs';
import { createEnds } from '../faults/support/endings.js';
import { startCluster } from '../faults/support/rig.js';
import { bugs } from './bugs.js';
import { runPlanted } from './run.js';

await prepare();
const named = process.argv.slice(2);
const chosen = bugs.filter(({ name }) => named.length === 0 || named.includes(name));
const ends = createEnds();
const cluster = await startCluster(ends.after);
const seed = Number(process.env.CHATTY_SEED ?? Math.floor(Math.random() * 2 ** 31));
say(`seed ${seed}`);
let missed = 0;
for (const { name } of chosen) {
  const own = createEnds();
  const { caught, tries, what } = await runPlanted(own.context, name, { cluster, seed });
  await own.run();
  if (!caught) missed += 1;
  say(
    `${caught ? 'caught' : 'MISSED'} ${name} (try ${tries})\n    ${what.split('\n').slice(0, 4).join('\n    ').slice(0, 600)}`,
  );
}
await ends.run();
say(`${chosen.length - missed} of ${chosen.length} planted bugs caught`);
process.exit(missed === 0 && chosen.length > 0 ? 0 : 1);
