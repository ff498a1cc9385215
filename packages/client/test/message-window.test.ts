/** Promise: the message being read stays where it is held, however many more come, and what was let go loads again. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { PAGE, type Page } from '@chatty/client/timeline';
import fc from 'fast-check';
import { assertTrue, follow, LIMIT, storedOf } from './support/follow.js';
import { createRoom } from './support/room.js';

type Stay = { do: 'post' | 'miss' | Page; count: number } | { do: 'look'; at: number };

it('whatever comes, pages and outages, the message being read stays, and nothing is missing around it', () => {
  const count = fc.constantFrom(1, 2, 30, 60, 140, 300, 600);
  const step: fc.Arbitrary<Stay> = fc.oneof(
    fc.record({
      do: fc.constantFrom('post' as const, 'post', 'miss', 'older', 'newer', 'newer', 'gap', 'gap'),
      count,
    }),
    fc.record({ do: fc.constant('look' as const), at: fc.double({ min: 0, max: 0.99, noNaN: true }) }),
  );
  fc.assert(
    fc.property(fc.integer({ min: 51, max: 400 }), fc.array(step, { maxLength: 30 }), (start, steps) => {
      const room = createRoom(Number.POSITIVE_INFINITY);
      for (let each = 0; each < start; each += 1) room.post();
      const { timeline, read, hear, rejoin, page } = follow(room);
      let reading = 0;
      const look = (id: number | undefined) => {
        reading = id ?? 0;
        read(reading);
      };
      const ids = () => storedOf(timeline).map(({ id }) => id);
      for (const each of steps) {
        if (each.do === 'look') look(ids()[Math.floor(each.at * ids().length)]);
        else if (each.do === 'post' || each.do === 'miss') {
          for (let post = 0; post < each.count; post += 1) room.post();
          if (each.do === 'miss') rejoin();
        } else {
          // A page loads where the reader has come near to.
          const gap = timeline.lines().findIndex(({ kind }) => kind === 'gap');
          if (each.do === 'gap') look(ids()[gap - (each.count % 2)]);
          else look(ids().at(each.do === 'older' ? 0 : -1));
          page(each.do);
        }
        hear();
        assertTrue(timeline, room);
        assert.ok(reading === 0 || ids().includes(reading), `${reading} is being read`);
      }
    }),
    { includeErrorInReport: true, numRuns: 400 },
  );
});

it('a reader further up keeps their line while more arrive than are held, then reads on down to the newest', () => {
  const room = createRoom(Number.POSITIVE_INFINITY);
  for (let each = 0; each < 60; each += 1) room.post();
  const { timeline, read, hear, page } = follow(room);
  read(30);
  for (let each = 0; each < 2_000; each += 1) {
    room.post();
    hear();
    // While there is room, who is a little further up needs to load nothing to go back.
    if (each < LIMIT - 60) assert.ok(timeline.newest);
  }
  assert.ok(storedOf(timeline).some(({ id }) => id === 30));
  assert.equal(timeline.newest, false);
  assertTrue(timeline, room);
  while (!timeline.newest) {
    read(timeline.last);
    assert.ok(page('newer'));
    assertTrue(timeline, room);
  }
  // At the live end again, the newest stay.
  read(0);
  for (let each = 0; each < 300; each += 1) room.post();
  hear();
  assert.ok(timeline.newest);
  assertTrue(timeline, room);
});

it('a message just above a full window is brought into it', () => {
  const room = createRoom(Number.POSITIVE_INFINITY);
  for (let each = 0; each < 100; each += 1) room.post();
  const { timeline, hear } = follow(room);
  for (let each = 0; each < 500; each += 1) room.post();
  hear();
  const wanted = (storedOf(timeline)[0]?.id ?? 0) - 1;
  const before = wanted + PAGE / 2;
  const { messages, more } = room.before(before, PAGE);
  timeline.visit(before, messages, more);
  assert.ok(storedOf(timeline).some(({ id }) => id === wanted));
  assertTrue(timeline, room);
});
