/** One fault story: people talk, something breaks again and again, all is well, and the checker reads what everybody wrote down. */

import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createChat } from '@chatty/client/chat';
import type { Connection } from '@chatty/server/store/postgres/postgres-store';
import { until } from '../../support/server.js';
import { type Network, startProxy } from '../../support/tcp-proxy.js';
import { createChatMember } from '../actors/chat.js';
import { createMember, type Member } from '../actors/index.js';
import { check, describe, type Violation } from '../checker/index.js';
import { createHistory, type History } from '../checker/log-lines.js';
import { dump, finalRead, type Head, headOf } from './ending.js';
import { type Cleanup, type ServerProcess, startServer } from './rig.js';

export type Stage = {
  context: Cleanup;
  history: History;
  server: ServerProcess;
  proxy: Network;
  database: Connection;
  random: () => number;
  /** Where members connect: the server through the proxy. */
  url: string;
  acks(): number;
  /** Resolves when this many more messages are acknowledged. */
  heard(more: number): Promise<void>;
  /** Lets time pass, in milliseconds: for how long something stays broken. */
  last(milliseconds: number): Promise<void>;
};

export type Story = {
  name: string;
  /** Time in milliseconds between two lines of one talker, where it is not the usual. */
  pace?: number;
  /** Breaks something and mends it. Called again until the time is over. */
  fault(stage: Stage): Promise<void>;
  /** What happens last, when nobody else speaks any more. */
  last?(stage: Stage): Promise<void>;
};

export type Told = {
  violations: Violation[];
  /** What went wrong beside the promises of the log: the server ended, a page was refused. */
  trouble: string | null;
  acks: number;
  /** How many of them are edits and deletes. */
  changes: number;
  faults: number;
  rows: number;
  history: History;
};

const PATIENCE = 60_000;
const TALKERS = 5;
const PACE = 50;
/** Acknowledgements without which a story says nothing. */
const LEAST = 100;

/**
 * @param entry the chat server's program, where it is not the built one
 * @param create our client, where it is not the real one
 */
export async function tell(
  context: Cleanup,
  story: Story,
  options: {
    database: Connection;
    seconds: number;
    seed: number;
    entry?: string;
    create?: typeof createChat;
    /** Runs once when everybody is there, and again and again beside the faults. */
    beside?: (stage: Stage, faults: number) => Promise<void>;
  },
): Promise<Told> {
  const { database, seconds, seed, entry, create = createChat, beside } = options;
  const random = seeded(seed);
  const history = createHistory();
  const server = await startServer(context, database, entry);
  const proxy = await startProxy(server.port, random);
  context.after(() => proxy.close());
  const url = `http://127.0.0.1:${proxy.port}`;
  const members = crowd(history, url, random, create);
  context.after(() => {
    for (const member of members) member.leave(true);
  });
  const acks = () => history.count('ok');
  const heard = (more: number) => {
    const goal = acks() + more;
    const enough = () => acks() >= goal || server.fault() !== null;
    return until(enough, `${more} more acknowledgements`, PATIENCE).catch((error: unknown) => {
      throw new Error(`${String(error)}; the server says:\n${server.output().slice(-2_000)}`);
    });
  };
  const last = (milliseconds: number) => {
    const end = performance.now() + milliseconds;
    return until(() => performance.now() >= end, 'time to pass', milliseconds + PATIENCE);
  };
  const stage: Stage = { context, history, server, proxy, database, random, url, acks, heard, last };

  await until(() => members.every(({ connected }) => connected), 'everybody');
  for (const [index, member] of members.entries()) {
    if (index < TALKERS) member.talk(story.pace ?? PACE, index === TALKERS - 1 ? 6 : 1);
  }
  let faults = 0;
  const end = performance.now() + seconds * 1_000;
  await heard(20);
  while ((performance.now() < end || acks() < LEAST) && server.fault() === null) {
    await story.fault(stage);
    faults += 1;
    await heard(20);
    await beside?.(stage, faults);
  }
  const trouble = await finish(stage, story, members);
  const rows = await dump(history, database);
  const bars = { unknown: 0.9 };
  const changes = history.lines.filter(({ op, kind }) => op === 'change' && kind === 'ok').length;
  return { violations: check(history.lines, bars), trouble, acks: acks(), changes, faults, rows, history };
}

