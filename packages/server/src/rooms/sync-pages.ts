/** Decides how much of a room's log goes into one answer or recovery frame, by number and bytes. */

import type { ChangeFrame, LogPosition, Message } from '@chatty/protocol';
import { HISTORY_SIZE, MAX_PAGE_BYTES, MAX_SYNC_PAGE_SIZE } from '@chatty/protocol';
import { lastMessagesThatFit } from './page-size.js';
import type { RoomLog } from './room-log.js';

export type SyncPage = ChangeFrame & { head: number; reset: boolean };

/** The newest messages, oldest first. */
export function newestMessages(roomLog: RoomLog): Message[] {
  return lastMessagesThatFit(roomLog.newestMessages(HISTORY_SIZE));
}

/** The changes after `prev`; null where not all of them are in memory. */
export function frameAfter(roomLog: RoomLog, prev: number): ChangeFrame | null {
  const found = roomLog.after(prev, MAX_SYNC_PAGE_SIZE, MAX_PAGE_BYTES);
  return found && { epoch: roomLog.epoch, prev, ...found };
}

/** The changes after a position, or the newest messages if those are not in memory. */
export function syncPageAfter(roomLog: RoomLog, after: LogPosition): SyncPage {
  const { epoch, head: top } = roomLog;
  const page = after.epoch === epoch ? frameAfter(roomLog, after.seq) : null;
  if (page !== null) return { ...page, head: top, reset: false };
  return { epoch, prev: 0, seq: top, head: top, reset: true, messages: newestMessages(roomLog) };
}

/**
 * At most `limit` messages with an id below `before`.
 * @param read reads from the database, up to so many bytes of text
 */
export async function historyPageBefore(
  roomLog: RoomLog,
  before: number,
  limit: number,
  read: (limit: number, bytes: number) => Promise<Message[]>,
): Promise<{ epoch: string; messages: Message[]; more: boolean }> {
  // Read before the await: if the log is replaced meanwhile, the page still belongs to the old epoch.
  const { epoch } = roomLog;
  // One more than the page, to know whether there are more.
  const found = roomLog.before(before, limit + 1) ?? (await read(limit + 1, MAX_PAGE_BYTES));
  const messages = lastMessagesThatFit(found.slice(-limit));
  return { epoch, messages, more: messages.length < found.length };
}
