/** Decides which packets a connection may send at all, below the events, and how many: what nobody needs ends it. */

import type { IncomingMessage } from 'node:http';
import { type TransportConnection, terminate } from '../connections/send-queue.js';

export type PacketBudget = { burst: number; perSecond: number };
/** Counts a packet of so many bytes and says whether it was one too many. */
export type PacketMeter = (bytes: number) => boolean;

/** What is used of a WebSocket. */
type WebSocketChannel = {
  readonly readyState: number;
  on(name: 'ping' | 'pong' | 'message', listener: (data: Buffer) => void): unknown;
  off(name: 'message', listener: (data: Buffer) => void): unknown;
  terminate(): void;
};

/** Namespaces somebody may ask for in vain on one connection; there is only the main one. */
export const MAX_UNKNOWN_NAMESPACES = 3;
/** Tokens somebody may show on one connection: one, and a newer one where it was refused. */
export const MAX_CONNECT_PACKETS = 4;
/** A packet counts once for each 8 KiB begun, the size of the longest message: a shift by 13 bits. */
const BYTES_PER_PACKET_SHIFT_BITS = 13;
/** Packets that a WebSocket may send until a connection that began with long polling has moved to it. It takes two. */
const MAX_PROBES = 16;
/** Engine.IO protocol 4: the packet that moves a connection to the WebSocket it came on. */
const UPGRADE_PACKET = '5';
/** RFC 6455 as ws has it. */
const WEBSOCKET_OPEN = 1;

/**
 * Closes a connection of the library's that speaks what nobody needs: binary packets, namespaces that are not there, and more
 * packets of any kind than the budget has. A WebSocket of ours sees to that itself.
 * @param onFlood is told of the latter
 */
export function guardPackets(
  connection: TransportConnection & {
    on(name: 'packet', listener: (packet: { type: string; data?: unknown }) => void): unknown;
  },
  budget: PacketBudget,
  onFlood: () => void,
): void {
  const isOverBudget = createPacketMeter(budget);
  let unknownNamespaces = 0;
  let connectPackets = 0;
  connection.on('packet', ({ type, data }) => {
    const text = typeof data === 'string' ? data : '';
    if (isOverBudget(text.length)) {
      onFlood();
      terminate(connection);
      return;
    }
    if (type !== 'message') return;
    // Socket.IO protocol 5: 0 is CONNECT, followed by a namespace where it is not the main one; 5 and 6 are binary.
    if (typeof data !== 'string' || text.startsWith('5') || text.startsWith('6')) terminate(connection);
    else if (text.startsWith('0/') && text !== '0/' && text[2] !== ',') {
      if (++unknownNamespaces > MAX_UNKNOWN_NAMESPACES) terminate(connection);
    } else if (text.startsWith('0') && ++connectPackets > MAX_CONNECT_PACKETS) terminate(connection);
  });
}

/**
 * The same for what Engine.IO does not hear of: WebSocket's own pings and pongs, and what comes on a WebSocket before a
 * connection moves to it. To be called with each request that becomes one.
 */
export function guardUpgrade(
  request: IncomingMessage & { websocket?: unknown; _query?: Record<string, unknown> },
  budget: PacketBudget,
  onFlood: (channel: unknown) => void,
): void {
  const { websocket, _query: query } = request;
  if (!isWebSocketChannel(websocket)) return;
  const isOverBudget = createPacketMeter(budget);
  const countPacket = () => {
    if (!isOverBudget(0)) return;
    onFlood(websocket);
    websocket.terminate();
  };
  websocket.on('ping', countPacket);
  websocket.on('pong', countPacket);
  if (query?.sid === undefined) return;
  // It was not wanted: whoever does not answer the close would keep it for 30 s.
  if (websocket.readyState !== WEBSOCKET_OPEN) {
    websocket.terminate();
    return;
  }
  let probeCount = 0;
  const onProbe = (data: Buffer) => {
    if (++probeCount > MAX_PROBES) websocket.terminate();
    else if (websocket.readyState === WEBSOCKET_OPEN && data.toString() === UPGRADE_PACKET)
      websocket.off('message', onProbe);
  };
  websocket.on('message', onProbe);
}

/**
 * A token bucket that looks at the clock only when it is empty. What fills it in between counts from then, so that after a
 * pause it gives up to two bursts.
 */
export function createPacketMeter({ burst, perSecond }: PacketBudget): PacketMeter {
  let remaining = burst;
  let refilledAt = performance.now();
  return (bytes) => {
    remaining -= 1 + (bytes >> BYTES_PER_PACKET_SHIFT_BITS);
    if (remaining >= 0) return false;
    const now = performance.now();
    remaining += Math.min(burst, ((now - refilledAt) / 1_000) * perSecond);
    refilledAt = now;
    return remaining < 0;
  };
}

function isWebSocketChannel(value: unknown): value is WebSocketChannel {
  return typeof value === 'object' && value !== null && 'terminate' in value && 'readyState' in value;
}
