/** Small sums over what was seen: percentiles, medians, conditions to wait for, processor time. */

import { readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';

/** Ticks of /proc a second; fixed at 100 on Linux for user space. */
const CLOCK_TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4_096;

/** NaN without values. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** Processor seconds the threads of a process that are alive have used, in user space and kernel together, to the nanosecond. */
export function cpuSeconds(pid: number): number {
  let nanoseconds = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`))
    nanoseconds += Number.parseInt(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1'), 10);
  return nanoseconds / 1e9;
}

/** Processor seconds of a process and of its children, those that have ended included. */
export function processTreeCpuSeconds(parent: number): number {
  const fields = readProcStat(parent);
  let sum = cpuSecondsOf(fields) + (Number(fields[13]) + Number(fields[14])) / CLOCK_TICKS_PER_SECOND;
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!(pid > 0)) continue;
    try {
      const child = readProcStat(pid);
      if (Number(child[1]) === parent) sum += cpuSecondsOf(child);
    } catch {
      // It ended between the listing and the reading: its parent has its time by now, or will at the next look.
    }
  }
  return sum;
}

/** Processor seconds of all threads a process has had, to the hundredth. */
const cpuSecondsOf = (fields: readonly string[]) =>
  (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND;

/** The fields of /proc/PID/stat from the state on; before it is the name in brackets, which may hold blanks. */
function readProcStat(pid: number): string[] {
  return readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /, '')
    .split(' ');
}

/** Resident bytes of a process. */
export function residentBytes(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]) * PAGE_BYTES;
}

/** False when the condition did not come about within `patience` milliseconds. */
export async function waitUntil(timeoutMs: number, condition: () => boolean): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > deadline) return false;
    await pause(5);
  }
  return true;
}

/**
 * The share of the clock in which this process had something to do, between the call and the call of what it returns;
 * waiting for its core counts, because a generator that another program keeps from its core is a limit just the same.
 */
export function startCoreUsage(): () => number {
  const before = performance.eventLoopUtilization();
  return () => performance.eventLoopUtilization(before).utilization;
}

/** What the figures were taken on, in one line. */
export function describeMachine(): string {
  const kernel = readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim();
  return `${cpus().length} cores of ${cpus()[0]?.model ?? 'unknown'}, Linux ${kernel}, Node ${process.versions.node}`;
}
