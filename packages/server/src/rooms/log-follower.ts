/** Follows one room's log in the store: loads it, fills gaps, and starts over when it was replaced. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { LogPosition, Message } from '@chatty/protocol';
import { HISTORY_SIZE } from '@chatty/protocol';
import { createBackoff } from '../runtime/backoff.js';
import type { Log } from '../runtime/logger.js';
import { UnavailableError } from '../runtime/unavailable-error.js';
import type { ProjectId, ProjectStore } from '../store/store.js';
import { type Change, RoomLog } from './room-log.js';

export type LogListener = {
  /** The log was loaded up to `head`; `changes` follow it. */
  onLoaded(head: number, changes: Change[]): void;
  /** The next changes in order. */
  onChanges(changes: Change[]): void;
  /** The log was replaced, as by a restored backup: subscribers have to start over. `onLoaded` follows (R5). */
  onReplaced(): void;
};

/** Changes and messages in memory, and the most memory for them (estimated). */
const MAX_LOG_CHANGES = 1_000;
const MAX_LOG_BYTES = 4 * 1024 * 1024;
/** Changes read at once to fill a gap. */
const BACKFILL_PAGE_SIZE = 500;
const MIN_RETRY_DELAY_MS = 100;
const MAX_RETRY_DELAY_MS = 2_000;
/** Pause between two pages while a gap is being filled. */
const BACKFILL_PAUSE_MS = 50;

export class LogFollower {
  readonly #project: ProjectId;
  readonly #id: string;
  readonly #store: ProjectStore;
  readonly #log: Log;
  readonly #listener: LogListener;
  #roomLog: RoomLog | null = null;
  /** Changes published while the log is being loaded. */
  readonly #publishedWhileLoading: Message[] = [];
  #isReading = false;
  /** A change was seen that may belong to another log: the store has to be asked. */
  #isSuspect = false;
  /** The store has lost the end of the log, or has another under the same epoch: nothing of it may be delivered (R5). */
  #isForked = false;
  #isClosed = false;

  constructor(options: {
    project: ProjectId;
    id: string;
    store: ProjectStore;
    log: Log;
    listener: LogListener;
  }) {
    this.#project = options.project;
    this.#id = options.id;
    this.#store = options.store;
    this.#log = options.log;
    this.#listener = options.listener;
  }

  /** Null while the log is being loaded. */
  get roomLog(): RoomLog | null {
    return this.#roomLog;
  }

  /** Throws `UnavailableError` while the log is being loaded. */
  requireRoomLog(): RoomLog {
    if (this.#roomLog === null) throw new UnavailableError('the room is being read');
    return this.#roomLog;
  }

  /** Loads the log, unless that is under way. */
  load(): void {
    void this.#readUntilComplete();
  }

  /** Takes a committed change, from whichever server and in any order. */
  publish(message: Message): void {
    if (this.#roomLog === null) {
      // Any further ones are read from the store afterwards.
      if (this.#publishedWhileLoading.length < MAX_LOG_CHANGES) this.#publishedWhileLoading.push(message);
      return;
    }
    this.#listener.onChanges(this.#accept(this.#roomLog, message));
    this.#readIfNeeded(this.#roomLog);
  }

  /** @returns the changes that are now in order */
  #accept(roomLog: RoomLog, message: Message): Change[] {
    if (message.seq <= roomLog.head) {
      this.#noteEvidence(roomLog.contains(message));
      return [];
    }
    // Of a forked log nothing is delivered: the log is replaced in a moment, and includes the message then.
    return this.#isForked ? [] : roomLog.append(message);
  }

  /** @param isOfThisLog whether something belongs to this log; null: unknown */
  #noteEvidence(isOfThisLog: boolean | null): void {
    if (isOfThisLog === null) this.#isSuspect = true;
    if (isOfThisLog === false) this.#isForked = true;
  }

