/** How long it takes until everybody of a crowd that comes at once has read what was said before. */

import { setTimeout as pause, setImmediate as turnOfOthers } from 'node:timers/promises';
import { type BenchContext, formatColumns, type ResultRow } from '../context.js';
import { median, waitUntil } from '../measure.js';
import { type LoadMember, openLoadMember } from '../member.js';
import { createAuth, openMemberPool } from '../member-pool.js';
import type { BenchServer, ServerKind } from '../server.js';

const MEMBER_COUNT = 2_000;
const HISTORY_LENGTH = 50;
/** Connections opened in one turn of the generator. */
const MEMBERS_PER_GROUP = 50;
const JOIN_TIMEOUT_MS = 60_000;
/** Pause in milliseconds before a storm: the servers share a core, and each goes on for a while to clear up after its last one. */
const SETTLE_MS = 500;
/** Storms upon each server: the first meets code that was never compiled, the measured ones a server that has run for a while. */
const TURN_COUNT = { warming: 4, measured: 9 };
const QUICK_TURN_COUNT = { warming: 1, measured: 2 };

export async function measureJoinStorm(stage: BenchContext): Promise<ResultRow[]> {
  const { warming, measured } = stage.quick ? QUICK_TURN_COUNT : TURN_COUNT;
  const took: Record<ServerKind, number[]> = { ours: [], bare: [], started: [] };
  await stage.withServers(['ours', 'bare', 'started'], async (servers) => {
    for (const server of servers) await fillHistory(server);
    for (let turn = 0; turn < warming + measured; turn += 1) {
      for (const server of servers) {
        await pause(SETTLE_MS);
        const seconds = await runJoinStorm(server);
        took[server.kind].push(seconds);
        stage.report(`${server.kind}: ${MEMBER_COUNT} joined in ${seconds.toFixed(2)} s`);
      }
    }
  });
  const scenario = 'mass join, 2,000 at once with 50 messages each';
  const at = (pick: (seconds: number[]) => number) =>
    formatColumns({ ours: pick(took.ours), bare: pick(took.bare), started: pick(took.started) });
  return [
    {
      scenario,
      measure: 'until the last member has the history, s',
      ...at((seconds) => median(seconds.slice(warming))),
      bar: '3.5x faster than getting-started',
      note: 'bare ws sends no history',
    },
    {
      scenario,
      measure: 'the same on a server that has just started, s',
      ...at(([first]) => first ?? Number.NaN),
    },
  ];
}

async function fillHistory(server: BenchServer): Promise<void> {
  const swarm = await openMemberPool({ server, memberCount: 10, batch: true });
  for (let said = 0; said < HISTORY_LENGTH; said += 1) swarm.sendNext();
  await waitUntil(JOIN_TIMEOUT_MS, () => swarm.counters.deliveries >= HISTORY_LENGTH * 10);
  await swarm.close();
}

async function runJoinStorm(server: BenchServer): Promise<number> {
  const auths = Array.from({ length: MEMBER_COUNT }, (_, index) =>
    createAuth({ server, memberCount: MEMBER_COUNT, batch: true }, index),
  );
  let [joined, closed] = [0, 0];
  const sink = {
    joined: () => {
      joined += 1;
    },
    messagesDelivered: () => undefined,
    textsRead: () => undefined,
    refused: () => undefined,
    closed: () => {
      closed += 1;
    },
  };
  const began = performance.now();
  const members: LoadMember[] = [];
  for (const auth of auths) {
    members.push(openLoadMember({ port: server.port, auth, readWholePackets: false, listener: sink }));
    // A generator that first opens them all leaves the server without work meanwhile.
    if (members.length % MEMBERS_PER_GROUP === 0) await turnOfOthers();
  }
  await waitUntil(JOIN_TIMEOUT_MS, () => joined + closed >= MEMBER_COUNT);
  const seconds = (performance.now() - began) / 1_000;
  if (joined < MEMBER_COUNT) throw new Error(`${server.kind}: only ${joined} of ${MEMBER_COUNT} got in`);
  for (const member of members) member.close();
  await waitUntil(JOIN_TIMEOUT_MS, () => closed >= MEMBER_COUNT);
  return seconds;
}
