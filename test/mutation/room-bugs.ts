/** Bugs of rooms and connections: what subscribers receive, in which order, and what happens when they do not read. */

import type { PlantedBug } from './bug.js';

const ROOM_MODULE = 'server/dist/rooms/room.js';
const ROOMS_MODULE = 'server/dist/rooms/rooms.js';
const ROOM_LOG_MODULE = 'server/dist/rooms/room-log.js';
const SEND_QUEUE_MODULE = 'server/dist/connections/send-queue.js';

export const roomBugs: readonly PlantedBug[] = [
  {
    name: 'no-head-check',
    scenario: 'neighbour',
    expectedAnomalies: ['stale', 'silent-gap'],
    codePatches: [
      {
        file: ROOMS_MODULE,
        from: 'occupied: () => [...rooms.values()].filter(({ emptySince }) => emptySince === null),',
        to: 'occupied: () => [],',
      },
    ],
  },
  {
    name: 'read-then-subscribe',
    scenario: 'reset',
    expectedAnomalies: ['silent-gap'],
    codePatches: [
      {
        file: ROOM_MODULE,
        from: 'this.#audience.add(subscriber);',
        to: 'setTimeout(() => this.#audience.add(subscriber), 30);',
      },
    ],
  },
  {
    name: 'stale-history',
    scenario: 'reset',
    expectedAnomalies: ['silent-gap'],
    codePatches: [{ file: 'server/dist/rooms/welcome-packets.js', from: ' || cached.seq !== seq)', to: ')' }],
  },
  {
    name: 'emit-out-of-order',
    scenario: 'kill',
    expectedAnomalies: ['inversion'],
    codePatches: [
      { file: 'server/dist/rooms/fan-out.js', from: 'pending.push(change);', to: 'pending.unshift(change);' },
    ],
  },
  {
    name: 'no-holding-back',
    scenario: 'neighbour',
    expectedAnomalies: ['silent-gap', 'gap'],
    codePatches: [
      {
        file: ROOM_LOG_MODULE,
        from: 'return this.#releaseInOrder([]);',
        to: `this.#outOfOrder.clear(); const ready = []; this.#release(message, ready);
        return this.#releaseInOrder(ready);`,
      },
    ],
  },
  {
    name: 'published-to-every-project',
    scenario: 'reset',
    expectedAnomalies: ['leak', 'corrupt'],
    codePatches: [
      {
        file: ROOMS_MODULE,
        from: 'publish: (project, id, message) =>',
        to: `publish: (_project, _id, message) => openRooms.occupied().forEach((room) => room.publish(message)),
        unused: (project, id, message) =>`,
      },
    ],
  },
  {
    name: 'history-without-changes',
    scenario: 'reset',
    expectedAnomalies: ['silent-gap'],
    codePatches: [
      {
        file: 'server/dist/rooms/log-window.js',
        from: 'this.#messages[index] = message;',
        to: 'this.#messages[index] = previous;',
      },
    ],
  },
  {
    name: 'repeats-are-let-through',
    scenario: 'reset',
    expectedAnomalies: ['inversion', 'duplicate'],
    codePatches: [
      {
        file: 'server/dist/rooms/log-follower.js',
        from: 'if (message.seq <= roomLog.head) {',
        to: 'if (false) {',
      },
      {
        file: ROOM_LOG_MODULE,
        from: 'if (message.seq <= this.#head)\n            return [];',
        to: 'if (message.seq <= this.#head) return [{ message, created: false }];',
      },
    ],
  },
  {
    name: 'unbounded-queue',
    scenario: 'stalled',
    expectedAnomalies: [],
    expectedFailure: /^Error: a member that does not read is kept$/,
    codePatches: [
      {
        file: SEND_QUEUE_MODULE,
        from: 'const MAX_QUEUED_BYTES = 1024 * 1024;',
        to: 'const MAX_QUEUED_BYTES = Infinity;',
      },
      {
        file: SEND_QUEUE_MODULE,
        from: 'const MAX_QUEUED_MS = 15_000;',
        to: 'const MAX_QUEUED_MS = Infinity;',
      },
    ],
  },
  {
    name: 'ack-throws',
    scenario: 'kill',
    expectedAnomalies: [],
    expectedFailure: /the server ended with 1:[\s\S]*Error: planted/,
    codePatches: [
      {
        file: 'server/dist/gateway/gateway.js',
        from: 'ack(answer);',
        to: "{ ack(answer); if (Math.random() < 0.02) throw new Error('planted'); }",
      },
    ],
  },
];
