/** A chat server that lives as long as the soak: members come and go all the time, guests flood it, and its memory and pauses are measured. */

import type { DatabaseConfig } from '@chatty/server/testing';
import { io, type Socket } from 'socket.io-client';
import { createLongLivedToken } from '../support/server.js';
import { type CleanupContext, type ServerProcess, startServerProcess } from './support/rig.js';

const GUEST_COUNT = 40;
const JOIN_INTERVAL_MS = 50;
const STAY_DURATION_MS = 2_000;
const BYTES_PER_MB = 1024 * 1024;
/** What one guest of a flood sends, as fast as it can. */
const FLOOD_PACKET: [string, unknown][] = [
  ['chat message', `x${' '.repeat(60_000)}x`],
  ['history', { before: 1_000_000, limit: 100 }],
  ['sync', { after: { epoch: 'none', seq: 0 } }],
  ['members', {}],
  ['edit message', { id: 1, content: 'e\u0301'.repeat(10_000) }],
];

/** Of the server since its start; `slopeMbPerHour` by least squares over the heaps after the first quarter. */
type SoakReport = { longestPauseMs: number; peakRssMb: number; slopeMbPerHour: number };

export type SoakServer = {
  readonly server: ServerProcess;
  /** Lets guests of many addresses send what they may not, for this long. */
  runGuestFlood(lengthMs: number): Promise<void>;
  /** One line about the time since the last; `collect`: with the heap after a garbage collection. */
  progress(collect: boolean): Promise<string>;
  report(): SoakReport;
};

/** @param joinEveryMs pause between two members who come in, each a new user of a new address */
export async function startSoakServer(
  context: CleanupContext,
  database: DatabaseConfig,
  joinEveryMs = JOIN_INTERVAL_MS,
): Promise<SoakServer> {
  const settings = { TRUSTED_PROXY_HOPS: '1', GUEST_PROJECTS: 'kimpga' };
  const server = await startServerProcess(context, database, undefined, settings);
  const begun = performance.now();
  const heaps: { hours: number; mb: number }[] = [];
  let longest = 0;
  let peakRss = 0;
  let joins = 0;

  function come(auth: object): Socket {
    joins += 1;
    const address = `10.${(joins >> 16) & 255}.${(joins >> 8) & 255}.${joins & 255}`;
    return io(server.url, {
      auth,
      forceNew: true,
      reconnection: false,
      transports: ['websocket'],
      extraHeaders: { 'x-forwarded-for': address },
    });
  }

  const churn = setInterval(() => {
    const name = `churn${joins}`;
    const socket = come({ token: createLongLivedToken(name, 'kimpga'), batch: true });
    setTimeout(() => socket.disconnect(), STAY_DURATION_MS);
  }, joinEveryMs);
  context.after(() => clearInterval(churn));

  return {
    server,
    async runGuestFlood(lengthMs) {
      const guests = Array.from({ length: GUEST_COUNT }, () => come({ projectId: 'kimpga' }));
      const end = performance.now() + lengthMs;
      while (performance.now() < end) {
        for (const guest of guests)
          for (const [name, payload] of FLOOD_PACKET) guest.emit(name, payload, () => undefined);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      for (const guest of guests) guest.disconnect();
    },
    async progress(collect) {
      const found = await server.measure({ collect });
      if (!found) return 'the server does not answer';
      // A machine that gives the process no time is not a pause of the server's own making.
      const pause = Math.min(found.pauseMs, found.pauseCpuMs);
      longest = Math.max(longest, pause);
      peakRss = Math.max(peakRss, found.peakRssBytes);
      const mb = found.heapBytes / BYTES_PER_MB;
      if (collect) heaps.push({ hours: (performance.now() - begun) / 3_600_000, mb });
      const heap = collect ? `, heap after GC ${mb.toFixed(1)} MB` : '';
      return `${joins} joins, longest pause ${pause.toFixed(0)} ms (${found.pauseMs.toFixed(0)} by the clock), RSS ${(found.rssBytes / BYTES_PER_MB).toFixed(0)} MB${heap}`;
    },
    report: () => ({
      longestPauseMs: longest,
      peakRssMb: peakRss / BYTES_PER_MB,
      slopeMbPerHour: slopeMbPerHourOf(heaps),
    }),
  };
}

/** Least squares. What comes first is left out: code is compiled and caches fill. */
function slopeMbPerHourOf(heaps: readonly { hours: number; mb: number }[]): number {
  const points = heaps.slice(Math.floor(heaps.length / 4));
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const hours = mean(points.map((point) => point.hours));
  const mb = mean(points.map((point) => point.mb));
  const spread = points.reduce((sum, point) => sum + (point.hours - hours) ** 2, 0);
  return points.reduce((sum, point) => sum + (point.hours - hours) * (point.mb - mb), 0) / (spread || 1);
}
