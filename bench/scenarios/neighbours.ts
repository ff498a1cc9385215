/** What a project that sends ten times its share costs the other one on the same server: the other's delay, with it and without. */

import { setTimeout as pause } from 'node:timers/promises';
import { runStep } from '../load.js';
import { median } from '../measure.js';
import { columns, type Row, type Stage } from '../stage.js';
import { openSwarm, type Swarm } from '../swarm.js';

const MEMBERS = 100;
/** One in four is timed. */
const READERS = 4;
/** Messages a second that a project may send, what the loud one sends, and what the calm one does. */
const SHARE = 100;
const LOUD = 10 * SHARE;
const CALM = 30;
const SECONDS = 4;
const TICK = 2;

export async function neighbours(stage: Stage): Promise<Row[]> {
  const settings = { PROJECT_PER_SECOND: String(SHARE) };
  return stage.withServers(
    ['ours'],
    async ([server]) => {
      if (!server) throw new Error('there is no server');
      const loud = await openSwarm({ server, count: MEMBERS, batch: true, readers: Infinity });
      const calm = await openSwarm({ server, count: MEMBERS, batch: true, readers: READERS, offset: 1 });
      const alone: number[] = [];
      const beside: number[] = [];
      await runStep(calm, CALM, 2);
      // The first seconds would find what the loud one has saved up.
      await shout(loud, runStep(calm, CALM, 2 * SECONDS));
      const before = { said: loud.tally.said, refused: loud.tally.refused };
      for (let turn = 0; turn < (stage.quick ? 2 : 4); turn += 1) {
        alone.push((await runStep(calm, CALM, SECONDS)).p99);
        beside.push((await shout(loud, runStep(calm, CALM, SECONDS))).p99);
        stage.say(`p99 alone ${alone.at(-1)?.toFixed(1)} ms, beside ${beside.at(-1)?.toFixed(1)} ms`);
      }
      const said = loud.tally.said - before.said;
      const refused = loud.tally.refused - before.refused;
      const lost = calm.tally.refused;
      await loud.close();
      await calm.close();
      const scenario = `a project at ${LOUD} msg/s with a share of ${SHARE}, beside one at ${CALM} msg/s`;
      return [
        { scenario, measure: "the other's p99 alone, ms", ...columns({ ours: median(alone) }) },
        { scenario, measure: "the other's p99 beside it, ms", ...columns({ ours: median(beside) }) },
        {
          scenario,
          measure: "the other's p99, as a multiple of alone",
          ...columns({ ours: median(beside) / median(alone) }),
          bar: '1.2',
          note: `refused: ${refused} of ${said} of the loud one, ${lost} of the other`,
        },
      ];
    },
    settings,
  );
}

/** Says far too much for as long as the work takes. */
async function shout<Result>(swarm: Swarm, work: Promise<Result>): Promise<Result> {
  let going = true;
  const over = work.finally(() => {
    going = false;
  });
  const began = performance.now();
  for (let said = 0; going; await pause(TICK))
    for (const due = ((performance.now() - began) / 1_000) * LOUD; said < due; said += 1) swarm.say();
  return over;
}
