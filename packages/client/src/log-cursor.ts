/** Decides what of the room's log may be shown: everything up to the cursor, and never a change before those that precede it. */

import type { ChangeFrame, LogPosition, Message } from '@chatty/protocol';
import { MAX_SYNC_PAGE_SIZE } from '@chatty/protocol';

export type LogCursor = {
  /** Up to where everything has been received; null before the first history. A new connection goes on from here. */
  readonly position: LogPosition | null;
  /** Up to where everything has been given out to be shown. */
  readonly releasedSeq: number;
  /** Whether something is known to be missing, which `sync` has to fetch. Nothing is given out until it is there. */
  readonly behind: boolean;
  /**
   * Takes what the server sent, or answered: then `head` is the newest position it knew of. Answers what may be shown
   * now. A frame after a hole is held; so is a page that others follow, as it lacks the messages that change in those.
   */
  receive(frame: ChangeFrame, head?: number): Message[];
  /** The newest position, as the server says. */
  setHead(head: LogPosition): void;
  /** Reading goes on from here, whatever was before; answers what of the held may be shown on top. */
  reset(position: LogPosition): Message[];
  /** The connection is gone, and what came out of turn with it. What came in turn stays. */
  onDisconnect(): void;
};

/** Most frames held beyond a hole; what is dropped comes with `sync`. */
const MAX_BUFFERED_FRAMES = 100;

export function createLogCursor(): LogCursor {
  let position: LogPosition | null = null;
  let releasedSeq = 0;
  /** Received in turn, not given out yet. */
  let unreleased: Message[] = [];
  /** Received out of turn. */
  let outOfOrder: ChangeFrame[] = [];
  let headSeq = 0;
  /** Everything there was at the beginning of this connection is here; frames are whole from then on. */
  let caughtUp = false;
  /** The last frame was as large as a page, so that others may follow it. */
  let maybeMore = false;
  let epochChanged = false;

  const isBehind = () => position !== null && (epochChanged || maybeMore || position.seq < headSeq);

  function apply(frame: ChangeFrame, head?: number): void {
    if (!position) return;
    if (frame.epoch !== position.epoch) {
      epochChanged = true;
      return;
    }
    headSeq = Math.max(headSeq, head ?? frame.seq);
    if (frame.prev > position.seq) {
      outOfOrder = [...outOfOrder.slice(1 - MAX_BUFFERED_FRAMES), frame];
    } else if (frame.seq >= position.seq) {
      unreleased.push(...frame.messages);
      position = { ...position, seq: frame.seq };
      maybeMore = !caughtUp && head === undefined && frame.seq - frame.prev >= MAX_SYNC_PAGE_SIZE;
      if (head !== undefined) epochChanged = false;
    }
  }

  function release(): Message[] {
    for (let previousSeq = -1; position && previousSeq !== position.seq; ) {
      previousSeq = position.seq;
      const buffered = outOfOrder;
      outOfOrder = [];
      for (const frame of buffered) apply(frame);
    }
    if (!position || isBehind()) return [];
    releasedSeq = position.seq;
    caughtUp = true;
    return unreleased.splice(0);
  }

  return {
    get position() {
      return position;
    },
    get releasedSeq() {
      return releasedSeq;
    },
    get behind() {
      return isBehind();
    },
    receive(frame, head) {
      apply(frame, head);
      return release();
    },
    setHead(head) {
      if (!position) return;
      if (head.epoch !== position.epoch) epochChanged = true;
      else headSeq = Math.max(headSeq, head.seq);
    },
    reset(next) {
      position = next;
      releasedSeq = next.seq;
      headSeq = next.seq;
      unreleased = [];
      maybeMore = false;
      epochChanged = false;
      return release();
    },
    onDisconnect() {
      outOfOrder = [];
      epochChanged = false;
      caughtUp = false;
      maybeMore = unreleased.length > 0;
      headSeq = position?.seq ?? 0;
    },
  };
}
