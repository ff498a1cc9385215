/** One room on this node: who follows it, what they have been told, and when they are told the next. */

import { setImmediate as turnOfOthers } from 'node:timers/promises';
import type { Frame, Message, Person, Position, Session } from '@chatty/protocol/events';
import { HISTORY_SIZE, SYNC_PAGE_SIZE } from '@chatty/protocol/limits';
import { encode, encodePlain, join as joinPackets, latest, type Packet } from './frames.js';
import type { Log } from './log.js';
import type { Outlet } from './outlet.js';
import { createPresence, type Presence } from './presence.js';
import { type ProjectId, type Store, Unavailable } from './store/store.js';
import { type Change, createTail, type Tail } from './tail.js';

/** One connection in the room. */
export type Member = {
  outlet: Outlet;
  person: Person;
  /** Hears `messages` frames instead of an event for each message. */
  batch: boolean;
  /** Where it stopped reading before it came, if it says so. */
  after: Position | null;
};

export type Page = Frame & { head: number; reset: boolean };

export type Room = {
  readonly project: ProjectId;
  readonly id: string;
  readonly presence: Presence;
  /** The newest position anybody here can know, or null while the room is being read. */
  readonly position: Position | null;
  /** Since when nobody is in it, in milliseconds; null while somebody is. */
  readonly emptySince: number | null;
  /** `session`, then the history or what the member missed, follow as soon as the room can be read. */
  join(member: Member): void;
  leave(member: Member): void;
  /** Delivers a committed change to everyone, in seq order. */
  publish(message: Message): void;
  /** The log is said to stand there; what is missing is read. */
  notice(position: Position): void;
  /** What follows a position. Throws `Unavailable` while the room cannot be read. */
  sync(after: Position): Page;
  before(before: number, limit: number): Promise<{ messages: Message[]; more: boolean }>;
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
/** Longest time in milliseconds that a busy room collects changes for one frame. */
const WINDOW = 50;
/** A room collects for as many times what its last frame cost, so that frames take at most a fifth of the time. */
const WINDOW_FACTOR = 4;
/** Longest time in milliseconds that telling everyone may keep the process from everything else. */
const SLICE = 8;
const SLICE_CHECK = 64;
/** Largest recovery frame in bytes of text, so that a member who catches up does not look like one who does not read. */
const FRAME_BYTES = 256 * 1024;
/** Half of what a client waits for at most (`HEAD_INTERVAL`), since the tick is not exact. */
const HEAD_PAUSE = 5_000;
/** Least time in milliseconds between two head counts, and what each thousand members adds to it. */
const PRESENCE_PAUSE = 2_000;
const PRESENCE_PAUSE_PER_THOUSAND = 1_000;

export function createRoom(options: {
  project: ProjectId;
  id: string;
  store: Store;
  log: Log;
  now: () => number;
}): Room {
  const { project, id, log, now } = options;
  const store = options.store.project(project);
  const presence = createPresence();
  const plain = new Set<Member>();
  const batch = new Set<Member>();
  /** Members who have not been welcomed: the room is being read, or a frame that is due has to go first. */
  const waiting = new Set<Member>();
  let tail: Tail | null = null;
  /** Published while the room was being read. */
  const early: Message[] = [];
  /** In order, and not told yet: the next frame. */
  let pending: Change[] = [];
  /** The position everybody here has been told. */
  let told = 0;
  let toldAt = 0;
  let nextAt = 0;
  /** Takes back the plan for the next frame, where there is one. */
  let planned: (() => void) | null = null;
  let sending = false;
  let reading = false;
  /** Somebody has seen the log under another epoch. */
  let doubted = false;
  let closed = false;
  let emptySince: number | null = now();
  let history: { seq: number; packet: Packet } | null = null;
  let counted = { count: 0, at: 0 };

  function join(member: Member): void {
    emptySince = null;
    waiting.add(member);
    if (tail === null) void read();
    // What is due goes to those who were here before; it is part of the history of the others.
    else if (pending.length === 0) welcomeAll(tail);
  }

  function leave(member: Member): void {
    if (plain.delete(member) || batch.delete(member)) presence.leave(member.person.userId);
    waiting.delete(member);
    if (plain.size + batch.size + waiting.size === 0) emptySince = now();
  }

  // Nothing can come between the history and the subscription: both happen in one turn of the event loop (R6).
  function welcomeAll(from: Tail): void {
    for (const member of waiting) {
      (member.batch ? batch : plain).add(member);
      presence.enter(member.person);
      const packets = [encode('session', sessionOf(member, from)), ...begin(member, from)];
      member.outlet.send(joinPackets([...packets, encode('presence', { count: presence.count })]));
    }
    waiting.clear();
  }

  function sessionOf({ person }: Member, { epoch }: Tail): Session {
    return { projectId: project, room: id, epoch, ...person };
  }

  function begin({ batch, after }: Member, from: Tail): Packet[] {
    const { epoch, top } = from;
    const page = batch && after !== null && after.epoch === epoch ? stretch(from, after.seq) : null;
    if (page === null) return [historyOf(from)];
    const missed = encode('messages', page);
    // The head first: who sees the frame knows already that it is not all.
    return page.seq < top ? [encode('head', { epoch, seq: top }), missed] : [missed];
  }

  function stretch(from: Tail, prev: number): Frame | null {
    const found = from.after(prev, SYNC_PAGE_SIZE);
    if (found === null) return null;
    let { seq, messages } = found;
    let bytes = 0;
    const fitting = messages.findIndex(({ content }) => {
      bytes += content.length * 3;
      return bytes > FRAME_BYTES;
    });
    if (fitting > 0) {
      messages = messages.slice(0, fitting);
      seq = messages.at(-1)?.seq ?? seq;
    }
    return { epoch: from.epoch, prev, seq, messages };
  }

  /** Encoded once for everybody who joins at the same position. */
  function historyOf(from: Tail): Packet {
    const { epoch, top } = from;
    if (history?.seq !== top) {
      const packet = encode('history', from.newest(HISTORY_SIZE), { epoch, seq: top });
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
    release(tail.accept(message));
    if (tail.hasHole()) void read();
  }

  function release(changes: readonly Change[]): void {
    if (changes.length === 0) return;
    for (const change of changes) pending.push(change);
    plan();
  }

  function plan(): void {
    if (planned !== null || sending || closed) return;
    const pause = nextAt - now();
    if (pause > 0) {
      const timer = setTimeout(() => void tell(), pause);
      planned = () => clearTimeout(timer);
    } else {
      // The first message of an idle room goes at once, together with those of the same flush.
      const timer = setImmediate(() => void tell());
      planned = () => clearImmediate(timer);
    }
  }

  async function tell(): Promise<void> {
    planned = null;
    const from = tail;
    if (from === null || pending.length === 0) return;
    sending = true;
    const changes = pending;
    pending = [];
    const frame = { epoch: from.epoch, prev: told, seq: from.top, messages: latest(changes) };
    const hearers: [Member[], Packet][] = [];
    if (batch.size > 0) hearers.push([[...batch], encode('messages', frame)]);
    if (plain.size > 0) hearers.push([[...plain], encodePlain(changes)]);
    told = from.top;
    toldAt = now();
    welcomeAll(from);
    let cost = 0;
    try {
      for (const [members, packet] of hearers) cost += await deliver(members, packet);
    } finally {
      sending = false;
    }
    nextAt = now() + Math.min(WINDOW, cost * WINDOW_FACTOR);
    if (pending.length > 0) plan();
  }

  /** @returns the time in milliseconds that it took, pauses for others not counted */
  async function deliver(members: readonly Member[], packet: Packet): Promise<number> {
    let cost = 0;
    let since = performance.now();
    for (let index = 0; index < members.length; index += 1) {
      members[index]?.outlet.send(packet);
      if (index % SLICE_CHECK !== 0) continue;
      const spent = performance.now() - since;
      if (spent < SLICE) continue;
      cost += spent;
      await turnOfOthers();
      since = performance.now();
    }
    return cost + performance.now() - since;
  }

  function broadcast(packet: Packet): void {
    for (const member of batch) member.outlet.send(packet);
    for (const member of plain) member.outlet.send(packet);
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
        if (tail !== null && !tail.hasHole() && !doubted) break;
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
    told = tail.top;
    toldAt = now();
    history = null;
    for (const message of early.splice(0)) release(tail.accept(message));
    if (pending.length === 0) welcomeAll(tail);
  }

  async function fill(from: Tail): Promise<void> {
    const page = await store.changedAfter(id, from.top, FILL_SIZE);
    doubted = false;
    if (page.epoch === from.epoch) release(from.fill(page));
    else await restart();
  }

  /** The log is another one than before, as after a restored backup: everybody begins again (R5). */
  async function restart(): Promise<void> {
    log.warn({ project, room: id }, 'the log of a room was replaced; everybody reads it again');
    for (const member of [...plain, ...batch]) {
      presence.leave(member.person.userId);
      member.after = null;
      waiting.add(member);
    }
    plain.clear();
    batch.clear();
    pending = [];
    tail = null;
    await load();
  }

  function sync(after: Position): Page {
    if (tail === null) throw new Unavailable('the room is being read');
    const { epoch, top } = tail;
    const page = after.epoch === epoch ? stretch(tail, after.seq) : null;
    if (page !== null) return { ...page, head: top, reset: false };
    return { epoch, prev: 0, seq: top, head: top, reset: true, messages: tail.newest(HISTORY_SIZE) };
  }

  async function before(id_before: number, limit: number) {
    const found =
      tail?.before(id_before, limit + 1) ?? (await store.messagesBefore(id, id_before, limit + 1));
    return { messages: found.slice(-limit), more: found.length > limit };
  }

  function tick(time: number): void {
    const crowd = plain.size + batch.size;
    for (const member of batch) member.outlet.check(time);
    for (const member of plain) member.outlet.check(time);
    // A head that overtakes its frame would make everybody ask for what is on its way.
    if (tail === null || crowd === 0 || sending) return;
    if (time - toldAt >= HEAD_PAUSE) {
      toldAt = time;
      broadcast(encode('head', { epoch: tail.epoch, seq: told }));
    }
    const pause = PRESENCE_PAUSE + (crowd / 1_000) * PRESENCE_PAUSE_PER_THOUSAND;
    if (presence.count !== counted.count && time - counted.at >= pause) {
      counted = { count: presence.count, at: time };
      broadcast(encode('presence', { count: presence.count }));
    }
  }

  return {
    project,
    id,
    presence,
    get position() {
      return tail && { epoch: tail.epoch, seq: tail.top };
    },
    get emptySince() {
      return emptySince;
    },
    join,
    leave,
    publish,
    notice({ epoch, seq }) {
      if (tail === null) return;
      if (tail.epoch !== epoch) doubted = true;
      else tail.notice(seq);
      if (tail.hasHole() || doubted) void read();
    },
    sync,
    before,
    tick,
    close() {
      closed = true;
      planned?.();
    },
  };
}
