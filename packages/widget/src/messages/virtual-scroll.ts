/**
 * Decides which rows of a long room are drawn and keeps the reader's position: at the newest end while they are there,
 * else at the row they are reading, whatever is added, removed or changes its height above or below.
 */

import type { TimelineItem } from '@chatty/client';
import { createRef } from 'preact';
import { createRowHeights, rangeAround } from './row-heights.js';

/** Rows are drawn this far beyond the view on each side, and drawn again when half of it is used up. */
const OVERSCAN_PX = 1_200;
/** Nearer than this to the end counts as at the end. */
const END_THRESHOLD_PX = 48;
/** Assumed until the height of the view is known. */
const DEFAULT_VIEWPORT_HEIGHT_PX = 800;

/** 0 for what is not stored. */
export function messageIdOf(item: TimelineItem | undefined): number {
  return item?.kind === 'stored' ? item.message.id : 0;
}

export class VirtualScroll {
  readonly viewport = createRef<HTMLDivElement>();
  readonly topSpacer = createRef<HTMLDivElement>();
  readonly list = createRef<HTMLOListElement>();
  readonly bottomSpacer = createRef<HTMLDivElement>();
  /** The drawn rows are `items.slice(from, to)`. */
  from = 0;
  to = 0;
  isPinnedToEnd = true;

  readonly #heights = createRowHeights();
  readonly #rerender: () => void;
  #items: readonly TimelineItem[] = [];
  #atLatest = true;
  /** The row being read, and where its end is, in pixels below the upper edge of the view. */
  #readKey = '';
  #readIndex = 0;
  #readBottomPx = 0;
  #viewHeightPx = DEFAULT_VIEWPORT_HEIGHT_PX;
  #viewWidthPx = 0;
  /** The position set here; any other was set by the reader. */
  #scrollTop = -1;
  /** The view was hidden or off the page, and has lost its position. */
  #lostPosition = false;
  #scrollTargetId = 0;

  constructor(rerender: () => void) {
    this.#rerender = rerender;
  }

