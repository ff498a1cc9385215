/** How many deliveries a second of the server's processor pays for, and the highest rate into one room that holds. */

import { type BenchContext, formatColumns, type ResultRow } from '../context.js';
import { findHighestRate, type LoadStep, runLoadStep } from '../load-generator.js';
import { median } from '../measure.js';
import { type MemberPool, openMemberPool } from '../member-pool.js';
import type { BenchServer, ServerKind } from '../server.js';

const PLAIN_RATES = [5, 10, 20, 40, 60, 80, 100, 150, 200, 300];
const BATCH_RATES = {
  1000: [50, 200, 500, 1_000, 2_000, 3_000, 4_000, 5_000, 6_000],
  5000: [10, 50, 100, 300, 600, 800, 1_000, 1_200],
};
const FIRST_PLAIN_RATE = { 1000: 20, 5000: 5 };
const TARGETS = { 1000: 2_000, 5000: 300 };

/** Messages a second at which a member of each server gets each message by itself. */
const EVEN_RATES = [20, 60];
const WARM_UP_STEP = { rate: 300, seconds: 10 };
/** Enough to tell a broken change from a whole one in a few seconds. */
const QUICK_PLAIN_RATES = { 1000: [40, 60, 80], 5000: [5, 10] };
const QUICK_BATCH_RATES = { 1000: [500, 2_000], 5000: [100, 300] };

/** Batch members of ours; the baselines know one frame a message only. */
export async function measureFanOut(stage: BenchContext, count: 1_000 | 5_000): Promise<ResultRow[]> {
  const scenario = `fan-out, ${count.toLocaleString('en')} batch members`;
  const seconds = stage.quick ? 2 : 3;
  return stage.withServers(['ours', 'bare', 'started'], async (servers) => {
    const best: Partial<Record<ServerKind, LoadStep>> = {};
    const notes: string[] = [];
    let atBar: LoadStep | undefined;
    for (const server of servers) {
      const swarm = await openMemberPool({ server, memberCount: count, batch: true });
      const rates = ratesFor(stage.quick, server.kind, count);
      const steps = await findHighestRate(swarm, rates, seconds, (step) =>
        stage.report(formatStep(server.kind, step)),
      );
      const held = steps.filter(({ isSustained: holds }) => holds).at(-1);
      if (held) best[server.kind] = held;
      notes.push(...findLimit(server.kind, steps));
      if (server.kind === 'ours')
        atBar =
          steps.find(({ rate }) => rate === TARGETS[count]) ??
          (await runLoadStep(swarm, TARGETS[count], seconds));
      await swarm.close();
    }
    const bar = TARGETS[count].toLocaleString('en');
    return [
      ...createResultRows(scenario, best, `${bar} with p99 < 250 ms`, notes),
      ...(atBar ? createCostRows(scenario, atBar, TARGETS[count] * count) : []),
    ];
  });
}

/** One frame a message for everybody: ours against the bare broadcast, all three up at once and taking turns. */
export async function measurePlainFanOut(stage: BenchContext): Promise<ResultRow[]> {
  const scenario = 'fan-out, 1,000 plain members';
  const seconds = stage.quick ? 2 : 3;
  const count = 1_000;
  return stage.withServers(['ours', 'bare', 'started'], async (servers) => {
    const swarms: MemberPool[] = [];
    for (const server of servers) {
      await warmUpServer(server);
      swarms.push(await openMemberPool({ server, memberCount: count }));
    }
    const rows: ResultRow[] = [];
    for (const rate of EVEN_RATES) {
      const turns: Record<ServerKind, LoadStep[]> = { ours: [], bare: [], started: [] };
      for (let turn = 0; turn < (stage.quick ? 2 : 5); turn += 1)
        for (const swarm of swarms) turns[swarm.server.kind].push(await runLoadStep(swarm, rate, seconds));
      rows.push(...createEvenRateRows(scenario, rate, turns));
    }
    const best: Partial<Record<ServerKind, LoadStep>> = {};
    const notes: string[] = [];
    for (const swarm of swarms) {
      const { kind } = swarm.server;
      const steps = await findHighestRate(swarm, stage.quick ? [80] : PLAIN_RATES.slice(3), seconds, (step) =>
        stage.report(formatStep(kind, step)),
      );
      const held = steps.filter(({ isSustained: holds }) => holds).at(-1);
      if (held) best[kind] = held;
      notes.push(...findLimit(kind, steps));
      await swarm.close();
    }
    return [...rows, ...createResultRows(scenario, best, undefined, notes)];
  });
}

