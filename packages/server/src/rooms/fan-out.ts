/** Decides when the members of a room are told what is new, and tells them: one frame a flush, spaced while the room is busy. */

import { setImmediate as turnOfOthers } from 'node:timers/promises';
import type { LogPosition } from '@chatty/protocol';
import {
  type EncodedPacket,
  encodeAsEvents,
  encodeEvent,
  latestStates,
} from '../connections/packet-encoder.js';
import type { SendQueue } from '../connections/send-queue.js';
import type { BroadcastPacing } from './broadcast-pacing.js';
import type { Change } from './room-log.js';

export type Recipient = {
  outlet: SendQueue;
  /** Hears `messages` frames instead of an event for each message. */
  batch: boolean;
};

export type FanOut<Subscriber extends Recipient> = {
  /** Members who are told. */
  readonly size: number;
  /** Changes wait for the next frame: whoever comes now would hear them twice. */
  readonly hasPending: boolean;
  add(subscriber: Subscriber): void;
  /** Answers whether the member was there. */
  remove(subscriber: Subscriber): boolean;
  subscribers(): Subscriber[];
  /** The next frame begins at this position. */
  startAt(seq: number): void;
  enqueue(changes: readonly Change[]): void;
  /** Tells everybody now, beside the frames. */
  broadcast(packet: EncodedPacket): void;
  /** Tells those batch members now whom `to` names. */
  sendWhere(packet: EncodedPacket, to: (subscriber: Subscriber) => boolean): void;
  /** Tells everybody where the log stands, when nothing else has for a while (R8). */
  heartbeat(time: number): void;
  /** Everybody is heard by nobody any more; changes that wait are dropped. */
  clear(): void;
  close(): void;
};

/** Longest time in milliseconds that a busy room collects changes for one frame. */
const MAX_FRAME_INTERVAL_MS = 50;
/** Longest time in milliseconds that telling everyone may keep the process from everything else. */
const MAX_SLICE_MS = 8;
const SENDS_PER_TIME_CHECK = 64;
/** Half of what a client waits for at most (`HEAD_INTERVAL`), since the room's tick is not exact. */
const HEAD_INTERVAL_MS = 5_000;

/**
 * @param position where the log stands: everything up to it has been pushed
 * @param taken runs when a frame has taken all that waits, before it goes: whoever is added now does not get it
 */
