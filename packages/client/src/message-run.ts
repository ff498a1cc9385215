/** Decides where a stored line stands in a run: lines ascending by id with none missing between the first and the last. */

import type { Message } from '@chatty/protocol';

/** A line that the server has. */
export type StoredItem = { kind: 'stored'; key: string; message: Message; own: boolean };

/** `more`: there are messages before the first line. */
export type MessageRun = { items: StoredItem[]; more: boolean };

/** The id of the first line; 0 where there is none. */
export function firstId(run: MessageRun): number {
  return run.items[0]?.message.id ?? 0;
}

/** Puts a line in its place. Of two states of one message the later stays; a line that does not change stays the same object. */
export function upsert({ items }: MessageRun, item: StoredItem): void {
  const { id, seq } = item.message;
  let index = items.length;
  // From the end: nearly everything is new.
  while (index > 0 && (items[index - 1]?.message.id ?? 0) > id) index -= 1;
  const existing = items[index - 1];
  if (existing?.message.id !== id) items.splice(index, 0, item);
  else if (existing.message.seq < seq) items[index - 1] = item;
}

/** Lets the oldest lines go until at most `size` are left. */
export function dropOldest(run: MessageRun, size: number): void {
  const excess = run.items.length - Math.max(0, size);
  if (excess <= 0) return;
  run.items.splice(0, excess);
  run.more = true;
}
