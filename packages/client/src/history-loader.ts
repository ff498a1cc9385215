/** Decides when pages of older messages are asked for: one at a time of each kind, for scrolling and to refresh what is held. */

import type { HistoryAnswer } from '@chatty/protocol/events';
import type { Ask } from './socketio-client.js';
import { PAGE, type Page, type Timeline } from './timeline.js';

export type Pager = {
  /** Resolves when the page is there, or did not come: scrolling again asks again. */
  load(page: Page): Promise<void>;
  /** Brings the page around a message, unless it is among the lines. */
  visit(id: number): Promise<void>;
  /** Fetches anew what was held while changes to it could not be heard. To be called when live. */
  refresh(): Promise<void>;
};

export function createPager(options: { timeline: Timeline; ask: Ask; changed: () => void }): Pager {
  const { timeline, ask, changed } = options;
  const running = new Map<string, Promise<void>>();
  let refreshing = false;

  /** One page, by as many questions as it takes: of long messages an answer holds fewer than are asked for. */
  async function read(before: number): Promise<HistoryAnswer> {
    const answer = await ask('history', { before, limit: PAGE });
    while (answer.ok && answer.more && answer.messages.length < PAGE) {
      const [first] = answer.messages;
      if (!first) break;
      const next = await ask('history', { before: first.id, limit: PAGE - answer.messages.length });
      if (!next.ok) return next;
      // The rest is of another log: then it is none of this page, whichever of them the timeline shows by now.
      if (next.epoch !== answer.epoch) throw new Error('the log was replaced');
      answer.messages = [...next.messages, ...answer.messages];
      answer.more = next.more;
    }
    return answer;
  }

  async function page(before: number, take: (answer: HistoryAnswer) => void): Promise<boolean> {
    timeline.asking(1);
    // A rejection says that there is no connection, or no such log any more; a page of another log is none of these lines.
    const answer = await read(before).then(
      (given) => (given.ok && given.epoch !== timeline.epoch ? null : given),
      () => null,
    );
    if (answer) take(answer);
    timeline.asking(-1);
    if (answer) changed();
    return answer?.ok ?? false;
  }

  function once(name: string, run: () => Promise<void>): Promise<void> {
    const promise = running.get(name) ?? run().finally(() => running.delete(name));
    running.set(name, promise);
    return promise;
  }

  async function load(kind: Page): Promise<void> {
    const before = timeline.before(kind);
    if (before === null) return;
    const last = timeline.last;
    const loaded = await page(before, (answer) => {
      if (answer.ok) timeline.take(kind, before, answer.messages, answer.more);
    });
    // Nothing but edits may lie between two ids.
    if (loaded && kind === 'newer' && timeline.last === last) await load(kind);
  }

  async function visit(id: number): Promise<void> {
    if (timeline.lines().some((line) => line.kind === 'stored' && line.message.id === id)) return;
    const before = id + PAGE / 2;
    await page(before, (answer) => {
      if (answer.ok) timeline.visit(before, answer.messages, answer.more);
    });
  }

  async function refresh(): Promise<void> {
    // Not a promise, which would still stand for a moment after the last look at what is stale.
    if (refreshing) return;
    refreshing = true;
    let answered = true;
    for (let before = timeline.stale(); answered && before !== null; before = timeline.stale()) {
      answered = false;
      await page(before, (answer) => {
        answered = true;
        timeline.refresh(answer.ok ? answer.messages : null);
      });
    }
    refreshing = false;
  }

  return {
    load: (kind) => once(kind, () => load(kind)),
    visit: (id) => once(`visit ${id}`, () => visit(id)),
    refresh,
  };
}