export function createFanOut<Subscriber extends Recipient>(options: {
  position: () => LogPosition | null;
  onFrameTaken: () => void;
  pace: BroadcastPacing;
  now: () => number;
}): FanOut<Subscriber> {
  const { position, onFrameTaken, pace, now } = options;
  const eventSubscribers = createSubscriberSet<Subscriber>();
  const frameSubscribers = createSubscriberSet<Subscriber>();
  /** In order, and not told yet: the next frame. */
  let pending: Change[] = [];
  let lastSentSeq = 0;
  let lastSentAt = 0;
  let nextFrameAt = 0;
  /** Takes back the plan for the next frame, where there is one. */
  let cancelScheduled: (() => void) | null = null;
  let sending = false;
  let closed = false;

  function schedule(): void {
    if (cancelScheduled !== null || sending || closed) return;
    const delay = nextFrameAt - now();
    if (delay > 0) {
      const timer = setTimeout(() => void flush(), delay);
      cancelScheduled = () => clearTimeout(timer);
    } else {
      // The first message of an idle room goes at once, together with those of the same flush.
      const timer = setImmediate(() => void flush());
      cancelScheduled = () => clearImmediate(timer);
    }
  }

  async function flush(): Promise<void> {
    cancelScheduled = null;
    const upTo = position();
    if (upTo === null || pending.length === 0) return;
    sending = true;
    const deliveries = encodeFrames(pending, upTo);
    pending = [];
    lastSentSeq = upTo.seq;
    lastSentAt = now();
    onFrameTaken();
    let costMs = 0;
    try {
      for (const [subscribers, packet] of deliveries) costMs += await deliver(subscribers, packet);
    } finally {
      sending = false;
    }
    nextFrameAt = now() + Math.min(MAX_FRAME_INTERVAL_MS, costMs * pace.delayFactor);
    if (pending.length > 0) schedule();
  }

  function encodeFrames(
    changes: readonly Change[],
    { epoch, seq }: LogPosition,
  ): [readonly Subscriber[], EncodedPacket][] {
    const deliveries: [readonly Subscriber[], EncodedPacket][] = [];
    const frame = { epoch, prev: lastSentSeq, seq, messages: latestStates(changes) };
    if (frameSubscribers.size > 0)
      deliveries.push([frameSubscribers.snapshot, encodeEvent('messages', frame)]);
    if (eventSubscribers.size > 0) deliveries.push([eventSubscribers.snapshot, encodeAsEvents(changes)]);
    return deliveries;
  }

  /** @returns the time in milliseconds that it took, pauses for others not counted */
  async function deliver(subscribers: readonly Subscriber[], packet: EncodedPacket): Promise<number> {
    let costMs = 0;
    let sliceStart = performance.now();
    for (let index = 0; index < subscribers.length; index += 1) {
      subscribers[index]?.outlet.send(packet);
      if (index % SENDS_PER_TIME_CHECK !== 0) continue;
      const spentMs = performance.now() - sliceStart;
      if (spentMs < MAX_SLICE_MS) continue;
      costMs += spentMs;
      await turnOfOthers();
      sliceStart = performance.now();
    }
    return costMs + performance.now() - sliceStart;
  }

  function broadcast(packet: EncodedPacket): void {
    for (const subscriber of frameSubscribers.snapshot) subscriber.outlet.send(packet);
    for (const subscriber of eventSubscribers.snapshot) subscriber.outlet.send(packet);
  }

  return {
    get size() {
      return eventSubscribers.size + frameSubscribers.size;
    },
    get hasPending() {
      return pending.length > 0;
    },
    add: (subscriber) => void (subscriber.batch ? frameSubscribers : eventSubscribers).add(subscriber),
    remove: (subscriber) => eventSubscribers.delete(subscriber) || frameSubscribers.delete(subscriber),
    subscribers: () => [...frameSubscribers.snapshot, ...eventSubscribers.snapshot],
    startAt(seq) {
      lastSentSeq = seq;
      lastSentAt = now();
    },
    enqueue(changes) {
      for (const change of changes) pending.push(change);
      if (pending.length > 0) schedule();
    },
    broadcast,
    sendWhere(packet, to) {
      for (const subscriber of frameSubscribers.snapshot) if (to(subscriber)) subscriber.outlet.send(packet);
    },
    heartbeat(time) {
      const epoch = position()?.epoch;
      // A head that overtakes its frame would make everybody ask for what is on its way.
      if (epoch === undefined || sending || time - lastSentAt < HEAD_INTERVAL_MS) return;
      lastSentAt = time;
      broadcast(encodeEvent('head', { epoch, seq: lastSentSeq }));
    },
    clear() {
      eventSubscribers.clear();
      frameSubscribers.clear();
      pending = [];
    },
    close() {
      closed = true;
      cancelScheduled?.();
    },
  };
}

type SubscriberSet<Subscriber> = {
  readonly size: number;
  /** As of now; one that is being gone through does not change. */
  readonly snapshot: readonly Subscriber[];
  add(subscriber: Subscriber): void;
  delete(subscriber: Subscriber): boolean;
  clear(): void;
};

/** A set whose list is made when somebody came or went, and not for each frame: those are far more. */
function createSubscriberSet<Subscriber>(): SubscriberSet<Subscriber> {
  const subscribers = new Set<Subscriber>();
  let cached: readonly Subscriber[] | null = null;
  return {
    get size() {
      return subscribers.size;
    },
    get snapshot() {
      cached ??= [...subscribers];
      return cached;
    },
    add(subscriber) {
      subscribers.add(subscriber);
      cached = null;
    },
    delete(subscriber) {
      const existed = subscribers.delete(subscriber);
      if (existed) cached = null;
      return existed;
    },
    clear() {
      subscribers.clear();
      cached = null;
    },
  };
}
