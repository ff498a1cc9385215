/** Plants a bug and tells the story that has to bring it out. */

import { pathToFileURL } from 'node:url';
import type { createChatClient } from '@chatty/client';
import { io } from 'socket.io-client';
import { createMember } from '../faults/actors/index.js';
import { formatViolations, type Violation } from '../faults/checker/index.js';
import {
  createDatabaseFaults,
  createNoisyProject,
  memberOutage,
  serverFaultScenarios,
} from '../faults/support/fault-list.js';
import type { CleanupContext, TestCluster } from '../faults/support/rig.js';
import { type FaultScenario, runScenario, type ScenarioContext } from '../faults/support/story.js';
import { runFuzz } from '../fuzz/run.js';
import { createTestToken, waitUntil } from '../support/server.js';
import type { PlantedBug } from './bug.js';
import { plantedBugs } from './bugs.js';
import { createPatchedCopy } from './copy.js';

/** Tries a bug is given to show itself. */
const MAX_TRIES = 3;
const SCENARIO_SECONDS = 5;
const FUZZ_FRAME_COUNT = 8_000;

export type PlantedBugResult = { isDetected: boolean; tryCount: number; summary: string };

/** @param name of the bug */
export async function runPlanted(
  context: CleanupContext,
  name: string,
  options: { cluster: TestCluster; seed: number },
): Promise<PlantedBugResult> {
  const bug = plantedBugs.find((each) => each.name === name);
  if (!bug) throw new Error(`there is no bug ${name}`);
  const copy = createPatchedCopy(bug.name, bug.codePatches);
  try {
    const create = (await import(pathToFileURL(copy.client).href))
      .createChatClient as typeof createChatClient;
    let what = '';
    for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
      const seed = options.seed + tries;
      const seen = await runCapturingErrors(async () => {
        const database = await options.cluster.createDatabase();
        if (bug.scenario === 'fuzz')
          return runFuzzScenario(context, { entry: copy.entry, connection: database }, seed);
        const parts = { database, seconds: SCENARIO_SECONDS, seed, entry: copy.entry, create };
        return runScenario(context, scenarioByName(bug.scenario, options.cluster), parts);
      });
      what = summarizeFindings(bug, seen);
      if (isDetected(bug, seen)) return { isDetected: true, tryCount: tries, summary: what };
    }
    return { isDetected: false, tryCount: MAX_TRIES, summary: what };
  } finally {
    copy.remove();
  }
}

type ScenarioFindings = { violations: readonly Violation[]; failure: string | null };

/** What a story finds; a story that cannot even be told is trouble. */
async function runCapturingErrors(story: () => Promise<ScenarioFindings>): Promise<ScenarioFindings> {
  try {
    return await story();
  } catch (error) {
    return { violations: [], failure: String(error) };
  }
}

type FuzzServerOptions = NonNullable<Parameters<typeof runFuzz>[1]['serverOptions']>;

/** The fuzz is no story with a log to check: what it finds it throws. */
async function runFuzzScenario(
  context: CleanupContext,
  chosen: FuzzServerOptions,
  seed: number,
): Promise<ScenarioFindings> {
  await runFuzz(context, { frames: FUZZ_FRAME_COUNT, seed, serverOptions: chosen });
  return { violations: [], failure: null };
}

function isDetected(
  { expectedAnomalies: caught, expectedFailure: trouble }: PlantedBug,
  seen: ScenarioFindings,
): boolean {
  if (seen.violations.some(({ name }) => caught.includes(name))) return true;
  return trouble !== undefined && seen.failure !== null && trouble.test(seen.failure);
}

/** What the bug is caught by comes first. */
function summarizeFindings(
  { expectedAnomalies: caught }: PlantedBug,
  { violations, failure: trouble }: ScenarioFindings,
): string {
  const first = [...violations].sort(
    (a, b) => Number(caught.includes(b.name)) - Number(caught.includes(a.name)),
  );
  return [...(trouble === null ? [] : [trouble]), formatViolations(first.slice(0, 3))].join('\n');
}

function scenarioByName(story: Exclude<PlantedBug['scenario'], 'fuzz'>, cluster: TestCluster): FaultScenario {
  const database = createDatabaseFaults(cluster);
  const stories: Record<typeof story, FaultScenario> = {
    kill: serverFaultScenarios.kill,
    reset: serverFaultScenarios.reset,
    away: memberOutage,
    neighbour: createNoisyProject(),
    stalled: stalledMemberScenario,
    databaseKill: database.kill,
    terminate: database.terminate,
    databaseRestart: database.immediate,
  };
  return stories[story];
}

type PausableSocket = { ws: { _socket: { pause(): void }; send(text: string): void } };

/** Messages of 6 KB that fill the buffers of the system (up to 32 MB on some) and of the server, and more. */
const STALL_MESSAGE_LENGTH = 12_000;
const NOT_CLOSED_MESSAGE = 'a member that does not read is kept';

/** Somebody answers pings and reads nothing while others write megabytes: the server has to let go of them. */
export const stalledMemberScenario: FaultScenario = {
  name: 'stalled-reader',
  async injectFault(stage: ScenarioContext) {
    const { server, history, random, ackCount: acks } = stage;
    const counts: number[] = [];
    const socket = io(server.url, {
      auth: { token: createTestToken('stalled', { projectId: 'stalls' }) },
      forceNew: true,
      transports: ['websocket'],
      reconnection: false,
    });
    const about = { history, url: server.url, project: 'stalls', random };
    const writer = createMember({
      ...about,
      name: `writer${acks()}`,
      kind: 'plain',
      minMessageLength: 1_900,
    });
    const watcher = io(server.url, {
      auth: { token: createTestToken('watcher', { projectId: 'stalls' }) },
      forceNew: true,
    });
    watcher.on('presence', ({ count }: { count: number }) => counts.push(count));
    try {
      await waitUntil(() => counts.at(-1) === 3, 'the three to be there');
      const { ws } = socket.io.engine.transport as unknown as PausableSocket;
      ws._socket.pause();
      const pong = setInterval(() => ws.send('3'), 100);
      writer.startSending(0, 50);
      const gone = () => counts.at(-1) === 2;
      await waitUntil(
        () => gone() || writer.ackedMessageCount > STALL_MESSAGE_LENGTH,
        'megabytes to be written',
        60_000,
      );
      await writer.stopSending();
      // Others are told within seconds that somebody left.
      await waitUntil(gone, 'the end of the stalled', 20_000)
        .catch(() => {
          throw new Error(NOT_CLOSED_MESSAGE);
        })
        .finally(() => clearInterval(pong));
    } finally {
      for (const each of [socket, watcher]) each.disconnect();
      writer.disconnect();
    }
  },
};
