/** Decides which changes of the room's log may be shown: only those that follow the last shown one without a gap. */

import type { ChangeFrame, LogPosition, Message } from '@chatty/protocol';
import { MAX_SYNC_PAGE_SIZE } from '@chatty/protocol';

/** Most frames buffered after a gap; `sync` fetches the ones that are dropped. */
const MAX_BUFFERED_FRAMES = 100;

export class LogCursor {
  #position: LogPosition | null = null;
  #releasedSeq = 0;
  /** Received in order, not released yet. */
  #unreleased: Message[] = [];
  #outOfOrder: ChangeFrame[] = [];
  #headSeq = 0;
  /** The changes made before this connection are complete; frames are not split from then on. */
  #caughtUp = false;
  /** The last frame was as large as a page, so others may follow it. */
  #maybeMore = false;
  #epochChanged = false;

  /** The last change received without a gap; null before the first history. A new connection continues from here. */
  get position(): LogPosition | null {
    return this.#position;
  }

  /** The last change released for display. */
  get releasedSeq(): number {
    return this.#releasedSeq;
  }

  /** Whether changes are known to be missing, which `sync` has to fetch. Nothing is released until they are here. */
  get behind(): boolean {
    const position = this.#position;
    return position !== null && (this.#epochChanged || this.#maybeMore || position.seq < this.#headSeq);
  }

  /**
   * Takes a frame and returns the messages that may be shown now. A frame after a gap waits for the missing ones.
   * A page that others follow waits too: it lacks the messages that change in those.
   * @param headSeq of an answer to `sync`: the newest change that the server knew
   */
  receive(frame: ChangeFrame, headSeq?: number): Message[] {
    this.#apply(frame, headSeq);
    return this.#release();
  }

  /** Sets the newest position that the server knows. */
  setHead(head: LogPosition): void {
    if (!this.#position) return;
    if (head.epoch !== this.#position.epoch) this.#epochChanged = true;
    else this.#headSeq = Math.max(this.#headSeq, head.seq);
  }

  /** Continues from this position, whatever came before; returns the messages of buffered frames that follow it. */
  reset(position: LogPosition): Message[] {
    this.#position = position;
    this.#releasedSeq = position.seq;
    this.#headSeq = position.seq;
    this.#unreleased = [];
    this.#maybeMore = false;
    this.#epochChanged = false;
    return this.#release();
  }

  /** Drops the frames received out of order. Those received in order stay. */
  onDisconnect(): void {
    this.#outOfOrder = [];
    this.#epochChanged = false;
    this.#caughtUp = false;
    this.#maybeMore = this.#unreleased.length > 0;
    this.#headSeq = this.#position?.seq ?? 0;
  }

  #apply(frame: ChangeFrame, headSeq?: number): void {
    const position = this.#position;
    if (!position) return;
    if (frame.epoch !== position.epoch) {
      this.#epochChanged = true;
      return;
    }
    this.#headSeq = Math.max(this.#headSeq, headSeq ?? frame.seq);
    if (frame.prev > position.seq) {
      this.#outOfOrder = [...this.#outOfOrder.slice(1 - MAX_BUFFERED_FRAMES), frame];
    } else if (frame.seq >= position.seq) {
      this.#unreleased.push(...frame.messages);
      this.#position = { ...position, seq: frame.seq };
      this.#maybeMore =
        !this.#caughtUp && headSeq === undefined && frame.seq - frame.prev >= MAX_SYNC_PAGE_SIZE;
      if (headSeq !== undefined) this.#epochChanged = false;
    }
  }

  #release(): Message[] {
    this.#applyBufferedFrames();
    if (!this.#position || this.behind) return [];
    this.#releasedSeq = this.#position.seq;
    this.#caughtUp = true;
    return this.#unreleased.splice(0);
  }

  /** Applies the buffered frames as long as one of them moves the position. */
  #applyBufferedFrames(): void {
    for (let previousSeq = -1; this.#position && previousSeq !== this.#position.seq; ) {
      previousSeq = this.#position.seq;
      const buffered = this.#outOfOrder;
      this.#outOfOrder = [];
      for (const frame of buffered) this.#apply(frame);
    }
  }
}
