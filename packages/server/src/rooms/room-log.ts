/** Decides which changes of a room may be shown next, and keeps the newest end of its log in memory: never n+1 before n. */

import type { KnownChange, Message } from '@chatty/protocol';
import type { LogPage } from '../store/store.js';
import { firstMessagesThatFit } from './page-size.js';

/** A change that is in order now. `created`: nobody here has seen this message before; else it was edited, deleted or reacted to. */
export type Change = { message: Message; created: boolean };

/** A stretch of the log, every change of (after, seq] in its latest state. */
export type LogRange = { seq: number; messages: Message[] };

export type RoomLog = {
  readonly epoch: string;
  /** seq of the newest change that has been let through. */
  readonly head: number;
  /** How far the log is known to have reached. A store that has less has lost its end. */
  readonly knownHead: number;
  /** What it keeps in memory, in bytes; an estimate. */
  readonly bytes: number;
  /** Takes a committed change and returns those that are now in order. A repeat returns nothing. */
  append(message: Message): Change[];
  /** Takes a page of the store that begins at or before `top`; what was held back and follows it comes along. */
  backfill(page: LogPage): Change[];
  /** The log is said to reach this far. */
  raiseKnownHead(seq: number): void;
  /** Whether this change, at or before `top`, is one of this log; null where memory does not tell. */
  contains(message: Message): boolean | null;
  /** Whether somebody has a change, at or before `top`, that was never of this log, as far as memory tells. */
  contradicts(change: KnownChange): boolean;
  /** The newest change. */
  readonly lastChange: Message | undefined;
  /** Whether a page that was asked for when `last` was the newest change may go on from it; else it is of another log. */
  isContinuation(page: LogPage, lastChange: Message | undefined): boolean;
  /** Whether something is known to be missing, which then has to be read from the store. */
  hasGap(): boolean;
  /** The newest messages, oldest first. */
  newestMessages(limit: number): Message[];
  /** At most `limit` messages with an id below `before`; null where not all of them are in memory. */
  before(before: number, limit: number): Message[] | null;
  /**
   * At most `limit` changes after `seq`, and one or as many as have `most` bytes as JSON; null where not all of them are
   * in memory, or `seq` is beyond the top.
   */
  after(seq: number, limit: number, maxBytes?: number): LogRange | null;
};

/** Changes held back behind a hole; what comes beyond that is read from the store when the hole is filled. */
const MAX_OUT_OF_ORDER = 1_000;
/** Lists are cut when they are this much over their size, so that cutting costs next to nothing a message. */
const TRIM_SLACK_FACTOR = 1.1;
/** What a message costs in memory beside its text, in bytes; an estimate. */
const MESSAGE_OVERHEAD_BYTES = 400;

/**
 * @param page the last changes of the room
 * @param older messages just before the page's, oldest first, where the page alone does not show enough
 * @param size most changes and most messages kept
 * @param bytes most memory for them, estimated
 */
