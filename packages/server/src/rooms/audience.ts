/** The subscribers of a room that receive its changes: some as one frame per flush, some as one event per message. */

import type { EncodedPacket } from '../connections/packet-encoder.js';
import type { SendQueue } from '../connections/send-queue.js';

export type Recipient = {
  outlet: SendQueue;
  /** Receives `messages` frames instead of one event per message. */
  batch: boolean;
};

export type Audience<Subscriber extends Recipient> = {
  readonly size: number;
  readonly frameReceivers: SubscriberSet<Subscriber>;
  readonly eventReceivers: SubscriberSet<Subscriber>;
  add(subscriber: Subscriber): void;
  /** Returns whether the subscriber was in the audience. */
  remove(subscriber: Subscriber): boolean;
  all(): Subscriber[];
  broadcast(packet: EncodedPacket): void;
  clear(): void;
};

export type SubscriberSet<Subscriber> = {
  readonly size: number;
  /** A list that stays as it is while subscribers come and go. */
  readonly snapshot: readonly Subscriber[];
  add(subscriber: Subscriber): void;
  delete(subscriber: Subscriber): boolean;
  clear(): void;
};

export function createAudience<Subscriber extends Recipient>(): Audience<Subscriber> {
  const frameReceivers = createSubscriberSet<Subscriber>();
  const eventReceivers = createSubscriberSet<Subscriber>();
  return {
    get size() {
      return frameReceivers.size + eventReceivers.size;
    },
    frameReceivers,
    eventReceivers,
    add: (subscriber) => (subscriber.batch ? frameReceivers : eventReceivers).add(subscriber),
    remove: (subscriber) => eventReceivers.delete(subscriber) || frameReceivers.delete(subscriber),
    all: () => [...frameReceivers.snapshot, ...eventReceivers.snapshot],
    broadcast(packet) {
      for (const { outlet } of frameReceivers.snapshot) outlet.send(packet);
      for (const { outlet } of eventReceivers.snapshot) outlet.send(packet);
    },
    clear() {
      eventReceivers.clear();
      frameReceivers.clear();
    },
  };
}

/** Rebuilds its list only when somebody joins or leaves: frames are far more frequent. */
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
