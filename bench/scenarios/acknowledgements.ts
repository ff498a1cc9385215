/** How fast what is said is durable: acknowledgements a second in one hot room and in fifty, and how long one takes. */

import { setTimeout as pause } from 'node:timers/promises';
import { type BenchContext, formatColumns, type ResultRow } from '../context.js';
import { median, percentile, startCoreUsage, waitUntil } from '../measure.js';
import { type MemberPool, openMemberPool } from '../member-pool.js';
import type { ServerKind } from '../server.js';

const SENDER_COUNT = 50;
const MESSAGES_IN_FLIGHT = 20;
const SATURATED_CORE_SHARE = 0.93;
const WARM_UP_SECONDS = 3;
/** Messages a second, and seconds, before latency is measured: a server that compiles meanwhile is not one in use. */
const STEADY_WARM_UP_SECONDS = { rate: 600, seconds: 8 };
const TARGETS = { 1: '12,000', 50: '18,000' };

export type AckRun = {
  perSecond: number;
  p99: number;
  refused: number;
  isGeneratorSaturated: boolean;
  /** Microseconds of processor time a message, of the server and of the database. */
  serverMicros: number;
  databaseMicros: number;
};

/** Fifty senders, each with twenty messages under way, in one room or in a room each. */
export async function measureThroughput(stage: BenchContext, rooms: 1 | 50): Promise<ResultRow[]> {
  const scenario = rooms === 1 ? 'durable acks, one busy room' : 'durable acks, 50 rooms';
  const seconds = stage.quick ? 2 : 4;
  return stage.withServers(['ours', 'started'], async (servers) => {
    const swarms: MemberPool[] = [];
    for (const server of servers)
      swarms.push(
        await openMemberPool({
          server,
          memberCount: SENDER_COUNT,
          roomCount: rooms,
          batch: true,
          readerInterval: Infinity,
        }),
      );
    const runs: Record<ServerKind, AckRun[]> = { ours: [], bare: [], started: [] };
    // Both are compiled by use; the first seconds of a process say nothing about its day.
    for (const swarm of swarms) await sendAtFullRate(swarm, WARM_UP_SECONDS, stage.databaseCpu);
    for (let turn = 0; turn < (stage.quick ? 2 : 3); turn += 1) {
      for (const swarm of swarms) {
        const run = await sendAtFullRate(swarm, seconds, stage.databaseCpu);
        const { kind } = swarm.server;
        runs[kind].push(run);
        stage.report(
          `${kind}: ${Math.round(run.perSecond)} acks/s, p99 ${run.p99.toFixed(1)} ms, ${run.refused} refused, ${run.serverMicros.toFixed(0)} + ${run.databaseMicros.toFixed(0)} us CPU`,
        );
      }
    }
    for (const swarm of swarms) await swarm.close();
    const at = (pick: (run: AckRun) => number) =>
      formatColumns({ ours: median(runs.ours.map(pick)), started: median(runs.started.map(pick)) });
    const refused = runs.ours.reduce((sum, run) => sum + run.refused, 0);
    const notes = [
      ...(refused > 0 ? [`ours refused ${refused}`] : []),
      ...(runs.ours.some(({ isGeneratorSaturated: full }) => full) ? ["the generator's core was full"] : []),
    ];
    return [
      {
        scenario,
        measure: 'acks/s, 50 senders with 20 in flight',
        ...at(({ perSecond }) => perSecond),
        bar: TARGETS[rooms],
        note: notes.join('; '),
      },
      { scenario, measure: 'p99 at that rate, ms', ...at(({ p99 }) => p99) },
      { scenario, measure: 'server CPU per ack, us', ...at(({ serverMicros }) => serverMicros) },
      { scenario, measure: 'PostgreSQL CPU per ack, us', ...at(({ databaseMicros }) => databaseMicros) },
    ];
  });
}