export function createRoomLog(options: {
  page: LogPage;
  older?: readonly Message[];
  maxEntries: number;
  bytes: number;
}): RoomLog {
  const { page, older = [], maxEntries, bytes } = options;
  /** Every change of (floor, top], ascending by seq. */
  let changes: Message[] = [];
  let baseSeq = page.prev;
  let head = page.prev;
  let byteSize = 0;
  /** The newest messages without a gap between them, ascending by id. */
  let messages: Message[] = [...older];
  /** Every message with this id or a higher one is in `messages`; 0 where those are all there are. */
  let completeFromId = page.prev === 0 ? 0 : (older[0]?.id ?? page.prev + 1);
  const outOfOrder = new Map<number, Message>();
  let knownHead = head;
  /** Numbers of the pages read whose change was followed by a later one; one of them may have created a message. */
  const superseded = new Set<number>();

  function applyChange(message: Message): void {
    const index = lowerBound(messages, message.id, idOf);
    const before = messages[index];
    if (before?.id === message.id) messages[index] = message;
    else if (message.id >= completeFromId) messages.splice(index, 0, message);
    // Edited messages leave their old place in the log.
    if (message.id < message.seq) dropStale(message.id, before);
    changes.push(message);
    byteSize += byteSizeOf(message);
    head = message.seq;
  }

  function dropStale(id: number, before: Message | undefined): void {
    const index =
      before?.id === id
        ? lowerBound(changes, before.seq, seqOf)
        : changes.findIndex((change) => change.id === id);
    const stale = changes[index];
    if (stale?.id !== id) return;
    changes.splice(index, 1);
    byteSize -= byteSizeOf(stale);
  }

  function trim(): void {
    if (changes.length > maxEntries * TRIM_SLACK_FACTOR || byteSize > bytes * TRIM_SLACK_FACTOR) {
      let cut = 0;
      while (changes.length - cut > maxEntries || (byteSize > bytes && cut < changes.length - 1)) {
        const oldest = changes[cut];
        if (!oldest) break;
        byteSize -= byteSizeOf(oldest);
        baseSeq = oldest.seq;
        cut += 1;
      }
      changes = changes.slice(cut);
    }
    if (messages.length <= Math.max(changes.length, maxEntries / 2) * TRIM_SLACK_FACTOR) return;
    messages = messages.slice(-Math.max(changes.length, Math.floor(maxEntries / 2)));
    completeFromId = messages[0]?.id ?? completeFromId;
  }

  function releaseOne(message: Message, released: Change[]): void {
    for (let number = head + 1; number < message.seq; number += 1) superseded.add(number);
    const created = message.id === message.seq || superseded.delete(message.id);
    applyChange(message);
    released.push({ message, created });
  }

  function releaseInOrder(released: Change[]): Change[] {
    for (let next = outOfOrder.get(head + 1); next; next = outOfOrder.get(head + 1))
      releaseOne(next, released);
    for (const seq of outOfOrder.keys()) if (seq <= head) outOfOrder.delete(seq);
    trim();
    return released;
  }

  function backfill(next: LogPage): Change[] {
    const released: Change[] = [];
    for (const message of next.messages) if (message.seq > head) releaseOne(message, released);
    for (let number = head + 1; number <= next.seq; number += 1) superseded.add(number);
    head = Math.max(head, next.seq);
    // Nothing is left that was created before and changed after.
    if (head >= next.head) superseded.clear();
    knownHead = Math.max(knownHead, head, next.head);
    return releaseInOrder(released);
  }

  function contains(message: Message): boolean | null {
    const { id, seq } = message;
    const known =
      findByNumber(changes, seq, seqOf) ??
      findByNumber(messages, id, idOf) ??
      changes.find((each) => each.id === id);
    if (!known) return seq > baseSeq || id >= completeFromId ? false : null;
    // What has been changed since may have been this or another state.
    return isSameOrLaterState(known, message) && (known.seq === seq || null);
  }

  function contradicts({ id, seq, created_at }: KnownChange): boolean {
    // While something is missing, what was changed since may be in what is not here yet.
    if (seq > head || knownHead > head) return false;
    const known = findByNumber(messages, id, idOf) ?? changes.find((each) => each.id === id);
    if (known) return known.created_at !== created_at || known.seq < seq;
    return seq > baseSeq || id >= completeFromId;
  }

  function isContinuation(next: LogPage, lastChange: Message | undefined): boolean {
    if (lastChange === undefined || next.prev >= lastChange.seq) return true;
    const matching = next.messages.find(({ id, seq }) => seq === lastChange.seq || id === lastChange.id);
    // What was changed since has left its place, for one that a page that was cut does not show.
    return matching === undefined ? next.seq < next.head : isSameOrLaterState(matching, lastChange);
  }

  backfill(page);

  return {
    epoch: page.epoch,
    get head() {
      return head;
    },
    get lastChange() {
      return changes.at(-1);
    },
    get knownHead() {
      return knownHead;
    },
    get bytes() {
      return byteSize;
    },
    append(message) {
      if (message.seq <= head) return [];
      knownHead = Math.max(knownHead, message.seq);
      if (outOfOrder.size < MAX_OUT_OF_ORDER || message.seq === head + 1)
        outOfOrder.set(message.seq, message);
      return releaseInOrder([]);
    },
    backfill,
    raiseKnownHead(seq) {
      knownHead = Math.max(knownHead, seq);
    },
    contains,
    contradicts,
    isContinuation,
    hasGap: () => knownHead > head,
    newestMessages: (limit) => messages.slice(-limit),
    before(before, limit) {
      const end = lowerBound(messages, before, idOf);
      if (end < limit && completeFromId > 0) return null;
      return messages.slice(Math.max(0, end - limit), end);
    },
    after(seq, limit, maxBytes = Number.POSITIVE_INFINITY) {
      if (seq < baseSeq || seq > head) return null;
      const begin = lowerBound(changes, seq + 1, seqOf);
      const found = firstMessagesThatFit(changes.slice(begin, begin + limit), maxBytes);
      const cut = begin + found.length < changes.length;
      return { seq: cut ? (found.at(-1)?.seq ?? seq) : head, messages: found };
    },
  };
}

const idOf = (message: Message) => message.id;
const seqOf = (message: Message) => message.seq;

/** Whether one may be the same state of a message as the other, or a later one. */
function isSameOrLaterState(one: Message, other: Message): boolean {
  if (one.id !== other.id || one.userId !== other.userId || one.created_at !== other.created_at) return false;
  if (one.seq !== other.seq) return one.seq > other.seq;
  return (
    one.edited_at === other.edited_at &&
    one.deleted_at === other.deleted_at &&
    JSON.stringify(one.reactions) === JSON.stringify(other.reactions)
  );
}

function byteSizeOf(message: Message): number {
  return MESSAGE_OVERHEAD_BYTES + 2 * textLengthOf(message);
}

/** Of what people put into it, in UTF-16 code units. */
function textLengthOf({ content, reactions }: Message): number {
  return content.length + (reactions ? JSON.stringify(reactions).length : 0);
}

function findByNumber(list: readonly Message[], number: number, numberOf: (message: Message) => number) {
  const found = list[lowerBound(list, number, numberOf)];
  return found && numberOf(found) === number ? found : undefined;
}

/** The first place whose number is at least `least`. The newest are asked for most, so the end is tried first. */
function lowerBound(list: readonly Message[], least: number, numberOf: (message: Message) => number): number {
  const lastChange = list.at(-1);
  if (lastChange === undefined || numberOf(lastChange) < least) return list.length;
  let low = 0;
  let high = list.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    const at = list[middle];
    if (at !== undefined && numberOf(at) < least) low = middle + 1;
    else high = middle;
  }
  return low;
}
