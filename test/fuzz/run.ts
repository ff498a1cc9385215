/** One bout of fuzzing: clients that say anything to a server, two that only want to talk, and what must hold. */

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { TestContext } from 'node:test';
import {
  assertStored,
  connectClient,
  createTestToken,
  type TestClient,
  waitUntil,
} from '../support/server.js';
import { type FuzzCounters, runAttack } from './attack.js';
import {
  assertServerHealthy,
  errorLogOf,
  exitOf,
  memoryMibOf,
  peakMemoryMibOf,
  readPausesMs,
  startFuzzTarget,
} from './server.js';

type CleanupContext = Pick<TestContext, 'after'>;
export type FuzzResult = FuzzCounters & {
  bystanderMessageCount: number;
  /** MiB before the attack, right after it, and once it had come back. */
  memoryMib: [number, number, number];
  /** The most that the server ever held, in MiB. */
  peakMemoryMib: number;
  /** The longest that its event loop stood still during the attack, in milliseconds of CPU time. */
  longestPauseMs: number;
};

/** After this share of the frames the server is as warm as it gets, and its memory is measured. */
const WARM_UP_SHARE = 0.25;
/** What a server may hold after an attack, against before. */
const MAX_MEMORY_GROWTH = 1.25;
/** What it may hold at any time, in MiB: a heap of 256 and as much again beside it. */
const MAX_PEAK_MEMORY_MIB = 512;
/** What the event loop may stand still, in milliseconds: eight attackers are heard in one turn, and garbage is collected in it. */
const MAX_PAUSE_MS = 150;
/** The bystanders say a line each time this many frames have been sent. */
const FRAMES_PER_BYSTANDER_MESSAGE = 500;

/**
 * @param options.frames WebSocket frames to send; odd requests come on top
 * @param options.chosen which server, where it is not the one that was built, on a database of its own
 */
export async function runFuzz(
  context: CleanupContext,
  {
    frames,
    seed,
    serverOptions,
  }: { frames: number; seed: number; serverOptions?: Parameters<typeof startFuzzTarget>[1] },
): Promise<FuzzResult> {
  const target = await startFuzzTarget(context, serverOptions);
  const { url } = target;
  const counters: FuzzCounters = { frames: 0, connections: 0, requests: 0, unansweredFrames: [] };
  const bout = async (): Promise<FuzzResult> => {
    await runAttack(url, counters, { upTo: frames * WARM_UP_SHARE, seed });
    const before = memoryMibOf(target);
    const warm = readPausesMs(target).length;
    const attacked = runAttack(url, counters, { upTo: frames, seed: seed + 1 });
    const lines = await exchangeBystanderMessages(context, url, counters, attacked);
    const after = memoryMibOf(target);
    const settled = () => memoryMibOf(target) <= before * MAX_MEMORY_GROWTH;
    await waitUntil(settled, `memory to come back from ${after} to ${before} MiB`, 90_000);
    return {
      ...counters,
      bystanderMessageCount: lines,
      memoryMib: [before, after, memoryMibOf(target)],
      peakMemoryMib: peakMemoryMibOf(target),
      longestPauseMs: Math.max(0, ...readPausesMs(target).slice(warm)),
    };
  };
  const done = await Promise.race([bout(), exitOf(target)]).catch((error: Error) => {
    throw new Error(`${error.message}\nThe server said:\n${errorLogOf(target)}`, { cause: error });
  });
  assert.deepEqual(done.unansweredFrames, [], 'every batch is answered or ends its connection');
  assertServerHealthy(target);
  const { longestPauseMs, peakMemoryMib: peakMemory } = done;
  assert.ok(longestPauseMs <= MAX_PAUSE_MS, `the event loop stood still for ${longestPauseMs} ms`);
  assert.ok(peakMemory <= MAX_PEAK_MEMORY_MIB, `the server held ${peakMemory} MiB`);
  return done;
}

/** Says a line as an outbox does: again with the same id while the answer is "later". */
async function sendWithRetry(speaker: TestClient, content: string): Promise<string> {
  const clientId = randomUUID();
  let answer = await speaker.send({ content, clientId });
  await waitUntil(async () => {
    if (!answer.ok && answer.retry === 'later') answer = await speaker.send({ content, clientId });
    return answer.ok || answer.retry !== 'later';
  }, `"${content}" to be stored`);
  return assertStored(answer).content;
}

/** One person talks and another listens while the attack goes on; nothing is refused, lost, doubled or out of order. */
async function exchangeBystanderMessages(
  context: CleanupContext,
  url: string,
  score: FuzzCounters,
  attacked: Promise<void>,
): Promise<number> {
  let going = true;
  const over = attacked.finally(() => {
    going = false;
  });
  // The caller awaits it below; until then a failure must not count as unhandled.
  over.catch(() => undefined);
  const speaker = await connectClient(context, url, createTestToken('지영'));
  const listener = await connectClient(context, url, createTestToken('하준'));
  const sessions = [speaker.socket.id, listener.socket.id];
  const heard = () => listener.messages.filter(({ username }) => username === '지영');
  const said: string[] = [];
  while (going) {
    const next = score.frames + FRAMES_PER_BYSTANDER_MESSAGE;
    said.push(await sendWithRetry(speaker, `${said.length}번째 말`));
    await waitUntil(() => heard().length === said.length, `line ${said.length} to arrive`, 30_000);
    await waitUntil(() => !going || score.frames >= next, 'the attack to go on', 60_000);
  }
  await over;
  assert.deepEqual(
    heard().map(({ content }) => content),
    said,
  );
  assert.deepEqual([speaker.socket.id, listener.socket.id], sessions, 'nobody was thrown out');
  assert.ok(said.length > 5, 'somebody talked all the while');
  return said.length;
}
