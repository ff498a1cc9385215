/** What the stories of the timeline stand on: one that follows a room, and the room to compare it with. */

import assert from 'node:assert/strict';
import { createTimeline, PAGE, type Page, type Timeline } from '@chatty/client/timeline';
import { type Room, session } from './room.js';

export const LIMIT = 250;
export const KEPT = 100;

export const storedOf = (timeline: Timeline) =>
  timeline.lines().flatMap((line) => (line.kind === 'stored' ? [line.message] : []));
/** A timeline that follows a room, except while it is told to miss what happens; `read` says where its reader is. */
export function follow(room: Room) {
  const timeline = createTimeline(LIMIT, KEPT);
  let place = 0;
  timeline.hold(() => place);
  timeline.identify(session(room.position.epoch));
  let known = room.position;
  timeline.history(room.newest(), known, null);
  return {
    timeline,
    read(id: number) {
      place = id;
    },
    /** Hears of everything since it last heard. */
    hear() {
      const frame = room.after(known, Number.POSITIVE_INFINITY);
      if (!frame) return;
      known = room.position;
      timeline.merge(frame.messages, known.seq);
    },
    /** Gets the newest page in place of what it missed, and refreshes what it held. */
    rejoin() {
      const same = known.epoch === room.position.epoch;
      timeline.history(room.newest(), room.position, same ? known.seq : null);
      known = room.position;
      for (let before = timeline.stale(); before !== null; before = timeline.stale())
        timeline.refresh(room.before(before, PAGE).messages);
    },
    page(kind: Page): boolean {
      const before = timeline.before(kind);
      if (before === null) return false;
      const { messages, more } = room.before(before, PAGE);
      timeline.take(kind, before, messages, more);
      return true;
    },
  };
}

export function assertTrue(timeline: Timeline, room: Room): void {
  const all = room.all();
  let expected = -1;
  for (const line of timeline.lines()) {
    if (line.kind === 'gap') expected = -1;
    if (line.kind !== 'stored') continue;
    if (expected === -1) expected = all.findIndex(({ id }) => id === line.message.id);
    assert.deepEqual(line.message, all[expected]);
    expected += 1;
  }
  if (timeline.newest) assert.equal(timeline.last, all.at(-1)?.id ?? 0, 'the window reaches the live end');
  const [first] = storedOf(timeline);
  assert.equal(timeline.more, first !== undefined && first.id > (all[0]?.id ?? 0), 'more');
  assert.ok(storedOf(timeline).length <= LIMIT, 'the window is bounded');
}
