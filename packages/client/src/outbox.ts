/** Decides when an outgoing message is sent and sent again: in order, under the same client id, until it is answered. */

import type { Message, RefusalCode, SendAnswer, SendPayload } from '@chatty/protocol';
import { type Backoff, createBackoff } from './backoff.js';
import type { Clock } from './clock.js';

/** `at`: when the message was written, in milliseconds since 1970. */
export type OutgoingMessage = Required<Pick<SendPayload, 'content' | 'clientId'>> & {
  replyTo: number | null;
  at: number;
};

export type OutboxOptions = {
  /** Sends one message; resolves with the server's answer, rejects if none comes. */
  transmit: (message: OutgoingMessage) => Promise<SendAnswer>;
  /** The epoch of the log that the client follows now. */
  epoch: () => string | null;
  onStored: (clientId: string, message: Message) => void;
  onFailed: (clientId: string, code: RefusalCode, retryAfter?: number) => void;
  clock: Pick<Clock, 'now' | 'later'>;
};

/** Pause after a temporary refusal or a missing answer. */
const INITIAL_BACKOFF_MS = 1_000;
const MAX_BACKOFF_MS = 8_000;
/** A message older than this is not sent automatically any more: its author decides. */
const MAX_RETRY_AGE_MS = 5 * 60_000;

type QueuedMessage = { message: OutgoingMessage; backoff: Backoff };

/** Sends one message at a time: the next one leaves after the answer to the one before, which keeps their order. */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #queue: QueuedMessage[] = [];
  #online = false;
  /** Grows with each `resume` and `suspend`: answers to messages of an earlier generation are ignored. */
  #generation = 0;
  /** A message is sent or waits for its next attempt. */
  #busy = false;
  #cancelPause = () => {};
  /** The server asked not to send before this time. */
  #notBefore = 0;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  add(message: OutgoingMessage): void {
    this.#queue.push({ message, backoff: createBackoff(INITIAL_BACKOFF_MS, MAX_BACKOFF_MS) });
    this.#sendNext();
  }

  remove(clientId: string): void {
    const index = this.#queue.findIndex(({ message }) => message.clientId === clientId);
    if (index >= 0) this.#queue.splice(index, 1);
  }

  /** The connection is up: sends everything unanswered again, in order. */
  resume(): void {
    this.#setOnline(true);
  }

  /** The connection is down: a message without an answer counts as not sent. */
  suspend(): void {
    this.#setOnline(false);
  }

  #setOnline(online: boolean): void {
    this.#cancelPause();
    this.#online = online;
    this.#busy = false;
    this.#generation += 1;
    this.#sendNext();
  }

  #sendNext(): void {
    const { transmit, epoch, clock } = this.#options;
    const queued = this.#queue[0];
    if (!this.#online || this.#busy || !queued) return;
    const now = clock.now();
    if (now - queued.message.at > MAX_RETRY_AGE_MS) {
      this.#fail(queued, 'unavailable');
      return;
    }
    this.#busy = true;
    if (this.#notBefore > now) {
      this.#sendAfter(this.#notBefore - now);
      return;
    }
    const startedIn = this.#generation;
    const sentEpoch = epoch();
    transmit(queued.message).then(
      (answer) => {
        if (startedIn !== this.#generation) return;
        // If the log was replaced meanwhile, the message may be in the old one only: it is sent again.
        if (sentEpoch === epoch()) this.#handleAnswer(queued, answer);
        else this.#pause(queued);
      },
      () => startedIn === this.#generation && this.#pause(queued),
    );
  }

  #handleAnswer(queued: QueuedMessage, answer: SendAnswer): void {
    const { clientId } = queued.message;
    if (answer.ok) {
      this.#busy = false;
      this.remove(clientId);
      this.#options.onStored(clientId, answer.message);
      this.#sendNext();
    } else if (answer.retry === 'later') {
      this.#pause(queued, answer.retryAfter);
    } else {
      this.#busy = false;
      this.#fail(queued, answer.code, answer.retryAfter);
    }
  }

  /** @param serverDelayMs how long the server asks to wait */
  #pause({ backoff }: QueuedMessage, serverDelayMs = 0): void {
    this.#notBefore = this.#options.clock.now() + serverDelayMs;
    this.#sendAfter(Math.max(serverDelayMs, backoff.next()));
  }

  #sendAfter(delayMs: number): void {
    this.#cancelPause = this.#options.clock.later(() => {
      this.#busy = false;
      this.#sendNext();
    }, delayMs);
  }

  #fail({ message: { clientId } }: QueuedMessage, code: RefusalCode, retryAfter?: number): void {
    this.remove(clientId);
    this.#options.onFailed(clientId, code, retryAfter);
    this.#sendNext();
  }
}

export function newClientId(): string {
  // Not `randomUUID`: it does not exist on pages served over plain HTTP.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
