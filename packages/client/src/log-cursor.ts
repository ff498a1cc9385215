/** Decides what of the room's log may be shown: everything up to the cursor, and never a change before those that precede it. */

import type { Frame, Message, Position } from '@chatty/protocol/events';
import { SYNC_PAGE_SIZE } from '@chatty/protocol/sizes';

export type Cursor = {
  /** Up to where everything has been received; null before the first history. A new connection goes on from here. */
  readonly position: Position | null;
  /** Up to where everything has been given out to be shown. */
  readonly shown: number;
  /** Whether something is known to be missing, which `sync` has to fetch. Nothing is given out until it is there. */
  readonly behind: boolean;
  /**
   * Takes what the server sent, or answered: then `head` is the newest position it knew of. Answers what may be shown
   * now. A frame after a hole is held; so is a page that others follow, as it lacks the messages that change in those.
   */
  take(frame: Frame, head?: number): Message[];
  /** The newest position, as the server says. */
  note(head: Position): void;
  /** Reading goes on from here, whatever was before; answers what of the held may be shown on top. */
  reset(position: Position): Message[];
  /** The connection is gone, and what came out of turn with it. What came in turn stays. */
  pause(): void;
};

/** Most frames held beyond a hole; what is dropped comes with `sync`. */
const HELD = 100;

export function createCursor(): Cursor {
  let position: Position | null = null;
  let shown = 0;
  /** Received in turn, not given out yet. */
  let staged: Message[] = [];
  /** Received out of turn. */
  let held: Frame[] = [];
  let seen = 0;
  /** Everything there was at the beginning of this connection is here; frames are whole from then on. */
  let settled = false;
  /** The last frame was as large as a page, so that others may follow it. */
  let unsure = false;
  let foreign = false;

  const isBehind = () => position !== null && (foreign || unsure || position.seq < seen);

  function apply(frame: Frame, head?: number): void {
    if (!position) return;
    if (frame.epoch !== position.epoch) {
      foreign = true;
      return;
    }
    seen = Math.max(seen, head ?? frame.seq);
    if (frame.prev > position.seq) {
      held = [...held.slice(1 - HELD), frame];
    } else if (frame.seq >= position.seq) {
      staged.push(...frame.messages);
      position = { ...position, seq: frame.seq };
      unsure = !settled && head === undefined && frame.seq - frame.prev >= SYNC_PAGE_SIZE;
      if (head !== undefined) foreign = false;
    }
  }

  function release(): Message[] {
    for (let before = -1; position && before !== position.seq; ) {
      before = position.seq;
      const waiting = held;
      held = [];
      for (const frame of waiting) apply(frame);
    }
    if (!position || isBehind()) return [];
    shown = position.seq;
    settled = true;
    return staged.splice(0);
  }

  return {
    get position() {
      return position;
    },
    get shown() {
      return shown;
    },
    get behind() {
      return isBehind();
    },
    take(frame, head) {
      apply(frame, head);
      return release();
    },
    note(head) {
      if (!position) return;
      if (head.epoch !== position.epoch) foreign = true;
      else seen = Math.max(seen, head.seq);
    },
    reset(next) {
      position = next;
      shown = next.seq;
      seen = next.seq;
      staged = [];
      unsure = false;
      foreign = false;
      return release();
    },
    pause() {
      held = [];
      foreign = false;
      settled = false;
      unsure = staged.length > 0;
      seen = position?.seq ?? 0;
    },
  };
}