  /** @param atLatest whether the items reach to the newest message */
  setItems(items: readonly TimelineItem[], atLatest: boolean): void {
    const element = this.viewport.current;
    // Before the items change: the event of a scroll that just happened may still be on its way.
    if (element && this.#hasUserScrolled(element)) this.#recordPosition(element);
    this.#items = items;
    this.#atLatest = atLatest;
    Object.assign(this, this.#visibleRange());
  }

  /** The message being read; 0 at the newest end. */
  readonly getReadId = () => (this.isPinnedToEnd ? 0 : messageIdOf(this.#items[this.#readIndex]));

  /** Keeps the reader at the newest end from now on. */
  readonly pinToEnd = () => {
    this.isPinnedToEnd = true;
    this.#rerender();
  };

  /** Brings a stored message into the middle of the view and highlights it. */
  readonly scrollToMessage = (id: number) => {
    const index = this.#items.findIndex((item) => messageIdOf(item) === id);
    const item = this.#items[index];
    if (!item) return;
    this.isPinnedToEnd = false;
    this.#readKey = item.key;
    this.#readIndex = index;
    this.#readBottomPx = this.#viewHeightPx / 2;
    this.#scrollTargetId = id;
    this.#rerender();
  };

  readonly onScroll = () => {
    const element = this.viewport.current;
    if (!element || !this.#hasUserScrolled(element)) return;
    const wasPinned = this.isPinnedToEnd;
    this.#recordPosition(element);
    if (wasPinned !== this.isPinnedToEnd) this.#rerender();
    else this.#ensureOverscan(element);
  };

  /** @param mayHaveScrolled the reader may have scrolled since the rows were drawn, without an event so far */
  applyLayout(mayHaveScrolled: boolean): void {
    const element = this.viewport.current;
    const list = this.list.current;
    if (!element || !list) return;
    if (element.clientHeight === 0) {
      this.#lostPosition = true;
      return;
    }
    this.#measure(element, list);
    if (mayHaveScrolled) this.onScroll();
    this.#restorePosition(element);
    // The view may have grown to the end, or the target of a jump stand near it.
    if (!this.isPinnedToEnd && this.#isAtEnd(element)) this.pinToEnd();
    if (this.#scrollTargetId) flashHighlight(list.children[this.#readIndex - this.from]);
    this.#scrollTargetId = 0;
    this.#ensureOverscan(element);
  }

  #measure(element: HTMLElement, list: HTMLElement): void {
    if (element.clientWidth !== this.#viewWidthPx) this.#heights.clear();
    this.#viewWidthPx = element.clientWidth;
    this.#viewHeightPx = element.clientHeight;
    let index = this.from;
    for (const row of list.children) {
      this.#heights.measure(this.#items[index]?.key ?? '', row.getBoundingClientRect().height);
      index += 1;
    }
  }

  #restorePosition(element: HTMLElement): void {
    const { topSpacer, bottomSpacer } = this;
    if (topSpacer.current) topSpacer.current.style.height = `${this.#heightOf(0, this.from)}px`;
    if (bottomSpacer.current)
      bottomSpacer.current.style.height = `${this.#heightOf(this.to, this.#items.length)}px`;
    if (this.isPinnedToEnd) element.scrollTop = element.scrollHeight;
    else {
      const readBottomPx = this.#listTop(element) + this.#heightOf(this.from, this.#readIndex + 1);
      const shift = readBottomPx - this.#readBottomPx;
      if (Math.abs(shift) >= 0.5) element.scrollTop += shift;
    }
    this.#scrollTop = element.scrollTop;
    this.#lostPosition = false;
  }

  /** Draws more rows when the reader comes near the end of the drawn ones. */
  #ensureOverscan(element: HTMLElement): void {
    const start = this.#listTop(element);
    const end = start + this.#heightOf(this.from, this.to);
    const needsMoreItems =
      (this.from > 0 && start > -OVERSCAN_PX / 2) ||
      (this.to < this.#items.length && end < this.#viewHeightPx + OVERSCAN_PX / 2);
    if (!needsMoreItems) return;
    const { from, to } = this.#visibleRange();
    if (from !== this.from || to !== this.to) this.#rerender();
  }

  #visibleRange(): { from: number; to: number } {
    const last = this.#items.length - 1;
    const found = this.isPinnedToEnd ? last : this.#items.findIndex(({ key }) => key === this.#readKey);
    this.#readIndex = found >= 0 ? found : Math.min(this.#readIndex, last);
    const bottom = this.isPinnedToEnd ? this.#viewHeightPx : this.#readBottomPx;
    return rangeAround(
      this.#items,
      this.#heights,
      this.#readIndex,
      bottom + OVERSCAN_PX,
      this.#viewHeightPx - bottom + OVERSCAN_PX,
    );
  }

  #recordPosition(element: HTMLElement): void {
    this.#scrollTop = element.scrollTop;
    this.#findReadItem(element);
    this.isPinnedToEnd = this.#isAtEnd(element);
  }

  /** The row being read: the first in view, or the one after a gap in view, since a gap fills towards the older side. */
  #findReadItem(element: HTMLElement): void {
    let bottom = this.#listTop(element) - this.#heightOf(0, this.from);
    let found = false;
    let index = -1;
    // Without `entries`, which old libraries of the page replace.
    for (const { key } of this.#items) {
      const before = this.#items[index]?.kind;
      index += 1;
      bottom += this.#heights.heightOf(key);
      if (found && bottom > this.#viewHeightPx) return;
      if (bottom <= 1 || (found && before !== 'gap')) continue;
      found = true;
      this.#readKey = key;
      this.#readIndex = index;
      this.#readBottomPx = bottom;
    }
  }

  /** A view that is hidden or off the page has lost its position, which no reader has changed. */
  #hasUserScrolled(element: HTMLElement): boolean {
    return !this.#lostPosition && element.clientHeight > 0 && element.scrollTop !== this.#scrollTop;
  }

  #isAtEnd(element: HTMLElement): boolean {
    const below = element.scrollHeight - element.scrollTop - this.#viewHeightPx;
    return this.#atLatest && below < END_THRESHOLD_PX;
  }

  /** Where the drawn rows begin, in pixels below the upper edge of the view. */
  #listTop(element: HTMLElement): number {
    return (this.list.current?.getBoundingClientRect().top ?? 0) - element.getBoundingClientRect().top;
  }

  #heightOf(from: number, to: number): number {
    return this.#heights.sum(this.#items, from, to);
  }
}

function flashHighlight(row: Element | undefined): void {
  row?.animate([{ backgroundColor: 'color-mix(in srgb, currentcolor 14%, transparent)' }, {}], 1_600);
}
