/** Decides when a line of one's own is sent, and sent again: in order, with the same client id, until it is answered. */

import type { Message, RefusalCode, SendAnswer, SendPayload } from '@chatty/protocol';

/** A line on its way; `at` is when it was written, in milliseconds. */
export type OutgoingMessage = Required<Pick<SendPayload, 'content' | 'clientId'>> & {
  replyTo: number | null;
  at: number;
};

/** Sends one line; resolves with the server's answer, rejects when none came. */
export type Transmit = (message: OutgoingMessage) => Promise<SendAnswer>;

export type Outbox = {
  add(message: OutgoingMessage): void;
  remove(clientId: string): void;
  /** The connection is there: everything unanswered goes out again, in order. */
  resume(): void;
  /** The connection is gone: what was under way counts as unanswered. */
  suspend(): void;
};

/** Pause after a refusal that may pass or a missing answer, in milliseconds; each is twice the one before, up to the last. */
const INITIAL_BACKOFF_MS = 1_000;
const MAX_BACKOFF_MS = 8_000;
/** Age in milliseconds up to which a line is sent by itself: after that its writer decides. */
const MAX_RETRY_AGE_MS = 5 * 60_000;

type QueuedMessage = { message: OutgoingMessage; backoffMs: number };

/**
 * Sends one line at a time: the next leaves when the one before is answered, which keeps the order through every fault.
 * @param now clock in milliseconds
 * @param later runs a callback after a pause in milliseconds; answers how to take it back
 */
export function createOutbox(options: {
  transmit: Transmit;
  /** Which log is followed as of now. */
  epoch: () => string | null;
  onStored: (clientId: string, message: Message) => void;
  onFailed: (clientId: string, code: RefusalCode, retryAfter?: number) => void;
  now: () => number;
  later: (callback: () => void, pause: number) => () => void;
}): Outbox {
  const { transmit, epoch, onStored, onFailed, now, later } = options;
  const queue: QueuedMessage[] = [];
  let online = false;
  /** Grows with each `open` and `shut`: an answer of an earlier connection is not taken for one of this. */
  let connectionId = 0;
  let inFlight = false;
  let cancelPause = () => {};
  /** Nothing is sent before this: the server asked to wait. */
  let notBefore = 0;

  function sendNext(): void {
    const queued = queue[0];
    if (!online || inFlight || !queued) return;
    if (now() - queued.message.at > MAX_RETRY_AGE_MS) {
      failMessage(queued, 'unavailable');
      return;
    }
    inFlight = true;
    if (notBefore > now()) {
      sendAfter(notBefore - now());
      return;
    }
    const startedIn = connectionId;
    const sentEpoch = epoch();
    transmit(queued.message).then(
      // Of two logs it cannot be told which has it: sent again, it is in the one that is followed now, once.
      (answer) =>
        startedIn === connectionId && (sentEpoch === epoch() ? handleAnswer(queued, answer) : pause(queued)),
      () => startedIn === connectionId && pause(queued),
    );
  }

  function handleAnswer(queued: QueuedMessage, answer: SendAnswer): void {
    if (answer.ok) {
      inFlight = false;
      removeFromQueue(queued);
      onStored(queued.message.clientId, answer.message);
      sendNext();
    } else if (answer.retry === 'later') {
      pause(queued, answer.retryAfter);
    } else {
      inFlight = false;
      failMessage(queued, answer.code, answer.retryAfter);
    }
  }

  /** @param minDelayMs milliseconds that the server asks for at least */
  function pause(queued: QueuedMessage, minDelayMs = 0): void {
    notBefore = now() + minDelayMs;
    sendAfter(Math.max(minDelayMs, queued.backoffMs));
    queued.backoffMs = Math.min(MAX_BACKOFF_MS, queued.backoffMs * 2);
  }

  function sendAfter(delayMs: number): void {
    cancelPause = later(() => {
      inFlight = false;
      sendNext();
    }, delayMs);
  }

  function failMessage(queued: QueuedMessage, code: RefusalCode, retryAfter?: number): void {
    removeFromQueue(queued);
    onFailed(queued.message.clientId, code, retryAfter);
    sendNext();
  }

  function removeFromQueue(queued: QueuedMessage): void {
    const index = queue.indexOf(queued);
    if (index >= 0) queue.splice(index, 1);
  }

  function setOnline(isOnline: boolean): void {
    cancelPause();
    online = isOnline;
    inFlight = false;
    connectionId += 1;
    sendNext();
  }

  return {
    add(message) {
      queue.push({ message, backoffMs: INITIAL_BACKOFF_MS });
      sendNext();
    },
    remove(clientId) {
      const index = queue.findIndex((queued) => queued.message.clientId === clientId);
      if (index >= 0) queue.splice(index, 1);
    },
    resume: () => setOnline(true),
    suspend: () => setOnline(false),
  };
}

export function newClientId(): string {
  // Not randomUUID: pages on plain http do not have it.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
