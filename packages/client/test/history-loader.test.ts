/** Promise: a page of older messages is taken only where it belongs: into the log that it was read from. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createPager } from '@chatty/client/history-loader';
import { createTimeline, type Page } from '@chatty/client/timeline';
import { createMessage, createRoom, settle } from './support/room.js';

const messages = (from: number, to: number, content: string) =>
  Array.from({ length: to - from + 1 }, (_, index) =>
    createMessage(from + index, { content, seq: from + index + (content === 'new' ? 1_000 : 0) }),
  );

/** A timeline at the end of the log `old`, and a server whose answers are given by hand. */
function world() {
  const timeline = createTimeline();
  let give: (answer: unknown) => void = () => undefined;
  let asked = 0;
  const pager = createPager({
    timeline,
    ask: () => {
      asked += 1;
      return new Promise((resolve) => {
        give = resolve as typeof give;
      });
    },
    changed: () => undefined,
  });
  const begin = (epoch: string, known: number | null = null) =>
    timeline.history(messages(71, 120, epoch), { epoch, seq: 120 }, known);
  begin('old');
  async function answer(epoch: string, from = 1, to = 70) {
    give({ ok: true, epoch, messages: messages(from, to, epoch), more: false });
    await settle();
  }
  const shown = () =>
    timeline.lines().map((line) => (line.kind === 'stored' ? line.message.content : line.kind));
  return { timeline, pager, begin, answer, shown, asked: () => asked };
}

it('a page of the log that was replaced is dropped, and asked for again from the new one', async () => {
  const { pager, begin, answer, shown, asked } = world();
  const loading = pager.load('older');
  begin('new');
  await answer('old');
  await loading;
  assert.deepEqual(shown(), Array(50).fill('new'));
  void pager.load('older');
  await answer('new');
  assert.deepEqual([shown(), asked()], [Array(120).fill('new'), 2]);
});

it('a page of a log that this client has not been told of yet is dropped', async () => {
  const { timeline, pager, begin, answer, shown } = world();
  const loading = pager.load('older');
  await answer('new');
  await loading;
  assert.deepEqual([shown(), timeline.more], [Array(50).fill('old'), true]);
  begin('new');
  void pager.load('older');
  await answer('new');
  assert.deepEqual(shown(), Array(120).fill('new'));
});

it('held lines are not refreshed with those of another log', async () => {
  const { timeline, pager, answer, shown, begin } = world();
  timeline.history(messages(121, 170, 'old'), { epoch: 'old', seq: 200 }, 120);
  const refreshing = pager.refresh();
  await answer('new', 21, 120);
  await refreshing;
  assert.ok(shown().every((content) => content !== 'new'));
  begin('new');
  assert.equal(timeline.stale(), null);
});

it('a page arrives whole, by as many answers as it takes, whichever end of the window it is for', async () => {
  const room = createRoom(Number.POSITIVE_INFINITY, 7);
  const post = (count: number) => {
    for (let each = 0; each < count; each += 1) room.post();
  };
  post(200);
  const timeline = createTimeline();
  timeline.history(room.newest(), room.position, null);
  let asked = 0;
  const pager = createPager({
    timeline,
    ask: async (_name, payload) => {
      asked += 1;
      const { before, limit = 50 } = payload as { before: number; limit?: number };
      return { ok: true, ...room.before(before, limit) } as never;
    },
    changed: () => undefined,
  });
  const ids = () => timeline.lines().map((line) => (line.kind === 'stored' ? line.message.id : line.kind));
  const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at);
  const load = async (page: Page) => {
    asked = 0;
    await pager.load(page);
    return asked;
  };
  assert.deepEqual([ids(), timeline.more], [numbers(194, 200), true]);
  assert.equal(await load('older'), 8);
  assert.deepEqual(ids(), numbers(144, 200));

  const known = room.position.seq;
  post(100);
  timeline.history(room.newest(), room.position, known);
  assert.deepEqual(ids(), [...numbers(144, 200), 'gap', ...numbers(294, 300)]);
  await load('gap');
  assert.deepEqual(ids(), [...numbers(144, 200), 'gap', ...numbers(244, 300)]);
  await load('gap');
  assert.deepEqual(ids(), numbers(144, 300));

  await pager.visit(60);
  assert.deepEqual(ids(), numbers(35, 84));
  await load('newer');
  assert.deepEqual(ids(), numbers(35, 134));
  await load('older');
  assert.deepEqual([ids(), timeline.more], [numbers(1, 134), false]);
});

it('a page of which a part was refused is not taken, and comes when it is asked for again', async () => {
  const room = createRoom(Number.POSITIVE_INFINITY, 20);
  for (let each = 0; each < 100; each += 1) room.post();
  const timeline = createTimeline();
  timeline.history(room.newest(), room.position, null);
  let refused = 2;
  const pager = createPager({
    timeline,
    ask: async (_name, payload) => {
      const { before, limit = 50 } = payload as { before: number; limit?: number };
      refused -= 1;
      if (refused === 0) return { ok: false, code: 'rate_limited', message: '', retry: 'later' } as never;
      return { ok: true, ...room.before(before, limit) } as never;
    },
    changed: () => undefined,
  });
  await pager.load('older');
  assert.equal(timeline.lines().length, 20);
  await pager.load('older');
  assert.equal(timeline.lines().length, 70);
});
