/** One room on this node: who follows it, what they have been told, and when they are told the next. */

import type { LogPosition, Message, Session, TypingUser } from '@chatty/protocol';
import { HISTORY_SIZE } from '@chatty/protocol';
import { type EncodedPacket, encodeEvent } from '../connections/packet-encoder.js';
import type { Log } from '../runtime/logger.js';
import { UnavailableError } from '../runtime/unavailable-error.js';
import type { ProjectId, Store } from '../store/store.js';
import type { BroadcastPacing } from './broadcast-pacing.js';
import { createFanOut } from './fan-out.js';
import { createPresence, type Presence } from './presence.js';
import { createRoomLog, type RoomLog } from './room-log.js';
import type { Subscriber } from './subscriber.js';
import { frameAfter, historyPageBefore, newestMessages, type SyncPage, syncPageAfter } from './sync-pages.js';

export type Room = {
  readonly project: ProjectId;
  readonly id: string;
  readonly presence: Presence;
  /** The newest position anybody here can know, or null while the room is being read. */
  readonly position: LogPosition | null;
  /** Since when nobody is in it, in milliseconds; null while somebody is. */
  readonly emptySince: number | null;
  /** What it keeps in memory, in bytes; an estimate. */
  readonly bytes: number;
  /** `session`, then the history or what the member missed, follow as soon as the room can be read. */
  join(subscriber: Subscriber): void;
  leave(subscriber: Subscriber): void;
  /** Delivers a committed change to everyone, in seq order. */
  publish(message: Message): void;
  /** Tells the other people that this one is typing. */
  typing(typist: TypingUser): void;
  /** The database was asked when the room stood at `since`, and says that the log stands there; null: it has none. */
  onRemoteHead(head: LogPosition | null, since: LogPosition | null): void;
  /** What follows a position. Throws `Unavailable` while the room cannot be read. */
  sync(after: LogPosition): SyncPage;
  /** Messages with a lower id, of the log `epoch`. Throws `Unavailable`. */
  before(before: number, limit: number): Promise<{ epoch: string; messages: Message[]; more: boolean }>;
  /** Looks after what time brings, about once a second: heartbeat, head count, members who do not read. */
  tick(now: number): void;
  /** Ends reading and telling. */
  close(): void;
};

/** Changes and messages kept in memory, and the most memory for them in bytes (estimated). */
const MAX_LOG_CHANGES = 1_000;
const MAX_LOG_BYTES = 4 * 1024 * 1024;
/** Changes read at once to fill a hole. */
const BACKFILL_PAGE_SIZE = 500;
/** Pauses between tries to read a room, in milliseconds: at most one query in 100 ms. */
const MIN_RETRY_DELAY_MS = 100;
const MAX_RETRY_DELAY_MS = 2_000;
/** With more people nobody is told who types: each of n tells n others, and more names than that say nothing. */
const MAX_PEOPLE_FOR_TYPING = 50;
const GUEST_PERSON = { userId: '', username: '', avatar: null, role: 'guest' } as const;

