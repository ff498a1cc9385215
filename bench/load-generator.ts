/** Puts a steady rate of messages into a room and says what it cost and whether the server kept up. */

import { setTimeout as pause } from 'node:timers/promises';
import { percentile, startCoreUsage, waitUntil } from './measure.js';
import type { MemberPool } from './member-pool.js';

export type LoadStep = {
  rate: number;
  /** All deliveries came, the last soon after the last message was said, and p99 was within the bound. */
  isSustained: boolean;
  deliveries: number;
  /** Processor seconds of the server, from the first message to the last delivery. */
  serverCpuSeconds: number;
  perCpuSecond: number;
  p50: number;
  p99: number;
  /** The generator's core had nothing left: what is slow may be the generator. */
  isGeneratorSaturated: boolean;
};

/** The bound on p99 in milliseconds under which a rate counts as held. */
const MAX_P99_MS = 250;
/** Longer than this behind the last message, in milliseconds, is falling behind. */
const MAX_BEHIND_MS = 500;
const GIVE_UP_MS = 4_000;
const SETTLE_TIMEOUT_MS = 10_000;
const SATURATED_CORE_SHARE = 0.93;
const TICK_INTERVAL_MS = 2;

/** @param rate messages a second into the room of the swarm, for `seconds` */
export async function runLoadStep(swarm: MemberPool, rate: number, seconds: number): Promise<LoadStep> {
  const { server, counters: tally, members } = swarm;
  // What an overloaded step left behind belongs to that step.
  await waitUntil(SETTLE_TIMEOUT_MS, () => tally.deliveries >= tally.sentCount * members.length);
  tally.latencies = [];
  const before = { deliveries: tally.deliveries, said: tally.sentCount, cpu: server.cpuSeconds() };
  const ownCore = startCoreUsage();
  const began = performance.now();
  for (let said = 0; said < rate * seconds; await pause(TICK_INTERVAL_MS)) {
    const due = Math.min(rate * seconds, ((performance.now() - began) / 1_000) * rate);
    for (; said < due; said += 1) swarm.sendNext();
  }
  const busy = ownCore();
  const expected = () => (tally.sentCount - before.said) * members.length;
  const arrived = () => tally.deliveries - before.deliveries;
  const intime = await waitUntil(MAX_BEHIND_MS, () => arrived() >= expected());
  // What is still on its way has been paid for by the server, so it counts once it is here.
  if (!intime) await waitUntil(GIVE_UP_MS, () => arrived() >= expected());
  const cpu = server.cpuSeconds() - before.cpu;
  const deliveries = arrived();
  const p99 = percentile(tally.latencies, 0.99);
  return {
    rate,
    isSustained: intime && p99 <= MAX_P99_MS,
    deliveries,
    serverCpuSeconds: cpu,
    perCpuSecond: deliveries / Math.max(cpu, 0.01),
    p50: percentile(tally.latencies, 0.5),
    p99,
    isGeneratorSaturated: busy > SATURATED_CORE_SHARE,
  };
}

/** Climbs the rates until one does not hold twice; answers every step, the last one held or not. */
export async function findHighestRate(
  swarm: MemberPool,
  rates: readonly number[],
  seconds: number,
  report: (step: LoadStep) => void,
): Promise<LoadStep[]> {
  const steps: LoadStep[] = [];
  for (const rate of rates) {
    let step = await runLoadStep(swarm, rate, seconds);
    // Another program of the machine can spoil a step; a rate that is too high fails again.
    if (!step.isSustained) step = await runLoadStep(swarm, rate, seconds);
    steps.push(step);
    report(step);
    if (!step.isSustained) break;
  }
  return steps;
}
