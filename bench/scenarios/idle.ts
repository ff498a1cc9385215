/** What a member costs who only reads: resident memory of the server after a collection, a member. */

import { type BenchContext, formatColumns, type ResultRow } from '../context.js';
import { openMemberPool } from '../member-pool.js';
import type { ServerKind } from '../server.js';

/** Members let in and out before, so that what a server grows once is not counted. */
const WARM_UP_MEMBERS = 500;

export async function measureIdleMemory(stage: BenchContext): Promise<ResultRow[]> {
  const members = stage.quick ? 2_000 : 5_000;
  const resident: Partial<Record<ServerKind, number>> = {};
  const heap: Partial<Record<ServerKind, number>> = {};
  await stage.withServers(['ours', 'bare', 'started'], async (servers) => {
    for (const server of servers) {
      await (await openMemberPool({ server, memberCount: WARM_UP_MEMBERS, batch: true })).close();
      const before = await server.memoryAfterGc();
      const swarm = await openMemberPool({ server, memberCount: members, batch: true });
      const after = await server.memoryAfterGc();
      resident[server.kind] = (after.rss - before.rss) / members / 1_024;
      heap[server.kind] = (after.heapUsed - before.heapUsed) / members / 1_024;
      await swarm.close();
    }
  });
  const scenario = `memory, ${members.toLocaleString('en')} idle members`;
  return [
    { scenario, measure: 'resident memory per member, KiB', ...formatColumns(resident), bar: '18 kB' },
    { scenario, measure: 'JavaScript heap per member, KiB', ...formatColumns(heap) },
  ];
}
