/** Decides when the members of a room are told what is new, and tells them: one frame a flush, spaced while the room is busy. */

import { setImmediate as turnOfOthers } from 'node:timers/promises';
import type { Position } from '@chatty/protocol/events';
import { encode, encodePlain, latest, type Packet } from '../connections/packet-encoder.js';
import type { Outlet } from '../connections/send-queue.js';
import type { Pace } from './broadcast-pacing.js';
import type { Change } from './room-log.js';

export type Hearer = {
  outlet: Outlet;
  /** Hears `messages` frames instead of an event for each message. */
  batch: boolean;
};

export type FanOut<Member extends Hearer> = {
  /** Members who are told. */
  readonly size: number;
  /** Changes wait for the next frame: whoever comes now would hear them twice. */
  readonly due: boolean;
  add(member: Member): void;
  /** Answers whether the member was there. */
  remove(member: Member): boolean;
  members(): Member[];
  /** The next frame begins at this position. */
  begin(seq: number): void;
  push(changes: readonly Change[]): void;
  /** Tells everybody now, beside the frames. */
  broadcast(packet: Packet): void;
  /** Tells those batch members now whom `to` names. */
  whisper(packet: Packet, to: (member: Member) => boolean): void;
  /** Tells everybody where the log stands, when nothing else has for a while (R8). */
  heartbeat(time: number): void;
  /** Everybody is heard by nobody any more; changes that wait are dropped. */
  clear(): void;
  close(): void;
};

/** Longest time in milliseconds that a busy room collects changes for one frame. */
const WINDOW = 50;
/** Longest time in milliseconds that telling everyone may keep the process from everything else. */
const SLICE = 8;
const SLICE_CHECK = 64;
/** Half of what a client waits for at most (`HEAD_INTERVAL`), since the room's tick is not exact. */
const HEAD_PAUSE = 5_000;

/**
 * @param position where the log stands: everything up to it has been pushed
 * @param taken runs when a frame has taken all that waits, before it goes: whoever is added now does not get it
 */
export function createFanOut<Member extends Hearer>(options: {
  position: () => Position | null;
  taken: () => void;
  pace: Pace;
  now: () => number;
}): FanOut<Member> {
  const { position, taken, pace, now } = options;
  const plain = createCrowd<Member>();
  const batch = createCrowd<Member>();
  /** In order, and not told yet: the next frame. */
  let pending: Change[] = [];
  let told = 0;
  let toldAt = 0;
  let nextAt = 0;
  /** Takes back the plan for the next frame, where there is one. */
  let planned: (() => void) | null = null;
  let sending = false;
  let closed = false;

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
    const to = position();
    if (to === null || pending.length === 0) return;
    sending = true;
    const hearers = encodeAll(pending, to);
    pending = [];
    told = to.seq;
    toldAt = now();
    taken();
    let cost = 0;
    try {
      for (const [members, packet] of hearers) cost += await deliver(members, packet);
    } finally {
      sending = false;
    }
    nextAt = now() + Math.min(WINDOW, cost * pace.factor);
    if (pending.length > 0) plan();
  }

  function encodeAll(changes: readonly Change[], { epoch, seq }: Position): [readonly Member[], Packet][] {
    const hearers: [readonly Member[], Packet][] = [];
    const frame = { epoch, prev: told, seq, messages: latest(changes) };
    if (batch.size > 0) hearers.push([batch.all, encode('messages', frame)]);
    if (plain.size > 0) hearers.push([plain.all, encodePlain(changes)]);
    return hearers;
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
    for (const member of batch.all) member.outlet.send(packet);
    for (const member of plain.all) member.outlet.send(packet);
  }

  return {
    get size() {
      return plain.size + batch.size;
    },
    get due() {
      return pending.length > 0;
    },
    add: (member) => void (member.batch ? batch : plain).add(member),
    remove: (member) => plain.delete(member) || batch.delete(member),
    members: () => [...batch.all, ...plain.all],
    begin(seq) {
      told = seq;
      toldAt = now();
    },
    push(changes) {
      for (const change of changes) pending.push(change);
      if (pending.length > 0) plan();
    },
    broadcast,
    whisper(packet, to) {
      for (const member of batch.all) if (to(member)) member.outlet.send(packet);
    },
    heartbeat(time) {
      const epoch = position()?.epoch;
      // A head that overtakes its frame would make everybody ask for what is on its way.
      if (epoch === undefined || sending || time - toldAt < HEAD_PAUSE) return;
      toldAt = time;
      broadcast(encode('head', { epoch, seq: told }));
    },
    clear() {
      plain.clear();
      batch.clear();
      pending = [];
    },
    close() {
      closed = true;
      planned?.();
    },
  };
}

type Crowd<Member> = {
  readonly size: number;
  /** As of now; one that is being gone through does not change. */
  readonly all: readonly Member[];
  add(member: Member): void;
  delete(member: Member): boolean;
  clear(): void;
};

/** A set whose list is made when somebody came or went, and not for each frame: those are far more. */
function createCrowd<Member>(): Crowd<Member> {
  const members = new Set<Member>();
  let list: readonly Member[] | null = null;
  return {
    get size() {
      return members.size;
    },
    get all() {
      list ??= [...members];
      return list;
    },
    add(member) {
      members.add(member);
      list = null;
    },
    delete(member) {
      const was = members.delete(member);
      if (was) list = null;
      return was;
    },
    clear() {
      members.clear();
      list = null;
    },
  };
}