async function finish(stage: Stage, story: Story, members: readonly Member[]): Promise<string | null> {
  const { history, server, database, url } = stage;
  history.add({ actor: 'story', op: 'heal', room: '', kind: 'info' });
  await stage.heard(20);
  // Nobody can be waited for at a server that has ended.
  if (server.fault() !== null) {
    for (const member of members) member.leave(true);
    return server.fault();
  }
  await within(Promise.all(members.map((member) => member.hush())));
  await story.last?.(stage);
  const heads = new Map<string, Head>();
  for (const project of ['kimpga', 'othershop'])
    heads.set(`${project}/main`, await headOf(database, project));
  const there = ({ room, position, connected, sees }: Member) => {
    const head = heads.get(room);
    return connected && position >= ((sees === 'window' ? head?.near : head?.all) ?? 0);
  };
  // Whoever does not get there is named by the checker, with the lines.
  await until(() => members.every(there), 'everybody at the head', 30_000).catch(() => undefined);
  for (const member of members) member.leave(true);
  if (server.fault() !== null) return server.fault();
  try {
    for (const project of ['kimpga', 'othershop']) await finalRead(history, url, project);
    return null;
  } catch (error) {
    return String(error);
  }
}

/** Two projects; plain and batch members and our own client. The first of them talk, the last of those without waiting. */
function crowd(history: History, url: string, random: () => number, create: typeof createChat): Member[] {
  const transports = ['websocket'];
  const about = { history, url, random };
  const kimpga = { ...about, project: 'kimpga' };
  const othershop = { ...about, project: 'othershop' };
  return [
    createMember({ ...kimpga, name: 'minsu', kind: 'plain', transports }),
    createMember({ ...kimpga, name: 'jisoo', kind: 'batch', transports }),
    createMember({ ...othershop, name: 'shopper', kind: 'batch', transports }),
    createChatMember({ ...kimpga, name: 'ours', create }),
    createMember({ ...kimpga, name: 'crowd', kind: 'batch', transports }),
    createMember({ ...kimpga, name: 'polling', kind: 'plain' }),
    createMember({ ...kimpga, name: 'reader', kind: 'batch', transports }),
    createMember({ ...othershop, name: 'seller', kind: 'plain', transports }),
    createChatMember({ ...othershop, name: 'watcher', create }),
  ];
}

/** A story as a test: fails with everything the checker found, and keeps the history. */
export async function tellTest(
  context: TestContext,
  story: Story,
  options: { database: Connection; seconds: number; seed?: number },
): Promise<void> {
  const seed = options.seed ?? Number(process.env.CHATTY_SEED ?? Math.floor(Math.random() * 2 ** 31));
  context.diagnostic(`${story.name}: seed ${seed}`);
  const told = await tell(context, story, { ...options, seed });
  context.diagnostic(
    `${told.acks} acknowledged (${told.changes} edits and deletes), ${told.rows} stored, ${told.faults} faults, ${told.history.lines.length} lines`,
  );
  judge(story, told, seed);
}

/** Throws when something was broken, or when so little happened that nothing is proved. */
export function judge(story: Story, told: Told, seed: number): void {
  const { violations, trouble, acks, changes, faults, history } = told;
  if (violations.length > 0 || trouble !== null) {
    const file = fileURLToPath(new URL(`../.build/histories/${story.name}-${seed}.jsonl`, import.meta.url));
    history.write(file);
    throw new Error(`seed ${seed}, the history is in ${file}\n${trouble ?? ''}\n${describe(violations)}`);
  }
  if (acks < LEAST) throw new Error(`only ${acks} messages were acknowledged (seed ${seed})`);
  if (changes === 0) throw new Error(`nothing was edited or deleted (seed ${seed})`);
  if (faults === 0) throw new Error('nothing was broken');
}

function within(work: Promise<unknown>): Promise<unknown> {
  let done = false;
  const watch = work.finally(() => {
    done = true;
  });
  return Promise.race([
    watch,
    until(() => done, 'an answer for everything', PATIENCE).catch(() => undefined),
  ]);
}

/** mulberry32: the same numbers for the same seed. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
