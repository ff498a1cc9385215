/** Decides what lines there are and in which order: a window of the stored ones by id, then one's own still on their way. */

import type { Code } from '@chatty/protocol/errors';
import type { Message, Position, Session } from '@chatty/protocol/events';
import { firstId, put, type Run, type StoredLine } from './message-run.js';
import { type Held, isPast, join, shorten, trim } from './message-window.js';
import type { Entry } from './outbox.js';
import { createPending, type PendingLine } from './pending-messages.js';

/** Messages are missing here: those after the line before and before the line after. `loadGap` brings them. */
export type GapLine = { kind: 'gap'; key: string };
export type Line = StoredLine | PendingLine | GapLine;

/** Which page is asked for: before the first line, before the line after the gap, after the last line. */
export type Page = 'older' | 'gap' | 'newer';

export type Timeline = {
  /** The lines as of now. A new array after each change; a line that did not change stays the same object. */
  lines(): readonly Line[];
  readonly pending: readonly PendingLine[];
  readonly more: boolean;
  readonly newest: boolean;
  /** Which log the lines are of; null before the first history. */
  readonly epoch: string | null;
  /** The id of the last stored line; 0 where there is none. */
  readonly last: number;
  /** How to learn which message is being read, 0 at the live end: whatever comes, it is not among the lines that go. */
  hold(reader: () => number): void;
  /** Whose lines are own. Another person's lines on their way are dropped: nobody writes under somebody else's name. */
  identify(session: Session): void;
  /**
   * The newest messages as of a position. `known`: up to where the lines held were complete; null where they are of
   * another log and go. Else they stay, the newest 100 of them, and a gap shows where messages in between are missing.
   */
  history(messages: readonly Message[], position: Position, known: number | null): void;
  /** Changes in turn, complete up to `top`. What lies outside the window is left out: it loads in its latest state. */
  merge(messages: readonly Message[], top: number): void;
  /** A page is asked for (1), or is answered and taken (-1): what changes meanwhile is newer than what the page says. */
  asking(by: 1 | -1): void;
  /** What `history { before, limit: PAGE }` has to be asked for a page; null where there is none. */
  before(page: Page): number | null;
  /** The answer to that. One that comes too late for the window as it now is changes nothing. */
  take(page: Page, before: number, messages: readonly Message[], more: boolean): void;
  /** A page around a message that is far away, all below `before`: it becomes the window. */
  visit(before: number, messages: readonly Message[], more: boolean): void;
  /** A stored message as it stands here, or null where it is not held. */
  find(id: number): Message | null;
  /** Lines held over a history may have changed unseen: the `before` that refreshes them, null where there are none. */
  stale(): number | null;
  /** The answer to that, or null where it was refused: then the stale lines go, and load again when scrolled to. */
  refresh(messages: readonly Message[] | null): void;
  toNewest(): void;
  pend(entry: Entry): void;
  acknowledge(clientId: string, id: number): void;
  fail(clientId: string, failure: Code): void;
  discard(clientId: string): void;
};

/** Messages in a page; of long ones the pager asks more than once for them. */
export const PAGE = 50;
/** Stored lines kept before a gap, and of the live end while its reader is away from it. */
const KEPT = 100;

