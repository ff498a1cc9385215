/** Decides how the client keeps up with the room's log: what comes in turn is shown, what is missing is asked for. */

import type { Frame, KnownChange, Message, Position } from '@chatty/protocol/events';
import type { Clock } from './clock.js';
import { createCursor } from './log-cursor.js';
import type { Ask } from './socketio-client.js';
import type { Timeline } from './timeline.js';

export type Follower = {
  readonly position: Position | null;
  /** The newest change that is here: who comes back with it is told where the log has another. */
  readonly last: KnownChange | undefined;
  /** `anew`: nothing that was known before is of this log. */
  history(messages: readonly Message[], position: Position & { anew?: true }): void;
  frame(frame: Frame): void;
  head(position: Position): void;
  /** Asks whether anything is missing; a connection that does not answer is dropped. */
  probe(): void;
  /** The connection is gone. */
  shut(): void;
};

/** Pause after a refusal, or an answer that brought nothing, in milliseconds; each is twice the one before. */
const FIRST_PAUSE = 500;
const LAST_PAUSE = 10_000;

export function createFollower(options: {
  timeline: Timeline;
  ask: Ask;
  clock: Clock;
  /** The timeline changed; `fresh` are the messages this client has not had before, by id. */
  changed: (fresh: readonly Message[]) => void;
  caughtUp: () => void;
  drop: () => void;
}): Follower {
  const { timeline, ask, clock, changed, caughtUp, drop } = options;
  const cursor = createCursor();
  let era = 0;
  let syncing = false;
  let last: KnownChange | undefined;

  function know(messages: readonly Message[]): void {
    for (const { id, seq, created_at } of messages)
      if (seq >= (last?.seq ?? 0)) last = { id, seq, created_at };
  }

  function history(messages: readonly Message[], given: Position & { anew?: true }): void {
    const { anew, ...position } = given;
    const same = !anew && cursor.position?.epoch === position.epoch;
    last = undefined;
    know(messages);
    timeline.history(messages, position, same ? cursor.shown : null);
    give(cursor.reset(position), position.seq);
    check();
  }

  function frame(next: Frame, head?: number): void {
    const before = cursor.shown;
    give(cursor.take(next, head), before);
    check();
  }

  function give(messages: readonly Message[], before: number): void {
    timeline.merge(messages, cursor.shown);
    know(messages);
    const fresh = new Map<number, Message>();
    for (const message of messages) if (message.id > before) fresh.set(message.id, message);
    changed([...fresh.values()].filter((message) => !message.deleted_at).sort((a, b) => a.id - b.id));
  }

  function check(): void {
    if (cursor.behind) void sync();
    else caughtUp();
  }

  async function sync(): Promise<void> {
    if (syncing || !cursor.position) return;
    syncing = true;
    const mine = era;
    try {
      for (let pause = FIRST_PAUSE; ; pause = Math.min(LAST_PAUSE, pause * 2)) {
        const after: Position = cursor.position;
        const answer = await ask('sync', { after });
        if (!answer.ok && answer.retry !== 'later') throw new Error(answer.code);
        if (answer.ok) {
          // Packets that arrive together are heard before this: a page that replaces everything does not replace those.
          if (!answer.reset) frame(answer, answer.head);
          else if (cursor.position === after)
            history(answer.messages, { epoch: answer.epoch, seq: answer.seq });
          if (!cursor.behind) break;
          if (cursor.position.seq > after.seq || answer.reset) pause = FIRST_PAUSE / 2;
        }
        if (pause >= FIRST_PAUSE) await new Promise<void>((resolve) => void clock.later(resolve, pause));
        if (mine !== era) return;
      }
    } catch {
      // No answer, or one that asking again will not change: a new connection begins with what is needed.
      if (mine === era) drop();
    }
    if (mine === era) syncing = false;
  }

  return {
    get position() {
      return cursor.position;
    },
    get last() {
      return last;
    },
    history,
    frame: (next) => frame(next),
    head(position) {
      cursor.note(position);
      // Before the history nothing is known to be missing, and everything is.
      if (cursor.position) check();
    },
    probe: () => void sync(),
    shut() {
      era += 1;
      syncing = false;
      cursor.pause();
    },
  };
}
