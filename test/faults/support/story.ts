/** One fault story: people talk, something breaks again and again, all is well, and the checker reads what everybody wrote down. */

import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createChatClient } from '@chatty/client';
import type { DatabaseConfig } from '@chatty/server/testing';
import { waitUntil } from '../../support/server.js';
import { type FaultyNetwork, startProxy } from '../../support/tcp-proxy.js';
import { createChatMember } from '../actors/chat.js';
import { createMember, type Member } from '../actors/index.js';
import { checkHistory, formatViolations, type Violation } from '../checker/index.js';
import { createHistory, type History } from '../checker/log-lines.js';
import { type RoomHead, readRoomHead, recordDatabaseDump, recordFinalRead } from './ending.js';
import { type CleanupContext, type ServerProcess, startServerProcess } from './rig.js';

export type ScenarioContext = {
  context: CleanupContext;
  history: History;
  server: ServerProcess;
  network: FaultyNetwork;
  database: DatabaseConfig;
  random: () => number;
  /** Where members connect: the server through the proxy. */
  url: string;
  ackCount(): number;
  /** Resolves when this many more messages are acknowledged. */
  waitForAcks(more: number): Promise<void>;
  /** Lets time pass, in milliseconds: for how long something stays broken. */
  wait(milliseconds: number): Promise<void>;
};

export type FaultScenario = {
  name: string;
  /** Time in milliseconds between two lines of one talker, where it is not the usual. */
  sendIntervalMs?: number;
  /** Breaks something and mends it. Called again until the time is over. */
  injectFault(stage: ScenarioContext): Promise<void>;
  /** What happens last, when nobody else speaks any more. */
  finalPhase?(stage: ScenarioContext): Promise<void>;
};

export type ScenarioResult = {
  violations: Violation[];
  /** What went wrong beside the promises of the log: the server ended, a page was refused. */
  failure: string | null;
  ackCount: number;
  /** How many of them are edits and deletes. */
  changeCount: number;
  faultCount: number;
  rowCount: number;
  history: History;
};

const SETTLE_TIMEOUT_MS = 60_000;
const SENDER_COUNT = 5;
const SEND_INTERVAL_MS = 50;
/** Acknowledgements without which a story says nothing. */
const MIN_ACK_COUNT = 100;

/**
 * @param entry the chat server's program, where it is not the built one
 * @param create our client, where it is not the real one
 */
export async function runScenario(
  context: CleanupContext,
  story: FaultScenario,
  options: {
    database: DatabaseConfig;
    seconds: number;
    seed: number;
    entry?: string;
    create?: typeof createChatClient;
    /** Runs once when everybody is there, and again and again beside the faults. */
    beside?: (stage: ScenarioContext, faults: number) => Promise<void>;
  },
): Promise<ScenarioResult> {
  const { database, seconds, seed, entry, create = createChatClient, beside } = options;
  const random = createSeededRandom(seed);
  const history = createHistory();
  const server = await startServerProcess(context, database, entry);
  const proxy = await startProxy(server.port, random);
  context.after(() => proxy.close());
  const url = `http://127.0.0.1:${proxy.port}`;
  const members = createMembers(history, url, random, create);
  context.after(() => {
    for (const member of members) member.disconnect(true);
  });
  const acks = () => history.count('ok');
  const heard = (more: number) => {
    const goal = acks() + more;
    const enough = () => acks() >= goal || server.failureReason() !== null;
    return waitUntil(enough, `${more} more acknowledgements`, SETTLE_TIMEOUT_MS).catch((error: unknown) => {
      throw new Error(`${String(error)}; the server says:\n${server.output().slice(-2_000)}`);
    });
  };
  const last = (milliseconds: number) => {
    const end = performance.now() + milliseconds;
    return waitUntil(() => performance.now() >= end, 'time to pass', milliseconds + SETTLE_TIMEOUT_MS);
  };
  const stage: ScenarioContext = {
    context,
    history,
    server,
    network: proxy,
    database,
    random,
    url,
    ackCount: acks,
    waitForAcks: heard,
    wait: last,
  };

  await waitUntil(() => members.every(({ connected }) => connected), 'everybody');
  for (const [index, member] of members.entries()) {
    if (index < SENDER_COUNT)
      member.startSending(story.sendIntervalMs ?? SEND_INTERVAL_MS, index === SENDER_COUNT - 1 ? 6 : 1);
  }
  let faults = 0;
  const end = performance.now() + seconds * 1_000;
  await heard(20);
  while ((performance.now() < end || acks() < MIN_ACK_COUNT) && server.failureReason() === null) {
    await story.injectFault(stage);
    faults += 1;
    await heard(20);
    await beside?.(stage, faults);
  }
  const trouble = await finishScenario(stage, story, members);
  const rows = await recordDatabaseDump(history, database);
  const bars = { maxUnknownShare: 0.9 };
  const changes = history.lines.filter(({ op, kind }) => op === 'change' && kind === 'ok').length;
  return {
    violations: checkHistory(history.lines, bars),
    failure: trouble,
    ackCount: acks(),
    changeCount: changes,
    faultCount: faults,
    rowCount: rows,
    history,
  };
}

