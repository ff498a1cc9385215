/** Promise: what is given out to be shown is the log up to some position, nothing after a hole, in any order of arrival. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { ChangeFrame, Message } from '@chatty/protocol';
import { MAX_SYNC_PAGE_SIZE } from '@chatty/protocol';
import fc from 'fast-check';
import { LogCursor } from '../src/log-cursor.js';
import { createModelRoom, type ModelRoom } from './support/room.js';

/** The room as a plain map of what was given out. */
function merge(shown: Map<number, Message>, messages: readonly Message[]): void {
  for (const message of messages) {
    if ((shown.get(message.id)?.seq ?? 0) < message.seq) shown.set(message.id, message);
  }
}

const byId = (shown: Map<number, Message>) => [...shown.values()].sort((a, b) => a.id - b.id);

/** A log told frame by frame, and what the room looked like at the end of each. */
function tell(room: ModelRoom, changes: readonly number[]) {
  const frames: ChangeFrame[] = [];
  const states = new Map<number, Message[]>([[0, []]]);
  for (const change of changes) {
    const before = room.position;
    const ids = room.allMessages().map(({ id }) => id);
    const id = ids.at(change % Math.max(1, ids.length));
    if (id === undefined || change % 3 > 0) room.post();
    else room.edit(id, `edit ${before.seq}`);
    if (change % 5 === 0) room.post();
    const frame = room.changesAfter(before);
    if (frame && frame.seq > before.seq) frames.push(frame);
    states.set(room.position.seq, room.allMessages());
  }
  return { frames, states };
}

it('with frames reordered, duplicated or lost, the displayed state matches the room at some position, and sync delivers the rest', () => {
  const order = fc.array(fc.nat(1_000), { maxLength: 60 });
  fc.assert(
    fc.property(
      fc.array(fc.nat(1_000), { minLength: 1, maxLength: 25 }),
      order,
      fc.boolean(),
      (changes, picks, drop) => {
        const room = createModelRoom();
        const { frames, states } = tell(room, changes);
        const cursor = new LogCursor();
        const shown = new Map<number, Message>();
        merge(shown, cursor.reset({ epoch: room.position.epoch, seq: 0 }));
        for (const pick of picks) {
          const frame = frames[pick % Math.max(1, frames.length)];
          if (frame && !(drop && pick % 7 === 0)) merge(shown, cursor.receive(frame));
          assert.deepEqual(byId(shown), states.get(cursor.releasedSeq), 'the room as of the position');
        }
        cursor.setHead(room.position);
        while (cursor.behind && cursor.position) {
          const answer = room.changesAfter(cursor.position, 4);
          assert.ok(answer);
          merge(shown, cursor.receive(answer, room.position.seq));
          assert.ok(states.has(cursor.releasedSeq));
        }
        assert.deepEqual(byId(shown), room.allMessages());
        assert.deepEqual(cursor.position, room.position);
      },
    ),
    { includeErrorInReport: true, numRuns: 300 },
  );
});

it('at the start of a connection, a page-sized frame is not released before the following position is known', () => {
  const room = createModelRoom();
  for (let each = 0; each < MAX_SYNC_PAGE_SIZE + 20; each += 1) room.post();
  room.edit(7, 'later');
  const cursor = new LogCursor();
  const { epoch } = room.position;
  cursor.reset({ epoch, seq: 0 });
  cursor.onDisconnect();
  const page = room.changesAfter({ epoch, seq: 0 });
  assert.ok(page && !page.messages.some(({ id }) => id === 7));
  assert.deepEqual(cursor.receive(page), []);
  assert.equal(cursor.behind, true);
  const rest = room.changesAfter(cursor.position ?? room.position);
  assert.ok(rest);
  assert.equal(cursor.receive(rest, rest.seq).length, page.messages.length + rest.messages.length);
  assert.equal(cursor.behind, false);
  const { position } = room;
  for (let each = 0; each < MAX_SYNC_PAGE_SIZE; each += 1) room.post();
  const live = room.changesAfter(position);
  assert.ok(live);
  assert.equal(cursor.receive(live).length, MAX_SYNC_PAGE_SIZE, 'a live frame is whole, however large');
});

it('in-order changes survive a reconnect, out-of-order changes do not', () => {
  const room = createModelRoom();
  const cursor = new LogCursor();
  cursor.reset(room.position);
  cursor.onDisconnect();
  for (let each = 0; each < MAX_SYNC_PAGE_SIZE * 2; each += 1) room.post();
  const page = room.changesAfter({ ...room.position, seq: 0 });
  assert.ok(page);
  cursor.receive(page);
  cursor.receive({ ...page, prev: 500, seq: 501 });
  cursor.onDisconnect();
  assert.deepEqual([cursor.position?.seq, cursor.releasedSeq], [MAX_SYNC_PAGE_SIZE, 0]);
  const rest = room.changesAfter(cursor.position ?? room.position);
  assert.ok(rest);
  assert.equal(cursor.receive(rest, rest.seq).length, MAX_SYNC_PAGE_SIZE * 2);
});

it('a frame or head from another epoch triggers a sync', () => {
  const cursor = new LogCursor();
  cursor.reset({ epoch: 'a', seq: 5 });
  assert.deepEqual(cursor.receive({ epoch: 'b', prev: 5, seq: 6, messages: [] }), []);
  assert.equal(cursor.behind, true);
  cursor.receive({ epoch: 'a', prev: 5, seq: 5, messages: [] }, 5);
  assert.equal(cursor.behind, false);
  cursor.setHead({ epoch: 'b', seq: 1 });
  assert.equal(cursor.behind, true);
  cursor.reset({ epoch: 'b', seq: 1 });
  assert.deepEqual([cursor.behind, cursor.position], [false, { epoch: 'b', seq: 1 }]);
});
