/** Promise: a page of older messages is taken only where it belongs: into the log that it was read from. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createHistoryLoader } from '../src/history-loader.js';
import { createTimeline, type PageKind } from '../src/timeline.js';
import { createMessage, createModelRoom, flushMicrotasks } from './support/room.js';

const messages = (from: number, to: number, content: string) =>
  Array.from({ length: to - from + 1 }, (_, index) =>
    createMessage(from + index, { content, seq: from + index + (content === 'new' ? 1_000 : 0) }),
  );

/** A timeline at the end of the log `old`, and a server whose answers are given by hand. */
function world() {
  const timeline = createTimeline();
  let give: (answer: unknown) => void = () => undefined;
  let asked = 0;
  const pager = createHistoryLoader({
    timeline,
    request: () => {
      asked += 1;
      return new Promise((resolve) => {
        give = resolve as typeof give;
      });
    },
    onChange: () => undefined,
  });
  const begin = (epoch: string, known: number | null = null) =>
    timeline.applyHistory(messages(71, 120, epoch), { epoch, seq: 120 }, known);
  begin('old');
  async function answer(epoch: string, from = 1, to = 70) {
    give({ ok: true, epoch, messages: messages(from, to, epoch), more: false });
    await flushMicrotasks();
  }
  const shown = () =>
    timeline.items().map((line) => (line.kind === 'stored' ? line.message.content : line.kind));
  return { timeline, pager, begin, answer, shown, asked: () => asked };
}

it('a page from a replaced log is dropped and requested again from the new log', async () => {
  const { pager, begin, answer, shown, asked } = world();
  const loading = pager.loadPage('older');
  begin('new');
  await answer('old');
  await loading;
  assert.deepEqual(shown(), Array(50).fill('new'));
  void pager.loadPage('older');
  await answer('new');
  assert.deepEqual([shown(), asked()], [Array(120).fill('new'), 2]);
});

it('a page from a log that the client does not know yet is dropped', async () => {
  const { timeline, pager, begin, answer, shown } = world();
  const loading = pager.loadPage('older');
  await answer('new');
  await loading;
  assert.deepEqual([shown(), timeline.hasOlder], [Array(50).fill('old'), true]);
  begin('new');
  void pager.loadPage('older');
  await answer('new');
  assert.deepEqual(shown(), Array(120).fill('new'));
});

it('loaded messages are not refreshed with messages of another log', async () => {
  const { timeline, pager, answer, shown, begin } = world();
  timeline.applyHistory(messages(121, 170, 'old'), { epoch: 'old', seq: 200 }, 120);
  const refreshing = pager.refreshStale();
  await answer('new', 21, 120);
  await refreshing;
  assert.ok(shown().every((content) => content !== 'new'));
  begin('new');
  assert.equal(timeline.staleBefore(), null);
});

it('a page is loaded completely, in as many answers as needed, at either end of the window', async () => {
  const room = createModelRoom(Number.POSITIVE_INFINITY, 7);
  const post = (count: number) => {
    for (let each = 0; each < count; each += 1) room.post();
  };
  post(200);
  const timeline = createTimeline();
  timeline.applyHistory(room.latestMessages(), room.position, null);
  let asked = 0;
  const pager = createHistoryLoader({
    timeline,
    request: async (_name, payload) => {
      asked += 1;
      const { before, limit = 50 } = payload as { before: number; limit?: number };
      return { ok: true, ...room.messagesBefore(before, limit) } as never;
    },
    onChange: () => undefined,
  });
  const ids = () => timeline.items().map((line) => (line.kind === 'stored' ? line.message.id : line.kind));
  const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at);
  const load = async (page: PageKind) => {
    asked = 0;
    await pager.loadPage(page);
    return asked;
  };
  assert.deepEqual([ids(), timeline.hasOlder], [numbers(194, 200), true]);
  assert.equal(await load('older'), 8);
  assert.deepEqual(ids(), numbers(144, 200));

  const known = room.position.seq;
  post(100);
  timeline.applyHistory(room.latestMessages(), room.position, known);
  assert.deepEqual(ids(), [...numbers(144, 200), 'gap', ...numbers(294, 300)]);
  await load('gap');
  assert.deepEqual(ids(), [...numbers(144, 200), 'gap', ...numbers(244, 300)]);
  await load('gap');
  assert.deepEqual(ids(), numbers(144, 300));

  await pager.loadAround(60);
  assert.deepEqual(ids(), numbers(35, 84));
  await load('newer');
  assert.deepEqual(ids(), numbers(35, 134));
  await load('older');
  assert.deepEqual([ids(), timeline.hasOlder], [numbers(1, 134), false]);
});

it('a partly refused page is not applied, and loads on the next request', async () => {
  const room = createModelRoom(Number.POSITIVE_INFINITY, 20);
  for (let each = 0; each < 100; each += 1) room.post();
  const timeline = createTimeline();
  timeline.applyHistory(room.latestMessages(), room.position, null);
  let refused = 2;
  const pager = createHistoryLoader({
    timeline,
    request: async (_name, payload) => {
      const { before, limit = 50 } = payload as { before: number; limit?: number };
      refused -= 1;
      if (refused === 0) return { ok: false, code: 'rate_limited', message: '', retry: 'later' } as never;
      return { ok: true, ...room.messagesBefore(before, limit) } as never;
    },
    onChange: () => undefined,
  });
  await pager.loadPage('older');
  assert.equal(timeline.items().length, 20);
  await pager.loadPage('older');
  assert.equal(timeline.items().length, 70);
});
