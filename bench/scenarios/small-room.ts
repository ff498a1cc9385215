/** What frames cost a small room in time: from saying to reading, for 100 members at five messages a second. */

import { columns, type Row, type Stage } from '../context.js';
import { runStep } from '../load-generator.js';
import { median } from '../measure.js';
import { openSwarm, type Swarm } from '../member-pool.js';
import type { Kind } from '../server.js';

const RATE = 5;
const MEMBERS = 100;
/** One in four is timed: reading is cheap here, and twenty-five figures a message are enough. */
const READERS = 4;

export async function smallRoom(stage: Stage): Promise<Row[]> {
  const scenario = 'small room, 100 members at 5 msg/s';
  return stage.withServers(['ours', 'bare', 'started'], async (servers) => {
    const swarms: Swarm[] = [];
    for (const server of servers)
      swarms.push(await openSwarm({ server, count: MEMBERS, batch: true, readers: READERS }));
    const p50: Record<Kind, number[]> = { ours: [], bare: [], started: [] };
    const p99: Record<Kind, number[]> = { ours: [], bare: [], started: [] };
    for (const swarm of swarms) await runStep(swarm, 20, 2);
    for (let turn = 0; turn < (stage.quick ? 1 : 4); turn += 1) {
      for (const swarm of swarms) {
        const step = await runStep(swarm, RATE, 4);
        p50[swarm.server.kind].push(step.p50);
        p99[swarm.server.kind].push(step.p99);
      }
    }
    for (const swarm of swarms) await swarm.close();
    const of = (turns: Record<Kind, number[]>) =>
      columns({ ours: median(turns.ours), bare: median(turns.bare), started: median(turns.started) });
    const added = median(p50.ours) - median(p50.started);
    return [
      { scenario, measure: 'delivery p50, ms', ...of(p50) },
      { scenario, measure: 'delivery p99, ms', ...of(p99) },
      {
        scenario,
        measure: 'added by ours to getting-started at p50, ms',
        ...columns({ ours: added }),
        bar: '1',
      },
    ];
  });
}