async function finishScenario(
  stage: ScenarioContext,
  story: FaultScenario,
  members: readonly Member[],
): Promise<string | null> {
  const { history, server, database, url } = stage;
  history.add({ actor: 'story', op: 'heal', room: '', kind: 'info' });
  await stage.waitForAcks(20);
  // Nobody can be waited for at a server that has ended.
  if (server.failureReason() !== null) {
    for (const member of members) member.disconnect(true);
    return server.failureReason();
  }
  await withTimeout(Promise.all(members.map((member) => member.stopSending())));
  await story.finalPhase?.(stage);
  const heads = new Map<string, RoomHead>();
  for (const project of ['kimpga', 'othershop'])
    heads.set(`${project}/main`, await readRoomHead(database, project));
  const there = ({ room, position, connected, visibility: sees }: Member) => {
    const head = heads.get(room);
    return connected && position >= ((sees === 'window' ? head?.near : head?.all) ?? 0);
  };
  // Whoever does not get there is named by the checker, with the lines.
  await waitUntil(() => members.every(there), 'everybody at the head', 30_000).catch(() => undefined);
  for (const member of members) member.disconnect(true);
  if (server.failureReason() !== null) return server.failureReason();
  try {
    for (const project of ['kimpga', 'othershop']) await recordFinalRead(history, url, project);
    return null;
  } catch (error) {
    return String(error);
  }
}

/** Two projects; plain and batch members and our own client. The first of them talk, the last of those without waiting. */
function createMembers(
  history: History,
  url: string,
  random: () => number,
  create: typeof createChatClient,
): Member[] {
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
export async function runScenarioTest(
  context: TestContext,
  story: FaultScenario,
  options: { database: DatabaseConfig; seconds: number; seed?: number },
): Promise<void> {
  const seed = options.seed ?? Number(process.env.CHATTY_SEED ?? Math.floor(Math.random() * 2 ** 31));
  context.diagnostic(`${story.name}: seed ${seed}`);
  const told = await runScenario(context, story, { ...options, seed });
  context.diagnostic(
    `${told.ackCount} acknowledged (${told.changeCount} edits and deletes), ${told.rowCount} stored, ${told.faultCount} faults, ${told.history.lines.length} lines`,
  );
  assertScenarioPassed(story, told, seed);
}

/** Throws when something was broken, or when so little happened that nothing is proved. */
export function assertScenarioPassed(story: FaultScenario, result: ScenarioResult, seed: number): void {
  const {
    violations,
    failure: trouble,
    ackCount: acks,
    changeCount: changes,
    faultCount: faults,
    history,
  } = result;
  if (violations.length > 0 || trouble !== null) {
    const file = fileURLToPath(
      new URL(`../../../.build/histories/${story.name}-${seed}.jsonl`, import.meta.url),
    );
    history.write(file);
    throw new Error(
      `seed ${seed}, the history is in ${file}\n${trouble ?? ''}\n${formatViolations(violations)}`,
    );
  }
  if (acks < MIN_ACK_COUNT) throw new Error(`only ${acks} messages were acknowledged (seed ${seed})`);
  if (changes === 0) throw new Error(`nothing was edited or deleted (seed ${seed})`);
  if (faults === 0) throw new Error('nothing was broken');
}

function withTimeout(work: Promise<unknown>): Promise<unknown> {
  let done = false;
  const watch = work.finally(() => {
    done = true;
  });
  return Promise.race([
    watch,
    waitUntil(() => done, 'an answer for everything', SETTLE_TIMEOUT_MS).catch(() => undefined),
  ]);
}

/** mulberry32: the same numbers for the same seed. */
function createSeededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
