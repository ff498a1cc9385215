/** How fast what is said is durable: acknowledgements a second in one hot room and in fifty, and how long one takes. */

import { setTimeout as pause } from 'node:timers/promises';
import { columns, type Row, type Stage } from '../context.js';
import { median, percentile, watchOwnCore, within } from '../measure.js';
import { openSwarm, type Swarm } from '../member-pool.js';
import type { Kind } from '../server.js';

const SENDERS = 50;
const IN_FLIGHT = 20;
const FULL = 0.93;
const WARM_UP = 3;
/** Messages a second, and seconds, before latency is measured: a server that compiles meanwhile is not one in use. */
const DRIP_WARM_UP = { rate: 600, seconds: 8 };
const BARS = { 1: '12,000', 50: '18,000' };

export type Run = {
  perSecond: number;
  p99: number;
  refused: number;
  full: boolean;
  /** Microseconds of processor time a message, of the server and of the database. */
  serverMicros: number;
  databaseMicros: number;
};

/** Fifty senders, each with twenty messages under way, in one room or in a room each. */
export async function throughput(stage: Stage, rooms: 1 | 50): Promise<Row[]> {
  const scenario = rooms === 1 ? 'durable acks, one hot room' : 'durable acks, 50 rooms';
  const seconds = stage.quick ? 2 : 4;
  return stage.withServers(['ours', 'started'], async (servers) => {
    const swarms: Swarm[] = [];
    for (const server of servers)
      swarms.push(await openSwarm({ server, count: SENDERS, rooms, batch: true, readers: Infinity }));
    const runs: Record<Kind, Run[]> = { ours: [], bare: [], started: [] };
    // Both are compiled by use; the first seconds of a process say nothing about its day.
    for (const swarm of swarms) await flood(swarm, WARM_UP, stage.databaseCpu);
    for (let turn = 0; turn < (stage.quick ? 2 : 3); turn += 1) {
      for (const swarm of swarms) {
        const run = await flood(swarm, seconds, stage.databaseCpu);
        const { kind } = swarm.server;
        runs[kind].push(run);
        stage.say(
          `${kind}: ${Math.round(run.perSecond)} acks/s, p99 ${run.p99.toFixed(1)} ms, ${run.refused} refused, ${run.serverMicros.toFixed(0)} + ${run.databaseMicros.toFixed(0)} us CPU`,
        );
      }
    }
    for (const swarm of swarms) await swarm.close();
    const at = (pick: (run: Run) => number) =>
      columns({ ours: median(runs.ours.map(pick)), started: median(runs.started.map(pick)) });
    const refused = runs.ours.reduce((sum, run) => sum + run.refused, 0);
    const notes = [
      ...(refused > 0 ? [`ours refused ${refused}`] : []),
      ...(runs.ours.some(({ full }) => full) ? ["the generator's core was full"] : []),
    ];
    return [
      {
        scenario,
        measure: 'acks/s, 50 senders with 20 in flight',
        ...at(({ perSecond }) => perSecond),
        bar: BARS[rooms],
        note: notes.join('; '),
      },
      { scenario, measure: 'p99 there, ms', ...at(({ p99 }) => p99) },
      { scenario, measure: 'server CPU an ack, us', ...at(({ serverMicros }) => serverMicros) },
      { scenario, measure: 'PostgreSQL CPU an ack, us', ...at(({ databaseMicros }) => databaseMicros) },
    ];
  });
}

/** @param inFlight messages that each member has under way all the time */
export async function flood(
  swarm: Swarm,
  seconds: number,
  databaseCpu: () => number,
  inFlight = IN_FLIGHT,
): Promise<Run> {
  const took: number[] = [];
  let [acked, refused, open, over] = [0, 0, 0, false];
  const began = performance.now();
  const send = (sender: number) => {
    const sent = performance.now();
    open += 1;
    swarm.members[sender]?.ask('chat message', line(sender), (ok) => {
      open -= 1;
      if (over) return;
      took.push(performance.now() - sent);
      if (ok) acked += 1;
      else refused += 1;
      send(sender);
    });
  };
  const before = { server: swarm.server.cpu(), database: databaseCpu() };
  const ownCore = watchOwnCore();
  const { length } = swarm.members;
  for (let each = 0; each < length * inFlight; each += 1) send(each % length);
  await pause(seconds * 1_000);
  over = true;
  const elapsed = (performance.now() - began) / 1_000;
  const full = ownCore() > FULL;
  const serverMicros = ((swarm.server.cpu() - before.server) / acked) * 1e6;
  const databaseMicros = ((databaseCpu() - before.database) / acked) * 1e6;
  await within(10_000, () => open === 0);
  const p99 = percentile(took, 0.99);
  return { perSecond: acked / elapsed, p99, refused, full, serverMicros, databaseMicros };
}

/** 200 messages a second over fifty rooms, well below what either server can do. */
export async function latency(stage: Stage): Promise<Row[]> {
  const scenario = 'ack latency, 200 msg/s in 50 rooms';
  return stage.withServers(['ours', 'started'], async (servers) => {
    const swarms: Swarm[] = [];
    for (const server of servers)
      swarms.push(
        await openSwarm({ server, count: SENDERS, rooms: SENDERS, batch: true, readers: Infinity }),
      );
    const turns: Record<Kind, number[][]> = { ours: [], bare: [], started: [] };
    const { rate, seconds } = DRIP_WARM_UP;
    for (const swarm of swarms) await drip(swarm, rate, stage.quick ? 2 : seconds);
    for (let turn = 0; turn < (stage.quick ? 2 : 4); turn += 1)
      for (const swarm of swarms) turns[swarm.server.kind].push(await drip(swarm, 200, stage.quick ? 2 : 4));
    for (const swarm of swarms) await swarm.close();
    const at = (share: number) =>
      columns({
        ours: median(turns.ours.map((times) => percentile(times, share))),
        started: median(turns.started.map((times) => percentile(times, share))),
      });
    return [
      { scenario, measure: 'p50, ms', ...at(0.5), bar: '3' },
      { scenario, measure: 'p99, ms', ...at(0.99), bar: '12' },
    ];
  });
}

async function drip(swarm: Swarm, rate: number, seconds: number): Promise<number[]> {
  const took: number[] = [];
  const began = performance.now();
  let sent = 0;
  for (; sent < rate * seconds; await pause(1)) {
    const due = Math.min(rate * seconds, ((performance.now() - began) / 1_000) * rate);
    for (; sent < due; sent += 1) {
      const at = performance.now();
      const sender = sent % SENDERS;
      swarm.members[sender]?.ask('chat message', line(sender), () => took.push(performance.now() - at));
    }
  }
  await within(10_000, () => took.length === sent);
  return took;
}

let lines = 0;
function line(sender: number): { content: string; clientId: string } {
  lines += 1;
  return {
    content: `${lines} and that is what member ${sender} has to say about the price`,
    clientId: `line-${lines}`,
  };
}
