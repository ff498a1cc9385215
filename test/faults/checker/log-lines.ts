/** What an actor writes down: one JSON line for each thing it did or saw, on one clock. */

import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * `ok`: the acknowledgement was seen. `fail`: refused for certain. `info`: the outcome is unknown. `answered`: acknowledged
 * with a number that the actor does not know. `window`: what is
 * older than its id is no longer held, and nobody may ask for it.
 */
type EntryKind =
  | 'invoke'
  | 'ok'
  | 'fail'
  | 'info'
  | 'answered'
  | 'recv'
  | 'reset'
  | 'page'
  | 'window'
  | 'connect'
  | 'disconnect';

/**
 * `send`, `change` (an edit or a delete) and `follow` are what members do, `leave` is a disconnect they wanted. `final` is the fresh read at the end and
 * `dump` the rows of the database. `heal`: from here on nothing is broken. `ban`: the actor is out.
 */
type OperationName = 'send' | 'change' | 'follow' | 'leave' | 'final' | 'dump' | 'heal' | 'ban';

export type HistoryEntry = {
  /** Monotonic nanoseconds. */
  t: number;
  actor: string;
  node: string;
  op: OperationName;
  /** Project and room, `kimpga/main`. */
  room: string;
  /** User id and client id, unique in all rooms of a history; of a change, with a number behind it. */
  cid: string | null;
  /** Of a message. */
  id: number | null;
  /** The number of a message's state; of a `reset`, the position that its pages lead up to. */
  seq: number | null;
  /** Of a `recv`: the position its reader knows to be at when the frame it came in is shown. Null where none is told. */
  upto: number | null;
  epoch: string | null;
  /** Of the state that `seq` names; `DELETED` where that is a tombstone. */
  body_hash: string | null;
  kind: EntryKind;
};

export type History = {
  readonly lines: readonly HistoryEntry[];
  add(line: Pick<HistoryEntry, 'actor' | 'op' | 'room' | 'kind'> & Partial<HistoryEntry>): void;
  /** How many lines of this kind there are. */
  count(kind: EntryKind): number;
  write(file: string): void;
};

export function createHistory(node = 'one'): History {
  const lines: HistoryEntry[] = [];
  const counts = new Map<EntryKind, number>();
  return {
    lines,
    add(line) {
      const nothing = { cid: null, id: null, seq: null, upto: null, epoch: null, body_hash: null };
      lines.push({ t: nowNs(), node, ...nothing, ...line });
      counts.set(line.kind, (counts.get(line.kind) ?? 0) + 1);
    },
    count: (kind) => counts.get(kind) ?? 0,
    write(file) {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    },
  };
}

/** The clock of all lines; the same for every process of this machine. */
function nowNs(): number {
  return Number(process.hrtime.bigint());
}

export function hashBody(content: string): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 16);
}

/** Stands for the text of a message that is deleted. */
export const DELETED_HASH = 'deleted';

/** What a message's state is compared by. */
export function hashMessageState({
  content,
  deleted_at,
}: {
  content: string;
  deleted_at?: string | null;
}): string {
  return deleted_at ? DELETED_HASH : hashBody(content);
}
