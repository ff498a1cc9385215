/** Promise: what is given out to be shown is the log up to some position, nothing after a hole, in any order of arrival. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createCursor } from '@chatty/client/log-cursor';
import type { Frame, Message } from '@chatty/protocol/events';
import { SYNC_PAGE_SIZE } from '@chatty/protocol/sizes';
import fc from 'fast-check';
import { createRoom, type Room } from './support/room.js';

/** The room as a plain map of what was given out. */
function merge(shown: Map<number, Message>, messages: readonly Message[]): void {
  for (const message of messages) {
    if ((shown.get(message.id)?.seq ?? 0) < message.seq) shown.set(message.id, message);
  }
}

const byId = (shown: Map<number, Message>) => [...shown.values()].sort((a, b) => a.id - b.id);

/** A log told frame by frame, and what the room looked like at the end of each. */
function tell(room: Room, changes: readonly number[]) {
  const frames: Frame[] = [];
  const states = new Map<number, Message[]>([[0, []]]);
  for (const change of changes) {
    const before = room.position;
    const ids = room.all().map(({ id }) => id);
    const id = ids.at(change % Math.max(1, ids.length));
    if (id === undefined || change % 3 > 0) room.post();
    else room.edit(id, `edit ${before.seq}`);
    if (change % 5 === 0) room.post();
    const frame = room.after(before);
    if (frame && frame.seq > before.seq) frames.push(frame);
    states.set(room.position.seq, room.all());
  }
  return { frames, states };
}

it('frames in any order, some twice, some never: what is shown is the room at a position, and sync brings the rest', () => {
  const order = fc.array(fc.nat(1_000), { maxLength: 60 });
  fc.assert(
    fc.property(
      fc.array(fc.nat(1_000), { minLength: 1, maxLength: 25 }),
      order,
      fc.boolean(),
      (changes, picks, drop) => {
        const room = createRoom();
        const { frames, states } = tell(room, changes);
        const cursor = createCursor();
        const shown = new Map<number, Message>();
        merge(shown, cursor.reset({ epoch: room.position.epoch, seq: 0 }));
        for (const pick of picks) {
          const frame = frames[pick % Math.max(1, frames.length)];
          if (frame && !(drop && pick % 7 === 0)) merge(shown, cursor.take(frame));
          assert.deepEqual(byId(shown), states.get(cursor.shown), 'the room as of the position');
        }
        cursor.note(room.position);
        while (cursor.behind && cursor.position) {
          const answer = room.after(cursor.position, 4);
          assert.ok(answer);
          merge(shown, cursor.take(answer, room.position.seq));
          assert.ok(states.has(cursor.shown));
        }
        assert.deepEqual(byId(shown), room.all());
        assert.deepEqual(cursor.position, room.position);
      },
    ),
    { includeErrorInReport: true, numRuns: 300 },
  );
});

it('at the beginning of a connection a frame as large as a page is not shown before it is known what follows', () => {
  const room = createRoom();
  for (let each = 0; each < SYNC_PAGE_SIZE + 20; each += 1) room.post();
  room.edit(7, 'later');
  const cursor = createCursor();
  const { epoch } = room.position;
  cursor.reset({ epoch, seq: 0 });
  cursor.pause();
  const page = room.after({ epoch, seq: 0 });
  assert.ok(page && !page.messages.some(({ id }) => id === 7));
  assert.deepEqual(cursor.take(page), []);
  assert.equal(cursor.behind, true);
  const rest = room.after(cursor.position ?? room.position);
  assert.ok(rest);
  assert.equal(cursor.take(rest, rest.seq).length, page.messages.length + rest.messages.length);
  assert.equal(cursor.behind, false);
  const { position } = room;
  for (let each = 0; each < SYNC_PAGE_SIZE; each += 1) room.post();
  const live = room.after(position);
  assert.ok(live);
  assert.equal(cursor.take(live).length, SYNC_PAGE_SIZE, 'a live frame is whole, however large');
});

it('what came in turn outlives the connection, what came out of turn does not', () => {
  const room = createRoom();
  const cursor = createCursor();
  cursor.reset(room.position);
  cursor.pause();
  for (let each = 0; each < SYNC_PAGE_SIZE * 2; each += 1) room.post();
  const page = room.after({ ...room.position, seq: 0 });
  assert.ok(page);
  cursor.take(page);
  cursor.take({ ...page, prev: 500, seq: 501 });
  cursor.pause();
  assert.deepEqual([cursor.position?.seq, cursor.shown], [SYNC_PAGE_SIZE, 0]);
  const rest = room.after(cursor.position ?? room.position);
  assert.ok(rest);
  assert.equal(cursor.take(rest, rest.seq).length, SYNC_PAGE_SIZE * 2);
});

it('a frame or a head of another log asks for sync, which alone can say what it means', () => {
  const cursor = createCursor();
  cursor.reset({ epoch: 'a', seq: 5 });
  assert.deepEqual(cursor.take({ epoch: 'b', prev: 5, seq: 6, messages: [] }), []);
  assert.equal(cursor.behind, true);
  cursor.take({ epoch: 'a', prev: 5, seq: 5, messages: [] }, 5);
  assert.equal(cursor.behind, false);
  cursor.note({ epoch: 'b', seq: 1 });
  assert.equal(cursor.behind, true);
  cursor.reset({ epoch: 'b', seq: 1 });
  assert.deepEqual([cursor.behind, cursor.position], [false, { epoch: 'b', seq: 1 }]);
});
