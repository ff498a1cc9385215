/** Promise: the lines are the room's log as far as the window reaches, without a silent gap, however they came and whatever was missed. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { createTimeline, PAGE_SIZE, type PageKind, type Timeline } from '../src/timeline.js';
import {
  assertTimelineMatchesRoom,
  createTimelineFollower,
  MESSAGES_KEPT_AFTER_OUTAGE,
  storedMessagesOf,
} from './support/follow.js';
import { createMessage, createModelRoom, createSession } from './support/room.js';

const contents = (timeline: Timeline) =>
  timeline.items().map((line) => {
    if (line.kind === 'gap') return '⋮';
    return line.kind === 'stored' ? line.message.content : `…${line.content}`;
  });

type Step = { do: 'post' | 'edit' | 'miss'; count: number } | { do: 'rejoin' | 'toNewest' | PageKind };

it('posts, edits, deletes, outages, restores and pages in any order produce the log itself', () => {
  const count = fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constantFrom(49, 50, 51, 130, 300));
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({ do: fc.constantFrom('post' as const, 'edit', 'miss'), count }),
    fc.record({
      do: fc.constantFrom('older' as const, 'older', 'older', 'newer', 'gap', 'toNewest', 'rejoin'),
    }),
  );
  fc.assert(
    fc.property(fc.nat(200), fc.array(step, { maxLength: 40 }), (start, steps) => {
      const room = createModelRoom(Number.POSITIVE_INFINITY);
      for (let each = 0; each < start; each += 1) room.post();
      const { timeline, receiveChanges: hear, rejoin, loadPage: page } = createTimelineFollower(room);
      const post = (times: number) => {
        for (let each = 0; each < times; each += 1) room.post();
      };
      const edit = (times: number) => {
        const ids = room.allMessages().map(({ id }) => id);
        for (let each = 1; each <= times && ids.length > 0; each += 1) {
          const id = ids.at(-((each * 13) % ids.length)) ?? 0;
          if (each % 6 === 0) room.remove(id);
          else room.edit(id, `edit ${room.position.seq}`);
        }
      };
      for (const each of steps) {
        if (each.do === 'post') post(each.count);
        else if (each.do === 'edit') edit(each.count);
        else if (each.do === 'miss') {
          post(each.count);
          edit(Math.min(each.count, 20));
          rejoin();
        } else if (each.do === 'rejoin') {
          room.restoreBackup(0);
          rejoin();
        } else if (each.do === 'toNewest') timeline.jumpToLatest();
        else page(each.do);
        hear();
        assertTimelineMatchesRoom(timeline, room);
      }
    }),
    { includeErrorInReport: true, numRuns: 400 },
  );
});

it('a reader scrolls from the latest message to the first of 5,000 and back with a bounded window, and misses none', () => {
  const room = createModelRoom(Number.POSITIVE_INFINITY);
  for (let each = 0; each < 5_000; each += 1) room.post();
  // Stretches of numbers that are edits only: no message has their id.
  for (let each = 0; each < 350; each += 1) room.edit(4_000 + each, 'edited');
  for (let each = 0; each < 200; each += 1) room.post();
  const { timeline, receiveChanges: hear, loadPage: page } = createTimelineFollower(room);
  const seen = new Set<number>();
  const look = () => {
    for (const { id } of storedMessagesOf(timeline)) seen.add(id);
    assertTimelineMatchesRoom(timeline, room);
  };
  look();
  while (page('older')) look();
  assert.deepEqual([seen.size, timeline.atLatest, timeline.hasOlder], [5_200, false, false]);
  room.post();
  hear();
  seen.clear();
  look();
  while (page('newer')) look();
  assert.deepEqual([seen.size, timeline.atLatest, timeline.hasOlder], [5_201, true, true]);
});

it('jumping to the latest needs no loading and drops the loaded older messages', () => {
  const room = createModelRoom(Number.POSITIVE_INFINITY);
  for (let each = 0; each < 600; each += 1) room.post();
  const { timeline, receiveChanges: hear, loadPage: page } = createTimelineFollower(room);
  while (timeline.atLatest) page('older');
  room.post({ content: '새 글' });
  room.edit(600, '고친 글');
  hear();
  timeline.jumpToLatest();
  assert.deepEqual(contents(timeline).slice(-2), ['고친 글', '새 글']);
  assert.ok(storedMessagesOf(timeline).length <= MESSAGES_KEPT_AFTER_OUTAGE);
  assertTimelineMatchesRoom(timeline, room);
});

it('after an outage the latest 100 loaded messages stay before a visible gap, and pages close the gap', () => {
  const room = createModelRoom();
  for (let each = 0; each < 150; each += 1) room.post();
  const { timeline, rejoin, loadPage: page } = createTimelineFollower(room);
  page('older');
  for (let each = 0; each < 200; each += 1) room.post();
  room.edit(140, '그사이에 고친 글');
  rejoin();
  const gap = contents(timeline).indexOf('⋮');
  assert.equal(gap, MESSAGES_KEPT_AFTER_OUTAGE);
  assert.ok(contents(timeline).includes('그사이에 고친 글'));
  assert.equal(storedMessagesOf(timeline).length, MESSAGES_KEPT_AFTER_OUTAGE + 50);
  for (let missing = 150; missing > 0; missing -= PAGE_SIZE) {
    assert.ok(contents(timeline).includes('⋮'));
    page('gap');
  }
  assert.ok(!contents(timeline).includes('⋮'));
  assertTimelineMatchesRoom(timeline, room);
});

it('stale messages are dropped when their refresh is refused, and load again later', () => {
  const room = createModelRoom();
  for (let each = 0; each < 60; each += 1) room.post();
  const { timeline, loadPage: page } = createTimelineFollower(room);
  const known = room.position.seq;
  room.edit(20, '고친 글');
  for (let each = 0; each < 80; each += 1) room.post();
  timeline.applyHistory(room.latestMessages(), room.position, known);
  assert.equal(timeline.staleBefore(), known + 1);
  timeline.replaceStale(null);
  assert.equal(timeline.staleBefore(), null);
  assertTimelineMatchesRoom(timeline, room);
  while (page('older'));
  assert.equal(storedMessagesOf(timeline).length, 140);
  assertTimelineMatchesRoom(timeline, room);
});

it('a change that arrives before the requested page is not lost', () => {
  const room = createModelRoom();
  for (let each = 0; each < 80; each += 1) room.post();
  const { timeline, receiveChanges: hear } = createTimelineFollower(room);
  const before = timeline.beforeId('older') ?? 0;
  timeline.trackPageRequest(1);
  const { messages, more } = room.messagesBefore(before, PAGE_SIZE);
  room.edit(5, '고친 글');
  hear();
  timeline.addPage('older', before, messages, more);
  timeline.trackPageRequest(-1);
  assertTimelineMatchesRoom(timeline, room);
});

it('an own message changes from pending to stored under the same key once the log reaches it', () => {
  const timeline = createTimeline();
  timeline.setSession(createSession('e'));
  timeline.applyHistory([], { epoch: 'e', seq: 0 }, null);
  timeline.addPending({ clientId: 'a', content: '하나', replyTo: null, at: 0 });
  timeline.addPending({ clientId: 'b', content: '둘', replyTo: null, at: 0 });
  const key = timeline.items()[0]?.key;
  timeline.acknowledge('a', 2);
  assert.deepEqual(contents(timeline), ['…하나', '…둘'], 'what precedes it is not here yet');
  const own = createMessage(2, { userId: 'me', clientId: 'a', content: '하나' });
  timeline.applyChanges([createMessage(1), own], 2);
  assert.deepEqual(contents(timeline), ['1', '하나', '…둘']);
  assert.equal(timeline.items()[1]?.key, key);
  timeline.acknowledge('a', 2);
  timeline.acknowledge('b', 1);
  assert.deepEqual(contents(timeline), ['1', '하나']);
});

it('a client id of another user does not replace an own message, and a pending message is sent under no other user', () => {
  const timeline = createTimeline();
  timeline.setSession(createSession('e'));
  timeline.addPending({ clientId: 'a', content: '내 것', replyTo: null, at: 0 });
  timeline.applyChanges([createMessage(1, { clientId: 'a' })], 1);
  assert.deepEqual(contents(timeline), ['1', '…내 것']);
  timeline.setSession(createSession('e', 'you'));
  assert.deepEqual(contents(timeline), ['1']);
  assert.ok(timeline.items().every((line) => line.kind === 'stored' && line.own));
});

it('an unchanged message keeps its object identity, and the later of two states wins', () => {
  const timeline = createTimeline();
  timeline.setSession(createSession('e'));
  timeline.applyHistory([createMessage(1), createMessage(2)], { epoch: 'e', seq: 2 }, null);
  const [first, second] = timeline.items();
  timeline.applyChanges([createMessage(2, { seq: 3, content: '고침' }), createMessage(4)], 4);
  assert.equal(timeline.items()[0], first);
  const changed = timeline.items()[1];
  assert.notEqual(changed, second);
  timeline.applyChanges([createMessage(1), createMessage(2)], 4);
  assert.deepEqual(timeline.items().slice(0, 2), [first, changed]);
  assert.equal(timeline.items()[0], first);
  assert.equal(timeline.items()[1], changed, 'an older state changes nothing');
});
