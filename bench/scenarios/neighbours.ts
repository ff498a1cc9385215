/** What a project that sends ten times its share costs the other one on the same server: the other's delay, with it and without. */

import { setTimeout as pause } from 'node:timers/promises';
import { columns, type Row, type Stage } from '../context.js';
import { runStep } from '../load-generator.js';
import { percentile } from '../measure.js';
import { openSwarm, type Swarm } from '../member-pool.js';

const MEMBERS = 100;
/** One in four is timed. */
const READERS = 4;
/** Messages a second that a project may send, what the loud one sends, and what the calm one does. */
const SHARE = 100;
const LOUD = 10 * SHARE;
const CALM = 30;
/** Seconds of one step, and milliseconds in which the loud one uses up what it had saved while it was quiet. */
const SECONDS = 4;
const SAVED = 2_000;
const TICK = 2;
const BAR = '1.2';

type Delays = { alone: number[]; within: number[]; beyond: number[] };

export async function neighbours(stage: Stage): Promise<Row[]> {
  const settings = { PROJECT_PER_SECOND: String(SHARE) };
  return stage.withServers(
    ['ours'],
    async ([server]) => {
      if (!server) throw new Error('there is no server');
      const loud = await openSwarm({ server, count: MEMBERS, batch: true, readers: Infinity });
      const calm = await openSwarm({ server, count: MEMBERS, batch: true, readers: READERS, offset: 1 });
      const delays: Delays = { alone: [], within: [], beyond: [] };
      /** One after the other in each turn, so that whatever else the machine does meets all three. */
      const step = async (kind: keyof Delays, rate: number) => {
        await during(loud, rate, runStep(calm, CALM, SECONDS));
        delays[kind].push(...calm.tally.latencies);
      };
      await during(loud, LOUD, runStep(calm, CALM, 2 * SECONDS));
      const before = { said: loud.tally.said, refused: loud.tally.refused };
      for (let turn = 0; turn < (stage.quick ? 2 : 5); turn += 1) {
        await step('alone', 0);
        await step('within', SHARE);
        await during(loud, LOUD, pause(SAVED));
        await step('beyond', LOUD);
      }
      const said = loud.tally.said - before.said;
      const note = `refused: ${loud.tally.refused - before.refused} of ${said} of the loud one, ${calm.tally.refused} of the other`;
      await loud.close();
      await calm.close();
      return rows(delays, note);
    },
    settings,
  );
}

function rows(delays: Delays, note: string): Row[] {
  const scenario = `two projects, the other at ${CALM} msg/s beside a loud one with a share of ${SHARE} msg/s`;
  const p99 = (kind: keyof Delays) => percentile(delays[kind], 0.99);
  const row = (measure: string, ours: number, more: Partial<Row> = {}): Row => ({
    scenario,
    measure,
    ...columns({ ours }),
    ...more,
  });
  return [
    row("the other's p99 alone, ms", p99('alone')),
    row("the other's p99 while the loud one sends its share, ms", p99('within')),
    row("the other's p99 while it sends ten times its share, ms", p99('beyond'), { note }),
    row('that, as a multiple of alone', p99('beyond') / p99('alone'), { bar: BAR }),
    row('that, as a multiple of when it sends its share', p99('beyond') / p99('within')),
  ];
}

/** Says so many messages a second for as long as the work takes. */
async function during<Result>(swarm: Swarm, rate: number, work: Promise<Result>): Promise<Result> {
  let going = true;
  const over = work.finally(() => {
    going = false;
  });
  const began = performance.now();
  for (let said = 0; going && rate > 0; await pause(TICK))
    for (const due = ((performance.now() - began) / 1_000) * rate; said < due; said += 1) swarm.say();
  return over;
}
