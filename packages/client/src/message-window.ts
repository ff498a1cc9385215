/** Decides which stored lines are held, and which go when there are too many: never the one being read. */

import { dropOldest, type MessageRun } from './message-run.js';

export type MessageWindow = {
  /** Ends with the newest message and goes on growing. */
  live: MessageRun;
  /** An older run, complete up to and including the id `upTo`; between it and `live` messages are missing. */
  past: (MessageRun & { upTo: number }) | null;
  /** `past` alone is the window. `live` is kept short beside it, so that the way back needs no loading. */
  detached: boolean;
};

/** Most stored lines in the window, and of the live end while its reader is away from it. */
export type WindowBounds = { limit: number; retained: number };

/** Whether this message stands before the gap. */
export function isInPast({ past }: MessageWindow, id: number): boolean {
  return past !== null && id > 0 && id <= past.upTo;
}

/** Nothing is missing any more between the two runs. */
export function closeGap(messageWindow: MessageWindow): void {
  const { live, past } = messageWindow;
  if (!past) return;
  messageWindow.live = {
    items: [...past.items, ...live.items.filter(({ message }) => message.id > past.upTo)],
    more: past.more,
  };
  messageWindow.past = null;
  messageWindow.detached = false;
}

/**
 * Lets the oldest lines go until at most `size` are left, but none from `kept` before the one being read on.
 * @param readId the message being read; 0 for none
 */
export function dropOldestUnread(run: MessageRun, size: number, readId: number, retained: number): void {
  const readIndex = readId > 0 ? run.items.findIndex(({ message }) => message.id >= readId) : -1;
  const droppable = readIndex < 0 ? run.items.length : Math.max(0, readIndex - retained);
  dropOldest(run, Math.max(size, run.items.length - droppable));
}

/** Keeps to the limit by letting the oldest lines go, and where the one being read is among them, the newest. */
export function enforceLimit(messageWindow: MessageWindow, bounds: WindowBounds, readId: number): void {
  const { limit, retained } = bounds;
  const { past, live } = messageWindow;
  if (past)
    dropOldestUnread(past, messageWindow.detached ? limit : limit - live.items.length, readId, retained);
  if (past?.items.length === 0) messageWindow.past = null;
  if (!messageWindow.detached) dropOldestUnread(live, limit, readId, retained);
  detachFromLatest(messageWindow, bounds);
  if (messageWindow.detached) dropOldest(messageWindow.live, retained);
}

/** Keeps to the limit by letting the newest lines go: the reader leaves the live end. */
function detachFromLatest(messageWindow: MessageWindow, { limit, retained }: WindowBounds): void {
  const { past, live } = messageWindow;
  if ((past?.items.length ?? 0) + (messageWindow.detached ? 0 : live.items.length) <= limit) return;
  const older = past ?? { ...live, upTo: 0 };
  if (!past)
    messageWindow.live = {
      items: live.items.slice(Math.max(limit, live.items.length - retained)),
      more: true,
    };
  const [firstDropped] = older.items.splice(limit);
  if (firstDropped) older.upTo = firstDropped.message.id - 1;
  messageWindow.past = older;
  messageWindow.detached = true;
}
