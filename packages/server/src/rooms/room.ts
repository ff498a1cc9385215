/** One room on this node: who follows it, what they have been told, and when they are told the next. */

import type { Message, Position, Session, Typist } from '@chatty/protocol/events';
import { HISTORY_SIZE } from '@chatty/protocol/sizes';
import { encode, type Packet } from '../connections/packet-encoder.js';
import type { Log } from '../runtime/logger.js';
import { type ProjectId, type Store, Unavailable } from '../store/store.js';
import type { Pace } from './broadcast-pacing.js';
import { createFanOut } from './fan-out.js';
import { createPresence, type Presence } from './presence.js';
import { createTail, type Tail } from './room-log.js';
import type { Member } from './subscriber.js';
import { frameAfter, newestPage, type Page, pageAfter, pageBefore } from './sync-pages.js';

export type Room = {
  readonly project: ProjectId;
  readonly id: string;
  readonly presence: Presence;
  /** The newest position anybody here can know, or null while the room is being read. */
  readonly position: Position | null;
  /** Since when nobody is in it, in milliseconds; null while somebody is. */
  readonly emptySince: number | null;
  /** What it keeps in memory, in bytes; an estimate. */
  readonly bytes: number;
  /** `session`, then the history or what the member missed, follow as soon as the room can be read. */
  join(member: Member): void;
  leave(member: Member): void;
  /** Delivers a committed change to everyone, in seq order. */
  publish(message: Message): void;
  /** Tells the other people that this one is typing. */
  typing(who: Typist): void;
  /** The database was asked when the room stood at `since`, and says that the log stands there; null: it has none. */
  notice(head: Position | null, since: Position | null): void;
  /** What follows a position. Throws `Unavailable` while the room cannot be read. */
  sync(after: Position): Page;
  /** Messages with a lower id, of the log `epoch`. Throws `Unavailable`. */
  before(before: number, limit: number): Promise<{ epoch: string; messages: Message[]; more: boolean }>;
  /** Looks after what time brings, about once a second: heartbeat, head count, members who do not read. */
  tick(now: number): void;
  /** Ends reading and telling. */
  close(): void;
};

/** Changes and messages kept in memory, and the most memory for them in bytes (estimated). */
const TAIL_SIZE = 1_000;
const TAIL_BYTES = 4 * 1024 * 1024;
/** Changes read at once to fill a hole. */
const FILL_SIZE = 500;
/** Pauses between tries to read a room, in milliseconds: at most one query in 100 ms. */
const FIRST_PAUSE = 100;
const LAST_PAUSE = 2_000;
/** With more people nobody is told who types: each of n tells n others, and more names than that say nothing. */
const TYPING_PEOPLE = 50;
const GUEST = { userId: '', username: '', avatar: null, role: 'guest' } as const;

