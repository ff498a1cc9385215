/** What the stories of the timeline stand on: one that follows a room, and the room to compare it with. */

import assert from 'node:assert/strict';
import { createTimeline, PAGE_SIZE, type PageKind, type Timeline } from '../../src/timeline.js';
import { createSession, type ModelRoom } from './room.js';

export const WINDOW_LIMIT = 250;
export const MESSAGES_KEPT_AFTER_OUTAGE = 100;

export const storedMessagesOf = (timeline: Timeline) =>
  timeline.items().flatMap((line) => (line.kind === 'stored' ? [line.message] : []));
/** A timeline that follows a room, except while it is told to miss what happens; `read` says where its reader is. */
export function createTimelineFollower(room: ModelRoom) {
  const timeline = createTimeline(WINDOW_LIMIT, MESSAGES_KEPT_AFTER_OUTAGE);
  let place = 0;
  timeline.trackReadPosition(() => place);
  timeline.setSession(createSession(room.position.epoch));
  let known = room.position;
  timeline.applyHistory(room.latestMessages(), known, null);
  return {
    timeline,
    setReadPosition(id: number) {
      place = id;
    },
    /** Hears of everything since it last heard. */
    receiveChanges() {
      const frame = room.changesAfter(known, Number.POSITIVE_INFINITY);
      if (!frame) return;
      known = room.position;
      timeline.applyChanges(frame.messages, known.seq);
    },
    /** Gets the newest page in place of what it missed, and refreshes what it held. */
    rejoin() {
      const same = known.epoch === room.position.epoch;
      timeline.applyHistory(room.latestMessages(), room.position, same ? known.seq : null);
      known = room.position;
      for (let before = timeline.staleBefore(); before !== null; before = timeline.staleBefore())
        timeline.replaceStale(room.messagesBefore(before, PAGE_SIZE).messages);
    },
    loadPage(kind: PageKind): boolean {
      const before = timeline.beforeId(kind);
      if (before === null) return false;
      const { messages, more } = room.messagesBefore(before, PAGE_SIZE);
      timeline.addPage(kind, before, messages, more);
      return true;
    },
  };
}

export function assertTimelineMatchesRoom(timeline: Timeline, room: ModelRoom): void {
  const all = room.allMessages();
  let expected = -1;
  for (const line of timeline.items()) {
    if (line.kind === 'gap') expected = -1;
    if (line.kind !== 'stored') continue;
    if (expected === -1) expected = all.findIndex(({ id }) => id === line.message.id);
    assert.deepEqual(line.message, all[expected]);
    expected += 1;
  }
  if (timeline.atLatest)
    assert.equal(timeline.lastId, all.at(-1)?.id ?? 0, 'the window reaches the live end');
  const [first] = storedMessagesOf(timeline);
  assert.equal(timeline.hasOlder, first !== undefined && first.id > (all[0]?.id ?? 0), 'more');
  assert.ok(storedMessagesOf(timeline).length <= WINDOW_LIMIT, 'the window is bounded');
}
