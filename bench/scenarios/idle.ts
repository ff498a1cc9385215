/** What a member costs who only reads: resident memory of the server after a collection, a member. */

import { columns, type Row, type Stage } from '../context.js';
import { openSwarm } from '../member-pool.js';
import type { Kind } from '../server.js';

/** Members let in and out before, so that what a server grows once is not counted. */
const WARM = 500;

export async function idle(stage: Stage): Promise<Row[]> {
  const members = stage.quick ? 2_000 : 5_000;
  const resident: Partial<Record<Kind, number>> = {};
  const heap: Partial<Record<Kind, number>> = {};
  await stage.withServers(['ours', 'bare', 'started'], async (servers) => {
    for (const server of servers) {
      await (await openSwarm({ server, count: WARM, batch: true })).close();
      const before = await server.memory();
      const swarm = await openSwarm({ server, count: members, batch: true });
      const after = await server.memory();
      resident[server.kind] = (after.rss - before.rss) / members / 1_024;
      heap[server.kind] = (after.heapUsed - before.heapUsed) / members / 1_024;
      await swarm.close();
    }
  });
  const scenario = `memory, ${members.toLocaleString('en')} idle members`;
  return [
    { scenario, measure: 'resident a member, KiB', ...columns(resident), bar: '18 kB' },
    { scenario, measure: 'JavaScript heap a member, KiB', ...columns(heap) },
  ];
}
