/** How long it takes until everybody of a crowd that comes at once has read what was said before. */

import { setTimeout as pause, setImmediate as turnOfOthers } from 'node:timers/promises';
import { columns, type Row, type Stage } from '../context.js';
import { median, within } from '../measure.js';
import { type Member, openMember } from '../member.js';
import { authOf, openSwarm } from '../member-pool.js';
import type { Kind, Server } from '../server.js';

const CROWD = 2_000;
const HISTORY = 50;
/** Connections opened in one turn of the generator. */
const GROUP = 50;
const PATIENCE = 60_000;
/** Pause in milliseconds before a storm: the servers share a core, and each goes on for a while to clear up after its last one. */
const SETTLE = 500;
/** Storms upon each server: the first meets code that was never compiled, the measured ones a server that has run for a while. */
const TURNS = { warming: 4, measured: 9 };
const QUICK_TURNS = { warming: 1, measured: 2 };

export async function joinStorm(stage: Stage): Promise<Row[]> {
  const { warming, measured } = stage.quick ? QUICK_TURNS : TURNS;
  const took: Record<Kind, number[]> = { ours: [], bare: [], started: [] };
  await stage.withServers(['ours', 'bare', 'started'], async (servers) => {
    for (const server of servers) await talk(server);
    for (let turn = 0; turn < warming + measured; turn += 1) {
      for (const server of servers) {
        await pause(SETTLE);
        const seconds = await storm(server);
        took[server.kind].push(seconds);
        stage.say(`${server.kind}: ${CROWD} joined in ${seconds.toFixed(2)} s`);
      }
    }
  });
  const scenario = 'join storm, 2,000 at once with 50 messages each';
  const at = (pick: (seconds: number[]) => number) =>
    columns({ ours: pick(took.ours), bare: pick(took.bare), started: pick(took.started) });
  return [
    {
      scenario,
      measure: 'until the last has the history, s',
      ...at((seconds) => median(seconds.slice(warming))),
      bar: '3.5x faster than getting-started',
      note: 'bare ws sends no history',
    },
    {
      scenario,
      measure: 'the same upon a server that has just started, s',
      ...at(([first]) => first ?? Number.NaN),
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
  const members: Member[] = [];
  for (const auth of auths) {
    members.push(openMember({ port: server.port, auth, whole: false, sink }));
    // A generator that first opens them all leaves the server without work meanwhile.
    if (members.length % GROUP === 0) await turnOfOthers();
  }
  await within(PATIENCE, () => joined + closed >= CROWD);
  const seconds = (performance.now() - began) / 1_000;
  if (joined < CROWD) throw new Error(`${server.kind}: only ${joined} of ${CROWD} got in`);
  for (const member of members) member.close();
  await within(PATIENCE, () => closed >= CROWD);
  return seconds;
}