/** What a rate costs at which everybody keeps up, and ours sends as many frames as the others. */
function createEvenRateRows(
  scenario: string,
  rate: number,
  turns: Record<ServerKind, LoadStep[]>,
): ResultRow[] {
  const at = (pick: (step: LoadStep) => number) =>
    formatColumns({
      ours: median(turns.ours.map(pick)),
      bare: median(turns.bare.map(pick)),
      started: median(turns.started.map(pick)),
    });
  return [
    {
      scenario,
      measure: `deliveries per server CPU-second at ${rate} msg/s`,
      ...at(({ perCpuSecond }) => perCpuSecond),
      bar: 'within 1.1x of bare ws',
    },
    { scenario, measure: `p50 at ${rate} msg/s, ms`, ...at(({ p50 }) => p50) },
    { scenario, measure: `p99 at ${rate} msg/s, ms`, ...at(({ p99 }) => p99) },
  ];
}

/** Servers run for weeks: at so low a rate, code that was never compiled would be a third of what is measured. */
async function warmUpServer(server: BenchServer): Promise<void> {
  const swarm = await openMemberPool({ server, memberCount: 10, roomOffset: 1 });
  await runLoadStep(swarm, WARM_UP_STEP.rate, WARM_UP_STEP.seconds);
  await swarm.close();
}

function ratesFor(quick: boolean, kind: ServerKind, count: 1_000 | 5_000): number[] {
  if (kind === 'ours') return (quick ? QUICK_BATCH_RATES : BATCH_RATES)[count];
  return quick ? QUICK_PLAIN_RATES[count] : PLAIN_RATES.filter((rate) => rate >= FIRST_PLAIN_RATE[count]);
}

/** What the rate of the bar costs the server, which no other program of the machine can falsify. */
function createCostRows(
  scenario: string,
  { rate, perCpuSecond, isSustained: holds }: LoadStep,
  deliveries: number,
): ResultRow[] {
  const at = `at ${rate.toLocaleString('en')} msg/s`;
  return [
    {
      scenario,
      measure: `deliveries per server CPU-second ${at}`,
      ...formatColumns({ ours: perCpuSecond }),
      ...(holds ? {} : { note: 'did not hold in this run' }),
    },
    {
      scenario,
      measure: 'server CPU at that rate, % of a core',
      ...formatColumns({ ours: (deliveries / perCpuSecond) * 100 }),
    },
  ];
}

function createResultRows(
  scenario: string,
  best: Partial<Record<ServerKind, LoadStep>>,
  bar: string | undefined,
  notes: string[],
): ResultRow[] {
  const at = (pick: (step: LoadStep) => number) =>
    formatColumns(
      Object.fromEntries(Object.entries(best).map(([kind, step]) => [kind, pick(step)])) as Partial<
        Record<ServerKind, number>
      >,
    );
  return [
    {
      scenario,
      measure: 'highest sustained rate, msg/s',
      ...at(({ rate }) => rate),
      ...(bar ? { bar } : {}),
      note: notes.join('; '),
    },
    {
      scenario,
      measure: 'deliveries per server CPU-second at that rate',
      ...at(({ perCpuSecond }) => perCpuSecond),
    },
    { scenario, measure: 'p50 at that rate, ms', ...at(({ p50 }) => p50) },
    { scenario, measure: 'p99 at that rate, ms', ...at(({ p99 }) => p99) },
  ];
}

function findLimit(kind: ServerKind, steps: LoadStep[]): string[] {
  const last = steps.at(-1);
  if (!last) return [];
  if (last.isSustained) return [`${kind}: no higher rate was tried`];
  return last.isGeneratorSaturated ? [`${kind}: the generator's core was full at ${last.rate}`] : [];
}

function formatStep(
  kind: ServerKind,
  { rate, isSustained: holds, perCpuSecond, p50, p99, isGeneratorSaturated: full }: LoadStep,
): string {
  const figures = `${Math.round(perCpuSecond)} deliveries/CPU-s, p50 ${p50.toFixed(1)} p99 ${p99.toFixed(1)} ms`;
  return `${kind} ${rate} msg/s: ${holds ? 'holds' : 'falls behind'}, ${figures}${full ? ', generator full' : ''}`;
}
