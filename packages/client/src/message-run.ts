/** Decides where a stored line stands in a run: lines ascending by id with none missing between the first and the last. */

import type { Message } from '@chatty/protocol/events';

/** A line that the server has. */
export type StoredLine = { kind: 'stored'; key: string; message: Message; own: boolean };

/** `more`: there are messages before the first line. */
export type Run = { lines: StoredLine[]; more: boolean };

/** The id of the first line; 0 where there is none. */
export function firstId(run: Run): number {
  return run.lines[0]?.message.id ?? 0;
}

/** Puts a line in its place. Of two states of one message the later stays; a line that does not change stays the same object. */
export function put({ lines }: Run, line: StoredLine): void {
  const { id, seq } = line.message;
  let index = lines.length;
  // From the end: nearly everything is new.
  while (index > 0 && (lines[index - 1]?.message.id ?? 0) > id) index -= 1;
  const held = lines[index - 1];
  if (held?.message.id !== id) lines.splice(index, 0, line);
  else if (held.message.seq < seq) lines[index - 1] = line;
}

/** Lets the oldest lines go until at most `size` are left. */
export function cut(run: Run, size: number): void {
  const excess = run.lines.length - Math.max(0, size);
  if (excess <= 0) return;
  run.lines.splice(0, excess);
  run.more = true;
}
