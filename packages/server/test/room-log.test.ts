/** Promise: in whatever order changes arrive, late, lost or repeated, the room log releases them in order and shows the log as stored. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Message } from '@chatty/protocol';
import fc from 'fast-check';
import { type Change, RoomLog } from '../src/rooms/room-log.js';
import type { LogPage } from '../src/store/store.js';

type Step = { kind: 'create' } | { kind: 'edit' | 'delete'; which: number };

const message = (id: number, seq: number, content: string): Message => ({
  id,
  seq,
  userId: 'u',
  username: '민수',
  avatar: null,
  content,
  clientId: null,
  replyTo: null,
  created_at: '2026-01-01T00:00:00.000Z',
});

/** The log as the database has it: every change as it was committed, and the latest state of each message. */
function createLog(name = 'log') {
  const committed: Message[] = [];
  const latest = new Map<number, Message>();
  const rows = () => [...latest.values()].sort((a, b) => a.seq - b.seq);
  return {
    committed,
    get top() {
      return committed.length;
    },
    apply(step: Step, by = name): void {
      const seq = committed.length + 1;
      const ids = [...latest.keys()];
      const id = step.kind === 'create' || ids.length === 0 ? seq : (ids[step.which % ids.length] ?? seq);
      const created_at = latest.get(id)?.created_at ?? `${by} ${seq}`;
      const change: Message =
        step.kind === 'delete' && id !== seq
          ? { ...message(id, seq, ''), created_at, deleted_at: by }
          : {
              ...message(id, seq, `${step.kind} ${seq}`),
              created_at,
              ...(id !== seq && { edited_at: `${by} ${seq}` }),
            };
      committed.push(change);
      latest.set(id, change);
    },
    newestChanges(limit: number): LogPage {
      const all = rows();
      const page = all.slice(-limit);
      const prev = page.length < limit ? 0 : (page[0]?.seq ?? 1) - 1;
      return { epoch: 'e', prev, seq: committed.length, head: committed.length, messages: page };
    },
    changedAfter(prev: number, limit: number): LogPage {
      const found = rows().filter(({ seq }) => seq > prev);
      const page = found.slice(0, limit);
      const seq = page.length < found.length ? (page.at(-1)?.seq ?? prev) : committed.length;
      return { epoch: 'e', prev, seq, head: committed.length, messages: page };
    },
    messages: () => [...latest.values()].sort((a, b) => a.id - b.id),
    rows,
  };
}

const create = fc.constant<Step>({ kind: 'create' });
const change = fc
  .tuple(fc.constantFrom('edit' as const, 'delete' as const), fc.nat({ max: 200 }))
  .map(([kind, which]): Step => ({ kind, which }));
const steps = (most: number) =>
  fc.array(fc.oneof({ weight: 3, arbitrary: create }, { weight: 2, arbitrary: change }), { maxLength: most });

/** What somebody shows who has been told these changes. */
function show(lines: Map<number, Message>, changes: readonly Change[]): void {
  for (const { message: each, created } of changes) {
    assert.equal(lines.has(each.id), !created, `message ${each.id} is new to whom it is told as new`);
    lines.set(each.id, each);
  }
}

function checkAgainst(roomLog: RoomLog, log: ReturnType<typeof createLog>, size: number): void {
  const all = log.messages();
  const newest = roomLog.newestMessages(size / 2);
  assert.deepEqual(newest, all.slice(all.length - newest.length), 'the newest are the newest, without a gap');
  for (let seq = 0; seq <= log.top; seq += 1) {
    const stretch = roomLog.after(seq, 4);
    if (stretch === null) continue;
    const page = log.changedAfter(seq, 4);
    assert.deepEqual([stretch.seq, stretch.messages], [page.seq, page.messages], `after ${seq}`);
  }
  for (let before = 1; before <= log.top + 1; before += 1) {
    const found = roomLog.before(before, 3);
    if (found !== null) assert.deepEqual(found, all.filter(({ id }) => id < before).slice(-3));
  }
}

const size = 10;

it('late, repeated and lost changes are released once, in order, and the memory equals the log', () => {
  fc.assert(
    fc.property(
      steps(30),
      steps(40),
      fc.infiniteStream(fc.nat({ max: 9 })),
      fc.integer({ min: 1, max: 6 }),
      fc.boolean(),
      (history, live, chance, pageSize, enough) => {
        const log = createLog();
        for (const step of history) log.apply(step);
        const page = log.newestChanges(size);
        const shown = page.messages.filter(({ id }) => id > page.prev).sort((a, b) => a.id - b.id);
        const [first] = shown;
        const start = first?.id ?? page.prev + 1;
        // A page that shows as many messages as are asked for needs no older ones.
        const alone = page.prev === 0 || (enough && shown.length >= size / 2);
        const older = alone ? [] : log.messages().filter(({ id }) => id < start);
        const roomLog = new RoomLog({
          page,
          older: older.slice(-size),
          maxEntries: size,
          maxBytes: 1_000_000,
        });
        const lines = new Map(log.messages().map((each) => [each.id, each]));
        for (const step of live) log.apply(step);
        // Each change may come late, twice, or never.
        const arrivals = log.committed
          .slice(page.seq)
          .flatMap((change) =>
            Array<Message>([0, 1, 1, 1, 1, 1, 2][chance.next().value % 7] ?? 1).fill(change),
          );
        for (let index = arrivals.length - 1; index > 0; index -= 1) {
          if (chance.next().value < 6) continue;
          const other = Math.max(0, index - (chance.next().value % 4));
          [arrivals[index], arrivals[other]] = [arrivals[other] as Message, arrivals[index] as Message];
        }
        let top = roomLog.head;
        for (const change of arrivals) {
          const released = roomLog.append(change);
          show(lines, released);
          for (const each of released) {
            top += 1;
            assert.equal(each.message.seq, top, 'no number is passed over');
          }
        }
        roomLog.raiseKnownHead(log.top);
        while (roomLog.hasGap) show(lines, roomLog.backfill(log.changedAfter(roomLog.head, pageSize)));
        assert.equal(roomLog.head, log.top);
        assert.deepEqual(
          [...lines.values()].sort((a, b) => a.id - b.id),
          log.messages(),
        );
        checkAgainst(roomLog, log, size);
      },
    ),
    { numRuns: 400 },
  );
});

