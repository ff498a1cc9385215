/**
 * Loaded into a chat server under test (`--import`), and told over IPC: sets the server's time of day, and answers how long
 * its event loop stood still and what its memory holds. The monotonic clock is left alone, as a set clock leaves it.
 */

import { writeHeapSnapshot } from 'node:v8';

/** How often the loop is looked at, in milliseconds. */
const SAMPLE_INTERVAL_MS = 20;

const RealDate = Date;
let clockOffsetMs = 0;
globalThis.Date = new Proxy(RealDate, {
  construct: (target, values, self) =>
    Reflect.construct(target, values.length === 0 ? [RealDate.now() + clockOffsetMs] : values, self),
  apply: () => new RealDate(RealDate.now() + clockOffsetMs).toString(),
  get: (target, name, self) =>
    name === 'now' ? () => RealDate.now() + clockOffsetMs : Reflect.get(target, name, self),
});

let longestLag = { ms: 0, cpuMs: 0 };
/** The last look found this; the next one counts it, unless the process had been stopped by a signal. */
let collectionPaths = longestLag;
let at = performance.now();
let cpu = process.cpuUsage();

setInterval(() => {
  if (collectionPaths.ms > longestLag.ms) longestLag = collectionPaths;
  const now = performance.now();
  const { user, system } = process.cpuUsage(cpu);
  collectionPaths = { ms: now - at - SAMPLE_INTERVAL_MS, cpuMs: (user + system) / 1_000 };
  at = now;
  cpu = process.cpuUsage();
}, SAMPLE_INTERVAL_MS).unref();

process.on('SIGCONT', () => {
  collectionPaths = { ms: 0, cpuMs: 0 };
  at = performance.now();
});

process.on(
  'message',
  (/** @type {{ id: number, clock?: number, collect?: boolean, snapshot?: string }} */ asked) => {
    if (asked.clock !== undefined) clockOffsetMs = asked.clock;
    if (asked.collect) globalThis.gc?.();
    if (asked.snapshot !== undefined) writeHeapSnapshot(asked.snapshot);
    const { heapUsed, rss } = process.memoryUsage();
    const { ms, cpuMs } = longestLag;
    longestLag = { ms: 0, cpuMs: 0 };
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