/** @param limit most stored lines in the window */
export function createTimeline(limit = 2_000, kept = KEPT): Timeline {
  const bounds = { limit, kept };
  const held: Held = { live: { lines: [], more: false }, past: null, away: false };
  let reader = () => 0;
  let staleTo = 0;
  let asked = 0;
  /** Changes since a page was asked for, by id. */
  const meanwhile = new Map<number, Message>();
  let session: Session | null = null;
  let epoch: string | null = null;
  let snapshot: readonly Line[] | null = null;
  const pending = createPending();

  const isOwn = (message: Message) => session !== null && message.userId === session.userId;
  const first = () => held.past ?? held.live;
  const runs = () => (held.past ? [held.past, held.live] : [held.live]);

  function toLine(message: Message): StoredLine {
    const own = isOwn(message);
    // An own line keeps its key when it turns from pending to stored, so that its row is not drawn anew.
    const key = own && message.clientId ? `c${message.clientId}` : `m${message.id}`;
    return { kind: 'stored', key, message, own };
  }

  function add(run: Run, messages: readonly Message[], from = 0, to = Number.POSITIVE_INFINITY): void {
    for (const given of messages) {
      const changed = meanwhile.get(given.id);
      const message = changed && changed.seq > given.seq ? changed : given;
      if (message.id >= from && message.id < to) put(run, toLine(message));
      if (message.clientId && isOwn(message)) pending.remove(message.clientId);
    }
    snapshot = null;
  }

  /** Puts what belongs into the window there. */
  function place(messages: readonly Message[]): void {
    const { past, live } = held;
    if (past) add(past, messages, firstId(past), past.upTo + 1);
    add(live, messages, live.more ? firstId(live) : 0);
  }

  /** The live end anew, from these messages on. */
  function begin(messages: readonly Message[], more: boolean): void {
    held.live = { lines: [], more };
    add(held.live, messages);
  }

  function history(messages: readonly Message[], position: Position, known: number | null): void {
    epoch = position.epoch;
    const oldest = messages[0]?.id ?? 0;
    // The first change of a room is its first message. Of long messages a history holds few, so their number says nothing.
    const complete = oldest <= 1;
    const anew = known === null || position.seq < known;
    if (anew) pending.restart(position.seq);
    else pending.advance(position.seq);
    const reading = reader();
    if (isPast(held, reading)) held.away = true;
    if (anew || complete || first().lines.length === 0) {
      held.past = null;
      held.away = false;
      staleTo = 0;
      begin(messages, !complete);
    } else if (held.away) {
      staleTo = held.past?.upTo ?? 0;
      begin(messages, true);
    } else {
      held.past = null;
      const { live } = held;
      shorten(live, kept, reading, kept);
      staleTo = position.seq > known ? known : 0;
      if (oldest > known + 1) {
        held.past = { ...live, upTo: known };
        begin(messages, true);
      } else add(live, messages);
    }
  }

  const before: Record<Page, () => number | null> = {
    older: () => (first().more ? firstId(first()) : null),
    gap: () => (held.past && !held.away ? firstId(held.live) : null),
    // An id is a change's number: at most so many messages lie between, and the page reaches down to the window.
    newer: () => (held.past && held.away ? Math.min(held.past.upTo + 1 + PAGE, firstId(held.live)) : null),
  };

  function take(page: Page, from: number, messages: readonly Message[], more: boolean): void {
    if (before[page]() !== from) return;
    const { past, live } = held;
    if (page === 'older') {
      add(first(), messages, 0, from);
      first().more = more;
      // Who does not say where they are reads the page that they asked for.
      trim(held, bounds, reader() || 1);
      return;
    }
    if (!past) return;
    if (page === 'gap') {
      add(live, messages, past.upTo + 1, from);
      if (!more || (messages[0]?.id ?? 0) <= past.upTo + 1) join(held);
    } else {
      add(past, messages, past.upTo + 1, from);
      past.upTo = Math.max(past.upTo, from - 1);
      if (past.upTo >= firstId(live) - 1) join(held);
    }
    trim(held, bounds, reader());
  }

  function visit(before: number, messages: readonly Message[], more: boolean): void {
    const past = { lines: [], more, upTo: before - 1 };
    Object.assign(held, { past, away: true });
    add(past, messages);
    if (past.upTo >= firstId(held.live) - 1) join(held);
    // What was looked for is what will be read.
    trim(held, bounds, past.upTo);
  }

  function find(id: number): Message | null {
    for (const { lines } of runs()) for (const { message } of lines) if (message.id === id) return message;
    return null;
  }

  function stale(): number | null {
    return first().lines.length > 0 && firstId(first()) <= staleTo ? staleTo + 1 : null;
  }

  function refresh(messages: readonly Message[] | null): void {
    if (messages) {
      place(messages);
      staleTo = (messages[0]?.id ?? 1) - 1;
      return;
    }
    const lines = held.live.lines.filter(({ message }) => message.id > staleTo);
    Object.assign(held, { live: { lines, more: true }, past: null, away: false });
    staleTo = 0;
    snapshot = null;
  }

  return {
    lines() {
      const { past, live, away } = held;
      const gap: GapLine[] = past ? [{ kind: 'gap', key: `g${past.upTo}` }] : [];
      snapshot ??= away
        ? [...first().lines]
        : [...(past?.lines ?? []), ...gap, ...live.lines, ...pending.lines];
      return snapshot;
    },
    get pending() {
      return pending.lines;
    },
    get more() {
      return first().more;
    },
    get newest() {
      return !held.away;
    },
    get epoch() {
      return epoch;
    },
    get last() {
      return (held.away ? first() : held.live).lines.at(-1)?.message.id ?? 0;
    },
    hold(next) {
      reader = next;
    },
    identify(next) {
      const other = session !== null && (session.userId !== next.userId || session.room !== next.room);
      session = next;
      if (!other) return;
      for (const line of pending.lines) pending.remove(line.clientId);
      for (const run of runs()) run.lines = run.lines.map(({ message }) => toLine(message));
      snapshot = null;
    },
    history,
    merge(messages, top) {
      if (asked > 0) for (const message of messages) meanwhile.set(message.id, message);
      place(messages);
      pending.advance(top);
      trim(held, bounds, reader());
      snapshot = null;
    },
    asking(by) {
      asked += by;
      if (asked === 0) meanwhile.clear();
    },
    before: (page) => before[page](),
    take,
    visit,
    find,
    stale,
    refresh,
    toNewest() {
      if (!held.away) return;
      held.past = null;
      held.away = false;
      snapshot = null;
    },
    pend(entry) {
      pending.add(entry);
      snapshot = null;
    },
    acknowledge(clientId, id) {
      pending.acknowledge(clientId, id);
      snapshot = null;
    },
    fail(clientId, failure) {
      pending.fail(clientId, failure);
      snapshot = null;
    },
    discard(clientId) {
      pending.remove(clientId);
      snapshot = null;
    },
  };
}
