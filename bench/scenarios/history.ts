/** How fast older pages come out of a room of a million messages, through sockets. */

import { setTimeout as pause } from 'node:timers/promises';
import { MAIN_ROOM } from '@chatty/protocol/sizes';
import { columns, type Row, type Stage } from '../context.js';
import { median, percentile, within } from '../measure.js';
import { openSwarm, type Swarm } from '../member-pool.js';
import { type Kind, query, type Server } from '../server.js';

const READERS = 400;
const IN_FLIGHT = 32;
/** Pages come from the whole room, but never from its very beginning. */
const OLDEST = 100;
/** Milliseconds of one run. */
const RUN = 4_000;

const FILL: Record<Exclude<Kind, 'bare'>, string[]> = {
  ours: [
    `INSERT INTO rooms (project_id, room_id, last_seq) VALUES ('p1', '${MAIN_ROOM}', $1::int)`,
    `INSERT INTO messages (project_id, room_id, id, seq, user_id, username, content, created_at)
      SELECT 'p1', '${MAIN_ROOM}', n, n, 'u' || n % 500, 'member', 'line ' || n || ' of a long talk about the price',
        now() - make_interval(secs => $1::int - n) FROM generate_series(1, $1::int) n`,
  ],
  started: [
    `INSERT INTO lines (room, user_id, username, content)
      SELECT 'p1', 'u' || n % 500, 'member', 'line ' || n || ' of a long talk about the price' FROM generate_series(1, $1::int) n`,
  ],
};

type Run = {
  perSecond: number;
  p50: number;
  p99: number;
  refused: number;
  /** Microseconds of processor time a page, of the server and of the database. */
  serverMicros: number;
  databaseMicros: number;
};

export async function historyReads(stage: Stage): Promise<Row[]> {
  const rows = stage.quick ? 100_000 : 1_000_000;
  const runs: Record<Kind, Run[]> = { ours: [], bare: [], started: [] };
  await stage.withServers(['ours', 'started'], async (servers) => {
    const swarms: Swarm[] = [];
    for (const server of servers) {
      await fill(server, rows);
      swarms.push(await openSwarm({ server, count: READERS, batch: true, readers: Infinity }));
    }
    for (let turn = 0; turn < (stage.quick ? 2 : 3); turn += 1) {
      for (const swarm of swarms) {
        const run = await read(swarm, rows, stage.databaseCpu);
        runs[swarm.server.kind].push(run);
        stage.say(`${swarm.server.kind}: ${JSON.stringify(run)}`);
      }
    }
    for (const swarm of swarms) await swarm.close();
  });
  const scenario = `history, pages of 50 from ${rows.toLocaleString('en')} messages`;
  const at = (pick: (run: Run) => number) =>
    columns({ ours: median(runs.ours.map(pick)), started: median(runs.started.map(pick)) });
  const refused = runs.ours.reduce((sum, run) => sum + run.refused, 0);
  return [
    {
      scenario,
      measure: `pages/s, ${IN_FLIGHT} under way`,
      ...at(({ perSecond }) => perSecond),
      ...(refused > 0 ? { note: `ours refused ${refused}` } : {}),
    },
    { scenario, measure: 'p50, ms', ...at(({ p50 }) => p50) },
    { scenario, measure: 'p99, ms', ...at(({ p99 }) => p99) },
    { scenario, measure: 'server CPU a page, us', ...at(({ serverMicros }) => serverMicros) },
    { scenario, measure: 'PostgreSQL CPU a page, us', ...at(({ databaseMicros }) => databaseMicros) },
  ];
}

/** Before anybody comes: a room that is being followed would get all these as news. */
async function fill(server: Server, rows: number): Promise<void> {
  if (server.kind === 'bare') return;
  for (const sql of FILL[server.kind]) await query(server.database, sql, [rows]);
  await query(server.database, server.kind === 'ours' ? 'VACUUM ANALYZE messages' : 'VACUUM ANALYZE lines');
}

async function read(swarm: Swarm, rows: number, databaseCpu: () => number): Promise<Run> {
  const took: number[] = [];
  let [refused, open, asked, over] = [0, 0, 0, false];
  const ask = () => {
    const began = performance.now();
    const before = OLDEST + Math.floor(Math.random() * (rows - OLDEST));
    open += 1;
    asked += 1;
    swarm.members[asked % READERS]?.ask('history', { before }, (ok) => {
      open -= 1;
      if (over) return;
      if (ok) took.push(performance.now() - began);
      else refused += 1;
      ask();
    });
  };
  const before = { server: swarm.server.cpu(), database: databaseCpu() };
  const began = performance.now();
  for (let each = 0; each < IN_FLIGHT; each += 1) ask();
  await pause(RUN);
  over = true;
  const elapsed = (performance.now() - began) / 1_000;
  const serverMicros = ((swarm.server.cpu() - before.server) / took.length) * 1e6;
  const databaseMicros = ((databaseCpu() - before.database) / took.length) * 1e6;
  await within(10_000, () => open === 0);
  return {
    perSecond: took.length / elapsed,
    p50: percentile(took, 0.5),
    p99: percentile(took, 0.99),
    refused,
    serverMicros,
    databaseMicros,
  };
}
