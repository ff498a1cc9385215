/** Decides when pages of older messages are asked for: one at a time of each kind, for scrolling and to refresh what is held. */

import type { HistoryAnswer } from '@chatty/protocol';
import type { SendRequest } from './socketio-client.js';
import { PAGE_SIZE, type PageKind, type Timeline } from './timeline.js';

export type HistoryLoader = {
  /** Resolves when the page is there, or did not come: scrolling again asks again. */
  loadPage(fetchAndApply: PageKind): Promise<void>;
  /** Brings the page around a message, unless it is among the lines. */
  loadAround(id: number): Promise<void>;
  /** Fetches anew what was held while changes to it could not be heard. To be called when live. */
  refreshStale(): Promise<void>;
};

export function createHistoryLoader(options: {
  timeline: Timeline;
  request: SendRequest;
  onChange: () => void;
}): HistoryLoader {
  const { timeline, request, onChange } = options;
  const running = new Map<string, Promise<void>>();
  let refreshing = false;

  /** One page, by as many questions as it takes: of long messages an answer holds fewer than are asked for. */
  async function fetchPage(beforeId: number): Promise<HistoryAnswer> {
    const answer = await request('history', { before: beforeId, limit: PAGE_SIZE });
    while (answer.ok && answer.more && answer.messages.length < PAGE_SIZE) {
      const [first] = answer.messages;
      if (!first) break;
      const next = await request('history', { before: first.id, limit: PAGE_SIZE - answer.messages.length });
      if (!next.ok) return next;
      // The rest is of another log: then it is none of this page, whichever of them the timeline shows by now.
      if (next.epoch !== answer.epoch) throw new Error('the log was replaced');
      answer.messages = [...next.messages, ...answer.messages];
      answer.more = next.more;
    }
    return answer;
  }

  async function fetchAndApply(beforeId: number, apply: (answer: HistoryAnswer) => void): Promise<boolean> {
    timeline.trackPageRequest(1);
    // A rejection says that there is no connection, or no such log any more; a page of another log is none of these lines.
    const answer = await fetchPage(beforeId).then(
      (received) => (received.ok && received.epoch !== timeline.epoch ? null : received),
      () => null,
    );
    if (answer) apply(answer);
    timeline.trackPageRequest(-1);
    if (answer) onChange();
    return answer?.ok ?? false;
  }

  function runOnce(name: string, task: () => Promise<void>): Promise<void> {
    const promise = running.get(name) ?? task().finally(() => running.delete(name));
    running.set(name, promise);
    return promise;
  }

  async function loadPage(kind: PageKind): Promise<void> {
    const beforeId = timeline.beforeId(kind);
    if (beforeId === null) return;
    const last = timeline.lastId;
    const loaded = await fetchAndApply(beforeId, (answer) => {
      if (answer.ok) timeline.addPage(kind, beforeId, answer.messages, answer.more);
    });
    // Nothing but edits may lie between two ids.
    if (loaded && kind === 'newer' && timeline.lastId === last) await loadPage(kind);
  }

  async function loadAround(id: number): Promise<void> {
    if (timeline.items().some((line) => line.kind === 'stored' && line.message.id === id)) return;
    const beforeId = id + PAGE_SIZE / 2;
    await fetchAndApply(beforeId, (answer) => {
      if (answer.ok) timeline.showPageAround(beforeId, answer.messages, answer.more);
    });
  }

  async function refreshStale(): Promise<void> {
    // Not a promise, which would still stand for a moment after the last look at what is stale.
    if (refreshing) return;
    refreshing = true;
    let answered = true;
    for (
      let beforeId = timeline.staleBefore();
      answered && beforeId !== null;
      beforeId = timeline.staleBefore()
    ) {
      answered = false;
      await fetchAndApply(beforeId, (answer) => {
        answered = true;
        timeline.replaceStale(answer.ok ? answer.messages : null);
      });
    }
    refreshing = false;
  }

  return {
    loadPage: (kind) => runOnce(kind, () => loadPage(kind)),
    loadAround: (id) => runOnce(`visit ${id}`, () => loadAround(id)),
    refreshStale,
  };
}