export function createRoom(options: {
  project: ProjectId;
  id: string;
  store: Store;
  log: Log;
  pace: BroadcastPacing;
  now: () => number;
}): Room {
  const { project, id, log, pace, now } = options;
  const store = options.store.project(project);
  const presence = createPresence();
  /** Members who have not been welcomed: the room is being read, or a frame that is due has to go first. */
  const waitingSubscribers = new Set<Subscriber>();
  let roomLog: RoomLog | null = null;
  /** Published while the room was being read. */
  const publishedWhileLoading: Message[] = [];
  let isReading = false;
  /** Somebody has seen what may be of another log: it is looked at. */
  let suspected = false;
  /** The log has lost its end, or has another, under the same epoch: nothing may be told of it any more (R5). */
  let forked = false;
  let closed = false;
  let emptySince: number | null = now();
  let cachedHistory: { seq: number; packet: EncodedPacket } | null = null;

  const position = () => roomLog && { epoch: roomLog.epoch, seq: roomLog.head };
  const fanOut = createFanOut<Subscriber>({
    position,
    onFrameTaken: () => roomLog && admitWaiting(roomLog),
    pace,
    now,
  });

  function join(subscriber: Subscriber): void {
    emptySince = null;
    waitingSubscribers.add(subscriber);
    if (roomLog === null) void readUntilComplete();
    // What is due goes to those who were here before; it is part of the history of the others.
    else if (!fanOut.hasPending) admitWaiting(roomLog);
  }

  function leave(subscriber: Subscriber): void {
    if (fanOut.remove(subscriber)) leavePresence(subscriber);
    waitingSubscribers.delete(subscriber);
    if (fanOut.size + waitingSubscribers.size === 0) emptySince = now();
  }

  // Nothing can come between the history and the subscription: both happen in one turn of the event loop (R6).
  function admitWaiting(loadedLog: RoomLog): void {
    for (const subscriber of waitingSubscribers) {
      fanOut.add(subscriber);
      if (subscriber.person) presence.join(subscriber.person);
      const session = encodeEvent('session', sessionOf(subscriber, loadedLog));
      const count = encodeEvent('presence', { count: presence.countForJoin() });
      subscriber.outlet.sendAll([session, ...catchUpPackets(subscriber, loadedLog), count]);
    }
    waitingSubscribers.clear();
  }

  function leavePresence({ person }: Subscriber): void {
    if (person) presence.leave(person.userId);
  }

  function sessionOf({ person, permissions }: Subscriber, { epoch }: RoomLog): Session {
    return { projectId: project, room: id, epoch, ...(person ?? GUEST_PERSON), ...permissions() };
  }

  function catchUpPackets({ batch, after }: Subscriber, loadedLog: RoomLog): EncodedPacket[] {
    const { epoch, head: top } = loadedLog;
    const resumePosition = batch && after !== null && after.epoch === epoch ? after : null;
    // Only who says so begins anew: a word of a client is no reason to take the log from the others.
    if (resumePosition?.last && loadedLog.contradicts(resumePosition.last))
      return [encodeEvent('history', newestMessages(loadedLog), { epoch, seq: top, anew: true })];
    const page = resumePosition && frameAfter(loadedLog, resumePosition.seq);
    if (page === null) return [historyOf(loadedLog)];
    const missed = encodeEvent('messages', page);
    // The head first: who sees the frame knows already that it is not all.
    return page.seq < top ? [encodeEvent('head', { epoch, seq: top }), missed] : [missed];
  }

  /** Encoded once for everybody who joins at the same position. */
  function historyOf(loadedLog: RoomLog): EncodedPacket {
    const { epoch, head: top } = loadedLog;
    if (cachedHistory?.seq !== top) {
      const packet = encodeEvent('history', newestMessages(loadedLog), { epoch, seq: top });
      cachedHistory = { seq: top, packet };
    }
    return cachedHistory.packet;
  }

  function publish(message: Message): void {
    if (roomLog === null) {
      // What this many are not enough for is read again.
      if (publishedWhileLoading.length < MAX_LOG_CHANGES) publishedWhileLoading.push(message);
      return;
    }
    if (message.seq > roomLog.head) {
      // What is told of a log that has forked is taken back a moment later, so it is rather told then.
      if (!forked) fanOut.enqueue(roomLog.append(message));
    } else suspect(roomLog.contains(message));
    readIfNeeded(roomLog);
  }

  /** @param known whether something was of this log; null where that cannot be told from here */
  function suspect(known: boolean | null): void {
    if (known === null) suspected = true;
    if (known === false) forked = true;
  }

  const needsRead = (loadedLog: RoomLog) => loadedLog.hasGap() || suspected || forked;

  function readIfNeeded(loadedLog: RoomLog): void {
    if (needsRead(loadedLog)) void readUntilComplete();
  }

  /** One reader a room, again and again until nothing is missing, for as long as the room is open (R7). */
  async function readUntilComplete(): Promise<void> {
    if (isReading) return;
    isReading = true;
    for (let delay = MIN_RETRY_DELAY_MS; !closed; delay = Math.min(MAX_RETRY_DELAY_MS, delay * 2)) {
      try {
        const before = roomLog?.head;
        if (roomLog === null) await load();
        else await backfill(roomLog);
        if (roomLog !== null && !needsRead(roomLog)) break;
        if (roomLog?.head !== before) delay = MIN_RETRY_DELAY_MS / 2;
      } catch (error) {
        log.warn({ project, room: id, reason: String(error) }, 'a room could not be read');
      }
      await new Promise((resolve) => setTimeout(resolve, delay));
    }
    isReading = false;
  }

  async function load(): Promise<void> {
    const page = await store.newestChanges(id, MAX_LOG_CHANGES);
    const shown = page.messages.filter((message) => message.id > page.prev).sort((a, b) => a.id - b.id);
    const [first] = shown;
    const isShort = page.prev > 0 && shown.length < HISTORY_SIZE;
    const older = isShort ? await store.messagesBefore(id, first?.id ?? page.prev + 1, HISTORY_SIZE) : [];
    roomLog = createRoomLog({ page, older, maxEntries: MAX_LOG_CHANGES, bytes: MAX_LOG_BYTES });
    suspected = false;
    forked = false;
    fanOut.startAt(roomLog.head);
    cachedHistory = null;
    for (const message of publishedWhileLoading.splice(0)) publish(message);
    if (!fanOut.hasPending) admitWaiting(roomLog);
  }

  async function backfill(loadedLog: RoomLog): Promise<void> {
    // As of now: what is published while the page is on its way may be newer than the page.
    const { knownHead: heard, lastChange: last } = loadedLog;
    suspected = false;
    // With the last change that is known, which shows whether the page goes on from it.
    const page = await store.changesAfter(id, Math.max(0, loadedLog.head - 1), BACKFILL_PAGE_SIZE);
    if (page.epoch === loadedLog.epoch) {
      suspect(page.head >= heard && loadedLog.isContinuation(page, last));
      if (!forked) return fanOut.enqueue(loadedLog.backfill(page));
      await store.renewEpoch(id, loadedLog.epoch);
    }
    await restart();
  }

  /** The log is another one than before, as after a restored backup: everybody begins again (R5). */
  async function restart(): Promise<void> {
    log.warn({ project, room: id }, 'the log of a room was replaced; everybody reads it again');
    for (const subscriber of fanOut.subscribers()) {
      leavePresence(subscriber);
      subscriber.after = null;
      waitingSubscribers.add(subscriber);
    }
    fanOut.clear();
    roomLog = null;
    await load();
  }

  function requireLoaded(): RoomLog {
    if (roomLog === null) throw new UnavailableError('the room is being read');
    return roomLog;
  }

  function tick(time: number): void {
    for (const subscriber of fanOut.subscribers()) subscriber.outlet.checkBackpressure(time);
    // Whoever waits for the room may have been in it before.
    for (const subscriber of waitingSubscribers) subscriber.outlet.checkBackpressure(time);
    fanOut.heartbeat(time);
    const count = presence.countToBroadcast(time, fanOut.size);
    if (count !== null) fanOut.broadcast(encodeEvent('presence', { count }));
  }

  return {
    project,
    id,
    presence,
    get position() {
      return position();
    },
    get emptySince() {
      return emptySince;
    },
    get bytes() {
      return roomLog?.bytes ?? 0;
    },
    join,
    leave,
    publish,
    typing(typist) {
      if (presence.count > MAX_PEOPLE_FOR_TYPING) return;
      fanOut.sendWhere(
        encodeEvent('typing', typist),
        ({ person }) => person !== null && person.userId !== typist.userId,
      );
    },
    onRemoteHead(head, since) {
      if (roomLog === null) return;
      // Nobody has written in it yet, as far as anybody knows.
      if (head === null && roomLog.knownHead === 0) return;
      if (head?.epoch !== roomLog.epoch) suspected = true;
      // Lower than the room stands now it may be as well if something was stored after the question.
      else if (since?.epoch === head.epoch && head.seq < since.seq) forked = true;
      else roomLog.raiseKnownHead(head.seq);
      readIfNeeded(roomLog);
    },
    sync: (after) => syncPageAfter(requireLoaded(), after),
    before: async (before, limit) =>
      historyPageBefore(requireLoaded(), before, limit, (most, bytes) =>
        store.messagesBefore(id, before, most, bytes),
      ),
    tick,
    close() {
      closed = true;
      fanOut.close();
    },
  };
}
