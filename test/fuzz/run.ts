/** One bout of fuzzing: clients that say anything to a server, two that only want to talk, and what must hold. */

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { TestContext } from 'node:test';
import { join, stored, tokenOf, until, type Visitor } from '../support/server.js';
import { attack, type Score } from './attack.js';
import { assertSound, complaintsOf, endOf, memoryOf, pausesOf, peakMemoryOf, startTarget } from './server.js';

type Cleanup = Pick<TestContext, 'after'>;
export type Bout = Score & {
  lines: number;
  /** MiB before the attack, right after it, and once it had come back. */
  memory: [number, number, number];
  /** The most that the server ever held, in MiB. */
  peakMemory: number;
  /** The longest that its event loop stood still during the attack, in milliseconds of CPU time. */
  longestPauseMs: number;
};

/** After this share of the frames the server is as warm as it gets, and its memory is measured. */
const WARM_UP = 0.25;
/** What a server may hold after an attack, against before. */
const MEMORY_FACTOR = 1.25;
/** What it may hold at any time, in MiB: a heap of 256 and as much again beside it. */
const PEAK_MEMORY = 512;
/** What the event loop may stand still, in milliseconds: eight attackers are heard in one turn, and garbage is collected in it. */
const LONGEST_PAUSE_MS = 150;
/** The bystanders say a line each time this many frames have been sent. */
const FRAMES_A_LINE = 500;

/**
 * @param options.frames WebSocket frames to send; odd requests come on top
 * @param options.chosen which server, where it is not the one that was built, on a database of its own
 */
export async function fuzz(
  context: Cleanup,
  { frames, seed, chosen }: { frames: number; seed: number; chosen?: Parameters<typeof startTarget>[1] },
): Promise<Bout> {
  const target = await startTarget(context, chosen);
  const { url } = target;
  const score: Score = { frames: 0, connections: 0, requests: 0, unanswered: [] };
  const bout = async (): Promise<Bout> => {
    await attack(url, score, { upTo: frames * WARM_UP, seed });
    const before = memoryOf(target);
    const warm = pausesOf(target).length;
    const attacked = attack(url, score, { upTo: frames, seed: seed + 1 });
    const lines = await converse(context, url, score, attacked);
    const after = memoryOf(target);
    const settled = () => memoryOf(target) <= before * MEMORY_FACTOR;
    await until(settled, `memory to come back from ${after} to ${before} MiB`, 90_000);
    return {
      ...score,
      lines,
      memory: [before, after, memoryOf(target)],
      peakMemory: peakMemoryOf(target),
      longestPauseMs: Math.max(0, ...pausesOf(target).slice(warm)),
    };
  };
  const done = await Promise.race([bout(), endOf(target)]).catch((error: Error) => {
    throw new Error(`${error.message}\nThe server said:\n${complaintsOf(target)}`, { cause: error });
  });
  assert.deepEqual(done.unanswered, [], 'every batch is answered or ends its connection');
  assertSound(target);
  const { longestPauseMs, peakMemory } = done;
  assert.ok(longestPauseMs <= LONGEST_PAUSE_MS, `the event loop stood still for ${longestPauseMs} ms`);
  assert.ok(peakMemory <= PEAK_MEMORY, `the server held ${peakMemory} MiB`);
  return done;
}

/** Says a line as an outbox does: again with the same id while the answer is "later". */
async function persist(speaker: Visitor, content: string): Promise<string> {
  const clientId = randomUUID();
  let answer = await speaker.say({ content, clientId });
  await until(async () => {
    if (!answer.ok && answer.retry === 'later') answer = await speaker.say({ content, clientId });
    return answer.ok || answer.retry !== 'later';
  }, `"${content}" to be stored`);
  return stored(answer).content;
}

/** One person talks and another listens while the attack goes on; nothing is refused, lost, doubled or out of order. */
async function converse(
  context: Cleanup,
  url: string,
  score: Score,
  attacked: Promise<void>,
): Promise<number> {
  let going = true;
  const over = attacked.finally(() => {
    going = false;
  });
  // The caller awaits it below; until then a failure must not count as unhandled.
  over.catch(() => undefined);
  const speaker = await join(context, url, tokenOf('지영'));
  const listener = await join(context, url, tokenOf('하준'));
  const sessions = [speaker.socket.id, listener.socket.id];
  const heard = () => listener.messages.filter(({ username }) => username === '지영');
  const said: string[] = [];
  while (going) {
    const next = score.frames + FRAMES_A_LINE;
    said.push(await persist(speaker, `${said.length}번째 말`));
    await until(() => heard().length === said.length, `line ${said.length} to arrive`, 30_000);
    await until(() => !going || score.frames >= next, 'the attack to go on', 60_000);
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
