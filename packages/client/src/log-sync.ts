/** Decides how the client follows the room's log: it shows changes in order and fetches the ones it missed. */

import type { ChangeFrame, KnownChange, LogPosition, Message, SyncAnswer } from '@chatty/protocol';
import { createBackoff } from './backoff.js';
import type { Clock } from './clock.js';
import { LogCursor } from './log-cursor.js';
import type { SendRequest } from './socketio-client.js';
import type { Timeline } from './timeline.js';

export type LogSync = {
  readonly position: LogPosition | null;
  /** The newest change received. The server compares it with its log and so notices a restored backup. */
  readonly last: KnownChange | undefined;
  /** `anew`: the server's log was replaced, so no earlier message is part of it. */
  applyHistory(messages: readonly Message[], position: LogPosition & { anew?: true }): void;
  applyFrame(frame: ChangeFrame): void;
  setHead(position: LogPosition): void;
  /** Asks whether changes are missing, and aborts the connection if there is no answer. */
  checkForGap(): void;
  onDisconnect(): void;
};

/** Pause after a refusal or an answer without progress. */
const INITIAL_BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 10_000;

export function createLogSync(options: {
  timeline: Timeline;
  request: SendRequest;
  clock: Clock;
  /** The timeline changed; `newMessages` are those that this client has not had before, by id. */
  onChange: (newMessages: readonly Message[]) => void;
  onCaughtUp: () => void;
  abortConnection: () => void;
}): LogSync {
  const { timeline, request, clock, onChange, onCaughtUp, abortConnection } = options;
  const cursor = new LogCursor();
  /** Grows when the connection is lost: what an earlier generation fetches is ignored. */
  let generation = 0;
  let syncing = false;
  let last: KnownChange | undefined;

  function applyHistory(messages: readonly Message[], received: LogPosition & { anew?: true }): void {
    const { anew, ...position } = received;
    const isSameLog = !anew && cursor.position?.epoch === position.epoch;
    last = newestChange(messages);
    timeline.applyHistory(messages, position, isSameLog ? cursor.releasedSeq : null);
    deliver(cursor.reset(position), position.seq);
  }

  function applyFrame(frame: ChangeFrame, headSeq?: number): void {
    const previousSeq = cursor.releasedSeq;
    deliver(cursor.receive(frame, headSeq), previousSeq);
  }

  function deliver(messages: readonly Message[], previousSeq: number): void {
    timeline.applyChanges(messages, cursor.releasedSeq);
    last = newestChange(messages, last);
    onChange(newMessagesAmong(messages, previousSeq));
    syncIfBehind();
  }

  function syncIfBehind(): void {
    if (cursor.behind) void sync();
    else onCaughtUp();
  }

  async function sync(): Promise<void> {
    if (syncing || !cursor.position) return;
    syncing = true;
    const startedIn = generation;
    const isCurrent = () => startedIn === generation;
    await fetchMissing(cursor, request, clock, applyAnswer, isCurrent).catch(() => {
      // No answer, or a final refusal: a new connection starts with what is needed.
      if (isCurrent()) abortConnection();
    });
    if (isCurrent()) syncing = false;
  }

  function applyAnswer(answer: SyncAnswer & { ok: true }, after: LogPosition): void {
    // Frames that arrive together with the answer are handled before it: a reset must not discard them.
    if (!answer.reset) applyFrame(answer, answer.head);
    else if (cursor.position === after)
      applyHistory(answer.messages, { epoch: answer.epoch, seq: answer.seq });
  }

  return {
    get position() {
      return cursor.position;
    },
    get last() {
      return last;
    },
    applyHistory,
    applyFrame: (frame) => applyFrame(frame),
    setHead(position) {
      cursor.setHead(position);
      // Before the first history there is no position to be behind of.
      if (cursor.position) syncIfBehind();
    },
    checkForGap: () => void sync(),
    onDisconnect() {
      generation += 1;
      syncing = false;
      cursor.onDisconnect();
    },
  };
}

/** Sends `sync` requests, one after another, until the cursor is no longer behind or the connection is replaced. */
async function fetchMissing(
  cursor: LogCursor,
  request: SendRequest,
  clock: Clock,
  applyAnswer: (answer: SyncAnswer & { ok: true }, after: LogPosition) => void,
  isCurrent: () => boolean,
): Promise<void> {
  const backoff = createBackoff(INITIAL_BACKOFF_MS, MAX_BACKOFF_MS);
  while (isCurrent() && cursor.position) {
    const after = cursor.position;
    const answer = await request('sync', { after });
    if (!answer.ok && answer.retry !== 'later') throw new Error(answer.code);
    if (answer.ok) {
      applyAnswer(answer, after);
      if (!cursor.behind) return;
    }
    if (answer.ok && (answer.reset || cursor.position.seq > after.seq)) backoff.reset();
    else await new Promise<void>((resolve) => void clock.later(resolve, backoff.next()));
  }
}

/** The newest change among these messages, or `known` if it is newer. */
function newestChange(messages: readonly Message[], known?: KnownChange): KnownChange | undefined {
  let newest = known;
  for (const { id, seq, created_at } of messages)
    if (seq >= (newest?.seq ?? 0)) newest = { id, seq, created_at };
  return newest;
}

/** The messages sent after `previousSeq` in their latest state, by id, without deleted ones. */
function newMessagesAmong(messages: readonly Message[], previousSeq: number): Message[] {
  const latestById = new Map<number, Message>();
  for (const message of messages) if (message.id > previousSeq) latestById.set(message.id, message);
  return [...latestById.values()].filter((message) => !message.deleted_at).sort((a, b) => a.id - b.id);
}
