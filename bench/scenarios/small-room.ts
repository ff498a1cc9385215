/** What frames cost a small room in time: from saying to reading, for 100 members at five messages a second. */

import { type BenchContext, formatColumns, type ResultRow } from '../context.js';
import { runLoadStep } from '../load-generator.js';
import { median } from '../measure.js';
import { type MemberPool, openMemberPool } from '../member-pool.js';
import type { ServerKind } from '../server.js';

const MESSAGES_PER_SECOND = 5;
const MEMBER_COUNT = 100;
/** One in four is timed: reading is cheap here, and twenty-five figures a message are enough. */
const READER_INTERVAL = 4;

export async function measureSmallRoom(stage: BenchContext): Promise<ResultRow[]> {
  const scenario = 'small room, 100 members at 5 msg/s';
  return stage.withServers(['ours', 'bare', 'started'], async (servers) => {
    const swarms: MemberPool[] = [];
    for (const server of servers)
      swarms.push(
        await openMemberPool({
          server,
          memberCount: MEMBER_COUNT,
          batch: true,
          readerInterval: READER_INTERVAL,
        }),
      );
    const p50: Record<ServerKind, number[]> = { ours: [], bare: [], started: [] };
    const p99: Record<ServerKind, number[]> = { ours: [], bare: [], started: [] };
    for (const swarm of swarms) await runLoadStep(swarm, 20, 2);
    for (let turn = 0; turn < (stage.quick ? 1 : 4); turn += 1) {
      for (const swarm of swarms) {
        const step = await runLoadStep(swarm, MESSAGES_PER_SECOND, 4);
        p50[swarm.server.kind].push(step.p50);
        p99[swarm.server.kind].push(step.p99);
      }
    }
    for (const swarm of swarms) await swarm.close();
    const of = (turns: Record<ServerKind, number[]>) =>
      formatColumns({ ours: median(turns.ours), bare: median(turns.bare), started: median(turns.started) });
    const added = median(p50.ours) - median(p50.started);
    return [
      { scenario, measure: 'delivery p50, ms', ...of(p50) },
      { scenario, measure: 'delivery p99, ms', ...of(p99) },
      {
        scenario,
        measure: 'added by Chatty to getting-started at p50, ms',
        ...formatColumns({ ours: added }),
        bar: '1',
      },
    ];
  });
}
