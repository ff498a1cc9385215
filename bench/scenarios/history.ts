/** How fast older pages come out of a room of a million messages, through sockets. */

import { setTimeout as pause } from 'node:timers/promises';
import { MAIN_ROOM } from '@chatty/protocol';
import { type BenchContext, formatColumns, type ResultRow } from '../context.js';
import { median, percentile, waitUntil } from '../measure.js';
import { type MemberPool, openMemberPool } from '../member-pool.js';
import { type BenchServer, query, type ServerKind } from '../server.js';

const READER_COUNT = 400;
const REQUESTS_IN_FLIGHT = 32;
/** Pages come from the whole room, but never from its very beginning. */
const OLDEST_READ_ID = 100;
/** Milliseconds of one run. */
const READ_COUNT = 4_000;

const FILL_QUERY: Record<Exclude<ServerKind, 'bare'>, string[]> = {
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

type HistoryRun = {
  perSecond: number;
  p50: number;
  p99: number;
  refused: number;
  /** Microseconds of processor time a page, of the server and of the database. */
  serverMicros: number;
  databaseMicros: number;
};

export async function measureHistoryReads(stage: BenchContext): Promise<ResultRow[]> {
  const rows = stage.quick ? 100_000 : 1_000_000;
  const runs: Record<ServerKind, HistoryRun[]> = { ours: [], bare: [], started: [] };
  await stage.withServers(['ours', 'started'], async (servers) => {
    const swarms: MemberPool[] = [];
    for (const server of servers) {
      await fillRoom(server, rows);
      swarms.push(
        await openMemberPool({ server, memberCount: READER_COUNT, batch: true, readerInterval: Infinity }),
      );
    }
    for (let turn = 0; turn < (stage.quick ? 2 : 3); turn += 1) {
      for (const swarm of swarms) {
        const run = await readPages(swarm, rows, stage.databaseCpu);
        runs[swarm.server.kind].push(run);
        stage.report(`${swarm.server.kind}: ${JSON.stringify(run)}`);
      }
    }
    for (const swarm of swarms) await swarm.close();
  });
  const scenario = `history, pages of 50 from ${rows.toLocaleString('en')} messages`;
  const at = (pick: (run: HistoryRun) => number) =>
    formatColumns({ ours: median(runs.ours.map(pick)), started: median(runs.started.map(pick)) });
  const refused = runs.ours.reduce((sum, run) => sum + run.refused, 0);
  return [
    {
      scenario,
      measure: `pages/s, ${REQUESTS_IN_FLIGHT} in flight`,
      ...at(({ perSecond }) => perSecond),
      ...(refused > 0 ? { note: `ours refused ${refused}` } : {}),
    },
    { scenario, measure: 'p50, ms', ...at(({ p50 }) => p50) },
    { scenario, measure: 'p99, ms', ...at(({ p99 }) => p99) },
    { scenario, measure: 'server CPU per page, us', ...at(({ serverMicros }) => serverMicros) },
    { scenario, measure: 'PostgreSQL CPU per page, us', ...at(({ databaseMicros }) => databaseMicros) },
  ];
}

/** Before anybody comes: a room that is being followed would get all these as news. */
async function fillRoom(server: BenchServer, rows: number): Promise<void> {
  if (server.kind === 'bare') return;
  for (const sql of FILL_QUERY[server.kind]) await query(server.database, sql, [rows]);
  await query(server.database, server.kind === 'ours' ? 'VACUUM ANALYZE messages' : 'VACUUM ANALYZE lines');
}

async function readPages(swarm: MemberPool, rows: number, databaseCpu: () => number): Promise<HistoryRun> {
  const took: number[] = [];
  let [refused, open, asked, over] = [0, 0, 0, false];
  const ask = () => {
    const began = performance.now();
    const before = OLDEST_READ_ID + Math.floor(Math.random() * (rows - OLDEST_READ_ID));
    open += 1;
    asked += 1;
    swarm.members[asked % READER_COUNT]?.request('history', { before }, (ok) => {
      open -= 1;
      if (over) return;
      if (ok) took.push(performance.now() - began);
      else refused += 1;
      ask();
    });
  };
  const before = { server: swarm.server.cpuSeconds(), database: databaseCpu() };
  const began = performance.now();
  for (let each = 0; each < REQUESTS_IN_FLIGHT; each += 1) ask();
  await pause(READ_COUNT);
  over = true;
  const elapsed = (performance.now() - began) / 1_000;
  const serverMicros = ((swarm.server.cpuSeconds() - before.server) / took.length) * 1e6;
  const databaseMicros = ((databaseCpu() - before.database) / took.length) * 1e6;
  await waitUntil(10_000, () => open === 0);
  return {
    perSecond: took.length / elapsed,
    p50: percentile(took, 0.5),
    p99: percentile(took, 0.99),
    refused,
    serverMicros,
    databaseMicros,
  };
}
