/** One room on this server: its subscribers, its log, and what is sent to whom. */

import type { LogPosition, Message, TypingUser } from '@chatty/protocol';
import { encodeEvent } from '../connections/packet-encoder.js';
import type { Log } from '../runtime/logger.js';
import type { ProjectId, Store } from '../store/store.js';
import { createAudience } from './audience.js';
import type { BroadcastPacing } from './broadcast-pacing.js';
import { createFanOut, type FanOut } from './fan-out.js';
import { LogFollower } from './log-follower.js';
import { createPresence, type Presence } from './presence.js';
import type { Change } from './room-log.js';
import type { Subscriber } from './subscriber.js';
import { historyPageBefore, type SyncPage, syncPageAfter } from './sync-pages.js';
import { createWelcomePackets } from './welcome-packets.js';

/** With more people nobody is told who is typing: n people would cause n² packets. */
const MAX_PEOPLE_FOR_TYPING = 50;

export class Room {
  readonly project: ProjectId;
  readonly id: string;
  readonly presence: Presence = createPresence();
  readonly #readMessagesBefore: (before: number, limit: number, maxBytes: number) => Promise<Message[]>;
  readonly #now: () => number;
  readonly #follower: LogFollower;
  readonly #welcomePackets: ReturnType<typeof createWelcomePackets>;
  readonly #fanOut: FanOut;
  readonly #audience = createAudience<Subscriber>();
  /** Subscribers that have not received their welcome: the room is being loaded, or a pending frame has to go first. */
  readonly #waiting = new Set<Subscriber>();
  #emptySince: number | null;

  constructor(options: {
    project: ProjectId;
    id: string;
    store: Store;
    log: Log;
    pace: BroadcastPacing;
    now: () => number;
  }) {
    const { project, id, log, pace, now } = options;
    const store = options.store.project(project);
    this.project = project;
    this.id = id;
    this.#readMessagesBefore = (before, limit, maxBytes) => store.messagesBefore(id, before, limit, maxBytes);
    this.#now = now;
    this.#emptySince = now();
    this.#follower = new LogFollower({
      project,
      id,
      store,
      log,
      listener: {
        onLoaded: (head, changes) => this.#onLoaded(head, changes),
        onChanges: (changes) => this.#fanOut.enqueue(changes),
        onReplaced: () => this.#onReplaced(),
      },
    });
    this.#welcomePackets = createWelcomePackets(project, id);
    this.#fanOut = createFanOut({
      audience: this.#audience,
      position: () => this.position,
      onFrameTaken: () => this.#welcomeWaiting(),
      pace,
      now,
    });
  }

  /** The end of the log as this server knows it; null while the log is being loaded. */
  get position(): LogPosition | null {
    const { roomLog } = this.#follower;
    return roomLog && { epoch: roomLog.epoch, seq: roomLog.head };
  }

  /** Since when the room has no subscribers, in milliseconds; null while it has some. */
  get emptySince(): number | null {
    return this.#emptySince;
  }

  /** Estimated memory, in bytes. */
  get bytes(): number {
    return this.#follower.roomLog?.bytes ?? 0;
  }

  /** The subscriber receives its welcome as soon as the room is loaded. */
  join(subscriber: Subscriber): void {
    this.#emptySince = null;
    this.#waiting.add(subscriber);
    if (this.#follower.roomLog === null) this.#follower.load();
    // Pending changes go to earlier subscribers as a frame, and to the new one as part of its history.
    else if (!this.#fanOut.hasPending) this.#welcomeWaiting();
  }

  leave(subscriber: Subscriber): void {
    if (this.#audience.remove(subscriber)) this.#leavePresence(subscriber);
    this.#waiting.delete(subscriber);
    if (this.#audience.size + this.#waiting.size === 0) this.#emptySince = this.#now();
  }

  // No await between the history and the subscription: no change can come between them (R6).
  #welcomeWaiting(): void {
    const { roomLog } = this.#follower;
    if (roomLog === null) return;
    for (const subscriber of this.#waiting) {
      this.#audience.add(subscriber);
      if (subscriber.person) this.presence.join(subscriber.person);
      subscriber.outlet.sendAll(this.#welcomePackets(subscriber, roomLog, this.presence.countForJoin()));
    }
    this.#waiting.clear();
  }

  #leavePresence({ person }: Subscriber): void {
    if (person) this.presence.leave(person.userId);
  }

  #onLoaded(head: number, changes: Change[]): void {
    this.#fanOut.startAt(head);
    this.#fanOut.enqueue(changes);
    if (!this.#fanOut.hasPending) this.#welcomeWaiting();
  }

  #onReplaced(): void {
    for (const subscriber of this.#audience.all()) {
      this.#leavePresence(subscriber);
      subscriber.after = null;
      this.#waiting.add(subscriber);
    }
    this.#audience.clear();
    this.#fanOut.clear();
  }

  /** Delivers a committed change to every subscriber, in seq order. */
  publish(message: Message): void {
    this.#follower.publish(message);
  }

  /** Tells the others that this person is typing. */
  typing(typist: TypingUser): void {
    if (this.presence.count > MAX_PEOPLE_FOR_TYPING) return;
    const packet = encodeEvent('typing', typist);
    for (const { outlet, person } of this.#audience.frameReceivers.snapshot)
      if (person !== null && person.userId !== typist.userId) outlet.send(packet);
  }

  /** `head`: the end of the log in the store, which was asked when this room was at `since`. */
  onRemoteHead(head: LogPosition | null, since: LogPosition | null): void {
    this.#follower.onRemoteHead(head, since);
  }

  /** The changes after a position. Throws `UnavailableError` while the room is being loaded. */
  sync(after: LogPosition): SyncPage {
    return syncPageAfter(this.#follower.requireRoomLog(), after);
  }

  /** Messages with a lower id, from the log `epoch`. Throws `UnavailableError`. */
  async before(
    before: number,
    limit: number,
  ): Promise<{ epoch: string; messages: Message[]; more: boolean }> {
    const roomLog = this.#follower.requireRoomLog();
    return historyPageBefore(roomLog, before, limit, (most, maxBytes) =>
      this.#readMessagesBefore(before, most, maxBytes),
    );
  }

  /** Called about once a second: backpressure, heartbeat and head count. */
  tick(time: number): void {
    for (const subscriber of this.#audience.all()) subscriber.outlet.checkBackpressure(time);
    // A waiting subscriber may have been in the audience before, with packets still in its queue.
    for (const subscriber of this.#waiting) subscriber.outlet.checkBackpressure(time);
    this.#fanOut.heartbeat(time);
    const count = this.presence.countToBroadcast(time, this.#audience.size);
    if (count !== null) this.#audience.broadcast(encodeEvent('presence', { count }));
  }

  close(): void {
    this.#follower.close();
    this.#fanOut.close();
  }
}
