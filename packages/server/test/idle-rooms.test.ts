/** Promise: however many rooms are visited one after the other, few stay in memory, and those are the ones left last. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type IdleRoom, roomsToClose } from '../src/rooms/idle-rooms.js';

const MB = 1024 * 1024;
const visited = (count: number, room: (index: number) => IdleRoom) =>
  new Map(Array.from({ length: count }, (_, index) => [`${index}`, room(index)]));
const names = (rooms: Map<string, IdleRoom>, now: number) =>
  roomsToClose(rooms, now)
    .map(([name]) => Number(name))
    .sort((a, b) => a - b);

it('an empty room stays open for 30 s, an occupied room as long as it is occupied', () => {
  const rooms = visited(3, (index) => ({ emptySince: index === 2 ? null : 1_000 * index, bytes: 0 }));
  assert.deepEqual(names(rooms, 29_999), []);
  assert.deepEqual(names(rooms, 30_000), [0]);
  assert.deepEqual(names(rooms, 1_000_000), [0, 1]);
});

it('of 5,000 rooms that just became empty, the latest 1,000 stay open', () => {
  const rooms = visited(5_000, (index) => ({ emptySince: index, bytes: 100 }));
  const closed = names(rooms, 5_000);
  assert.deepEqual(
    closed,
    Array.from({ length: 4_000 }, (_, index) => index),
  );
});

it('empty rooms use at most 64 MB, and occupied rooms do not count', () => {
  const rooms = visited(100, (index) => ({ emptySince: index % 2 ? null : index, bytes: 4 * MB }));
  const closed = names(rooms, 100);
  assert.equal(50 - closed.length, 16);
  assert.ok(closed.every((index) => index % 2 === 0 && index < 68));
});
