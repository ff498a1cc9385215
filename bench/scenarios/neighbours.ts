/** What a project that sends ten times its share costs the other one on the same server: the other's delay, with it and without. */

import { setTimeout as pause } from 'node:timers/promises';
import { type BenchContext, formatColumns, type ResultRow } from '../context.js';
import { runLoadStep } from '../load-generator.js';
import { percentile } from '../measure.js';
import { type MemberPool, openMemberPool } from '../member-pool.js';

const MEMBER_COUNT = 100;
/** One in four is timed. */
const READER_INTERVAL = 4;
/** Messages a second that a project may send, what the loud one sends, and what the calm one does. */
const RATE_LIMIT_PER_SECOND = 100;
const NOISY_RATE = 10 * RATE_LIMIT_PER_SECOND;
const QUIET_RATE = 30;
/** Seconds of one step, and milliseconds in which the loud one uses up what it had saved while it was quiet. */
const MEASURE_SECONDS = 4;
const SAVED_MS = 2_000;
const TICK_INTERVAL_MS = 2;
const TARGET_RATIO = '1.2';

type NeighbourDelays = { alone: number[]; within: number[]; beyond: number[] };

export async function measureNoisyNeighbour(stage: BenchContext): Promise<ResultRow[]> {
  const settings = { PROJECT_EVENTS_PER_SECOND: String(RATE_LIMIT_PER_SECOND) };
  return stage.withServers(
    ['ours'],
    async ([server]) => {
      if (!server) throw new Error('there is no server');
      const loud = await openMemberPool({
        server,
        memberCount: MEMBER_COUNT,
        batch: true,
        readerInterval: Infinity,
      });
      const calm = await openMemberPool({
        server,
        memberCount: MEMBER_COUNT,
        batch: true,
        readerInterval: READER_INTERVAL,
        roomOffset: 1,
      });
      const delays: NeighbourDelays = { alone: [], within: [], beyond: [] };
      /** One after the other in each turn, so that whatever else the machine does meets all three. */
      const step = async (kind: keyof NeighbourDelays, rate: number) => {
        await measureDuring(loud, rate, runLoadStep(calm, QUIET_RATE, MEASURE_SECONDS));
        delays[kind].push(...calm.counters.latencies);
      };
      await measureDuring(loud, NOISY_RATE, runLoadStep(calm, QUIET_RATE, 2 * MEASURE_SECONDS));
      const before = { said: loud.counters.sentCount, refused: loud.counters.refused };
      for (let turn = 0; turn < (stage.quick ? 2 : 5); turn += 1) {
        await step('alone', 0);
        await step('within', RATE_LIMIT_PER_SECOND);
        await measureDuring(loud, NOISY_RATE, pause(SAVED_MS));
        await step('beyond', NOISY_RATE);
      }
      const said = loud.counters.sentCount - before.said;
      const note = `refused: ${loud.counters.refused - before.refused} of ${said} of the loud project, ${calm.counters.refused} of the other`;
      await loud.close();
      await calm.close();
      return createDelayRows(delays, note);
    },
    settings,
  );
}

function createDelayRows(delays: NeighbourDelays, note: string): ResultRow[] {
  const scenario = `two projects, the other at ${QUIET_RATE} msg/s beside a loud one with a share of ${RATE_LIMIT_PER_SECOND} msg/s`;
  const p99 = (kind: keyof NeighbourDelays) => percentile(delays[kind], 0.99);
  const row = (measure: string, ours: number, more: Partial<ResultRow> = {}): ResultRow => ({
    scenario,
    measure,
    ...formatColumns({ ours }),
    ...more,
  });
  return [
    row('p99 of the quiet project alone, ms', p99('alone')),
    row('p99 while the loud project stays within its quota, ms', p99('within')),
    row('p99 while the loud project sends ten times its quota, ms', p99('beyond'), { note }),
    row('relative to alone', p99('beyond') / p99('alone'), { bar: TARGET_RATIO }),
    row('relative to when the loud project stays within its quota', p99('beyond') / p99('within')),
  ];
}

/** Says so many messages a second for as long as the work takes. */
async function measureDuring<Result>(
  swarm: MemberPool,
  rate: number,
  work: Promise<Result>,
): Promise<Result> {
  let going = true;
  const over = work.finally(() => {
    going = false;
  });
  const began = performance.now();
  for (let said = 0; going && rate > 0; await pause(TICK_INTERVAL_MS))
    for (const due = ((performance.now() - began) / 1_000) * rate; said < due; said += 1) swarm.sendNext();
  return over;
}
