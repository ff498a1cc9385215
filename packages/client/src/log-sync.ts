/** Decides how the client keeps up with the room's log: what comes in turn is shown, what is missing is asked for. */

import type { ChangeFrame, KnownChange, LogPosition, Message } from '@chatty/protocol';
import type { Clock } from './clock.js';
import { createLogCursor } from './log-cursor.js';
import type { SendRequest } from './socketio-client.js';
import type { Timeline } from './timeline.js';

export type LogSync = {
  readonly position: LogPosition | null;
  /** The newest change that is here: who comes back with it is told where the log has another. */
  readonly last: KnownChange | undefined;
  /** `anew`: nothing that was known before is of this log. */
  applyHistory(messages: readonly Message[], position: LogPosition & { anew?: true }): void;
  frame(frame: ChangeFrame): void;
  setHead(position: LogPosition): void;
  /** Asks whether anything is missing; a connection that does not answer is dropped. */
  checkForGap(): void;
  /** The connection is gone. */
  onDisconnect(): void;
};

/** Pause after a refusal, or an answer that brought nothing, in milliseconds; each is twice the one before. */
const INITIAL_BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 10_000;

export function createLogSync(options: {
  timeline: Timeline;
  request: SendRequest;
  clock: Clock;
  /** The timeline changed; `fresh` are the messages this client has not had before, by id. */
  onChange: (newMessages: readonly Message[]) => void;
  onCaughtUp: () => void;
  abortConnection: () => void;
}): LogSync {
  const { timeline, request, clock, onChange, onCaughtUp, abortConnection } = options;
  const cursor = createLogCursor();
  let connectionId = 0;
  let syncing = false;
  let last: KnownChange | undefined;

  function rememberLast(messages: readonly Message[]): void {
    for (const { id, seq, created_at } of messages)
      if (seq >= (last?.seq ?? 0)) last = { id, seq, created_at };
  }

  function applyHistory(messages: readonly Message[], received: LogPosition & { anew?: true }): void {
    const { anew, ...position } = received;
    const isSameLog = !anew && cursor.position?.epoch === position.epoch;
    last = undefined;
    rememberLast(messages);
    timeline.applyHistory(messages, position, isSameLog ? cursor.releasedSeq : null);
    deliver(cursor.reset(position), position.seq);
    syncIfBehind();
  }

  function applyFrame(next: ChangeFrame, head?: number): void {
    const previousSeq = cursor.releasedSeq;
    deliver(cursor.receive(next, head), previousSeq);
    syncIfBehind();
  }

  function deliver(messages: readonly Message[], previousSeq: number): void {
    timeline.applyChanges(messages, cursor.releasedSeq);
    rememberLast(messages);
    const newMessages = new Map<number, Message>();
    for (const message of messages) if (message.id > previousSeq) newMessages.set(message.id, message);
    onChange([...newMessages.values()].filter((message) => !message.deleted_at).sort((a, b) => a.id - b.id));
  }

  function syncIfBehind(): void {
    if (cursor.behind) void sync();
    else onCaughtUp();
  }

  async function sync(): Promise<void> {
    if (syncing || !cursor.position) return;
    syncing = true;
    const startedIn = connectionId;
    try {
      for (let backoffMs = INITIAL_BACKOFF_MS; ; backoffMs = Math.min(MAX_BACKOFF_MS, backoffMs * 2)) {
        const after: LogPosition = cursor.position;
        const answer = await request('sync', { after });
        if (!answer.ok && answer.retry !== 'later') throw new Error(answer.code);
        if (answer.ok) {
          // Packets that arrive together are heard before this: a page that replaces everything does not replace those.
          if (!answer.reset) applyFrame(answer, answer.head);
          else if (cursor.position === after)
            applyHistory(answer.messages, { epoch: answer.epoch, seq: answer.seq });
          if (!cursor.behind) break;
          if (cursor.position.seq > after.seq || answer.reset) backoffMs = INITIAL_BACKOFF_MS / 2;
        }
        if (backoffMs >= INITIAL_BACKOFF_MS)
          await new Promise<void>((resolve) => void clock.later(resolve, backoffMs));
        if (startedIn !== connectionId) return;
      }
    } catch {
      // No answer, or one that asking again will not change: a new connection begins with what is needed.
      if (startedIn === connectionId) abortConnection();
    }
    if (startedIn === connectionId) syncing = false;
  }

  return {
    get position() {
      return cursor.position;
    },
    get last() {
      return last;
    },
    applyHistory,
    frame: (next) => applyFrame(next),
    setHead(position) {
      cursor.setHead(position);
      // Before the history nothing is known to be missing, and everything is.
      if (cursor.position) syncIfBehind();
    },
    checkForGap: () => void sync(),
    onDisconnect() {
      connectionId += 1;
      syncing = false;
      cursor.onDisconnect();
    },
  };
}
