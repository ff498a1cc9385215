/**
 * Loaded into a chat server under test (`--import`), and told over IPC: sets the server's time of day, and answers how long
 * its event loop stood still and what its memory holds. The monotonic clock is left alone, as a set clock leaves it.
 */

import { writeHeapSnapshot } from 'node:v8';

/** How often the loop is looked at, in milliseconds. */
const TICK_MS = 20;

const RealDate = Date;
let offset = 0;
globalThis.Date = new Proxy(RealDate, {
  construct: (target, values, self) =>
    Reflect.construct(target, values.length === 0 ? [RealDate.now() + offset] : values, self),
  apply: () => new RealDate(RealDate.now() + offset).toString(),
  get: (target, name, self) =>
    name === 'now' ? () => RealDate.now() + offset : Reflect.get(target, name, self),
});

let longest = { ms: 0, cpuMs: 0 };
/** The last look found this; the next one counts it, unless the process had been stopped by a signal. */
let found = longest;
let at = performance.now();
let cpu = process.cpuUsage();

setInterval(() => {
  if (found.ms > longest.ms) longest = found;
  const now = performance.now();
  const { user, system } = process.cpuUsage(cpu);
  found = { ms: now - at - TICK_MS, cpuMs: (user + system) / 1_000 };
  at = now;
  cpu = process.cpuUsage();
}, TICK_MS).unref();

process.on('SIGCONT', () => {
  found = { ms: 0, cpuMs: 0 };
  at = performance.now();
});

process.on(
  'message',
  (/** @type {{ id: number, clock?: number, collect?: boolean, snapshot?: string }} */ asked) => {
    if (asked.clock !== undefined) offset = asked.clock;
    if (asked.collect) globalThis.gc?.();
    if (asked.snapshot !== undefined) writeHeapSnapshot(asked.snapshot);
    const { heapUsed, rss } = process.memoryUsage();
    const { ms, cpuMs } = longest;
    longest = { ms: 0, cpuMs: 0 };
    const peakRss = process.resourceUsage().maxRSS * 1_024;
    process.send?.({
      id: asked.id,
      pauseMs: ms,
      pauseCpuMs: cpuMs,
      heapBytes: heapUsed,
      rssBytes: rss,
      peakRssBytes: peakRss,
    });
  },
);
process.channel?.unref();
