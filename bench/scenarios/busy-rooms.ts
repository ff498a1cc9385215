/** What a flush costs: with many rooms busy and many more stored, and with PostgreSQL's JIT as the server has it and off. */

import { columns, type Row, type Stage } from '../context.js';
import { median } from '../measure.js';
import { openSwarm, type Swarm } from '../member-pool.js';
import { query, type Server } from '../server.js';
import { flood, type Run } from './acknowledgements.js';

const FEW = 50;
const MANY = 1_000;
const STORED = 20_000;
/** Messages under way at once, in however many rooms. */
const UNDER_WAY = 1_000;
const WARM_UP_SECONDS = 3;

const STORE_ROOMS = `INSERT INTO rooms (project_id, room_id)
  SELECT 'stored-' || n, 'main' FROM generate_series(1, ${STORED}) n`;

/** One member in each room, and each room in a project of its own; 50 rooms and 1,000 rooms by turns, on the same server, with 20,000 rooms stored. */
export async function busyRooms(stage: Stage): Promise<Row[]> {
  return stage.withServers(['ours'], async ([server]) => {
    if (!server) throw new Error('there is no server');
    await query(server.database, STORE_ROOMS);
    const swarms = [await oneEach(server, FEW), await oneEach(server, MANY)] as const;
    const [few, many] = await byTurns(stage, swarms);
    for (const swarm of swarms) await swarm.close();
    const scenario = `busy rooms, ${STORED} rooms stored, ${UNDER_WAY} messages under way`;
    return [
      ...figures(scenario, `${FEW} rooms`, few),
      ...figures(scenario, `${MANY} rooms`, many),
      ratio(scenario, `acks/s with ${MANY} rooms by those with ${FEW}`, many, few, '0.5'),
    ];
  });
}

/** Two servers of ours: with the database's default, and where the connections ask for JIT to be off. */
export async function withoutJit(stage: Stage): Promise<Row[]> {
  return stage.withServers(['ours'], ([normal]) =>
    stage.withServers(
      ['ours'],
      async ([off]) => {
        if (!normal || !off) throw new Error('there is no server');
        const swarms = [await oneEach(normal, FEW), await oneEach(off, FEW)] as const;
        const [asIs, without] = await byTurns(stage, swarms);
        for (const swarm of swarms) await swarm.close();
        const scenario = "durable acks, 50 rooms, PostgreSQL's JIT";
        return [
          ...figures(scenario, "the database's default", asIs),
          ...figures(scenario, 'jit = off for all', without),
          ratio(scenario, 'acks/s with the default by those with jit = off', asIs, without, '0.8'),
        ];
      },
      { PGOPTIONS: '-c jit=off' },
    ),
  );
}

const oneEach = (server: Server, rooms: number): Promise<Swarm> =>
  openSwarm({ server, count: rooms, rooms, batch: true, readers: Infinity });

/** By turns, so that whatever else the machine does meets both. */
async function byTurns(stage: Stage, swarms: readonly [Swarm, Swarm]): Promise<[Run[], Run[]]> {
  const runs: [Run[], Run[]] = [[], []];
  const each = (swarm: Swarm, seconds: number) =>
    flood(swarm, seconds, stage.databaseCpu, UNDER_WAY / swarm.members.length);
  for (const swarm of swarms) await each(swarm, WARM_UP_SECONDS);
  for (let turn = 0; turn < (stage.quick ? 2 : 5); turn += 1) {
    for (const [index, swarm] of swarms.entries()) {
      const run = await each(swarm, stage.quick ? 2 : 4);
      runs[index]?.push(run);
      stage.say(
        `${swarm.members.length} members: ${Math.round(run.perSecond)} acks/s, p99 ${run.p99.toFixed(1)} ms, ${run.refused} refused`,
      );
    }
  }
  return runs;
}

const middle = (runs: readonly Run[], pick: (run: Run) => number) => median(runs.map(pick));

function figures(scenario: string, name: string, runs: readonly Run[]): Row[] {
  const refused = runs.reduce((sum, run) => sum + run.refused, 0);
  const row = (measure: string, pick: (run: Run) => number): Row => ({
    scenario,
    measure: `${measure}, ${name}`,
    ...columns({ ours: middle(runs, pick) }),
  });
  return [
    { ...row('acks/s', ({ perSecond }) => perSecond), note: refused > 0 ? `refused ${refused}` : '' },
    row('p99 there, ms', ({ p99 }) => p99),
    row('server CPU an ack, us', ({ serverMicros }) => serverMicros),
    row('PostgreSQL CPU an ack, us', ({ databaseMicros }) => databaseMicros),
  ];
}

function ratio(
  scenario: string,
  measure: string,
  one: readonly Run[],
  other: readonly Run[],
  bar: string,
): Row {
  const perSecond = (runs: readonly Run[]) => middle(runs, (run) => run.perSecond);
  return { scenario, measure, ...columns({ ours: perSecond(one) / perSecond(other) }), bar };
}
