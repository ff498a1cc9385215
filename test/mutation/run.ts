/** Plants a bug and tells the story that has to bring it out. */

import { pathToFileURL } from 'node:url';
import type { createChat } from '@chatty/client/chat';
import { io } from 'socket.io-client';
import { createMember } from '../faults/actors/index.js';
import { describe, type Violation } from '../faults/checker/index.js';
import { away, databaseFaults, neighbour, serverFaults } from '../faults/support/fault-list.js';
import type { Cleanup, Cluster } from '../faults/support/rig.js';
import { type Stage, type Story, tell } from '../faults/support/story.js';
import { fuzz } from '../fuzz/run.js';
import { tokenOf, until } from '../support/server.js';
import type { Bug } from './bug.js';
import { bugs } from './bugs.js';
import { plant } from './copy.js';

/** Tries a bug is given to show itself. */
const TRIES = 3;
const SECONDS = 5;
const FUZZ_FRAMES = 8_000;

export type Verdict = { caught: boolean; tries: number; what: string };

/** @param name of the bug */
export async function runPlanted(
  context: Cleanup,
  name: string,
  options: { cluster: Cluster; seed: number },
): Promise<Verdict> {
  const bug = bugs.find((each) => each.name === name);
  if (!bug) throw new Error(`there is no bug ${name}`);
  const copy = plant(bug.name, bug.patches);
  try {
    const create = (await import(pathToFileURL(copy.client).href)).createChat as typeof createChat;
    let what = '';
    for (let tries = 1; tries <= TRIES; tries += 1) {
      const seed = options.seed + tries;
      const seen = await look(async () => {
        const database = await options.cluster.database();
        if (bug.story === 'fuzz') return attack(context, { entry: copy.entry, connection: database }, seed);
        const parts = { database, seconds: SECONDS, seed, entry: copy.entry, create };
        return tell(context, storyOf(bug.story, options.cluster), parts);
      });
      what = summary(bug, seen);
      if (isCaught(bug, seen)) return { caught: true, tries, what };
    }
    return { caught: false, tries: TRIES, what };
  } finally {
    copy.remove();
  }
}

type Seen = { violations: readonly Violation[]; trouble: string | null };

/** What a story finds; a story that cannot even be told is trouble. */
async function look(story: () => Promise<Seen>): Promise<Seen> {
  try {
    return await story();
  } catch (error) {
    return { violations: [], trouble: String(error) };
  }
}

type Chosen = NonNullable<Parameters<typeof fuzz>[1]['chosen']>;

/** The fuzz is no story with a log to check: what it finds it throws. */
async function attack(context: Cleanup, chosen: Chosen, seed: number): Promise<Seen> {
  await fuzz(context, { frames: FUZZ_FRAMES, seed, chosen });
  return { violations: [], trouble: null };
}

function isCaught({ caught, trouble }: Bug, seen: Seen): boolean {
  if (seen.violations.some(({ name }) => caught.includes(name))) return true;
  return trouble !== undefined && seen.trouble !== null && trouble.test(seen.trouble);
}

/** What the bug is caught by comes first. */
function summary({ caught }: Bug, { violations, trouble }: Seen): string {
  const first = [...violations].sort(
    (a, b) => Number(caught.includes(b.name)) - Number(caught.includes(a.name)),
  );
  return [...(trouble === null ? [] : [trouble]), describe(first.slice(0, 3))].join('\n');
}

function storyOf(story: Exclude<Bug['story'], 'fuzz'>, cluster: Cluster): Story {
  const database = databaseFaults(cluster);
  const stories: Record<typeof story, Story> = {
    kill: serverFaults.kill,
    reset: serverFaults.reset,
    away,
    neighbour: neighbour(),
    stalled,
    databaseKill: database.kill,
    terminate: database.terminate,
    databaseRestart: database.immediate,
  };
  return stories[story];
}

type Paused = { ws: { _socket: { pause(): void }; send(text: string): void } };

/** Messages of 6 KB that fill the buffers of the system (up to 32 MB on some) and of the server, and more. */
const ENOUGH = 12_000;
const KEPT = 'a member that does not read is kept';

/** Somebody answers pings and reads nothing while others write megabytes: the server has to let go of them. */
export const stalled: Story = {
  name: 'stalled-reader',
  async fault(stage: Stage) {
    const { server, history, random, acks } = stage;
    const counts: number[] = [];
    const socket = io(server.url, {
      auth: { token: tokenOf('stalled', { projectId: 'stalls' }) },
      forceNew: true,
      transports: ['websocket'],
      reconnection: false,
    });
    const about = { history, url: server.url, project: 'stalls', random };
    const writer = createMember({ ...about, name: `writer${acks()}`, kind: 'plain', long: 1_900 });
    const watcher = io(server.url, {
      auth: { token: tokenOf('watcher', { projectId: 'stalls' }) },
      forceNew: true,
    });
    watcher.on('presence', ({ count }: { count: number }) => counts.push(count));
    try {
      await until(() => counts.at(-1) === 3, 'the three to be there');
      const { ws } = socket.io.engine.transport as unknown as Paused;
      ws._socket.pause();
      const pong = setInterval(() => ws.send('3'), 100);
      writer.talk(0, 50);
      const gone = () => counts.at(-1) === 2;
      await until(() => gone() || writer.acked > ENOUGH, 'megabytes to be written', 60_000);
      await writer.hush();
      // Others are told within seconds that somebody left.
      await until(gone, 'the end of the stalled', 20_000)
        .catch(() => {
          throw new Error(KEPT);
        })
        .finally(() => clearInterval(pong));
    } finally {
      for (const each of [socket, watcher]) each.disconnect();
      writer.leave();
    }
  },
};
