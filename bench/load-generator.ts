/** Puts a steady rate of messages into a room and says what it cost and whether the server kept up. */

import { setTimeout as pause } from 'node:timers/promises';
import { percentile, watchOwnCore, within } from './measure.js';
import type { Swarm } from './member-pool.js';

export type Step = {
  rate: number;
  /** All deliveries came, the last soon after the last message was said, and p99 was within the bound. */
  holds: boolean;
  deliveries: number;
  /** Processor seconds of the server, from the first message to the last delivery. */
  cpu: number;
  perCpuSecond: number;
  p50: number;
  p99: number;
  /** The generator's core had nothing left: what is slow may be the generator. */
  full: boolean;
};

/** The bound on p99 in milliseconds under which a rate counts as held. */
const BOUND = 250;
/** Longer than this behind the last message, in milliseconds, is falling behind. */
const BEHIND = 500;
const GIVE_UP = 4_000;
const SETTLE = 10_000;
const FULL = 0.93;
const TICK = 2;

/** @param rate messages a second into the room of the swarm, for `seconds` */
export async function runStep(swarm: Swarm, rate: number, seconds: number): Promise<Step> {
  const { server, tally, members } = swarm;
  // What an overloaded step left behind belongs to that step.
  await within(SETTLE, () => tally.deliveries >= tally.said * members.length);
  tally.latencies = [];
  const before = { deliveries: tally.deliveries, said: tally.said, cpu: server.cpu() };
  const ownCore = watchOwnCore();
  const began = performance.now();
  for (let said = 0; said < rate * seconds; await pause(TICK)) {
    const due = Math.min(rate * seconds, ((performance.now() - began) / 1_000) * rate);
    for (; said < due; said += 1) swarm.say();
  }
  const busy = ownCore();
  const expected = () => (tally.said - before.said) * members.length;
  const arrived = () => tally.deliveries - before.deliveries;
  const intime = await within(BEHIND, () => arrived() >= expected());
  // What is still on its way has been paid for by the server, so it counts once it is here.
  if (!intime) await within(GIVE_UP, () => arrived() >= expected());
  const cpu = server.cpu() - before.cpu;
  const deliveries = arrived();
  const p99 = percentile(tally.latencies, 0.99);
  return {
    rate,
    holds: intime && p99 <= BOUND,
    deliveries,
    cpu,
    perCpuSecond: deliveries / Math.max(cpu, 0.01),
    p50: percentile(tally.latencies, 0.5),
    p99,
    full: busy > FULL,
  };
}

/** Climbs the rates until one does not hold twice; answers every step, the last one held or not. */
export async function climb(
  swarm: Swarm,
  rates: readonly number[],
  seconds: number,
  said: (step: Step) => void,
): Promise<Step[]> {
  const steps: Step[] = [];
  for (const rate of rates) {
    let step = await runStep(swarm, rate, seconds);
    // Another program of the machine can spoil a step; a rate that is too high fails again.
    if (!step.holds) step = await runStep(swarm, rate, seconds);
    steps.push(step);
    said(step);
    if (!step.holds) break;
  }
  return steps;
}
