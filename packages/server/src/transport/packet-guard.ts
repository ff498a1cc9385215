/** Decides which packets a connection may send at all, below the events, and how many: what nobody needs ends it. */

import type { IncomingMessage } from 'node:http';
import { type Engine, hangUp } from '../connections/send-queue.js';

export type Budget = { burst: number; perSecond: number };
/** Counts a packet of so many bytes and says whether it was one too many. */
export type Meter = (bytes: number) => boolean;

/** What is used of a WebSocket. */
type Channel = {
  readonly readyState: number;
  on(name: 'ping' | 'pong' | 'message', listener: (data: Buffer) => void): unknown;
  off(name: 'message', listener: (data: Buffer) => void): unknown;
  terminate(): void;
};

/** Namespaces somebody may ask for in vain on one connection; there is only the main one. */
export const WRONG_NAMESPACES = 3;
/** Tokens somebody may show on one connection: one, and a newer one where it was refused. */
export const INTRODUCTIONS = 4;
/** A packet counts once for each 8 KiB begun, the size of the longest message: a shift by 13 bits. */
const SIZE_BITS = 13;
/** Packets that a WebSocket may send until a connection that began with long polling has moved to it. It takes two. */
const PROBES = 16;
/** Engine.IO protocol 4: the packet that moves a connection to the WebSocket it came on. */
const UPGRADE = '5';
/** RFC 6455 as ws has it. */
const OPEN = 1;

/**
 * Closes a connection of the library's that speaks what nobody needs: binary packets, namespaces that are not there, and more
 * packets of any kind than the budget has. A WebSocket of ours sees to that itself.
 * @param flooded is told of the latter
 */
export function guard(
  engine: Engine & {
    on(name: 'packet', listener: (packet: { type: string; data?: unknown }) => void): unknown;
  },
  budget: Budget,
  flooded: () => void,
): void {
  const isTooMuch = createMeter(budget);
  let wrong = 0;
  let introductions = 0;
  engine.on('packet', ({ type, data }) => {
    const text = typeof data === 'string' ? data : '';
    if (isTooMuch(text.length)) {
      flooded();
      hangUp(engine);
      return;
    }
    if (type !== 'message') return;
    // Socket.IO protocol 5: 0 is CONNECT, followed by a namespace where it is not the main one; 5 and 6 are binary.
    if (typeof data !== 'string' || text.startsWith('5') || text.startsWith('6')) hangUp(engine);
    else if (text.startsWith('0/') && text !== '0/' && text[2] !== ',') {
      if (++wrong > WRONG_NAMESPACES) hangUp(engine);
    } else if (text.startsWith('0') && ++introductions > INTRODUCTIONS) hangUp(engine);
  });
}

/**
 * The same for what Engine.IO does not hear of: WebSocket's own pings and pongs, and what comes on a WebSocket before a
 * connection moves to it. To be called with each request that becomes one.
 */
export function guardChannel(
  request: IncomingMessage & { websocket?: unknown; _query?: Record<string, unknown> },
  budget: Budget,
  flooded: (channel: unknown) => void,
): void {
  const { websocket, _query: query } = request;
  if (!isChannel(websocket)) return;
  const isTooMuch = createMeter(budget);
  const count = () => {
    if (!isTooMuch(0)) return;
    flooded(websocket);
    websocket.terminate();
  };
  websocket.on('ping', count);
  websocket.on('pong', count);
  if (query?.sid === undefined) return;
  // It was not wanted: whoever does not answer the close would keep it for 30 s.
  if (websocket.readyState !== OPEN) {
    websocket.terminate();
    return;
  }
  let probes = 0;
  const probe = (data: Buffer) => {
    if (++probes > PROBES) websocket.terminate();
    else if (websocket.readyState === OPEN && data.toString() === UPGRADE) websocket.off('message', probe);
  };
  websocket.on('message', probe);
}

/**
 * A token bucket that looks at the clock only when it is empty. What fills it in between counts from then, so that after a
 * pause it gives up to two bursts.
 */
export function createMeter({ burst, perSecond }: Budget): Meter {
  let left = burst;
  let at = performance.now();
  return (bytes) => {
    left -= 1 + (bytes >> SIZE_BITS);
    if (left >= 0) return false;
    const now = performance.now();
    left += Math.min(burst, ((now - at) / 1_000) * perSecond);
    at = now;
    return left < 0;
  };
}

function isChannel(value: unknown): value is Channel {
  return typeof value === 'object' && value !== null && 'terminate' in value && 'readyState' in value;
}
