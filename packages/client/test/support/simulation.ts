/** A server and a network for the client's model test: in order where the protocol promises it, and broken where it does not. */

import assert from 'node:assert/strict';
import type { Clock } from '@chatty/client/clock';
import type { Dial, Heard, Wire } from '@chatty/client/socketio-client';
import { refusal } from '@chatty/protocol/errors';
import type { Handshake, Position } from '@chatty/protocol/events';
import type { Room } from './room.js';
import { session } from './room.js';

type Packet = { name: string; deliver: () => void };
/** What may happen to the packet that is next on its way. Answers and events go through one connection, in order. */
export type Fate = 'delivered' | 'lost' | 'doubled' | 'late';

export type Network = {
  dial: Dial;
  readonly connected: boolean;
  /** Says what is new in the room to whoever is connected. */
  flush(): void;
  head(): void;
  /** Decides what becomes of the next packet; only frames can be lost, doubled or late, everything else arrives. */
  pass(fate: Fate): void;
  /** Delivers all, without faults. */
  heal(): boolean;
  cut(): void;
  /** Refuses the next commands. */
  refuse(times: number): void;
  /** The connection never carries anything again, and nobody is told. */
  strand(): void;
  /** Whom the server takes the bearer of the next connection's token for. */
  is(userId: string): void;
};

/** Longest wait for an answer, as the real network has it. */
const ANSWER_TIMEOUT = 10_000;

export function createNetwork(room: Room, clock: Clock): Network {
  let userId = 'me';
  let heard: Heard | null = null;
  let handshake: (() => Handshake) | null = null;
  let packets: Packet[] = [];
  let told: { epoch: string; seq: number } | null = null;
  let connecting = false;
  let refusals = 0;
  let stranded = false;
  const broken = new Set<(error: Error) => void>();

  const push = (name: string, deliver: () => void) => {
    if (!stranded) packets.push({ name, deliver });
  };

  function history(): void {
    const position = room.position;
    const messages = room.newest();
    told = position;
    push('history', () => heard?.event('history', messages, position));
  }

  function head(position: Position): void {
    push('head', () => heard?.event('head', position));
  }

  function welcome(): void {
    const after = handshake?.().after;
    const { epoch } = room.position;
    push('session', () => heard?.event('session', session(epoch, userId)));
    const first = after ? room.after(after) : null;
    if (!first) history();
    // As the protocol has it, the head goes before a frame that is not all.
    else if (first.seq < room.position.seq) head(room.position);
    for (let frame = first; frame; frame = room.after({ epoch, seq: frame.seq }) ?? frame) {
      const page = frame;
      told = { epoch, seq: page.seq };
      push('messages', () => heard?.event('messages', page));
      if (page.seq >= room.position.seq) return;
    }
  }

  function flush(): void {
    if (!told) return;
    const frame = room.after(told, Number.POSITIVE_INFINITY);
    if (!frame) history();
    if (!frame || frame.seq === told.seq) return;
    told = { epoch: frame.epoch, seq: frame.seq };
    push('messages', () => heard?.event('messages', frame));
  }

  function answer(name: string, payload: Record<string, unknown>): unknown {
    if (refusals > 0) {
      refusals -= 1;
      return { ok: false, ...refusal('rate_limited') };
    }
    if (name === 'chat message') {
      const message = room.post({ ...payload, userId });
      return { ok: true, message, duplicate: false };
    }
    if (name === 'history')
      return { ok: true, ...room.before(Number(payload.before), Number(payload.limit)) };
    assert.equal(name, 'sync');
    const head = room.position.seq;
    const frame = room.after(payload.after as { epoch: string; seq: number });
    if (frame) return { ok: true, ...frame, head, reset: false };
    return { ok: true, ...room.position, prev: 0, messages: room.newest(), head, reset: true };
  }

  function leave(): void {
    told = null;
    packets = [];
    connecting = false;
    stranded = false;
    for (const fail of broken) fail(new Error('cut'));
    broken.clear();
  }

  const wire: Wire = {
    connect() {
      if (told || connecting) return;
      connecting = true;
      push('up', () => {
        connecting = false;
        heard?.up();
        welcome();
      });
    },
    disconnect: leave,
    ask: (name, payload) =>
      new Promise((resolve, reject) => {
        const forget = clock.later(() => fail(new Error('no answer')), ANSWER_TIMEOUT);
        const fail = (error: Error) => {
          forget();
          reject(error);
        };
        broken.add(fail);
        push(`ask ${name}`, () => {
          const given = answer(name, payload as Record<string, unknown>);
          push(`answer ${name}`, () => {
            broken.delete(fail);
            forget();
            resolve(given as never);
          });
        });
      }),
  };

  function pass(fate: Fate): void {
    const packet = packets.shift();
    if (!packet) return;
    const frame = packet.name === 'messages';
    if (!frame || fate === 'delivered' || fate === 'doubled') packet.deliver();
    if (frame && fate === 'doubled') packets.splice(1, 0, packet);
    if (frame && fate === 'late')
      packets.splice(packets.findIndex(({ name }) => name === 'messages') + 1, 0, packet);
  }

  return {
    dial(options) {
      heard = options.heard;
      handshake = options.auth;
      return wire;
    },
    get connected() {
      return told !== null;
    },
    flush,
    head() {
      if (told) head(room.position);
    },
    pass,
    heal() {
      const some = packets.length > 0;
      while (packets.length > 0) pass('delivered');
      return some;
    },
    cut() {
      if (!told && !connecting) return;
      leave();
      heard?.down();
    },
    refuse(times) {
      refusals = times;
    },
    strand() {
      packets = [];
      told = null;
      stranded = true;
    },
    is(person) {
      userId = person;
    },
  };
}
