/** Decides when a command of a connection is worked on: not before its client has taken enough of what was answered before. */

import type { ClientEvents } from '@chatty/protocol/events';
import { PAGE_BYTES } from '@chatty/protocol/sizes';

/** What is used of the way to the client. */
export type Sending = {
  /** Bytes that wait to be sent. */
  readonly waiting: number;
  /** Calls once, in a later turn: after what waits now was sent, or could not be. */
  whenSent(listener: () => void): void;
};
/**
 * The way from the client. `pause` answers whether no more is read: then only what had come already follows, a chunk of the
 * socket at most. Where it answers false, `add` does at last.
 */
export type Receiving = { pause(): boolean; resume(): void };

type Command = { bytes: number; answer: number; work: () => Promise<void> };
/** Commands of one kind that are not worked on yet, in the order in which they came. */
type Lane = { readonly isReads: boolean; readonly commands: Command[] };

/** A question whose answer is a page is worked on while less than this waits, in bytes, and no other one is. */
const READ_BELOW_BYTES = 64 * 1024;
/** Most bytes that may wait to be sent and be about to be answered when any other command is worked on (R18). */
const MOST_WAITING_BYTES = 256 * 1024;
/** Commands that are not worked on yet, in bytes: from here on no more are read, or, from here on, they are refused. */
const PAUSE_BYTES = 64 * 1024;
const MOST_QUEUED_BYTES = 256 * 1024;
/** What a command costs in memory beside its text, in bytes; an estimate. */
const OVERHEAD_BYTES = 200;

/** Whose answers are pages of what others wrote. */
const READS: readonly unknown[] = ['history', 'sync', 'members'] satisfies (keyof ClientEvents)[];
/** Its answer is a message, whatever its own size. */
const REACT = 'react' satisfies keyof ClientEvents;
const MESSAGE_ANSWER_BYTES = 20 * 1024;
/** Any other is answered with little, or with what it brought, where quotes and line feeds are escaped. */
const SMALL_ANSWER_BYTES = 1024;
const GROWTH = 2;

/** A class, since there are thousands of them. */
export class CommandQueue {
  readonly #sending: Sending;
  readonly #receiving: Receiving;
  readonly #reads: Lane = { isReads: true, commands: [] };
  readonly #others: Lane = { isReads: false, commands: [] };
  #isReading = false;
  /** What the commands that are being worked on may be answered with, in bytes. */
  #promised = 0;
  #queued = 0;
  #isPaused = false;
  /** Whether the way from the client is stopped while it is paused. */
  #isStopped = false;
  #isListening = false;
  #isClosed = false;

  constructor(sending: Sending, receiving: Receiving) {
    this.#sending = sending;
    this.#receiving = receiving;
  }

  /** Whether no more is read from the client until commands have been worked on. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /**
   * Works on a command now, or later in its turn: pages one after the other, everything else beside them.
   * @param bytes size of the packet that brought it
   * @param work never rejects; begins in this turn where nothing has to be waited for
   * @returns false: too many are queued, and this one is not taken
   */
  add(event: unknown, bytes: number, work: () => Promise<void>): boolean {
    const lane = READS.includes(event) ? this.#reads : this.#others;
    const command = { bytes: bytes + OVERHEAD_BYTES, answer: answerBytes(lane, event, bytes), work };
    if (lane.commands.length === 0 && this.#mayBegin(lane, command)) {
      this.#begin(lane, command);
      return true;
    }
    if (this.#isClosed || (this.#queued >= MOST_QUEUED_BYTES && !this.#isStopped)) return false;
    lane.commands.push(command);
    this.#queued += command.bytes;
    if (this.#queued > PAUSE_BYTES && !this.#isPaused) {
      this.#isPaused = true;
      this.#isStopped = this.#receiving.pause();
    }
    this.#listen();
    return true;
  }

  /** The connection has ended: what was not worked on is dropped. */
  close(): void {
    this.#isClosed = true;
    this.#queued = 0;
    for (const { commands } of [this.#reads, this.#others]) commands.length = 0;
  }

  #mayBegin({ isReads }: Lane, { answer }: Command): boolean {
    const { waiting } = this.#sending;
    if (this.#isClosed) return false;
    if (isReads) return !this.#isReading && waiting < READ_BELOW_BYTES;
    return waiting + this.#promised + answer <= MOST_WAITING_BYTES;
  }

  #begin({ isReads }: Lane, { answer, work }: Command): void {
    if (isReads) this.#isReading = true;
    else this.#promised += answer;
    void work().then(() => {
      if (isReads) this.#isReading = false;
      else this.#promised -= answer;
      if (this.#queued > 0) this.#goOn();
    });
  }

  #goOn(): void {
    for (const lane of [this.#reads, this.#others])
      for (let next = lane.commands[0]; next && this.#mayBegin(lane, next); next = lane.commands[0]) {
        lane.commands.shift();
        this.#queued -= next.bytes;
        this.#begin(lane, next);
      }
    if (this.#isPaused && this.#queued <= PAUSE_BYTES / 2) {
      this.#isPaused = false;
      this.#isStopped = false;
      this.#receiving.resume();
    }
    if (this.#queued > 0) this.#listen();
  }

  /** What is being worked on goes on with the queue as well; of what waits to be sent only this tells the end. */
  #listen(): void {
    if (this.#isListening || this.#sending.waiting === 0) return;
    this.#isListening = true;
    this.#sending.whenSent(() => {
      this.#isListening = false;
      if (this.#queued > 0) this.#goOn();
    });
  }
}

function answerBytes({ isReads }: Lane, event: unknown, bytes: number): number {
  if (isReads) return PAGE_BYTES;
  return event === REACT ? MESSAGE_ANSWER_BYTES : SMALL_ANSWER_BYTES + bytes * GROWTH;
}
