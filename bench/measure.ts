/** Small sums over what was seen: percentiles, medians, conditions to wait for, processor time. */

import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** Ticks of /proc a second; fixed at 100 on Linux for user space. */
const TICKS = 100;
const PAGE_BYTES = 4_096;

/** NaN without values. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** Processor seconds a process has used, in user space and kernel together. */
export function cpuSeconds(pid: number): number {
  // The second field is the name in brackets and may hold blanks.
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** Resident bytes of a process. */
export function residentBytes(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]) * PAGE_BYTES;
}

/** False when the condition did not come about within `patience` milliseconds. */
export async function within(patience: number, condition: () => boolean): Promise<boolean> {
  const deadline = performance.now() + patience;
  while (!condition()) {
    if (performance.now() > deadline) return false;
    await pause(5);
  }
  return true;
}

/** The share of the clock this process kept its core busy between the call and the call of what it returns. */
export function watchOwnCore(): () => number {
  const began = performance.now();
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000 / (performance.now() - began);
  };
}
