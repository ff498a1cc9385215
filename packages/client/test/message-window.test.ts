/** Promise: the message being read stays where it is held, however many more come, and what was let go loads again. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { PAGE_SIZE, type PageKind } from '../src/timeline.js';
import {
  assertTimelineMatchesRoom,
  createTimelineFollower,
  storedMessagesOf,
  WINDOW_LIMIT,
} from './support/follow.js';
import { createModelRoom } from './support/room.js';

type Stay = { do: 'post' | 'miss' | PageKind; count: number } | { do: 'look'; at: number };

it('the message being read stays through any events, pages and outages, with no gap around it', () => {
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
      const room = createModelRoom(Number.POSITIVE_INFINITY);
      for (let each = 0; each < start; each += 1) room.post();
      const {
        timeline,
        setReadPosition: read,
        receiveChanges: hear,
        rejoin,
        loadPage: page,
      } = createTimelineFollower(room);
      let reading = 0;
      const look = (id: number | undefined) => {
        reading = id ?? 0;
        read(reading);
      };
      const ids = () => storedMessagesOf(timeline).map(({ id }) => id);
      for (const each of steps) {
        if (each.do === 'look') look(ids()[Math.floor(each.at * ids().length)]);
        else if (each.do === 'post' || each.do === 'miss') {
          for (let post = 0; post < each.count; post += 1) room.post();
          if (each.do === 'miss') rejoin();
        } else {
          // A page loads where the reader has come near to.
          const gap = timeline.items().findIndex(({ kind }) => kind === 'gap');
          if (each.do === 'gap') look(ids()[gap - (each.count % 2)]);
          else look(ids().at(each.do === 'older' ? 0 : -1));
          page(each.do);
        }
        hear();
        assertTimelineMatchesRoom(timeline, room);
        assert.ok(reading === 0 || ids().includes(reading), `${reading} is being read`);
      }
    }),
    { includeErrorInReport: true, numRuns: 400 },
  );
});

it('a reader further up keeps their position while more messages arrive than the window holds, then reads down to the latest', () => {
  const room = createModelRoom(Number.POSITIVE_INFINITY);
  for (let each = 0; each < 60; each += 1) room.post();
  const {
    timeline,
    setReadPosition: read,
    receiveChanges: hear,
    loadPage: page,
  } = createTimelineFollower(room);
  read(30);
  for (let each = 0; each < 2_000; each += 1) {
    room.post();
    hear();
    // While there is room, who is a little further up needs to load nothing to go back.
    if (each < WINDOW_LIMIT - 60) assert.ok(timeline.atLatest);
  }
  assert.ok(storedMessagesOf(timeline).some(({ id }) => id === 30));
  assert.equal(timeline.atLatest, false);
  assertTimelineMatchesRoom(timeline, room);
  while (!timeline.atLatest) {
    read(timeline.lastId);
    assert.ok(page('newer'));
    assertTimelineMatchesRoom(timeline, room);
  }
  // At the live end again, the newest stay.
  read(0);
  for (let each = 0; each < 300; each += 1) room.post();
  hear();
  assert.ok(timeline.atLatest);
  assertTimelineMatchesRoom(timeline, room);
});

it('a message just above a full window can be loaded into it', () => {
  const room = createModelRoom(Number.POSITIVE_INFINITY);
  for (let each = 0; each < 100; each += 1) room.post();
  const { timeline, receiveChanges: hear } = createTimelineFollower(room);
  for (let each = 0; each < 500; each += 1) room.post();
  hear();
  const wanted = (storedMessagesOf(timeline)[0]?.id ?? 0) - 1;
  const before = wanted + PAGE_SIZE / 2;
  const { messages, more } = room.messagesBefore(before, PAGE_SIZE);
  timeline.showPageAround(before, messages, more);
  assert.ok(storedMessagesOf(timeline).some(({ id }) => id === wanted));
  assertTimelineMatchesRoom(timeline, room);
});
