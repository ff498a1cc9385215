/** Decides which changes of a room may be shown next, and keeps the newest end of its log in memory: never n+1 before n. */

import type { KnownChange, Message } from '@chatty/protocol/events';
import type { LogPage } from '../store/store.js';
import { firstMessagesThatFit } from './page-size.js';

/** A change that is in order now. `created`: nobody here has seen this message before; else it was edited, deleted or reacted to. */
export type Change = { message: Message; created: boolean };

/** A stretch of the log, every change of (after, seq] in its latest state. */
export type Stretch = { seq: number; messages: Message[] };

export type Tail = {
  readonly epoch: string;
  /** seq of the newest change that has been let through. */
  readonly top: number;
  /** How far the log is known to have reached. A store that has less has lost its end. */
  readonly heard: number;
  /** What it keeps in memory, in bytes; an estimate. */
  readonly bytes: number;
  /** Takes a committed change and returns those that are now in order. A repeat returns nothing. */
  accept(message: Message): Change[];
  /** Takes a page of the store that begins at or before `top`; what was held back and follows it comes along. */
  fill(page: LogPage): Change[];
  /** The log is said to reach this far. */
  notice(seq: number): void;
  /** Whether this change, at or before `top`, is one of this log; null where memory does not tell. */
  knows(message: Message): boolean | null;
  /** Whether somebody has a change, at or before `top`, that was never of this log, as far as memory tells. */
  contradicts(change: KnownChange): boolean;
  /** The newest change. */
  readonly last: Message | undefined;
  /** Whether a page that was asked for when `last` was the newest change may go on from it; else it is of another log. */
  joins(page: LogPage, last: Message | undefined): boolean;
  /** Whether something is known to be missing, which then has to be read from the store. */
  hasHole(): boolean;
  /** The newest messages, oldest first. */
  newest(limit: number): Message[];
  /** At most `limit` messages with an id below `before`; null where not all of them are in memory. */
  before(before: number, limit: number): Message[] | null;
  /**
   * At most `limit` changes after `seq`, and one or as many as have `most` bytes as JSON; null where not all of them are
   * in memory, or `seq` is beyond the top.
   */
  after(seq: number, limit: number, most?: number): Stretch | null;
};

/** Changes held back behind a hole; what comes beyond that is read from the store when the hole is filled. */
const HELD = 1_000;
/** Lists are cut when they are this much over their size, so that cutting costs next to nothing a message. */
const SLACK = 1.1;
/** What a message costs in memory beside its text, in bytes; an estimate. */
const OVERHEAD = 400;

/**
 * @param page the last changes of the room
 * @param older messages just before the page's, oldest first, where the page alone does not show enough
 * @param size most changes and most messages kept
 * @param bytes most memory for them, estimated
 */