/** @param inFlight messages that each member has under way all the time */
export async function sendAtFullRate(
  swarm: MemberPool,
  seconds: number,
  databaseCpu: () => number,
  inFlight = MESSAGES_IN_FLIGHT,
): Promise<AckRun> {
  const took: number[] = [];
  let [acked, refused, open, over] = [0, 0, 0, false];
  const began = performance.now();
  const send = (sender: number) => {
    const sent = performance.now();
    open += 1;
    swarm.members[sender]?.request('chat message', nextMessage(sender), (ok) => {
      open -= 1;
      if (over) return;
      took.push(performance.now() - sent);
      if (ok) acked += 1;
      else refused += 1;
      send(sender);
    });
  };
  const before = { server: swarm.server.cpuSeconds(), database: databaseCpu() };
  const ownCore = startCoreUsage();
  const { length } = swarm.members;
  for (let each = 0; each < length * inFlight; each += 1) send(each % length);
  await pause(seconds * 1_000);
  over = true;
  const elapsed = (performance.now() - began) / 1_000;
  const full = ownCore() > SATURATED_CORE_SHARE;
  const serverMicros = ((swarm.server.cpuSeconds() - before.server) / acked) * 1e6;
  const databaseMicros = ((databaseCpu() - before.database) / acked) * 1e6;
  await waitUntil(10_000, () => open === 0);
  const p99 = percentile(took, 0.99);
  return {
    perSecond: acked / elapsed,
    p99,
    refused,
    isGeneratorSaturated: full,
    serverMicros,
    databaseMicros,
  };
}

/** 200 messages a second over fifty rooms, well below what either server can do. */
export async function measureLatency(stage: BenchContext): Promise<ResultRow[]> {
  const scenario = 'ack latency, 200 msg/s in 50 rooms';
  return stage.withServers(['ours', 'started'], async (servers) => {
    const swarms: MemberPool[] = [];
    for (const server of servers)
      swarms.push(
        await openMemberPool({
          server,
          memberCount: SENDER_COUNT,
          roomCount: SENDER_COUNT,
          batch: true,
          readerInterval: Infinity,
        }),
      );
    const turns: Record<ServerKind, number[][]> = { ours: [], bare: [], started: [] };
    const { rate, seconds } = STEADY_WARM_UP_SECONDS;
    for (const swarm of swarms) await sendAtSteadyRate(swarm, rate, stage.quick ? 2 : seconds);
    for (let turn = 0; turn < (stage.quick ? 2 : 4); turn += 1)
      for (const swarm of swarms)
        turns[swarm.server.kind].push(await sendAtSteadyRate(swarm, 200, stage.quick ? 2 : 4));
    for (const swarm of swarms) await swarm.close();
    const at = (share: number) =>
      formatColumns({
        ours: median(turns.ours.map((times) => percentile(times, share))),
        started: median(turns.started.map((times) => percentile(times, share))),
      });
    return [
      { scenario, measure: 'p50, ms', ...at(0.5), bar: '3' },
      { scenario, measure: 'p99, ms', ...at(0.99), bar: '12' },
    ];
  });
}

async function sendAtSteadyRate(swarm: MemberPool, rate: number, seconds: number): Promise<number[]> {
  const took: number[] = [];
  const began = performance.now();
  let sent = 0;
  for (; sent < rate * seconds; await pause(1)) {
    const due = Math.min(rate * seconds, ((performance.now() - began) / 1_000) * rate);
    for (; sent < due; sent += 1) {
      const at = performance.now();
      const sender = sent % SENDER_COUNT;
      swarm.members[sender]?.request('chat message', nextMessage(sender), () =>
        took.push(performance.now() - at),
      );
    }
  }
  await waitUntil(10_000, () => took.length === sent);
  return took;
}

let messageCount = 0;
function nextMessage(sender: number): { content: string; clientId: string } {
  messageCount += 1;
  return {
    content: `${messageCount} and that is what member ${sender} has to say about the price`,
    clientId: `line-${messageCount}`,
  };
}