it('memory is bounded in messages and in bytes', () => {
  const log = createLog();
  const roomLog = new RoomLog({ page: log.newestChanges(size), maxEntries: size, maxBytes: 20_000 });
  for (let index = 0; index < 500; index += 1) {
    log.apply({ kind: 'create' });
    roomLog.append({ ...message(index + 1, index + 1, index < 250 ? '짧은 말' : '긴 말'.repeat(1_000)) });
  }
  assert.ok(roomLog.newestMessages(1_000).length <= size);
  assert.equal(roomLog.after(470, 100), null, 'long messages leave sooner');
  assert.equal(roomLog.after(500, 100)?.messages.length, 0);
  assert.equal(roomLog.after(501, 100), null, 'a position above the top is of another log');
});

it('a recently edited old message is not treated as adjacent to the latest', () => {
  const log = createLog();
  for (let id = 1; id <= 20; id += 1) log.apply({ kind: 'create' });
  log.apply({ kind: 'edit', which: 2 });
  for (let id = 22; id <= 30; id += 1) log.apply({ kind: 'create' });
  const roomLog = new RoomLog({ page: log.newestChanges(size), maxEntries: size, maxBytes: 1_000_000 });
  checkAgainst(roomLog, log, size);
  assert.equal(roomLog.before(31, 10), null);
  assert.equal(roomLog.before(31, 9)?.[0]?.id, 22);
});

it('a change of this log is recognised, a change of a forked log is not, and a page shows whether the log continues', () => {
  fc.assert(
    fc.property(steps(40), steps(12), steps(12), fc.nat({ max: 3 }), (common, lost, other, pageSize) => {
      const [mine, theirs] = [createLog('mine'), createLog('theirs')];
      for (const step of common) for (const log of [mine, theirs]) log.apply(step, 'common');
      const fork = mine.top;
      const roomLog = new RoomLog({ page: mine.newestChanges(size), maxEntries: size, maxBytes: 1_000_000 });
      for (const step of lost) mine.apply(step);
      for (const change of mine.committed.slice(fork)) roomLog.append(change);
      for (const step of other) theirs.apply(step);
      const memory = mine.newestChanges(size).prev;
      const stands = (change: Message) => mine.rows().some(({ seq }) => seq === change.seq);
      const changed = (change: Message) =>
        mine
          .rows()
          .some(
            ({ id, seq, created_at }) =>
              seq > change.seq && id === change.id && created_at === change.created_at,
          );
      for (const change of mine.committed) {
        assert.notEqual(roomLog.contains(change), false, 'one of this log');
        if (change.seq > memory) assert.equal(roomLog.contains(change), stands(change) ? true : null);
      }
      for (const change of theirs.committed.slice(fork, mine.top)) {
        assert.notEqual(roomLog.contains(change), true, 'one of another log');
        const hidden = !stands(change) && changed(change);
        if (change.seq > memory) assert.equal(roomLog.contains(change), hidden ? null : false);
      }
      const prev = Math.max(0, roomLog.head - 1);
      assert.equal(roomLog.isContinuation(mine.changedAfter(prev, 500), roomLog.lastChange), true);
      mine.apply({ kind: 'create' });
      assert.equal(roomLog.isContinuation(mine.changedAfter(prev, 500), roomLog.lastChange), true);
      // A page that was cut may not show enough to say so.
      assert.equal(roomLog.isContinuation(mine.changedAfter(prev, pageSize + 1), roomLog.lastChange), true);
      // Published while the page was on its way.
      const [page, last] = [mine.changedAfter(prev, 500), roomLog.lastChange];
      for (const change of mine.changedAfter(roomLog.head, 500).messages) roomLog.append(change);
      mine.apply({ kind: 'create' });
      for (const change of mine.changedAfter(roomLog.head, 500).messages) roomLog.append(change);
      assert.equal(roomLog.isContinuation(page, last), true);
      if (lost.length > 0 && theirs.rows().some(({ seq }) => seq === roomLog.head))
        assert.equal(roomLog.isContinuation(theirs.changedAfter(prev, 500), roomLog.lastChange), false);
    }),
    { numRuns: 400 },
  );
});