  /**
   * Compares the log with its end in the store.
   *
   * @param head the end of the log in the store; null: no message was ever stored
   * @param since where this log stood when the store was asked
   */
  onRemoteHead(head: LogPosition | null, since: LogPosition | null): void {
    const roomLog = this.#roomLog;
    if (roomLog === null) return;
    if (head === null && roomLog.knownHead === 0) return;
    if (head?.epoch !== roomLog.epoch) this.#isSuspect = true;
    // Compared with the position at the time of the question: changes may have been stored since.
    else if (since?.epoch === head.epoch && head.seq < since.seq) this.#isForked = true;
    else roomLog.raiseKnownHead(head.seq);
    this.#readIfNeeded(roomLog);
  }

  close(): void {
    this.#isClosed = true;
  }

  #needsRead(roomLog: RoomLog): boolean {
    return roomLog.hasGap || this.#isSuspect || this.#isForked;
  }

  #readIfNeeded(roomLog: RoomLog): void {
    if (this.#needsRead(roomLog)) void this.#readUntilComplete();
  }

  /** One reader per room, which retries until nothing is missing or the room is closed (R7). */
  async #readUntilComplete(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    const backoff = createBackoff({ minMs: MIN_RETRY_DELAY_MS, maxMs: MAX_RETRY_DELAY_MS });
    while (!this.#isClosed) {
      let hasProgressed = false;
      try {
        const headBefore = this.#roomLog?.head;
        if (this.#roomLog === null) await this.#loadLog();
        else await this.#backfill(this.#roomLog);
        if (this.#roomLog !== null && !this.#needsRead(this.#roomLog)) break;
        hasProgressed = this.#roomLog?.head !== headBefore;
      } catch (error) {
        const fields = { project: this.#project, room: this.#id, reason: String(error) };
        this.#log.warn(fields, 'failed to read a room');
      }
      if (hasProgressed) backoff.reset();
      await sleep(hasProgressed ? BACKFILL_PAUSE_MS : backoff.next());
    }
    this.#isReading = false;
  }

  async #loadLog(): Promise<void> {
    const page = await this.#store.newestChanges(this.#id, MAX_LOG_CHANGES);
    const shown = page.messages.filter((message) => message.id > page.prev).sort((a, b) => a.id - b.id);
    const isShort = page.prev > 0 && shown.length < HISTORY_SIZE;
    const firstId = shown[0]?.id ?? page.prev + 1;
    const older = isShort ? await this.#store.messagesBefore(this.#id, firstId, HISTORY_SIZE) : [];
    const roomLog = new RoomLog({ page, older, maxEntries: MAX_LOG_CHANGES, maxBytes: MAX_LOG_BYTES });
    const { head } = roomLog;
    this.#roomLog = roomLog;
    this.#isSuspect = false;
    this.#isForked = false;
    const changes = this.#publishedWhileLoading
      .splice(0)
      .flatMap((message) => this.#accept(roomLog, message));
    this.#listener.onLoaded(head, changes);
  }

  async #backfill(roomLog: RoomLog): Promise<void> {
    // Read before the page is requested: changes published meanwhile may be newer than the page.
    const { knownHead, lastChange } = roomLog;
    this.#isSuspect = false;
    // From one before the head: the last known change shows whether the page continues this log.
    const page = await this.#store.changesAfter(this.#id, Math.max(0, roomLog.head - 1), BACKFILL_PAGE_SIZE);
    if (page.epoch === roomLog.epoch) {
      this.#noteEvidence(page.head >= knownHead && roomLog.isContinuation(page, lastChange));
      if (!this.#isForked) return this.#listener.onChanges(roomLog.backfill(page));
      await this.#store.renewEpoch(this.#id, roomLog.epoch);
    }
    await this.#startOver();
  }

  async #startOver(): Promise<void> {
    this.#log.warn(
      { project: this.#project, room: this.#id },
      'the log of a room was replaced; all its clients load it again',
    );
    this.#listener.onReplaced();
    this.#roomLog = null;
    await this.#loadLog();
  }
}
