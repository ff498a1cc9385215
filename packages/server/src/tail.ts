/** Decides which messages of a room may be shown next: the contiguous newest end of its log, never n+1 before n. */

import type { Message } from '@chatty/protocol/events';
import type { RoomPage } from './store/store.js';

export type Tail = {
  readonly epoch: string;
  /** seq of the newest message that has been let through. */
  readonly top: number;
  /** Takes a committed message and returns those that are now in order, oldest first. A repeat returns nothing. */
  accept(message: Message): Message[];
  /** Whether a later message waits for an earlier one, which then has to be read from the store. */
  hasHole(): boolean;
  /** The newest messages, oldest first, at most the tail's size. */
  newest(): Message[];
};

/** @param size most messages kept */
export function createTail(page: RoomPage, size: number): Tail {
  const kept = page.messages.slice(-size);
  const held = new Map<number, Message>();
  let top = page.top;

  function release(): Message[] {
    const released: Message[] = [];
    for (let next = held.get(top + 1); next; next = held.get(top + 1)) {
      held.delete(next.seq);
      top = next.seq;
      released.push(next);
    }
    kept.push(...released);
    if (kept.length > size) kept.splice(0, kept.length - size);
    return released;
  }

  return {
    epoch: page.epoch,
    get top() {
      return top;
    },
    accept(message) {
      if (message.seq <= top) return [];
      held.set(message.seq, message);
      return release();
    },
    hasHole: () => held.size > 0,
    newest: () => [...kept],
  };
}
