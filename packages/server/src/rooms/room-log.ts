/** Decides which changes of a room may be delivered next, so that nobody sees change n+1 before n, and keeps the newest in memory. */

import type { KnownChange, Message } from '@chatty/protocol';
import type { LogPage } from '../store/store.js';
import { type LogRange, LogWindow } from './log-window.js';

/** A change that is next in order. `created`: a new message; otherwise it was edited, deleted or reacted to. */
export type Change = { message: Message; created: boolean };

/** Changes held behind a gap. Any further ones are read from the store once the gap is filled. */
const MAX_OUT_OF_ORDER = 1_000;

export class RoomLog {
  readonly epoch: string;
  readonly #window: LogWindow;
  #head: number;
  #knownHead: number;
  /** Changes that came before the ones between them and the head, by seq. */
  readonly #outOfOrder = new Map<number, Message>();
  /** Seqs whose message changed again later in the pages read; such a seq may have created a message. */
  readonly #superseded = new Set<number>();

  /**
   * @param options.page the last changes of the room
   * @param options.older messages just before the page's, oldest first, where the page alone has too few
   * @param options.maxEntries most changes and most messages in memory
   * @param options.maxBytes most memory for them, estimated
   */
  constructor(options: {
    page: LogPage;
    older?: readonly Message[];
    maxEntries: number;
    maxBytes: number;
  }) {
    const { page, older = [], maxEntries, maxBytes } = options;
    this.epoch = page.epoch;
    this.#head = page.prev;
    this.#knownHead = page.prev;
    this.#window = new LogWindow({ baseSeq: page.prev, older, maxEntries, maxBytes });
    this.backfill(page);
  }

  /** The seq of the newest change that has been delivered. */
  get head(): number {
    return this.#head;
  }

  /** The highest seq that the log is known to have reached. A store that has less has lost its end. */
  get knownHead(): number {
    return this.#knownHead;
  }

  /** Whether changes are known to be missing: they have to be read from the store. */
  get hasGap(): boolean {
    return this.#knownHead > this.#head;
  }

  get lastChange(): Message | undefined {
    return this.#window.lastChange;
  }

  /** Estimated memory, in bytes. */
  get bytes(): number {
    return this.#window.bytes;
  }

  /** Takes a committed change. Returns the changes that are now in order, none for a repeat. */
  append(message: Message): Change[] {
    if (message.seq <= this.#head) return [];
    this.raiseKnownHead(message.seq);
    if (this.#outOfOrder.size < MAX_OUT_OF_ORDER || message.seq === this.#head + 1)
      this.#outOfOrder.set(message.seq, message);
    return this.#releaseInOrder([]);
  }

  /** Takes a page of the store that begins at or before the head. Returns its changes and those that follow it. */
  backfill(page: LogPage): Change[] {
    const released: Change[] = [];
    for (const message of page.messages) if (message.seq > this.#head) this.#release(message, released);
    for (let seq = this.#head + 1; seq <= page.seq; seq += 1) this.#superseded.add(seq);
    this.#head = Math.max(this.#head, page.seq);
    // At the end of the log no later change can refer to a superseded seq.
    if (this.#head >= page.head) this.#superseded.clear();
    this.raiseKnownHead(Math.max(this.#head, page.head));
    return this.#releaseInOrder(released);
  }

  raiseKnownHead(seq: number): void {
    this.#knownHead = Math.max(this.#knownHead, seq);
  }

  #release(message: Message, released: Change[]): void {
    for (let seq = this.#head + 1; seq < message.seq; seq += 1) this.#superseded.add(seq);
    const created = message.id === message.seq || this.#superseded.delete(message.id);
    this.#window.add(message);
    this.#head = message.seq;
    released.push({ message, created });
  }

  #releaseInOrder(released: Change[]): Change[] {
    const outOfOrder = this.#outOfOrder;
    const nextInOrder = () => outOfOrder.get(this.#head + 1);
    for (let next = nextInOrder(); next; next = nextInOrder()) this.#release(next, released);
    for (const seq of outOfOrder.keys()) if (seq <= this.#head) outOfOrder.delete(seq);
    this.#window.trim();
    return released;
  }

  /** Whether a change at or before the head is part of this log. Null where that cannot be told from memory. */
  contains(message: Message): boolean | null {
    const known = this.#window.findChange(message);
    if (!known) return this.#window.covers(message) ? false : null;
    // A message that has changed since may have passed through this state or another.
    return isSameOrLaterState(known, message) && (known.seq === message.seq || null);
  }

  /** Whether a client knows a change at or before the head that was never part of this log, as far as memory tells. */
  contradicts({ id, seq, created_at }: KnownChange): boolean {
    // With a gap, the newer state of the message may be among the changes that are missing.
    if (seq > this.#head || this.hasGap) return false;
    const known = this.#window.findMessage(id);
    return known ? known.created_at !== created_at || known.seq < seq : this.#window.covers({ id, seq });
  }

  /** Whether a page that was requested when `lastChange` was the newest may continue this log; otherwise it is another log. */
  isContinuation(page: LogPage, lastChange: Message | undefined): boolean {
    if (lastChange === undefined || page.prev >= lastChange.seq) return true;
    const matching = page.messages.find(({ id, seq }) => seq === lastChange.seq || id === lastChange.id);
    // A message that changed again has moved, perhaps beyond the end of this page.
    return matching === undefined ? page.seq < page.head : isSameOrLaterState(matching, lastChange);
  }

  /** The newest messages, oldest first. */
  newestMessages(limit: number): Message[] {
    return this.#window.newestMessages(limit);
  }

  /** At most `limit` messages with an id below `before`; null where not all of them are in memory. */
  before(before: number, limit: number): Message[] | null {
    return this.#window.messagesBefore(before, limit);
  }

  /**
   * At most `limit` changes after `seq`, and at least one or as many as take `maxBytes` as JSON.
   * Null where not all of them are in memory, or `seq` is beyond the head.
   */
  after(seq: number, limit: number, maxBytes = Number.POSITIVE_INFINITY): LogRange | null {
    return seq > this.#head ? null : this.#window.changesAfter(seq, this.#head, limit, maxBytes);
  }
}

/** Whether `one` may be the same state of a message as `other`, or a later one. */
function isSameOrLaterState(one: Message, other: Message): boolean {
  if (one.id !== other.id || one.userId !== other.userId || one.created_at !== other.created_at) return false;
  if (one.seq !== other.seq) return one.seq > other.seq;
  return (
    one.edited_at === other.edited_at &&
    one.deleted_at === other.deleted_at &&
    JSON.stringify(one.reactions) === JSON.stringify(other.reactions)
  );
}
