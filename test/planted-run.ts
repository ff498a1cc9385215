/** Plants a bug and tells the story that has to bring it out. */

import { pathToFileURL } from 'node:url';
import type { createChat } from '@chatty/client/chat';
import { io } from 'socket.io-client';
import { createMember } from './actors.js';
import { describe } from './checker.js';
import { away, databaseFaults, neighbour, serverFaults } from './faults-list.js';
import type { Cleanup, Cluster } from './faults-rig.js';
import { type Stage, type Story, tell } from './faults-story.js';
import { tokenOf, until } from './kit.js';
import { type Bug, bugs } from './planted-bugs.js';
import { plant } from './planted-copy.js';

/** Tries a bug is given to show itself. */
const TRIES = 3;
const SECONDS = 5;

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
      const database = await options.cluster.database();
      const parts = { database, seconds: SECONDS, seed: options.seed + tries, entry: copy.entry, create };
      const seen = await look(context, storyOf(bug, options.cluster), parts);
      what = seen.what;
      if (seen.names.some((each) => bug.caught.some((wanted) => wanted === each)))
        return { caught: true, tries, what };
    }
    return { caught: false, tries: TRIES, what };
  } finally {
    copy.remove();
  }
}

/** What a story finds; a story that cannot even be told is trouble. */
async function look(context: Cleanup, story: Story, parts: Parameters<typeof tell>[2]) {
  try {
    const { violations, trouble } = await tell(context, story, parts);
    const names: string[] = violations.map(({ name }) => name);
    if (trouble !== null) names.push('trouble');
    return { names, what: `${trouble ?? ''}${describe(violations.slice(0, 3))}` };
  } catch (error) {
    return { names: ['trouble'], what: String(error) };
  }
}

function storyOf({ story }: Bug, cluster: Cluster): Story {
  const database = databaseFaults(cluster);
  const stories: Record<Bug['story'], Story> = {
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

/** Somebody answers pings and reads nothing while others write megabytes: the server has to let go of them. */
const stalled: Story = {
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
      const gone = () => (counts.at(-1) ?? 3) < 3 || writer.acked > 4_000;
      await until(gone, 'the end of the stalled', 60_000).finally(() => clearInterval(pong));
      await writer.hush();
      if (writer.acked > 4_000) throw new Error('a member that does not read is kept');
    } finally {
      for (const each of [socket, watcher]) each.disconnect();
      writer.leave();
    }
  },
};
