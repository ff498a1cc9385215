/** Decides when a command of a connection is worked on: not before its client has taken enough of what was answered before. */

import type { ClientEvents } from '@chatty/protocol';
import { MAX_PAGE_BYTES } from '@chatty/protocol';

/** What is used of the way to the client. */
export type SendBacklog = {
  /** Bytes that wait to be sent. */
  readonly waitingBytes: number;
  /** Calls once, in a later turn: after what waits now was sent, or could not be. */
  whenDrained(listener: () => void): void;
};
/**
 * The way from the client. `pause` answers whether no more is read: then only what had come already follows, a chunk of the
 * socket at most. Where it answers false, `add` does at last.
 */
export type ReadControl = { pause(): boolean; resume(): void };

type QueuedCommand = { bytes: number; expectedAnswerBytes: number; work: () => Promise<void> };
/** Commands of one kind that are not worked on yet, in the order in which they came. */
type CommandLane = { readonly isReadLane: boolean; readonly commands: QueuedCommand[] };

/** A question whose answer is a page is worked on while less than this waits, in bytes, and no other one is. */
const MAX_BACKLOG_FOR_READ_BYTES = 64 * 1024;
/** Most bytes that may wait to be sent and be about to be answered when any other command is worked on (R18). */
const MAX_BACKLOG_BYTES = 256 * 1024;
/** Commands that are not worked on yet, in bytes: from here on no more are read, or, from here on, they are refused. */
const PAUSE_READING_BYTES = 64 * 1024;
const MAX_QUEUED_BYTES = 256 * 1024;
/** What a command costs in memory beside its text, in bytes; an estimate. */
const COMMAND_OVERHEAD_BYTES = 200;

/** Whose answers are pages of what others wrote. */
const READ_EVENTS: readonly unknown[] = ['history', 'sync', 'members'] satisfies (keyof ClientEvents)[];
/** Its answer is a message, whatever its own size. */
const REACT_EVENT = 'react' satisfies keyof ClientEvents;
const MESSAGE_ANSWER_BYTES = 20 * 1024;
/** Any other is answered with little, or with what it brought, where quotes and line feeds are escaped. */
const SMALL_ANSWER_BYTES = 1024;
const JSON_ESCAPE_FACTOR = 2;

/** A class, since there are thousands of them. */
export class CommandQueue {
  readonly #backlog: SendBacklog;
  readonly #readControl: ReadControl;
  readonly #readLane: CommandLane = { isReadLane: true, commands: [] };
  readonly #otherLane: CommandLane = { isReadLane: false, commands: [] };
  #isReadRunning = false;
  /** What the commands that are being worked on may be answered with, in bytes. */
  #promisedAnswerBytes = 0;
  #queuedBytes = 0;
  #isPaused = false;
  /** Whether the way from the client is stopped while it is paused. */
  #isReadingStopped = false;
  #isAwaitingDrain = false;
  #isClosed = false;

  constructor(backlog: SendBacklog, readControl: ReadControl) {
    this.#backlog = backlog;
    this.#readControl = readControl;
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
    const lane = READ_EVENTS.includes(event) ? this.#readLane : this.#otherLane;
    const command = {
      bytes: bytes + COMMAND_OVERHEAD_BYTES,
      expectedAnswerBytes: estimateAnswerBytes(lane, event, bytes),
      work,
    };
    if (lane.commands.length === 0 && this.#canStart(lane, command)) {
      this.#start(lane, command);
      return true;
    }
    if (this.#isClosed || (this.#queuedBytes >= MAX_QUEUED_BYTES && !this.#isReadingStopped)) return false;
    lane.commands.push(command);
    this.#queuedBytes += command.bytes;
    if (this.#queuedBytes > PAUSE_READING_BYTES && !this.#isPaused) {
      this.#isPaused = true;
      this.#isReadingStopped = this.#readControl.pause();
    }
    this.#awaitDrain();
    return true;
  }

  /** The connection has ended: what was not worked on is dropped. */
  close(): void {
    this.#isClosed = true;
    this.#queuedBytes = 0;
    for (const { commands } of [this.#readLane, this.#otherLane]) commands.length = 0;
  }

  #canStart({ isReadLane: isReads }: CommandLane, { expectedAnswerBytes }: QueuedCommand): boolean {
    const { waitingBytes } = this.#backlog;
    if (this.#isClosed) return false;
    if (isReads) return !this.#isReadRunning && waitingBytes < MAX_BACKLOG_FOR_READ_BYTES;
    return waitingBytes + this.#promisedAnswerBytes + expectedAnswerBytes <= MAX_BACKLOG_BYTES;
  }

  #start({ isReadLane: isReads }: CommandLane, { expectedAnswerBytes, work }: QueuedCommand): void {
    if (isReads) this.#isReadRunning = true;
    else this.#promisedAnswerBytes += expectedAnswerBytes;
    void work().then(() => {
      if (isReads) this.#isReadRunning = false;
      else this.#promisedAnswerBytes -= expectedAnswerBytes;
      if (this.#queuedBytes > 0) this.#startQueued();
    });
  }

  #startQueued(): void {
    for (const lane of [this.#readLane, this.#otherLane])
      for (let next = lane.commands[0]; next && this.#canStart(lane, next); next = lane.commands[0]) {
        lane.commands.shift();
        this.#queuedBytes -= next.bytes;
        this.#start(lane, next);
      }
    if (this.#isPaused && this.#queuedBytes <= PAUSE_READING_BYTES / 2) {
      this.#isPaused = false;
      this.#isReadingStopped = false;
      this.#readControl.resume();
    }
    if (this.#queuedBytes > 0) this.#awaitDrain();
  }

  /** What is being worked on goes on with the queue as well; of what waits to be sent only this tells the end. */
  #awaitDrain(): void {
    if (this.#isAwaitingDrain || this.#backlog.waitingBytes === 0) return;
    this.#isAwaitingDrain = true;
    this.#backlog.whenDrained(() => {
      this.#isAwaitingDrain = false;
      if (this.#queuedBytes > 0) this.#startQueued();
    });
  }
}

function estimateAnswerBytes({ isReadLane: isReads }: CommandLane, event: unknown, bytes: number): number {
  if (isReads) return MAX_PAGE_BYTES;
  return event === REACT_EVENT ? MESSAGE_ANSWER_BYTES : SMALL_ANSWER_BYTES + bytes * JSON_ESCAPE_FACTOR;
}