export function createRoom(options: {
  project: ProjectId;
  id: string;
  store: Store;
  log: Log;
  pace: Pace;
  now: () => number;
}): Room {
  const { project, id, log, pace, now } = options;
  const store = options.store.project(project);
  const presence = createPresence();
  /** Members who have not been welcomed: the room is being read, or a frame that is due has to go first. */
  const waiting = new Set<Member>();
  let tail: Tail | null = null;
  /** Published while the room was being read. */
  const early: Message[] = [];
  let reading = false;
  /** Somebody has seen what may be of another log: it is looked at. */
  let doubted = false;
  /** The log has lost its end, or has another, under the same epoch: nothing may be told of it any more (R5). */
  let forked = false;
  let closed = false;
  let emptySince: number | null = now();
  let history: { seq: number; packet: Packet } | null = null;

  const position = () => tail && { epoch: tail.epoch, seq: tail.top };
  const fanOut = createFanOut<Member>({ position, taken: () => tail && welcomeAll(tail), pace, now });

  function join(member: Member): void {
    emptySince = null;
    waiting.add(member);
    if (tail === null) void read();
    // What is due goes to those who were here before; it is part of the history of the others.
    else if (!fanOut.due) welcomeAll(tail);
  }

  function leave(member: Member): void {
    if (fanOut.remove(member)) depart(member);
    waiting.delete(member);
    if (fanOut.size + waiting.size === 0) emptySince = now();
  }

  // Nothing can come between the history and the subscription: both happen in one turn of the event loop (R6).
  function welcomeAll(from: Tail): void {
    for (const member of waiting) {
      fanOut.add(member);
      if (member.person) presence.enter(member.person);
      const session = encode('session', sessionOf(member, from));
      const count = encode('presence', { count: presence.tellOne() });
      member.outlet.sendAll([session, ...begin(member, from), count]);
    }
    waiting.clear();
  }

  function depart({ person }: Member): void {
    if (person) presence.leave(person.userId);
  }

  function sessionOf({ person, permissions }: Member, { epoch }: Tail): Session {
    return { projectId: project, room: id, epoch, ...(person ?? GUEST), ...permissions() };
  }

  function begin({ batch, after }: Member, from: Tail): Packet[] {
    const { epoch, top } = from;
    const same = batch && after !== null && after.epoch === epoch ? after : null;
    // Only who says so begins anew: a word of a client is no reason to take the log from the others.
    if (same?.last && from.contradicts(same.last))
      return [encode('history', newestPage(from), { epoch, seq: top, anew: true })];
    const page = same && frameAfter(from, same.seq);
    if (page === null) return [historyOf(from)];
    const missed = encode('messages', page);
    // The head first: who sees the frame knows already that it is not all.
    return page.seq < top ? [encode('head', { epoch, seq: top }), missed] : [missed];
  }

  /** Encoded once for everybody who joins at the same position. */
  function historyOf(from: Tail): Packet {
    const { epoch, top } = from;
    if (history?.seq !== top) {
      const packet = encode('history', newestPage(from), { epoch, seq: top });
      history = { seq: top, packet };
    }
    return history.packet;
  }

  function publish(message: Message): void {
    if (tail === null) {
      // What this many are not enough for is read again.
      if (early.length < TAIL_SIZE) early.push(message);
      return;
    }
    if (message.seq > tail.top) {
      // What is told of a log that has forked is taken back a moment later, so it is rather told then.
      if (!forked) fanOut.push(tail.accept(message));
    } else doubt(tail.knows(message));
    look(tail);
  }

  /** @param known whether something was of this log; null where that cannot be told from here */
  function doubt(known: boolean | null): void {
    if (known === null) doubted = true;
    if (known === false) forked = true;
  }

  const isOpen = (from: Tail) => from.hasHole() || doubted || forked;

  function look(from: Tail): void {
    if (isOpen(from)) void read();
  }

  /** One reader a room, again and again until nothing is missing, for as long as the room is open (R7). */
  async function read(): Promise<void> {
    if (reading) return;
    reading = true;
    for (let pause = FIRST_PAUSE; !closed; pause = Math.min(LAST_PAUSE, pause * 2)) {
      try {
        const before = tail?.top;
        if (tail === null) await load();
        else await fill(tail);
        if (tail !== null && !isOpen(tail)) break;
        if (tail?.top !== before) pause = FIRST_PAUSE / 2;
      } catch (error) {
        log.warn({ project, room: id, reason: String(error) }, 'a room could not be read');
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
    reading = false;
  }

  async function load(): Promise<void> {
    const page = await store.newestChanges(id, TAIL_SIZE);
    const shown = page.messages.filter((message) => message.id > page.prev).sort((a, b) => a.id - b.id);
    const [first] = shown;
    const short = page.prev > 0 && shown.length < HISTORY_SIZE;
    const older = short ? await store.messagesBefore(id, first?.id ?? page.prev + 1, HISTORY_SIZE) : [];
    tail = createTail({ page, older, size: TAIL_SIZE, bytes: TAIL_BYTES });
    doubted = false;
    forked = false;
    fanOut.begin(tail.top);
    history = null;
    for (const message of early.splice(0)) publish(message);
    if (!fanOut.due) welcomeAll(tail);
  }

  async function fill(from: Tail): Promise<void> {
    // As of now: what is published while the page is on its way may be newer than the page.
    const { heard, last } = from;
    doubted = false;
    // With the last change that is known, which shows whether the page goes on from it.
    const page = await store.changedAfter(id, Math.max(0, from.top - 1), FILL_SIZE);
    if (page.epoch === from.epoch) {
      doubt(page.top >= heard && from.joins(page, last));
      if (!forked) return fanOut.push(from.fill(page));
      await store.renew(id, from.epoch);
    }
    await restart();
  }

  /** The log is another one than before, as after a restored backup: everybody begins again (R5). */
  async function restart(): Promise<void> {
    log.warn({ project, room: id }, 'the log of a room was replaced; everybody reads it again');
    for (const member of fanOut.members()) {
      depart(member);
      member.after = null;
      waiting.add(member);
    }
    fanOut.clear();
    tail = null;
    await load();
  }

  function loaded(): Tail {
    if (tail === null) throw new Unavailable('the room is being read');
    return tail;
  }

  function tick(time: number): void {
    for (const member of fanOut.members()) member.outlet.check(time);
    // Whoever waits for the room may have been in it before.
    for (const member of waiting) member.outlet.check(time);
    fanOut.heartbeat(time);
    const count = presence.tellAll(time, fanOut.size);
    if (count !== null) fanOut.broadcast(encode('presence', { count }));
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
      return tail?.bytes ?? 0;
    },
    join,
    leave,
    publish,
    typing(who) {
      if (presence.count > TYPING_PEOPLE) return;
      fanOut.whisper(encode('typing', who), ({ person }) => person !== null && person.userId !== who.userId);
    },
    notice(head, since) {
      if (tail === null) return;
      // Nobody has written in it yet, as far as anybody knows.
      if (head === null && tail.heard === 0) return;
      if (head?.epoch !== tail.epoch) doubted = true;
      // Lower than the room stands now it may be as well if something was stored after the question.
      else if (since?.epoch === head.epoch && head.seq < since.seq) forked = true;
      else tail.notice(head.seq);
      look(tail);
    },
    sync: (after) => pageAfter(loaded(), after),
    before: async (before, limit) =>
      pageBefore(loaded(), before, limit, (most, bytes) => store.messagesBefore(id, before, most, bytes)),
    tick,
    close() {
      closed = true;
      fanOut.close();
    },
  };
}
