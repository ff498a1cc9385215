/** Decides what lines there are and in which order: a window of the stored ones by id, then one's own still on their way. */

import type { LogPosition, Message, RefusalCode, Session } from '@chatty/protocol';
import { firstId, type MessageRun, type StoredItem, upsert } from './message-run.js';
import { closeGap, dropOldestUnread, enforceLimit, isInPast, type MessageWindow } from './message-window.js';
import type { OutgoingMessage } from './outbox.js';
import { createPendingMessages, type PendingItem } from './pending-messages.js';

/** Messages are missing here: those after the line before and before the line after. `loadGap` brings them. */
export type GapItem = { kind: 'gap'; key: string };
export type TimelineItem = StoredItem | PendingItem | GapItem;

/** Which page is asked for: before the first line, before the line after the gap, after the last line. */
export type PageKind = 'older' | 'gap' | 'newer';

export type Timeline = {
  /** The lines as of now. A new array after each change; a line that did not change stays the same object. */
  items(): readonly TimelineItem[];
  readonly pending: readonly PendingItem[];
  readonly hasOlder: boolean;
  readonly atLatest: boolean;
  /** Which log the lines are of; null before the first history. */
  readonly epoch: string | null;
  /** The id of the last stored line; 0 where there is none. */
  readonly lastId: number;
  /** How to learn which message is being read, 0 at the live end: whatever comes, it is not among the lines that go. */
  trackReadPosition(getReadId: () => number): void;
  /** Whose lines are own. Another person's lines on their way are dropped: nobody writes under somebody else's name. */
  setSession(session: Session): void;
  /**
   * The newest messages as of a position. `known`: up to where the lines held were complete; null where they are of
   * another log and go. Else they stay, the newest 100 of them, and a gap shows where messages in between are missing.
   */
  applyHistory(messages: readonly Message[], position: LogPosition, completeUpTo: number | null): void;
  /** Changes in turn, complete up to `top`. What lies outside the window is left out: it loads in its latest state. */
  applyChanges(messages: readonly Message[], headSeq: number): void;
  /** A page is asked for (1), or is answered and taken (-1): what changes meanwhile is newer than what the page says. */
  trackPageRequest(delta: 1 | -1): void;
  /** What `history { before, limit: PAGE }` has to be asked for a page; null where there is none. */
  beforeId(page: PageKind): number | null;
  /** The answer to that. One that comes too late for the window as it now is changes nothing. */
  addPage(page: PageKind, beforeId: number, messages: readonly Message[], hasOlder: boolean): void;
  /** A page around a message that is far away, all below `before`: it becomes the window. */
  showPageAround(beforeId: number, messages: readonly Message[], hasOlder: boolean): void;
  /** A stored message as it stands here, or null where it is not held. */
  find(id: number): Message | null;
  /** Lines held over a history may have changed unseen: the `before` that refreshes them, null where there are none. */
  staleBefore(): number | null;
  /** The answer to that, or null where it was refused: then the stale lines go, and load again when scrolled to. */
  replaceStale(messages: readonly Message[] | null): void;
  jumpToLatest(): void;
  addPending(message: OutgoingMessage): void;
  acknowledge(clientId: string, id: number): void;
  markFailed(clientId: string, failure: RefusalCode): void;
  discardPending(clientId: string): void;
};

/** Messages in a page; of long ones the pager asks more than once for them. */
export const PAGE_SIZE = 50;
/** Stored lines kept before a gap, and of the live end while its reader is away from it. */
const RETAINED_MESSAGES = 100;

