/** Decides which of one's own lines still show as being on their way, and since when they have failed. */

import type { RefusalCode } from '@chatty/protocol';
import type { OutgoingMessage } from './outbox.js';

/** A line of one's own that is not known to be stored. `failure` set: it will not be sent again by itself. */
export type PendingItem = OutgoingMessage & { kind: 'pending'; key: string; failure: RefusalCode | null };

export type PendingMessages = {
  readonly items: readonly PendingItem[];
  /** Shows a line, or a failed one anew. */
  add(message: OutgoingMessage): void;
  /** The server has stored it under this id: it shows as pending until the log has come up to there, which is soon. */
  acknowledge(clientId: string, id: number): void;
  /** The log has come up to here. */
  advanceTo(headSeq: number): void;
  /** Another log, up to here: what was stored in the old one will not come. */
  resetTo(headSeq: number): void;
  markFailed(clientId: string, failure: RefusalCode): void;
  remove(clientId: string): void;
};

export function createPendingMessages(): PendingMessages {
  let items: readonly PendingItem[] = [];
  const storedIds = new Map<string, number>();
  let headSeq = 0;

  function retainWhere(predicate: (item: PendingItem) => boolean): void {
    if (!items.every(predicate)) items = items.filter(predicate);
  }

  function remove(clientId: string): void {
    storedIds.delete(clientId);
    retainWhere((item) => item.clientId !== clientId);
  }

  function dropStored(): void {
    for (const [clientId, id] of storedIds) if (id <= headSeq) remove(clientId);
  }

  return {
    get items() {
      return items;
    },
    add(message) {
      remove(message.clientId);
      items = [...items, { kind: 'pending', key: `c${message.clientId}`, failure: null, ...message }];
    },
    acknowledge(clientId, id) {
      if (!items.some((item) => item.clientId === clientId)) return;
      storedIds.set(clientId, id);
      dropStored();
    },
    advanceTo(nextHeadSeq) {
      headSeq = nextHeadSeq;
      dropStored();
    },
    resetTo(nextHeadSeq) {
      for (const clientId of storedIds.keys()) remove(clientId);
      headSeq = nextHeadSeq;
    },
    markFailed(clientId, failure) {
      items = items.map((item) => (item.clientId === clientId ? { ...item, failure } : item));
    },
    remove,
  };
}
