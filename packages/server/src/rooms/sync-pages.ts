/** Decides how much of a room's log goes into one answer or recovery frame: a number of messages, and a number of bytes. */

import type { Frame, Message, Position } from '@chatty/protocol/events';
import { HISTORY_SIZE, PAGE_BYTES, SYNC_PAGE_SIZE } from '@chatty/protocol/sizes';
import { lastMessagesThatFit } from './page-size.js';
import type { Tail } from './room-log.js';

export type Page = Frame & { head: number; reset: boolean };

/** The newest messages, oldest first. */
export function newestPage(tail: Tail): Message[] {
  return lastMessagesThatFit(tail.newest(HISTORY_SIZE));
}

/** What changed after `prev`; null where memory does not reach back so far. */
export function frameAfter(tail: Tail, prev: number): Frame | null {
  const found = tail.after(prev, SYNC_PAGE_SIZE, PAGE_BYTES);
  return found && { epoch: tail.epoch, prev, ...found };
}

/** What follows a position, or the newest messages instead. */
export function pageAfter(tail: Tail, after: Position): Page {
  const { epoch, top } = tail;
  const page = after.epoch === epoch ? frameAfter(tail, after.seq) : null;
  if (page !== null) return { ...page, head: top, reset: false };
  return { epoch, prev: 0, seq: top, head: top, reset: true, messages: newestPage(tail) };
}

/**
 * At most `limit` messages with an id below `before`.
 * @param read asks the database, for messages of so many bytes of text
 */
export async function pageBefore(
  tail: Tail,
  before: number,
  limit: number,
  read: (limit: number, bytes: number) => Promise<Message[]>,
): Promise<{ epoch: string; messages: Message[]; more: boolean }> {
  // Of the log as of the question: where that is replaced meanwhile, the page is not taken for one of the new.
  const { epoch } = tail;
  // One beyond the page says whether there is more.
  const found = tail.before(before, limit + 1) ?? (await read(limit + 1, PAGE_BYTES));
  const messages = lastMessagesThatFit(found.slice(-limit));
  return { epoch, messages, more: messages.length < found.length };
}
