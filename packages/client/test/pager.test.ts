/** Promise: a page of older messages is taken only where it belongs: into the log that it was read from. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createPager } from '@chatty/client/pager';
import { createTimeline } from '@chatty/client/timeline';
import { createMessage, settle } from './room.js';

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
