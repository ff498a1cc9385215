/** Decides when a line of one's own is sent, and sent again: in order, with the same client id, until it is answered. */

import type { Code } from '@chatty/protocol/errors';
import type { Message, SendAnswer, SendPayload } from '@chatty/protocol/events';

/** A line on its way; `at` is when it was written, in milliseconds. */
export type Entry = Required<Pick<SendPayload, 'content' | 'clientId'>> & {
  replyTo: number | null;
  at: number;
};

/** Sends one line; resolves with the server's answer, rejects when none came. */
export type Transmit = (entry: Entry) => Promise<SendAnswer>;

export type Outbox = {
  add(entry: Entry): void;
  remove(clientId: string): void;
  /** The connection is there: everything unanswered goes out again, in order. */
  open(): void;
  /** The connection is gone: what was under way counts as unanswered. */
  shut(): void;
};

/** Pause after a refusal that may pass or a missing answer, in milliseconds; each is twice the one before, up to the last. */
const FIRST_PAUSE = 1_000;
const LAST_PAUSE = 8_000;
/** Age in milliseconds up to which a line is sent by itself: after that its writer decides. */
const LONGEST_WAIT = 5 * 60_000;

type Item = { entry: Entry; pause: number };

/**
 * Sends one line at a time: the next leaves when the one before is answered, which keeps the order through every fault.
 * @param now clock in milliseconds
 * @param later runs a callback after a pause in milliseconds; answers how to take it back
 */
export function createOutbox(options: {
  transmit: Transmit;
  /** Which log is followed as of now. */
  epoch: () => string | null;
  stored: (clientId: string, message: Message) => void;
  failed: (clientId: string, code: Code, retryAfter?: number) => void;
  now: () => number;
  later: (callback: () => void, pause: number) => () => void;
}): Outbox {
  const { transmit, epoch, stored, failed, now, later } = options;
  const queue: Item[] = [];
  let online = false;
  /** Grows with each `open` and `shut`: an answer of an earlier connection is not taken for one of this. */
  let era = 0;
  let busy = false;
  let cancelPause = () => {};
  /** Nothing is sent before this: the server asked to wait. */
  let notBefore = 0;

  function next(): void {
    const item = queue[0];
    if (!online || busy || !item) return;
    if (now() - item.entry.at > LONGEST_WAIT) {
      drop(item, 'unavailable');
      return;
    }
    busy = true;
    if (notBefore > now()) {
      rest(notBefore - now());
      return;
    }
    const current = era;
    const log = epoch();
    transmit(item.entry).then(
      // Of two logs it cannot be told which has it: sent again, it is in the one that is followed now, once.
      (answer) => current === era && (log === epoch() ? settle(item, answer) : pause(item)),
      () => current === era && pause(item),
    );
  }

  function settle(item: Item, answer: SendAnswer): void {
    if (answer.ok) {
      busy = false;
      take(item);
      stored(item.entry.clientId, answer.message);
      next();
    } else if (answer.retry === 'later') {
      pause(item, answer.retryAfter);
    } else {
      busy = false;
      drop(item, answer.code, answer.retryAfter);
    }
  }

  /** @param least milliseconds that the server asks for at least */
  function pause(item: Item, least = 0): void {
    notBefore = now() + least;
    rest(Math.max(least, item.pause));
    item.pause = Math.min(LAST_PAUSE, item.pause * 2);
  }

  function rest(length: number): void {
    cancelPause = later(() => {
      busy = false;
      next();
    }, length);
  }

  function drop(item: Item, code: Code, retryAfter?: number): void {
    take(item);
    failed(item.entry.clientId, code, retryAfter);
    next();
  }

  function take(item: Item): void {
    const index = queue.indexOf(item);
    if (index >= 0) queue.splice(index, 1);
  }

  function turn(state: boolean): void {
    cancelPause();
    online = state;
    busy = false;
    era += 1;
    next();
  }

  return {
    add(entry) {
      // One that was kept over a reload may come from a time that the clock has been set back behind.
      queue.push({ entry: { ...entry, at: Math.min(entry.at, now()) }, pause: FIRST_PAUSE });
      next();
    },
    remove(clientId) {
      const index = queue.findIndex((item) => item.entry.clientId === clientId);
      if (index >= 0) queue.splice(index, 1);
    },
    open: () => turn(true),
    shut: () => turn(false),
  };
}

export function newClientId(): string {
  // Not randomUUID: pages on plain http do not have it.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
