/** Decides which of one's own lines still show as being on their way, and since when they have failed. */

import type { Code } from '@chatty/protocol/errors';
import type { Entry } from './outbox.js';

/** A line of one's own that is not known to be stored. `failure` set: it will not be sent again by itself. */
export type PendingLine = Entry & { kind: 'pending'; key: string; failure: Code | null };

export type Pending = {
  readonly lines: readonly PendingLine[];
  /** Shows a line, or a failed one anew. */
  add(entry: Entry): void;
  /** The server has stored it under this id: it shows as pending until the log has come up to there, which is soon. */
  acknowledge(clientId: string, id: number): void;
  /** The log has come up to here. */
  advance(top: number): void;
  /** Another log, up to here: what was stored in the old one will not come. */
  restart(top: number): void;
  fail(clientId: string, failure: Code): void;
  remove(clientId: string): void;
};

export function createPending(): Pending {
  let lines: readonly PendingLine[] = [];
  const stored = new Map<string, number>();
  let top = 0;

  function keep(test: (line: PendingLine) => boolean): void {
    if (!lines.every(test)) lines = lines.filter(test);
  }

  function remove(clientId: string): void {
    stored.delete(clientId);
    keep((line) => line.clientId !== clientId);
  }

  function settle(): void {
    for (const [clientId, id] of stored) if (id <= top) remove(clientId);
  }

  return {
    get lines() {
      return lines;
    },
    add(entry) {
      remove(entry.clientId);
      lines = [...lines, { kind: 'pending', key: `c${entry.clientId}`, failure: null, ...entry }];
    },
    acknowledge(clientId, id) {
      if (!lines.some((line) => line.clientId === clientId)) return;
      stored.set(clientId, id);
      settle();
    },
    advance(next) {
      top = next;
      settle();
    },
    restart(next) {
      for (const clientId of stored.keys()) remove(clientId);
      top = next;
    },
    fail(clientId, failure) {
      lines = lines.map((line) => (line.clientId === clientId ? { ...line, failure } : line));
    },
    remove,
  };
}
