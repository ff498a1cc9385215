/** Promise: the lines are the room's log as far as the window reaches, without a silent gap, however they came and whatever was missed. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createTimeline, PAGE, type Page, type Timeline } from '@chatty/client/timeline';
import fc from 'fast-check';
import { assertTrue, follow, KEPT, storedOf } from './support/follow.js';
import { createMessage, createRoom, session } from './support/room.js';

const contents = (timeline: Timeline) =>
  timeline.lines().map((line) => {
    if (line.kind === 'gap') return '⋮';
    return line.kind === 'stored' ? line.message.content : `…${line.content}`;
  });

type Step = { do: 'post' | 'edit' | 'miss'; count: number } | { do: 'rejoin' | 'toNewest' | Page };

it('posts, edits, deletes, outages, restores and pages in any order leave the log itself', () => {
  const count = fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constantFrom(49, 50, 51, 130, 300));
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({ do: fc.constantFrom('post' as const, 'edit', 'miss'), count }),
    fc.record({
      do: fc.constantFrom('older' as const, 'older', 'older', 'newer', 'gap', 'toNewest', 'rejoin'),
    }),
  );
  fc.assert(
    fc.property(fc.nat(200), fc.array(step, { maxLength: 40 }), (start, steps) => {
      const room = createRoom(Number.POSITIVE_INFINITY);
      for (let each = 0; each < start; each += 1) room.post();
      const { timeline, hear, rejoin, page } = follow(room);
      const post = (times: number) => {
        for (let each = 0; each < times; each += 1) room.post();
      };
      const edit = (times: number) => {
        const ids = room.all().map(({ id }) => id);
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
          room.restore(0);
          rejoin();
        } else if (each.do === 'toNewest') timeline.toNewest();
        else page(each.do);
        hear();
        assertTrue(timeline, room);
      }
    }),
    { includeErrorInReport: true, numRuns: 400 },
  );
});

it('a reader goes from the newest message to the first of 5,000 and back with a bounded window, and misses none', () => {
  const room = createRoom(Number.POSITIVE_INFINITY);
  for (let each = 0; each < 5_000; each += 1) room.post();
  // Stretches of numbers that are edits only: no message has their id.
  for (let each = 0; each < 350; each += 1) room.edit(4_000 + each, 'edited');
  for (let each = 0; each < 200; each += 1) room.post();
  const { timeline, hear, page } = follow(room);
  const seen = new Set<number>();
  const look = () => {
    for (const { id } of storedOf(timeline)) seen.add(id);
    assertTrue(timeline, room);
  };
  look();
  while (page('older')) look();
  assert.deepEqual([seen.size, timeline.newest, timeline.more], [5_200, false, false]);
  room.post();
  hear();
  seen.clear();
  look();
  while (page('newer')) look();
  assert.deepEqual([seen.size, timeline.newest, timeline.more], [5_201, true, true]);
});

it('the way back to the live end needs no loading, and lets go what was loaded', () => {
  const room = createRoom(Number.POSITIVE_INFINITY);
  for (let each = 0; each < 600; each += 1) room.post();
  const { timeline, hear, page } = follow(room);
  while (timeline.newest) page('older');
  room.post({ content: '새 글' });
  room.edit(600, '고친 글');
  hear();
  timeline.toNewest();
  assert.deepEqual(contents(timeline).slice(-2), ['고친 글', '새 글']);
  assert.ok(storedOf(timeline).length <= KEPT);
  assertTrue(timeline, room);
});

it('after an outage the newest hundred held stay before a gap that shows, and pages close it', () => {
  const room = createRoom();
  for (let each = 0; each < 150; each += 1) room.post();
  const { timeline, rejoin, page } = follow(room);
  page('older');
  for (let each = 0; each < 200; each += 1) room.post();
  room.edit(140, '그사이에 고친 글');
  rejoin();
  const gap = contents(timeline).indexOf('⋮');
  assert.equal(gap, KEPT);
  assert.ok(contents(timeline).includes('그사이에 고친 글'));
  assert.equal(storedOf(timeline).length, KEPT + 50);
  for (let missing = 150; missing > 0; missing -= PAGE) {
    assert.ok(contents(timeline).includes('⋮'));
    page('gap');
  }
  assert.ok(!contents(timeline).includes('⋮'));
  assertTrue(timeline, room);
});

it('stale lines whose refresh is refused go, and load again', () => {
  const room = createRoom();
  for (let each = 0; each < 60; each += 1) room.post();
  const { timeline, page } = follow(room);
  const known = room.position.seq;
  room.edit(20, '고친 글');
  for (let each = 0; each < 80; each += 1) room.post();
  timeline.history(room.newest(), room.position, known);
  assert.equal(timeline.stale(), known + 1);
  timeline.refresh(null);
  assert.equal(timeline.stale(), null);
  assertTrue(timeline, room);
  while (page('older'));
  assert.equal(storedOf(timeline).length, 140);
  assertTrue(timeline, room);
});

it('a change that overtakes the page that was asked for is not lost with it', () => {
  const room = createRoom();
  for (let each = 0; each < 80; each += 1) room.post();
  const { timeline, hear } = follow(room);
  const before = timeline.before('older') ?? 0;
  timeline.asking(1);
  const { messages, more } = room.before(before, PAGE);
  room.edit(5, '고친 글');
  hear();
  timeline.take('older', before, messages, more);
  timeline.asking(-1);
  assertTrue(timeline, room);
});

it('an own line turns from pending to stored under the same key, once the log has come up to it', () => {
  const timeline = createTimeline();
  timeline.identify(session('e'));
  timeline.history([], { epoch: 'e', seq: 0 }, null);
  timeline.pend({ clientId: 'a', content: '하나', replyTo: null, at: 0 });
  timeline.pend({ clientId: 'b', content: '둘', replyTo: null, at: 0 });
  const key = timeline.lines()[0]?.key;
  timeline.acknowledge('a', 2);
  assert.deepEqual(contents(timeline), ['…하나', '…둘'], 'what precedes it is not here yet');
  const own = createMessage(2, { userId: 'me', clientId: 'a', content: '하나' });
  timeline.merge([createMessage(1), own], 2);
  assert.deepEqual(contents(timeline), ['1', '하나', '…둘']);
  assert.equal(timeline.lines()[1]?.key, key);
  timeline.acknowledge('a', 2);
  timeline.acknowledge('b', 1);
  assert.deepEqual(contents(timeline), ['1', '하나']);
});

it('somebody else’s client id does not take one’s own line away, and a line on its way goes under no other name', () => {
  const timeline = createTimeline();
  timeline.identify(session('e'));
  timeline.pend({ clientId: 'a', content: '내 것', replyTo: null, at: 0 });
  timeline.merge([createMessage(1, { clientId: 'a' })], 1);
  assert.deepEqual(contents(timeline), ['1', '…내 것']);
  timeline.identify(session('e', 'you'));
  assert.deepEqual(contents(timeline), ['1']);
  assert.ok(timeline.lines().every((line) => line.kind === 'stored' && line.own));
});

it('a line that did not change stays the same object, and of two states of a message the later stays', () => {
  const timeline = createTimeline();
  timeline.identify(session('e'));
  timeline.history([createMessage(1), createMessage(2)], { epoch: 'e', seq: 2 }, null);
  const [first, second] = timeline.lines();
  timeline.merge([createMessage(2, { seq: 3, content: '고침' }), createMessage(4)], 4);
  assert.equal(timeline.lines()[0], first);
  const changed = timeline.lines()[1];
  assert.notEqual(changed, second);
  timeline.merge([createMessage(1), createMessage(2)], 4);
  assert.deepEqual(timeline.lines().slice(0, 2), [first, changed]);
  assert.equal(timeline.lines()[0], first);
  assert.equal(timeline.lines()[1], changed, 'an older state changes nothing');
});
