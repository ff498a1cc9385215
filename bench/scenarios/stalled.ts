/** What readers cost that stop reading while the room goes on: memory, time until they are let go, the others' delay. */

import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Row, Stage } from '../context.js';
import { runStep } from '../load-generator.js';
import { openSwarm } from '../member-pool.js';
import type { Kind, Server } from '../server.js';

const STALLED = 20;
const OTHERS = 50;
const RATE = 200;
/** Seconds for which the others' delay is measured: before, and beside readers that have stopped and are still there. */
const BESIDE = 14;
/** Long messages, because the kernel holds about 3 MB of a connection before the server sees that nobody reads. */
const SIZE = 1_500;
const ESTABLISHED = '01';
const TCP_TABLE = '/proc/net/tcp';

type Outcome = {
  /** Growth of the resident memory at its highest, a stalled reader, in MB. */
  grown: number;
  /** Until the server had closed the first and the last of them, in seconds; null: it did not. */
  first: number | null;
  last: number | null;
  /** The others' p99, with the stalled readers there and before. */
  p99: number;
  p99Before: number;
};

export async function stalled(stage: Stage): Promise<Row[]> {
  const seconds = stage.quick ? 20 : 32;
  const outcomes: Partial<Record<Kind, Outcome>> = {};
  await stage.withServers(stage.quick ? ['ours'] : ['ours', 'started'], async (servers) => {
    for (const server of servers) {
      const outcome = await stall(server, seconds);
      outcomes[server.kind] = outcome;
      stage.say(`${server.kind}: ${JSON.stringify(outcome)}`);
    }
  });
  const at = (pick: (outcome: Outcome) => number | null) => ({
    ours: outcomes.ours ? pick(outcomes.ours) : null,
    bare: null,
    started: outcomes.started ? pick(outcomes.started) : null,
  });
  const scenario = `stalled readers, ${STALLED} beside ${OTHERS} at ${RATE} msg/s`;
  const note = `half of them answer pings; "–" is not within ${seconds} s`;
  return [
    {
      scenario,
      measure: 'resident memory at most, a stalled reader, MB',
      ...at(({ grown }) => grown),
      bar: '1.5',
    },
    { scenario, measure: 'until the first is closed, s', ...at(({ first }) => first), note },
    { scenario, measure: 'until the last is closed, s', ...at(({ last }) => last), bar: '15', note },
    { scenario, measure: "others' p99, as a multiple of before", ...at((each) => each.p99 / each.p99Before) },
  ];
}

async function stall(server: Server, seconds: number): Promise<Outcome> {
  const others = await openSwarm({ server, count: OTHERS, batch: true, size: SIZE, readers: 10 });
  // Before, they read as everybody does: the room is as large, and what differs is that they stop.
  const silent = await openSwarm({ server, count: STALLED, batch: true });
  const ports = new Set(silent.members.map((member) => member.port()));
  await runStep(others, RATE, 3);
  await server.memory();
  const watchBefore = watchOver(server, ports);
  const before = await runStep(others, RATE, BESIDE);
  await watchBefore();
  await server.memory();
  for (const [index, member] of silent.members.entries()) member.stall(index % 2 === 0);
  const watch = watchOver(server, ports);
  // The others' delay counts while nobody has been let go.
  const beside = await runStep(others, RATE, BESIDE);
  await runStep(others, RATE, seconds - BESIDE);
  const outcome = { p99: beside.p99, p99Before: before.p99, ...(await watch()) };
  await silent.close();
  await others.close();
  return outcome;
}

/** Looking costs the generator some milliseconds: it looks rarely while delays are measured, whether all read or not. */
function watchOver(
  server: Server,
  ports: Set<number>,
): () => Promise<Pick<Outcome, 'grown' | 'first' | 'last'>> {
  const base = server.resident();
  const began = performance.now();
  const seen: Pick<Outcome, 'grown' | 'first' | 'last'> = { grown: 0, first: null, last: null };
  let watching = true;
  const watch = (async () => {
    for (let at = 0; watching; await pause(at < BESIDE ? 1_000 : 100)) {
      at = (performance.now() - began) / 1_000;
      seen.grown = Math.max(seen.grown, (server.resident() - base) / STALLED / 1e6);
      const open = established(server.port, ports);
      if (open < STALLED) seen.first ??= at;
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
function established(serverPort: number, ports: Set<number>): number {
  let open = 0;
  for (const line of readFileSync(TCP_TABLE, 'latin1').split('\n').slice(1)) {
    const [, local = '', remote = '', state] = line.trim().split(/\s+/);
    if (state !== ESTABLISHED || portOf(local) !== serverPort) continue;
    if (ports.has(portOf(remote))) open += 1;
  }
  return open;
}

function portOf(address: string): number {
  return Number.parseInt(address.slice(address.indexOf(':') + 1), 16);
}
