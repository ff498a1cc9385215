/** Decides when pages of messages are requested: for scrolling and to refresh stale messages, one request of each kind at a time. */

import type { HistoryAnswer } from '@chatty/protocol';
import type { SendRequest } from './socketio-client.js';
import { PAGE_SIZE, type PageKind, type Timeline } from './timeline.js';

export type HistoryLoader = {
  /** Resolves when the page is loaded or failed to load: scrolling again requests it again. */
  loadPage(kind: PageKind): Promise<void>;
  /** Loads the page around a message, unless the message is loaded already. */
  loadAround(id: number): Promise<void>;
  /** Reloads messages that may have changed while the client was disconnected. Call it when live. */
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

  async function fetchAndApply(beforeId: number, apply: (answer: HistoryAnswer) => void): Promise<boolean> {
    timeline.trackPageRequest(1);
    // A rejection means that the connection was lost or the log replaced. A page of another log does not belong here.
    const answer = await fetchPage(request, beforeId).then(
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
    // Only edits may lie between two ids, so a page can be empty.
    if (loaded && kind === 'newer' && timeline.lastId === last) await loadPage(kind);
  }

  async function loadAround(id: number): Promise<void> {
    if (timeline.items().some((item) => item.kind === 'stored' && item.message.id === id)) return;
    const beforeId = id + PAGE_SIZE / 2;
    await fetchAndApply(beforeId, (answer) => {
      if (answer.ok) timeline.showPageAround(beforeId, answer.messages, answer.more);
    });
  }

  async function refreshStale(): Promise<void> {
    // A flag and not `runOnce`: its promise ends a moment after the last `staleBefore`, and a call then would be lost.
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
    loadAround: (id) => runOnce(`around ${id}`, () => loadAround(id)),
    refreshStale,
  };
}

/** One page, in as many requests as needed: an answer holds fewer messages than requested if they are long. */
async function fetchPage(request: SendRequest, beforeId: number): Promise<HistoryAnswer> {
  const answer = await request('history', { before: beforeId, limit: PAGE_SIZE });
  while (answer.ok && answer.more && answer.messages.length < PAGE_SIZE) {
    const [first] = answer.messages;
    if (!first) break;
    const next = await request('history', { before: first.id, limit: PAGE_SIZE - answer.messages.length });
    if (!next.ok) return next;
    // The rest comes from another log, so it is not part of this page, whichever log the timeline shows now.
    if (next.epoch !== answer.epoch) throw new Error('the log was replaced');
    answer.messages = [...next.messages, ...answer.messages];
    answer.more = next.more;
  }
  return answer;
}