export function createTail(options: {
  page: LogPage;
  older?: readonly Message[];
  size: number;
  bytes: number;
}): Tail {
  const { page, older = [], size, bytes } = options;
  /** Every change of (floor, top], ascending by seq. */
  let changes: Message[] = [];
  let floor = page.prev;
  let top = page.prev;
  let weight = 0;
  /** The newest messages without a gap between them, ascending by id. */
  let messages: Message[] = [...older];
  /** Every message with this id or a higher one is in `messages`; 0 where those are all there are. */
  let start = page.prev === 0 ? 0 : (older[0]?.id ?? page.prev + 1);
  const held = new Map<number, Message>();
  let heard = top;
  /** Numbers of the pages read whose change was followed by a later one; one of them may have created a message. */
  const superseded = new Set<number>();

  function take(message: Message): void {
    const place = indexFrom(messages, message.id, idOf);
    const before = messages[place];
    if (before?.id === message.id) messages[place] = message;
    else if (message.id >= start) messages.splice(place, 0, message);
    // Edited messages leave their old place in the log.
    if (message.id < message.seq) drop(message.id, before);
    changes.push(message);
    weight += weightOf(message);
    top = message.seq;
  }

  function drop(id: number, before: Message | undefined): void {
    const place =
      before?.id === id
        ? indexFrom(changes, before.seq, seqOf)
        : changes.findIndex((change) => change.id === id);
    const stale = changes[place];
    if (stale?.id !== id) return;
    changes.splice(place, 1);
    weight -= weightOf(stale);
  }

  function trim(): void {
    if (changes.length > size * SLACK || weight > bytes * SLACK) {
      let cut = 0;
      while (changes.length - cut > size || (weight > bytes && cut < changes.length - 1)) {
        const oldest = changes[cut];
        if (!oldest) break;
        weight -= weightOf(oldest);
        floor = oldest.seq;
        cut += 1;
      }
      changes = changes.slice(cut);
    }
    if (messages.length <= Math.max(changes.length, size / 2) * SLACK) return;
    messages = messages.slice(-Math.max(changes.length, Math.floor(size / 2)));
    start = messages[0]?.id ?? start;
  }

  function pass(message: Message, released: Change[]): void {
    for (let number = top + 1; number < message.seq; number += 1) superseded.add(number);
    const created = message.id === message.seq || superseded.delete(message.id);
    take(message);
    released.push({ message, created });
  }

  function release(released: Change[]): Change[] {
    for (let next = held.get(top + 1); next; next = held.get(top + 1)) pass(next, released);
    for (const seq of held.keys()) if (seq <= top) held.delete(seq);
    trim();
    return released;
  }

  function fill(next: LogPage): Change[] {
    const released: Change[] = [];
    for (const message of next.messages) if (message.seq > top) pass(message, released);
    for (let number = top + 1; number <= next.seq; number += 1) superseded.add(number);
    top = Math.max(top, next.seq);
    // Nothing is left that was created before and changed after.
    if (top >= next.top) superseded.clear();
    heard = Math.max(heard, top, next.top);
    return release(released);
  }

  function knows(message: Message): boolean | null {
    const { id, seq } = message;
    const known =
      findIn(changes, seq, seqOf) ?? findIn(messages, id, idOf) ?? changes.find((each) => each.id === id);
    if (!known) return seq > floor || id >= start ? false : null;
    // What has been changed since may have been this or another state.
    return continues(known, message) && (known.seq === seq || null);
  }

  function contradicts({ id, seq, created_at }: KnownChange): boolean {
    // While something is missing, what was changed since may be in what is not here yet.
    if (seq > top || heard > top) return false;
    const known = findIn(messages, id, idOf) ?? changes.find((each) => each.id === id);
    if (known) return known.created_at !== created_at || known.seq < seq;
    return seq > floor || id >= start;
  }

  function joins(next: LogPage, last: Message | undefined): boolean {
    if (last === undefined || next.prev >= last.seq) return true;
    const again = next.messages.find(({ id, seq }) => seq === last.seq || id === last.id);
    // What was changed since has left its place, for one that a page that was cut does not show.
    return again === undefined ? next.seq < next.top : continues(again, last);
  }

  fill(page);

  return {
    epoch: page.epoch,
    get top() {
      return top;
    },
    get last() {
      return changes.at(-1);
    },
    get heard() {
      return heard;
    },
    get bytes() {
      return weight;
    },
    accept(message) {
      if (message.seq <= top) return [];
      heard = Math.max(heard, message.seq);
      if (held.size < HELD || message.seq === top + 1) held.set(message.seq, message);
      return release([]);
    },
    fill,
    notice(seq) {
      heard = Math.max(heard, seq);
    },
    knows,
    contradicts,
    joins,
    hasHole: () => heard > top,
    newest: (limit) => messages.slice(-limit),
    before(before, limit) {
      const end = indexFrom(messages, before, idOf);
      if (end < limit && start > 0) return null;
      return messages.slice(Math.max(0, end - limit), end);
    },
    after(seq, limit, most = Number.POSITIVE_INFINITY) {
      if (seq < floor || seq > top) return null;
      const begin = indexFrom(changes, seq + 1, seqOf);
      const found = firstMessagesThatFit(changes.slice(begin, begin + limit), most);
      const cut = begin + found.length < changes.length;
      return { seq: cut ? (found.at(-1)?.seq ?? seq) : top, messages: found };
    },
  };
}

const idOf = (message: Message) => message.id;
const seqOf = (message: Message) => message.seq;

/** Whether one may be the same state of a message as the other, or a later one. */
function continues(one: Message, other: Message): boolean {
  if (one.id !== other.id || one.userId !== other.userId || one.created_at !== other.created_at) return false;
  if (one.seq !== other.seq) return one.seq > other.seq;
  return (
    one.edited_at === other.edited_at &&
    one.deleted_at === other.deleted_at &&
    JSON.stringify(one.reactions) === JSON.stringify(other.reactions)
  );
}

function weightOf(message: Message): number {
  return OVERHEAD + 2 * lengthOf(message);
}

/** Of what people put into it, in UTF-16 code units. */
function lengthOf({ content, reactions }: Message): number {
  return content.length + (reactions ? JSON.stringify(reactions).length : 0);
}

function findIn(list: readonly Message[], number: number, numberOf: (message: Message) => number) {
  const found = list[indexFrom(list, number, numberOf)];
  return found && numberOf(found) === number ? found : undefined;
}

/** The first place whose number is at least `least`. The newest are asked for most, so the end is tried first. */
function indexFrom(list: readonly Message[], least: number, numberOf: (message: Message) => number): number {
  const last = list.at(-1);
  if (last === undefined || numberOf(last) < least) return list.length;
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
