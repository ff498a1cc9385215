/** A server and a network for the client's model test: in order where the protocol promises it, and broken where it does not. */

import assert from 'node:assert/strict';
import type { HandshakeAuth, LogPosition } from '@chatty/protocol';
import { createRefusal } from '@chatty/protocol';
import type { Clock } from '../../src/clock.js';
import type { SocketIoClient, SocketIoFactory, SocketIoHandlers } from '../../src/socketio-client.js';
import type { ModelRoom } from './room.js';
import { createSession } from './room.js';

type QueuedPacket = { name: string; deliver: () => void };
/** What may happen to the packet that is next on its way. Answers and events go through one connection, in order. */
export type PacketFate = 'delivered' | 'lost' | 'doubled' | 'late';

export type SimulatedNetwork = {
  connect: SocketIoFactory;
  readonly connected: boolean;
  /** Says what is new in the room to whoever is connected. */
  flush(): void;
  sendHead(): void;
  /** Decides what becomes of the next packet; only frames can be lost, doubled or late, everything else arrives. */
  deliverNext(fate: PacketFate): void;
  /** Delivers all, without faults. */
  restoreConnection(): boolean;
  breakConnection(): void;
  /** Refuses the next commands. */
  refuseNext(times: number): void;
  /** The connection never carries anything again, and nobody is told. */
  stopDelivering(): void;
  /** Whom the server takes the bearer of the next connection's token for. */
  setUserId(userId: string): void;
};

/** Longest wait for an answer, as the real network has it. */
const ANSWER_TIMEOUT_MS = 10_000;

export function createSimulatedNetwork(room: ModelRoom, clock: Clock): SimulatedNetwork {
  let userId = 'me';
  let handlers: SocketIoHandlers | null = null;
  let handshake: (() => HandshakeAuth) | null = null;
  let packets: QueuedPacket[] = [];
  let lastSentPosition: { epoch: string; seq: number } | null = null;
  let connecting = false;
  let refusals = 0;
  let stranded = false;
  const rejectPending = new Set<(error: Error) => void>();

  const push = (name: string, deliver: () => void) => {
    if (!stranded) packets.push({ name, deliver });
  };

  function history(): void {
    const position = room.position;
    const messages = room.latestMessages();
    lastSentPosition = position;
    push('history', () => handlers?.onEvent('history', messages, position));
  }

  function head(position: LogPosition): void {
    push('head', () => handlers?.onEvent('head', position));
  }

  function sendWelcome(): void {
    const after = handshake?.().after;
    const { epoch } = room.position;
    push('session', () => handlers?.onEvent('session', createSession(epoch, userId)));
    const first = after ? room.changesAfter(after) : null;
    if (!first) history();
    // As the protocol has it, the head goes before a frame that is not all.
    else if (first.seq < room.position.seq) head(room.position);
    for (let frame = first; frame; frame = room.changesAfter({ epoch, seq: frame.seq }) ?? frame) {
      const page = frame;
      lastSentPosition = { epoch, seq: page.seq };
      push('messages', () => handlers?.onEvent('messages', page));
      if (page.seq >= room.position.seq) return;
    }
  }

  function flush(): void {
    if (!lastSentPosition) return;
    const frame = room.changesAfter(lastSentPosition, Number.POSITIVE_INFINITY);
    if (!frame) history();
    if (!frame || frame.seq === lastSentPosition.seq) return;
    lastSentPosition = { epoch: frame.epoch, seq: frame.seq };
    push('messages', () => handlers?.onEvent('messages', frame));
  }

  function answer(name: string, payload: Record<string, unknown>): unknown {
    if (refusals > 0) {
      refusals -= 1;
      return { ok: false, ...createRefusal('rate_limited') };
    }
    if (name === 'chat message') {
      const message = room.post({ ...payload, userId });
      return { ok: true, message, duplicate: false };
    }
    if (name === 'history')
      return { ok: true, ...room.messagesBefore(Number(payload.before), Number(payload.limit)) };
    assert.equal(name, 'sync');
    const head = room.position.seq;
    const frame = room.changesAfter(payload.after as { epoch: string; seq: number });
    if (frame) return { ok: true, ...frame, head, reset: false };
    return { ok: true, ...room.position, prev: 0, messages: room.latestMessages(), head, reset: true };
  }

  function leave(): void {
    lastSentPosition = null;
    packets = [];
    connecting = false;
    stranded = false;
    for (const fail of rejectPending) fail(new Error('cut'));
    rejectPending.clear();
  }

  const wire: SocketIoClient = {
    connect() {
      if (lastSentPosition || connecting) return;
      connecting = true;
      push('up', () => {
        connecting = false;
        handlers?.onConnect();
        sendWelcome();
      });
    },
    disconnect: leave,
    request: (name, payload) =>
      new Promise((resolve, reject) => {
        const forget = clock.later(() => fail(new Error('no answer')), ANSWER_TIMEOUT_MS);
        const fail = (error: Error) => {
          forget();
          reject(error);
        };
        rejectPending.add(fail);
        push(`ask ${name}`, () => {
          const given = answer(name, payload as Record<string, unknown>);
          push(`answer ${name}`, () => {
            rejectPending.delete(fail);
            forget();
            resolve(given as never);
          });
        });
      }),
  };

  function pass(fate: PacketFate): void {
    const packet = packets.shift();
    if (!packet) return;
    const frame = packet.name === 'messages';
    if (!frame || fate === 'delivered' || fate === 'doubled') packet.deliver();
    if (frame && fate === 'doubled') packets.splice(1, 0, packet);
    if (frame && fate === 'late')
      packets.splice(packets.findIndex(({ name }) => name === 'messages') + 1, 0, packet);
  }

  return {
    connect(options) {
      handlers = options.handlers;
      handshake = options.auth;
      return wire;
    },
    get connected() {
      return lastSentPosition !== null;
    },
    flush,
    sendHead() {
      if (lastSentPosition) head(room.position);
    },
    deliverNext: pass,
    restoreConnection() {
      const some = packets.length > 0;
      while (packets.length > 0) pass('delivered');
      return some;
    },
    breakConnection() {
      if (!lastSentPosition && !connecting) return;
      leave();
      handlers?.onDisconnect();
    },
    refuseNext(times) {
      refusals = times;
    },
    stopDelivering() {
      packets = [];
      lastSentPosition = null;
      stranded = true;
    },
    setUserId(person) {
      userId = person;
    },
  };
}
