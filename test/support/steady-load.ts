/** Members who write at one rate whatever becomes of it, and a reader: what a stall of the database is measured by. */

import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type CleanupContext,
  connectClient,
  createTestToken,
  type TestClient,
  type TestServer,
  waitUntil,
} from './server.js';

type LoadMessage = {
  content: string;
  /** When it was first sent, in milliseconds of the monotonic clock. */
  at: number;
  attemptCount: number;
  /** Its number in the log, once it is acknowledged. */
  id: number | null;
};

const WRITER_COUNT = 4;
/** Lines are sent when they are due, looked at this often, in milliseconds. */
const TICK_INTERVAL_MS = 10;
/** Pauses before a line is sent again, as in our client, in milliseconds. */
const FIRST_RETRY_DELAY_MS = 1_000;
const MAX_RETRY_DELAY_MS = 8_000;
/** A line that waits longer than this belongs to a backlog, in milliseconds. */
const MAX_BACKLOG_MS = 1_000;

/** @param rate lines a second of all writers together; no line waits for another */
export async function startSteadyLoad(context: CleanupContext, { url }: TestServer, rate: number) {
  const options = { transports: ['websocket'] };
  const reader = await connectClient(context, url, createTestToken('reader'), options);
  const writers: TestClient[] = [];
  for (let index = 0; index < WRITER_COUNT; index += 1) {
    const writer = await connectClient(context, url, createTestToken(`writer ${index}`), options);
    writer.socket.off('chat message');
    writers.push(writer);
  }
  const lines: LoadMessage[] = [];
  /** Not acknowledged yet, in the order they were first sent. */
  const waiting = new Set<LoadMessage>();
  const begun = performance.now();
  let over = false;

  async function send(writer: TestClient, line: LoadMessage): Promise<void> {
    for (
      let wait = FIRST_RETRY_DELAY_MS;
      line.id === null && !over;
      wait = Math.min(MAX_RETRY_DELAY_MS, wait * 2)
    ) {
      line.attemptCount += 1;
      const payload = { content: line.content, clientId: line.content.replace(' ', '-') };
      const answer = await writer.send(payload).catch(() => null);
      if (answer?.ok) {
        line.id = answer.message.id;
        waiting.delete(line);
      } else await pause(wait, undefined, { ref: false });
    }
  }

  const ticking = setInterval(() => {
    const due = Math.floor(((performance.now() - begun) * rate) / 1_000);
    while (lines.length < due) {
      const line = { content: `line ${lines.length}`, at: performance.now(), attemptCount: 0, id: null };
      lines.push(line);
      waiting.add(line);
      void send(writers[lines.length % WRITER_COUNT] as TestClient, line);
    }
  }, TICK_INTERVAL_MS);
  context.after(() => {
    clearInterval(ticking);
    over = true;
  });

  const longestWait = () => {
    const [oldest] = waiting;
    return oldest ? performance.now() - oldest.at : 0;
  };
  return {
    /** Resolves when nothing waits for long any more, and the lines of the second after it were all stored at first. */
    async recovered(patience: number): Promise<void> {
      await waitUntil(() => longestWait() < MAX_BACKLOG_MS, 'the end of the backlog', patience).catch(
        (error) => {
          throw new Error(`${error.message}: ${waiting.size} of ${lines.length} lines are not acknowledged`);
        },
      );
      const from = lines.length;
      await waitUntil(() => lines.length >= from + rate, 'a second to pass');
      const after = lines.slice(from, from + rate);
      await waitUntil(() => after.every(({ id }) => id !== null), 'the lines of a second', patience);
      const late = after.filter(({ attemptCount: tries }) => tries > 1);
      assert.equal(late.length, 0, 'lines were refused after the backlog had drained');
    },
    /** Ends the load; every line was acknowledged and read once, in one order. */
    async end(): Promise<{ id: number; content: string }[]> {
      clearInterval(ticking);
      await waitUntil(() => waiting.size === 0, 'the last acknowledgement', 30_000);
      await waitUntil(() => reader.messages.length >= lines.length, 'the last line at the reader');
      const read = reader.messages.map(({ id, content }) => ({ id, content }));
      const acknowledged = lines.map(({ id, content }) => ({ id: id ?? 0, content }));
      assert.deepEqual(
        read,
        acknowledged.sort((a, b) => a.id - b.id),
      );
      assert.deepEqual(
        read.map(({ id }) => id),
        read.map((_, index) => index + 1),
      );
      return read;
    },
  };
}
