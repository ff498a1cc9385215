/** Decides how much of a room's log goes into one answer or recovery frame: a number of messages, and a number of bytes. */

import type { ChangeFrame, LogPosition, Message } from '@chatty/protocol';
import { HISTORY_SIZE, MAX_PAGE_BYTES, MAX_SYNC_PAGE_SIZE } from '@chatty/protocol';
import { lastMessagesThatFit } from './page-size.js';
import type { RoomLog } from './room-log.js';

export type SyncPage = ChangeFrame & { head: number; reset: boolean };

/** The newest messages, oldest first. */
export function newestMessages(roomLog: RoomLog): Message[] {
  return lastMessagesThatFit(roomLog.newestMessages(HISTORY_SIZE));
}

/** What changed after `prev`; null where memory does not reach back so far. */
export function frameAfter(roomLog: RoomLog, prev: number): ChangeFrame | null {
  const found = roomLog.after(prev, MAX_SYNC_PAGE_SIZE, MAX_PAGE_BYTES);
  return found && { epoch: roomLog.epoch, prev, ...found };
}

/** What follows a position, or the newest messages instead. */
export function syncPageAfter(roomLog: RoomLog, after: LogPosition): SyncPage {
  const { epoch, head: top } = roomLog;
  const page = after.epoch === epoch ? frameAfter(roomLog, after.seq) : null;
  if (page !== null) return { ...page, head: top, reset: false };
  return { epoch, prev: 0, seq: top, head: top, reset: true, messages: newestMessages(roomLog) };
}

/**
 * At most `limit` messages with an id below `before`.
 * @param read asks the database, for messages of so many bytes of text
 */
export async function historyPageBefore(
  roomLog: RoomLog,
  before: number,
  limit: number,
  read: (limit: number, bytes: number) => Promise<Message[]>,
): Promise<{ epoch: string; messages: Message[]; more: boolean }> {
  // Of the log as of the question: where that is replaced meanwhile, the page is not taken for one of the new.
  const { epoch } = roomLog;
  // One beyond the page says whether there is more.
  const found = roomLog.before(before, limit + 1) ?? (await read(limit + 1, MAX_PAGE_BYTES));
  const messages = lastMessagesThatFit(found.slice(-limit));
  return { epoch, messages, more: messages.length < found.length };
}
