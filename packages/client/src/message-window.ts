/** Decides which stored lines are held, and which go when there are too many: never the one being read. */

import { cut, type Run } from './message-run.js';

export type Held = {
  /** Ends with the newest message and goes on growing. */
  live: Run;
  /** An older run, complete up to and including the id `upTo`; between it and `live` messages are missing. */
  past: (Run & { upTo: number }) | null;
  /** `past` alone is the window. `live` is kept short beside it, so that the way back needs no loading. */
  away: boolean;
};

/** Most stored lines in the window, and of the live end while its reader is away from it. */
export type Bounds = { limit: number; kept: number };

/** Whether this message stands before the gap. */
export function isPast({ past }: Held, id: number): boolean {
  return past !== null && id > 0 && id <= past.upTo;
}

/** Nothing is missing any more between the two runs. */
export function join(held: Held): void {
  const { live, past } = held;
  if (!past) return;
  held.live = {
    lines: [...past.lines, ...live.lines.filter(({ message }) => message.id > past.upTo)],
    more: past.more,
  };
  held.past = null;
  held.away = false;
}

/**
 * Lets the oldest lines go until at most `size` are left, but none from `kept` before the one being read on.
 * @param place the message being read; 0 for none
 */
export function shorten(run: Run, size: number, place: number, kept: number): void {
  const read = place > 0 ? run.lines.findIndex(({ message }) => message.id >= place) : -1;
  const spare = read < 0 ? run.lines.length : Math.max(0, read - kept);
  cut(run, Math.max(size, run.lines.length - spare));
}

/** Keeps to the limit by letting the oldest lines go, and where the one being read is among them, the newest. */
export function trim(held: Held, bounds: Bounds, place: number): void {
  const { limit, kept } = bounds;
  const { past, live } = held;
  if (past) shorten(past, held.away ? limit : limit - live.lines.length, place, kept);
  if (past?.lines.length === 0) held.past = null;
  if (!held.away) shorten(live, limit, place, kept);
  leave(held, bounds);
  if (held.away) cut(held.live, kept);
}

/** Keeps to the limit by letting the newest lines go: the reader leaves the live end. */
function leave(held: Held, { limit, kept }: Bounds): void {
  const { past, live } = held;
  if ((past?.lines.length ?? 0) + (held.away ? 0 : live.lines.length) <= limit) return;
  const older = past ?? { ...live, upTo: 0 };
  if (!past) held.live = { lines: live.lines.slice(Math.max(limit, live.lines.length - kept)), more: true };
  const [next] = older.lines.splice(limit);
  if (next) older.upTo = next.message.id - 1;
  held.past = older;
  held.away = true;
}
