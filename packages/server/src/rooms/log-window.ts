/** The newest part of a room's log in memory: recent changes by seq and recent messages by id, within a size limit. */

import type { Message } from '@chatty/protocol';
import { firstMessagesThatFit } from './page-size.js';

/** A range of the log: every change up to `seq`, each in its latest state. */
export type LogRange = { seq: number; messages: Message[] };

/** Lists are trimmed only when they exceed their limit by this factor, so that trimming costs little per message. */
const TRIM_SLACK_FACTOR = 1.1;
/** Estimated memory of a message beside its text, in bytes. */
const MESSAGE_OVERHEAD_BYTES = 400;

export class LogWindow {
  readonly #maxEntries: number;
  readonly #maxBytes: number;
  /** Every change after `#baseSeq`, ascending by seq. */
  #changes: Message[] = [];
  #baseSeq: number;
  #bytes = 0;
  /** The newest messages without gaps, ascending by id. */
  #messages: Message[];
  /** Every message with this id or a higher one is in `#messages`. 0: all messages of the room are. */
  #completeFromId: number;

  /**
   * @param options.baseSeq the changes to be added follow this seq
   * @param options.older messages just before those changes, oldest first
   * @param options.maxEntries most changes and most messages
   * @param options.maxBytes most memory for the changes, estimated
   */
  constructor(options: {
    baseSeq: number;
    older: readonly Message[];
    maxEntries: number;
    maxBytes: number;
  }) {
    const { baseSeq, older, maxEntries, maxBytes } = options;
    this.#maxEntries = maxEntries;
    this.#maxBytes = maxBytes;
    this.#baseSeq = baseSeq;
    this.#messages = [...older];
    this.#completeFromId = baseSeq === 0 ? 0 : (older[0]?.id ?? baseSeq + 1);
  }

  /** Estimated memory of the changes, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  get lastChange(): Message | undefined {
    return this.#changes.at(-1);
  }

  /** Adds a change whose seq is higher than all before. Call `trim` after a series of them. */
  add(message: Message): void {
    const index = lowerBound(this.#messages, message.id, idOf);
    const previous = this.#messages[index];
    if (previous?.id === message.id) this.#messages[index] = message;
    else if (message.id >= this.#completeFromId) this.#messages.splice(index, 0, message);
    // A message that changes again moves to a new place in the log.
    if (message.id < message.seq) this.#removeStaleChange(message.id, previous);
    this.#changes.push(message);
    this.#bytes += byteSizeOf(message);
  }

  #removeStaleChange(id: number, previous: Message | undefined): void {
    const index =
      previous?.id === id
        ? lowerBound(this.#changes, previous.seq, seqOf)
        : this.#changes.findIndex((change) => change.id === id);
    const stale = this.#changes[index];
    if (stale?.id !== id) return;
    this.#changes.splice(index, 1);
    this.#bytes -= byteSizeOf(stale);
  }

  trim(): void {
    const maxEntries = this.#maxEntries;
    if (
      this.#changes.length > maxEntries * TRIM_SLACK_FACTOR ||
      this.#bytes > this.#maxBytes * TRIM_SLACK_FACTOR
    )
      this.#trimChanges();
    const changeCount = this.#changes.length;
    if (this.#messages.length <= Math.max(changeCount, maxEntries / 2) * TRIM_SLACK_FACTOR) return;
    this.#messages = this.#messages.slice(-Math.max(changeCount, Math.floor(maxEntries / 2)));
    this.#completeFromId = this.#messages[0]?.id ?? this.#completeFromId;
  }

  #trimChanges(): void {
    const changes = this.#changes;
    let removed = 0;
    while (
      changes.length - removed > this.#maxEntries ||
      (this.#bytes > this.#maxBytes && removed < changes.length - 1)
    ) {
      const oldest = changes[removed];
      if (!oldest) break;
      this.#bytes -= byteSizeOf(oldest);
      this.#baseSeq = oldest.seq;
      removed += 1;
    }
    this.#changes = changes.slice(removed);
  }

  /** The known state of a message, by id. */
  findMessage(id: number): Message | undefined {
    return findByNumber(this.#messages, id, idOf) ?? this.#changes.find((change) => change.id === id);
  }

  /** The change with this seq, else the known state of the message. */
  findChange({ id, seq }: Message): Message | undefined {
    return findByNumber(this.#changes, seq, seqOf) ?? this.findMessage(id);
  }

  /** Whether a change with this id and seq would be in memory if the log had it. */
  covers({ id, seq }: { id: number; seq: number }): boolean {
    return seq > this.#baseSeq || id >= this.#completeFromId;
  }

  /** The newest messages, oldest first. */
  newestMessages(limit: number): Message[] {
    return this.#messages.slice(-limit);
  }

  /** At most `limit` messages with an id below `before`; null where not all of them are in memory. */
  messagesBefore(before: number, limit: number): Message[] | null {
    const end = lowerBound(this.#messages, before, idOf);
    if (end < limit && this.#completeFromId > 0) return null;
    return this.#messages.slice(Math.max(0, end - limit), end);
  }

  /**
   * At most `limit` changes after `seq`, and at least one or as many as take `maxBytes` as JSON.
   * Null where not all of them are in memory.
   *
   * @param head the seq of the end of the log
   */
  changesAfter(seq: number, head: number, limit: number, maxBytes: number): LogRange | null {
    if (seq < this.#baseSeq) return null;
    const begin = lowerBound(this.#changes, seq + 1, seqOf);
    const found = firstMessagesThatFit(this.#changes.slice(begin, begin + limit), maxBytes);
    const isCut = begin + found.length < this.#changes.length;
    return { seq: isCut ? (found.at(-1)?.seq ?? seq) : head, messages: found };
  }
}

const idOf = (message: Message) => message.id;
const seqOf = (message: Message) => message.seq;

function byteSizeOf(message: Message): number {
  return MESSAGE_OVERHEAD_BYTES + 2 * textLengthOf(message);
}

/** Text that members have entered, in UTF-16 code units. */
function textLengthOf({ content, reactions }: Message): number {
  return content.length + (reactions ? JSON.stringify(reactions).length : 0);
}

function findByNumber(list: readonly Message[], number: number, numberOf: (message: Message) => number) {
  const found = list[lowerBound(list, number, numberOf)];
  return found && numberOf(found) === number ? found : undefined;
}

/** The first index whose number is at least `least`. Most searches are for the newest, so the end is tried first. */
function lowerBound(list: readonly Message[], least: number, numberOf: (message: Message) => number): number {
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
