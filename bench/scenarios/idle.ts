/** What a member costs who only reads: resident memory of the server after a collection, a member. */

import type { Kind } from '../server.js';
import { columns, type Row, type Stage } from '../stage.js';
import { openSwarm } from '../swarm.js';

const MEMBERS = 5_000;
/** Members let in and out before, so that what a server grows once is not counted. */
const WARM = 500;

export async function idle(stage: Stage): Promise<Row[]> {
  const resident: Partial<Record<Kind, number>> = {};
  const heap: Partial<Record<Kind, number>> = {};
  await stage.withServers(['ours', 'bare', 'started'], async (servers) => {
    for (const server of servers) {
      await (await openSwarm({ server, count: WARM, batch: true })).close();
      const before = await server.memory();
      const swarm = await openSwarm({ server, count: MEMBERS, batch: true });
      const after = await server.memory();
      resident[server.kind] = (after.rss - before.rss) / MEMBERS / 1_024;
      heap[server.kind] = (after.heapUsed - before.heapUsed) / MEMBERS / 1_024;
      await swarm.close();
    }
  });
  const scenario = 'memory, 5,000 idle members';
  return [
    { scenario, measure: 'resident a member, KiB', ...columns(resident), bar: '18 kB' },
    { scenario, measure: 'JavaScript heap a member, KiB', ...columns(heap) },
  ];
}
