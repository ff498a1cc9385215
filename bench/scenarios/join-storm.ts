/** How long it takes until everybody of a crowd that comes at once has read what was said before. */

import { median, within } from '../measure.js';
import { openMember } from '../member.js';
import type { Kind, Server } from '../server.js';
import { columns, type Row, type Stage } from '../stage.js';
import { authOf, openSwarm } from '../swarm.js';

const CROWD = 2_000;
const HISTORY = 50;
const PATIENCE = 60_000;

export async function joinStorm(stage: Stage): Promise<Row[]> {
  const took: Record<Kind, number[]> = { ours: [], bare: [], started: [] };
  await stage.withServers(['ours', 'bare', 'started'], async (servers) => {
    for (const server of servers) await talk(server);
    for (let turn = 0; turn < (stage.quick ? 1 : 3); turn += 1) {
      for (const server of servers) {
        const seconds = await storm(server);
        took[server.kind].push(seconds);
        stage.say(`${server.kind}: ${CROWD} joined in ${seconds.toFixed(2)} s`);
      }
    }
  });
  return [
    {
      scenario: 'join storm, 2,000 at once with 50 messages each',
      measure: 'until the last has the history, s',
      ...columns({ ours: median(took.ours), bare: median(took.bare), started: median(took.started) }),
      bar: '3.5x faster than getting-started',
      note: 'bare ws sends no history',
    },
  ];
}

async function talk(server: Server): Promise<void> {
  const swarm = await openSwarm({ server, count: 10, batch: true });
  for (let said = 0; said < HISTORY; said += 1) swarm.say();
  await within(PATIENCE, () => swarm.tally.deliveries >= HISTORY * 10);
  await swarm.close();
}

async function storm(server: Server): Promise<number> {
  const auths = Array.from({ length: CROWD }, (_, index) =>
    authOf({ server, count: CROWD, batch: true }, index),
  );
  let [joined, closed] = [0, 0];
  const sink = {
    joined: () => {
      joined += 1;
    },
    delivered: () => undefined,
    read: () => undefined,
    refused: () => undefined,
    closed: () => {
      closed += 1;
    },
  };
  const began = performance.now();
  const members = auths.map((auth) => openMember({ port: server.port, auth, whole: false, sink }));
  await within(PATIENCE, () => joined + closed >= CROWD);
  const seconds = (performance.now() - began) / 1_000;
  if (joined < CROWD) throw new Error(`${server.kind}: only ${joined} of ${CROWD} got in`);
  for (const member of members) member.close();
  await within(PATIENCE, () => closed >= CROWD);
  return seconds;
}