/** @param limit most stored lines in the window */
export function createTimeline(limit = 2_000, retained = RETAINED_MESSAGES): Timeline {
  const bounds = { limit, retained };
  const messageWindow: MessageWindow = { live: { items: [], more: false }, past: null, detached: false };
  let getReadId = () => 0;
  let staleUpTo = 0;
  let openPageRequests = 0;
  /** Changes since a page was asked for, by id. */
  const changedWhileLoading = new Map<number, Message>();
  let session: Session | null = null;
  let epoch: string | null = null;
  let snapshot: readonly TimelineItem[] | null = null;
  const pending = createPendingMessages();

  const isOwn = (message: Message) => session !== null && message.userId === session.userId;
  const firstRun = () => messageWindow.past ?? messageWindow.live;
  const allRuns = () =>
    messageWindow.past ? [messageWindow.past, messageWindow.live] : [messageWindow.live];

  function toItem(message: Message): StoredItem {
    const isOwnMessage = isOwn(message);
    // An own line keeps its key when it turns from pending to stored, so that its row is not drawn anew.
    const key = isOwnMessage && message.clientId ? `c${message.clientId}` : `m${message.id}`;
    return { kind: 'stored', key, message, own: isOwnMessage };
  }

  function addMessages(
    run: MessageRun,
    messages: readonly Message[],
    from = 0,
    to = Number.POSITIVE_INFINITY,
  ): void {
    for (const received of messages) {
      const changed = changedWhileLoading.get(received.id);
      const message = changed && changed.seq > received.seq ? changed : received;
      if (message.id >= from && message.id < to) upsert(run, toItem(message));
      if (message.clientId && isOwn(message)) pending.remove(message.clientId);
    }
    snapshot = null;
  }

  /** Puts what belongs into the window there. */
  function placeInWindow(messages: readonly Message[]): void {
    const { past, live } = messageWindow;
    if (past) addMessages(past, messages, firstId(past), past.upTo + 1);
    addMessages(live, messages, live.more ? firstId(live) : 0);
  }

  /** The live end anew, from these messages on. */
  function startLiveRun(messages: readonly Message[], more: boolean): void {
    messageWindow.live = { items: [], more };
    addMessages(messageWindow.live, messages);
  }

  function applyHistory(
    messages: readonly Message[],
    position: LogPosition,
    completeUpTo: number | null,
  ): void {
    epoch = position.epoch;
    const oldest = messages[0]?.id ?? 0;
    // The first change of a room is its first message. Of long messages a history holds few, so their number says nothing.
    const reachesStart = oldest <= 1;
    const isReset = completeUpTo === null || position.seq < completeUpTo;
    if (isReset) pending.resetTo(position.seq);
    else pending.advanceTo(position.seq);
    const readId = getReadId();
    if (isInPast(messageWindow, readId)) messageWindow.detached = true;
    if (isReset || reachesStart || firstRun().items.length === 0) {
      messageWindow.past = null;
      messageWindow.detached = false;
      staleUpTo = 0;
      startLiveRun(messages, !reachesStart);
    } else if (messageWindow.detached) {
      staleUpTo = messageWindow.past?.upTo ?? 0;
      startLiveRun(messages, true);
    } else {
      messageWindow.past = null;
      const { live } = messageWindow;
      dropOldestUnread(live, retained, readId, retained);
      staleUpTo = position.seq > completeUpTo ? completeUpTo : 0;
      if (oldest > completeUpTo + 1) {
        messageWindow.past = { ...live, upTo: completeUpTo };
        startLiveRun(messages, true);
      } else addMessages(live, messages);
    }
  }

  const beforeId: Record<PageKind, () => number | null> = {
    older: () => (firstRun().more ? firstId(firstRun()) : null),
    gap: () => (messageWindow.past && !messageWindow.detached ? firstId(messageWindow.live) : null),
    // An id is a change's number: at most so many messages lie between, and the page reaches down to the window.
    newer: () =>
      messageWindow.past && messageWindow.detached
        ? Math.min(messageWindow.past.upTo + 1 + PAGE_SIZE, firstId(messageWindow.live))
        : null,
  };

  function addPage(
    page: PageKind,
    requestedBefore: number,
    messages: readonly Message[],
    more: boolean,
  ): void {
    if (beforeId[page]() !== requestedBefore) return;
    const { past, live } = messageWindow;
    if (page === 'older') {
      addMessages(firstRun(), messages, 0, requestedBefore);
      firstRun().more = more;
      // Who does not say where they are reads the page that they asked for.
      enforceLimit(messageWindow, bounds, getReadId() || 1);
      return;
    }
    if (!past) return;
    if (page === 'gap') {
      addMessages(live, messages, past.upTo + 1, requestedBefore);
      if (!more || (messages[0]?.id ?? 0) <= past.upTo + 1) closeGap(messageWindow);
    } else {
      addMessages(past, messages, past.upTo + 1, requestedBefore);
      past.upTo = Math.max(past.upTo, requestedBefore - 1);
      if (past.upTo >= firstId(live) - 1) closeGap(messageWindow);
    }
    enforceLimit(messageWindow, bounds, getReadId());
  }

  function showPageAround(beforeId: number, messages: readonly Message[], more: boolean): void {
    const past: MessageRun & { upTo: number } = { items: [], more, upTo: beforeId - 1 };
    Object.assign(messageWindow, { past, detached: true });
    addMessages(past, messages);
    if (past.upTo >= firstId(messageWindow.live) - 1) closeGap(messageWindow);
    // What was looked for is what will be read.
    enforceLimit(messageWindow, bounds, past.upTo);
  }

  function find(id: number): Message | null {
    for (const { items } of allRuns()) for (const { message } of items) if (message.id === id) return message;
    return null;
  }

  function staleBefore(): number | null {
    return firstRun().items.length > 0 && firstId(firstRun()) <= staleUpTo ? staleUpTo + 1 : null;
  }

  function replaceStale(messages: readonly Message[] | null): void {
    if (messages) {
      placeInWindow(messages);
      staleUpTo = (messages[0]?.id ?? 1) - 1;
      return;
    }
    const items = messageWindow.live.items.filter(({ message }) => message.id > staleUpTo);
    Object.assign(messageWindow, { live: { items, more: true }, past: null, detached: false });
    staleUpTo = 0;
    snapshot = null;
  }

  return {
    items() {
      const { past, live, detached } = messageWindow;
      const gap: GapItem[] = past ? [{ kind: 'gap', key: `g${past.upTo}` }] : [];
      snapshot ??= detached
        ? [...firstRun().items]
        : [...(past?.items ?? []), ...gap, ...live.items, ...pending.items];
      return snapshot;
    },
    get pending() {
      return pending.items;
    },
    get hasOlder() {
      return firstRun().more;
    },
    get atLatest() {
      return !messageWindow.detached;
    },
    get epoch() {
      return epoch;
    },
    get lastId() {
      return (messageWindow.detached ? firstRun() : messageWindow.live).items.at(-1)?.message.id ?? 0;
    },
    trackReadPosition(next) {
      getReadId = next;
    },
    setSession(next) {
      const isOtherPerson =
        session !== null && (session.userId !== next.userId || session.room !== next.room);
      session = next;
      if (!isOtherPerson) return;
      for (const item of pending.items) pending.remove(item.clientId);
      for (const run of allRuns()) run.items = run.items.map(({ message }) => toItem(message));
      snapshot = null;
    },
    applyHistory,
    applyChanges(messages, headSeq) {
      if (openPageRequests > 0) for (const message of messages) changedWhileLoading.set(message.id, message);
      placeInWindow(messages);
      pending.advanceTo(headSeq);
      enforceLimit(messageWindow, bounds, getReadId());
      snapshot = null;
    },
    trackPageRequest(delta) {
      openPageRequests += delta;
      if (openPageRequests === 0) changedWhileLoading.clear();
    },
    beforeId: (page) => beforeId[page](),
    addPage,
    showPageAround,
    find,
    staleBefore,
    replaceStale,
    jumpToLatest() {
      if (!messageWindow.detached) return;
      messageWindow.past = null;
      messageWindow.detached = false;
      snapshot = null;
    },
    addPending(message) {
      pending.add(message);
      snapshot = null;
    },
    acknowledge(clientId, id) {
      pending.acknowledge(clientId, id);
      snapshot = null;
    },
    markFailed(clientId, failure) {
      pending.markFailed(clientId, failure);
      snapshot = null;
    },
    discardPending(clientId) {
      pending.remove(clientId);
      snapshot = null;
    },
  };
}
