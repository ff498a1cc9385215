/** What readers cost that stop reading while the room goes on: memory, time until they are let go, the others' delay. */

import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { BenchContext, ResultRow } from '../context.js';
import { runLoadStep } from '../load-generator.js';
import { openMemberPool } from '../member-pool.js';
import type { BenchServer, ServerKind } from '../server.js';

const STALLED_MEMBERS = 20;
const READING_MEMBERS = 50;
const MESSAGES_PER_SECOND = 200;
/** Seconds for which the others' delay is measured: before, and beside readers that have stopped and are still there. */
const MEASURE_SECONDS = 14;
/** Long messages, because the kernel holds about 3 MB of a connection before the server sees that nobody reads. */
const MESSAGE_LENGTH = 1_500;
const TCP_STATE_ESTABLISHED = '01';
const TCP_TABLE_PATH = '/proc/net/tcp';

type StallResult = {
  /** Growth of the resident memory at its highest, a stalled reader, in MB. */
  grown: number;
  /** Until the server had closed the first and the last of them, in seconds; null: it did not. */
  first: number | null;
  last: number | null;
  /** The others' p99, with the stalled readers there and before. */
  p99: number;
  p99Before: number;
};

export async function measureStalledReaders(stage: BenchContext): Promise<ResultRow[]> {
  const seconds = stage.quick ? 20 : 32;
  const outcomes: Partial<Record<ServerKind, StallResult>> = {};
  await stage.withServers(stage.quick ? ['ours'] : ['ours', 'started'], async (servers) => {
    for (const server of servers) {
      const outcome = await runStall(server, seconds);
      outcomes[server.kind] = outcome;
      stage.report(`${server.kind}: ${JSON.stringify(outcome)}`);
    }
  });
  const at = (pick: (outcome: StallResult) => number | null) => ({
    ours: outcomes.ours ? pick(outcomes.ours) : null,
    bare: null,
    started: outcomes.started ? pick(outcomes.started) : null,
  });
  const scenario = `stalled readers, ${STALLED_MEMBERS} beside ${READING_MEMBERS} at ${MESSAGES_PER_SECOND} msg/s`;
  const note = `half of them answer pings; "–" is not within ${seconds} s`;
  return [
    {
      scenario,
      measure: 'peak resident memory per stalled reader, MB',
      ...at(({ grown }) => grown),
      bar: '1.5',
    },
    { scenario, measure: 'until the first is closed, s', ...at(({ first }) => first), note },
    { scenario, measure: 'until the last is closed, s', ...at(({ last }) => last), bar: '15', note },
    {
      scenario,
      measure: 'p99 of the others, relative to before',
      ...at((each) => each.p99 / each.p99Before),
    },
  ];
}

async function runStall(server: BenchServer, seconds: number): Promise<StallResult> {
  const others = await openMemberPool({
    server,
    memberCount: READING_MEMBERS,
    batch: true,
    messageLength: MESSAGE_LENGTH,
    readerInterval: 10,
  });
  // Before, they read as everybody does: the room is as large, and what differs is that they stop.
  const silent = await openMemberPool({ server, memberCount: STALLED_MEMBERS, batch: true });
  const ports = new Set(silent.members.map((member) => member.localPort()));
  await runLoadStep(others, MESSAGES_PER_SECOND, 3);
  await server.memoryAfterGc();
  const watchBefore = watchConnections(server, ports);
  const before = await runLoadStep(others, MESSAGES_PER_SECOND, MEASURE_SECONDS);
  await watchBefore();
  await server.memoryAfterGc();
  for (const [index, member] of silent.members.entries()) member.stopReading(index % 2 === 0);
  const watch = watchConnections(server, ports);
  // The others' delay counts while nobody has been let go.
  const beside = await runLoadStep(others, MESSAGES_PER_SECOND, MEASURE_SECONDS);
  await runLoadStep(others, MESSAGES_PER_SECOND, seconds - MEASURE_SECONDS);
  const outcome = { p99: beside.p99, p99Before: before.p99, ...(await watch()) };
  await silent.close();
  await others.close();
  return outcome;
}

/** Looking costs the generator some milliseconds: it looks rarely while delays are measured, whether all read or not. */
function watchConnections(
  server: BenchServer,
  ports: Set<number>,
): () => Promise<Pick<StallResult, 'grown' | 'first' | 'last'>> {
  const base = server.residentBytes();
  const began = performance.now();
  const seen: Pick<StallResult, 'grown' | 'first' | 'last'> = { grown: 0, first: null, last: null };
  let watching = true;
  const watch = (async () => {
    for (let at = 0; watching; await pause(at < MEASURE_SECONDS ? 1_000 : 100)) {
      at = (performance.now() - began) / 1_000;
      seen.grown = Math.max(seen.grown, (server.residentBytes() - base) / STALLED_MEMBERS / 1e6);
      const open = countEstablished(server.port, ports);
      if (open < STALLED_MEMBERS) seen.first ??= at;
      if (open === 0) seen.last ??= at;
    }
  })();
  return async () => {
    watching = false;
    await watch;
    return seen;
  };
}

/** Connections the server still holds, by the kernel's table: a reader that does not read cannot see its own end. */
function countEstablished(serverPort: number, ports: Set<number>): number {
  let open = 0;
  for (const line of readFileSync(TCP_TABLE_PATH, 'latin1').split('\n').slice(1)) {
    const [, local = '', remote = '', state] = line.trim().split(/\s+/);
    if (state !== TCP_STATE_ESTABLISHED || portOf(local) !== serverPort) continue;
    if (ports.has(portOf(remote))) open += 1;
  }
  return open;
}

function portOf(address: string): number {
  return Number.parseInt(address.slice(address.indexOf(':') + 1), 16);
}
