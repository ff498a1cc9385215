/** Decides what lines there are and in which order: the stored ones by id, then one's own that are still on their way. */

import type { Code } from '@chatty/protocol/codes';
import type { Message, Session } from '@chatty/protocol/events';

/** A line that the server has. */
export type StoredLine = { kind: 'stored'; key: string; message: Message; own: boolean };
/** A line of one's own that is not known to be stored. `failure` set: it will not be sent again by itself. */
export type PendingLine = {
  kind: 'pending';
  key: string;
  clientId: string;
  content: string;
  replyTo: number | null;
  /** When it was written, in milliseconds. */
  at: number;
  failure: Code | null;
};
/** Messages are missing here: those after the line before and before the line after. `loadGap` brings them. */
export type GapLine = { kind: 'gap'; key: string };
export type Line = StoredLine | PendingLine | GapLine;

export type Timeline = {
  /** The lines as of now. A new array after each change; a line that did not change stays the same object. */
  lines(): readonly Line[];
  /** Whose lines are own, and which log the ids belong to; another log forgets the stored lines. */
  identify(session: Session): void;
  /** The newest stored lines, oldest first. What is held stays where it meets them without a gap, else it is replaced. */
  history(messages: readonly Message[]): void;
  /** A stored message, by broadcast or acknowledgement; a repeat changes nothing. */
  store(message: Message): void;
  pend(line: { clientId: string; content: string; replyTo: number | null; at: number }): void;
  fail(clientId: string, failure: Code | null): void;
  discard(clientId: string): void;
};

/** @param limit most stored lines held; the oldest go first */
export function createTimeline(limit = 500): Timeline {
  let stored: StoredLine[] = [];
  let pending: PendingLine[] = [];
  let session: Session | null = null;
  let snapshot: readonly Line[] | null = null;

  const isOwn = (message: Message) => session !== null && message.userId === session.userId;
  const changed = () => {
    snapshot = null;
  };

  function place(message: Message): void {
    let index = stored.length;
    while (index > 0 && (stored[index - 1]?.message.id ?? 0) > message.id) index -= 1;
    const before = stored[index - 1];
    if (before?.message.id === message.id) {
      if (before.message.seq >= message.seq) return;
      stored = stored.with(index - 1, { ...before, message });
    } else {
      stored = stored.toSpliced(index, 0, toLine(message));
      if (stored.length > limit) stored = stored.slice(-limit);
    }
    if (isOwn(message)) pending = pending.filter((line) => line.clientId !== message.clientId);
    changed();
  }

  function toLine(message: Message): StoredLine {
    const own = isOwn(message);
    // An own line keeps its key when it turns from pending to stored, so that its row is not drawn anew.
    const key = own && message.clientId ? `c${message.clientId}` : `m${message.id}`;
    return { kind: 'stored', key, message, own };
  }

  return {
    lines() {
      snapshot ??= [...stored, ...pending];
      return snapshot;
    },
    identify(next) {
      const same =
        session?.epoch === next.epoch && session.userId === next.userId && session.room === next.room;
      if (!same) stored = [];
      session = next;
      changed();
    },
    history(messages) {
      const oldest = messages[0];
      const top = stored.at(-1)?.message.id;
      const meets =
        oldest !== undefined && top !== undefined && messages.some((message) => message.id <= top);
      if (!meets) stored = [];
      changed();
      for (const message of messages) place(message);
    },
    store: place,
    pend(line) {
      pending = [...pending, { kind: 'pending', key: `c${line.clientId}`, failure: null, ...line }];
      changed();
    },
    fail(clientId, failure) {
      pending = pending.map((line) => (line.clientId === clientId ? { ...line, failure } : line));
      changed();
    },
    discard(clientId) {
      pending = pending.filter((line) => line.clientId !== clientId);
      changed();
    },
  };
}
