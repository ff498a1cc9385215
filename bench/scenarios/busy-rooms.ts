/** What a flush costs: with many rooms busy and many more stored, and with PostgreSQL's JIT as the server has it and off. */

import { type BenchContext, formatColumns, type ResultRow } from '../context.js';
import { median } from '../measure.js';
import { type MemberPool, openMemberPool } from '../member-pool.js';
import { type BenchServer, query } from '../server.js';
import { type AckRun, sendAtFullRate } from './acknowledgements.js';

const FEW_ROOMS = 50;
const MANY_ROOMS = 1_000;
const STORED_ROOMS = 20_000;
/** Messages under way at once, in however many rooms. */
const MESSAGES_IN_FLIGHT = 1_000;
const WARM_UP_SECONDS = 3;

const INSERT_ROOMS_QUERY = `INSERT INTO rooms (project_id, room_id)
  SELECT 'stored-' || n, 'main' FROM generate_series(1, ${STORED_ROOMS}) n`;

/** One member in each room, and each room in a project of its own; 50 rooms and 1,000 rooms by turns, on the same server, with 20,000 rooms stored. */
export async function measureBusyRooms(stage: BenchContext): Promise<ResultRow[]> {
  return stage.withServers(['ours'], async ([server]) => {
    if (!server) throw new Error('there is no server');
    await query(server.database, INSERT_ROOMS_QUERY);
    const swarms = [
      await openOneMemberPerRoom(server, FEW_ROOMS),
      await openOneMemberPerRoom(server, MANY_ROOMS),
    ] as const;
    const [few, many] = await runByTurns(stage, swarms);
    for (const swarm of swarms) await swarm.close();
    const scenario = `busy rooms, ${STORED_ROOMS} rooms stored, ${MESSAGES_IN_FLIGHT} messages in flight`;
    return [
      ...createFigureRow(scenario, `${FEW_ROOMS} rooms`, few),
      ...createFigureRow(scenario, `${MANY_ROOMS} rooms`, many),
      createRatioRow(
        scenario,
        `acks/s with ${MANY_ROOMS} rooms by those with ${FEW_ROOMS}`,
        many,
        few,
        '0.5',
      ),
    ];
  });
}

/** Two servers of ours: with the database's default, and where the connections ask for JIT to be off. */
export async function measureWithoutJit(stage: BenchContext): Promise<ResultRow[]> {
  return stage.withServers(['ours'], ([normal]) =>
    stage.withServers(
      ['ours'],
      async ([off]) => {
        if (!normal || !off) throw new Error('there is no server');
        const swarms = [
          await openOneMemberPerRoom(normal, FEW_ROOMS),
          await openOneMemberPerRoom(off, FEW_ROOMS),
        ] as const;
        const [asIs, without] = await runByTurns(stage, swarms);
        for (const swarm of swarms) await swarm.close();
        const scenario = "durable acks, 50 rooms, PostgreSQL's JIT";
        return [
          ...createFigureRow(scenario, "the database's default", asIs),
          ...createFigureRow(scenario, 'jit = off for all', without),
          createRatioRow(scenario, 'acks/s with the default by those with jit = off', asIs, without, '0.8'),
        ];
      },
      { PGOPTIONS: '-c jit=off' },
    ),
  );
}

const openOneMemberPerRoom = (server: BenchServer, rooms: number): Promise<MemberPool> =>
  openMemberPool({ server, memberCount: rooms, roomCount: rooms, batch: true, readerInterval: Infinity });

/** By turns, so that whatever else the machine does meets both. */
async function runByTurns(
  stage: BenchContext,
  swarms: readonly [MemberPool, MemberPool],
): Promise<[AckRun[], AckRun[]]> {
  const runs: [AckRun[], AckRun[]] = [[], []];
  const each = (swarm: MemberPool, seconds: number) =>
    sendAtFullRate(swarm, seconds, stage.databaseCpu, MESSAGES_IN_FLIGHT / swarm.members.length);
  for (const swarm of swarms) await each(swarm, WARM_UP_SECONDS);
  for (let turn = 0; turn < (stage.quick ? 2 : 5); turn += 1) {
    for (const [index, swarm] of swarms.entries()) {
      const run = await each(swarm, stage.quick ? 2 : 4);
      runs[index]?.push(run);
      stage.report(
        `${swarm.members.length} members: ${Math.round(run.perSecond)} acks/s, p99 ${run.p99.toFixed(1)} ms, ${run.refused} refused`,
      );
    }
  }
  return runs;
}

const medianRun = (runs: readonly AckRun[], pick: (run: AckRun) => number) => median(runs.map(pick));

function createFigureRow(scenario: string, name: string, runs: readonly AckRun[]): ResultRow[] {
  const refused = runs.reduce((sum, run) => sum + run.refused, 0);
  const row = (measure: string, pick: (run: AckRun) => number): ResultRow => ({
    scenario,
    measure: `${measure}, ${name}`,
    ...formatColumns({ ours: medianRun(runs, pick) }),
  });
  return [
    { ...row('acks/s', ({ perSecond }) => perSecond), note: refused > 0 ? `refused ${refused}` : '' },
    row('p99 at that rate, ms', ({ p99 }) => p99),
    row('server CPU per ack, us', ({ serverMicros }) => serverMicros),
    row('PostgreSQL CPU per ack, us', ({ databaseMicros }) => databaseMicros),
  ];
}

function createRatioRow(
  scenario: string,
  measure: string,
  one: readonly AckRun[],
  other: readonly AckRun[],
  bar: string,
): ResultRow {
  const perSecond = (runs: readonly AckRun[]) => medianRun(runs, (run) => run.perSecond);
  return { scenario, measure, ...formatColumns({ ours: perSecond(one) / perSecond(other) }), bar };
}
