/** Decides when a room's changes go out: one frame per flush, with longer intervals while the room is busy. */

import type { LogPosition } from '@chatty/protocol';
import { type EncodedPacket, encodeEvent } from '../connections/packet-encoder.js';
import { forEachInSlices } from '../runtime/sliced-loop.js';
import type { Audience, Recipient } from './audience.js';
import type { BroadcastPacing } from './broadcast-pacing.js';
import { encodeAsEvents, latestStates } from './encode-changes.js';
import type { Change } from './room-log.js';

export type FanOut = {
  /** Changes wait for the next frame: a subscriber added now would receive them twice. */
  readonly hasPending: boolean;
  /** The next frame begins at this position. */
  startAt(seq: number): void;
  enqueue(changes: readonly Change[]): void;
  /** Sends the head of the log to everyone if nothing else was sent for a while (R8). */
  heartbeat(time: number): void;
  /** Drops the changes that wait. */
  clear(): void;
  close(): void;
};

/** Longest time in milliseconds that a busy room collects changes for one frame. */
const MAX_FRAME_INTERVAL_MS = 50;
/** Longest time in milliseconds that sending to everyone may block the event loop. */
const MAX_SLICE_MS = 8;
const SENDS_PER_CLOCK_CHECK = 64;
/** Half of what clients wait for at most (`HEAD_INTERVAL`), since the room's tick is not exact. */
const HEARTBEAT_INTERVAL_MS = 5_000;

/**
 * @param options.position the end of the log: everything up to it has been enqueued
 * @param options.onFrameTaken runs when a frame has taken all pending changes, before it is sent: a subscriber added now does not receive it
 */
export function createFanOut<Subscriber extends Recipient>(options: {
  audience: Audience<Subscriber>;
  position: () => LogPosition | null;
  onFrameTaken: () => void;
  pace: BroadcastPacing;
  now: () => number;
}): FanOut {
  const { audience, position, onFrameTaken, pace, now } = options;
  const timer = createFrameTimer(flush, now);
  /** In order, for the next frame. */
  let pending: Change[] = [];
  let lastSentSeq = 0;
  let lastSentAt = 0;
  let isSending = false;

  async function flush(): Promise<void> {
    const head = position();
    if (head === null || pending.length === 0) return;
    isSending = true;
    const deliveries = encodeDeliveries(audience, pending, { prev: lastSentSeq, head });
    pending = [];
    lastSentSeq = head.seq;
    lastSentAt = now();
    onFrameTaken();
    let costMs = 0;
    try {
      for (const [receivers, packet] of deliveries) costMs += await deliver(receivers, packet);
    } finally {
      isSending = false;
    }
    timer.setNextAt(now() + Math.min(MAX_FRAME_INTERVAL_MS, costMs * pace.delayFactor));
    if (pending.length > 0) timer.schedule();
  }

  return {
    get hasPending() {
      return pending.length > 0;
    },
    startAt(seq) {
      lastSentSeq = seq;
      lastSentAt = now();
    },
    enqueue(changes) {
      for (const change of changes) pending.push(change);
      if (pending.length > 0 && !isSending) timer.schedule();
    },
    heartbeat(time) {
      const epoch = position()?.epoch;
      // A head that arrives before its frame would make every client request what is already on its way.
      if (epoch === undefined || isSending || time - lastSentAt < HEARTBEAT_INTERVAL_MS) return;
      lastSentAt = time;
      audience.broadcast(encodeEvent('head', { epoch, seq: lastSentSeq }));
    },
    clear() {
      pending = [];
    },
    close: timer.close,
  };
}

/** Runs `flush` at the time set for the next frame, or in this turn of the event loop where that has passed. */
function createFrameTimer(flush: () => Promise<void>, now: () => number) {
  let nextAt = 0;
  let cancelScheduled: (() => void) | null = null;
  let closed = false;

  function run(): void {
    cancelScheduled = null;
    void flush();
  }

  return {
    setNextAt(time: number) {
      nextAt = time;
    },
    schedule() {
      if (cancelScheduled !== null || closed) return;
      const delay = nextAt - now();
      if (delay > 0) {
        const timer = setTimeout(run, delay);
        cancelScheduled = () => clearTimeout(timer);
      } else {
        // The first message of an idle room goes out at once, together with others of the same flush of the store.
        const timer = setImmediate(run);
        cancelScheduled = () => clearImmediate(timer);
      }
    },
    close() {
      closed = true;
      cancelScheduled?.();
    },
  };
}

type Delivery<Subscriber> = [receivers: readonly Subscriber[], packet: EncodedPacket];

function encodeDeliveries<Subscriber extends Recipient>(
  { frameReceivers, eventReceivers }: Audience<Subscriber>,
  changes: readonly Change[],
  { prev, head: { epoch, seq } }: { prev: number; head: LogPosition },
): Delivery<Subscriber>[] {
  const deliveries: Delivery<Subscriber>[] = [];
  const frame = { epoch, prev, seq, messages: latestStates(changes) };
  if (frameReceivers.size > 0) deliveries.push([frameReceivers.snapshot, encodeEvent('messages', frame)]);
  if (eventReceivers.size > 0) deliveries.push([eventReceivers.snapshot, encodeAsEvents(changes)]);
  return deliveries;
}

/** @returns the time it took in milliseconds */
function deliver(receivers: readonly Recipient[], packet: EncodedPacket): Promise<number> {
  return forEachInSlices(receivers, ({ outlet }) => outlet.send(packet), {
    sliceMs: MAX_SLICE_MS,
    itemsPerClockCheck: SENDS_PER_CLOCK_CHECK,
  });
}
