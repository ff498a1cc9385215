/**
 * Decides what of a long talk is drawn and keeps the reader's place in it: at the newest end while they are there, else
 * at the line they are reading, whatever comes, goes or changes its height above or below.
 */

import type { TimelineItem } from '@chatty/client';
import { useLayoutEffect, useReducer, useRef, useState } from 'preact/hooks';
import { ATTACHED_EVENT } from '../loader/chat-module.js';
import { createRowHeights, rangeAround } from './row-heights.js';

/** Drawn beyond the view on each side, in pixels; drawn anew when half of it is used up. */
const OVERSCAN_PX = 1_200;
/** Nearer than this to the end, in pixels, counts as at the end. */
const END_THRESHOLD_PX = 48;
/** Height taken for the view before it is known, in pixels. */
const DEFAULT_VIEWPORT_HEIGHT_PX = 800;

/** 0 for what is not stored. */
export function messageIdOf(item: TimelineItem | undefined): number {
  return item?.kind === 'stored' ? item.message.id : 0;
}

/** A moment of light on the line that was looked for. */
function flashHighlight(row: Element | undefined): void {
  row?.animate([{ backgroundColor: 'color-mix(in srgb, currentcolor 14%, transparent)' }, {}], 1_600);
}

/** @param atLatest whether the lines reach to the live end */
export function useVirtualScroll(items: readonly TimelineItem[], atLatest: boolean) {
  const viewport = useRef<HTMLDivElement>(null);
  const topSpacer = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLOListElement>(null);
  const bottomSpacer = useRef<HTMLDivElement>(null);
  const heights = useState(createRowHeights)[0];
  const [, rerender] = useReducer((count: number) => count + 1, 0);
  /** `bottom`: where the end of line `key` is, in pixels below the frame's upper edge. `set`: the position set here. `lost`: the frame has been out of sight. */
  const state = useRef({
    lines: items,
    newest: atLatest,
    from: 0,
    to: 0,
    sticks: true,
    key: '',
    index: 0,
    bottom: 0,
    view: DEFAULT_VIEWPORT_HEIGHT_PX,
    width: 0,
    set: -1,
    lost: false,
    aim: 0,
  }).current;

  const visibleRange = () => {
    const end = state.lines.length - 1;
    const found = state.sticks ? end : state.lines.findIndex(({ key }) => key === state.key);
    state.index = found >= 0 ? found : Math.min(state.index, end);
    const bottom = state.sticks ? state.view : state.bottom;
    return rangeAround(
      state.lines,
      heights,
      state.index,
      bottom + OVERSCAN_PX,
      state.view - bottom + OVERSCAN_PX,
    );
  };

  /** Where the drawn lines begin, in pixels below the frame's upper edge. */
  const listTop = (element: HTMLElement) =>
    (list.current?.getBoundingClientRect().top ?? 0) - element.getBoundingClientRect().top;

  /** The line being read: the first in view, or the one after a gap in view, since a gap fills towards the older side. */
  const findReadItem = (element: HTMLElement) => {
    let bottom = listTop(element) - heights.sum(state.lines, 0, state.from);
    let found = false;
    let index = -1;
    // Without `entries`, which old libraries of the page replace.
    for (const { key } of state.lines) {
      const before = state.lines[index]?.kind;
      index += 1;
      bottom += heights.heightOf(key);
      if (found && bottom > state.view) return;
      if (bottom <= 1 || (found && before !== 'gap')) continue;
      found = true;
      Object.assign(state, { key, index, bottom });
    }
  };

  const isAtEnd = (element: HTMLElement) =>
    state.newest && element.scrollHeight - element.scrollTop - state.view < END_THRESHOLD_PX;

  /** Takes note of where the reader has scrolled to. */
  const recordPosition = (element: HTMLElement) => {
    state.set = element.scrollTop;
    findReadItem(element);
    state.sticks = isAtEnd(element);
  };

  /** By the reader: a frame that is off the page or hidden has lost its position, and nobody has moved it. */
  const hasUserScrolled = (element: HTMLElement) =>
    !state.lost && element.clientHeight > 0 && element.scrollTop !== state.set;

  // Before the lines change: the scroll event of a move just made may still be on its way.
  if (viewport.current && hasUserScrolled(viewport.current)) recordPosition(viewport.current);
  state.lines = items;
  state.newest = atLatest;
  Object.assign(state, visibleRange());

  const ensureOverscan = (element: HTMLElement) => {
    const start = listTop(element);
    const end = start + heights.sum(state.lines, state.from, state.to);
    const needsMoreItems =
      (state.from > 0 && start > -OVERSCAN_PX / 2) ||
      (state.to < state.lines.length && end < state.view + OVERSCAN_PX / 2);
    if (!needsMoreItems) return;
    const { from, to } = visibleRange();
    if (from !== state.from || to !== state.to) rerender(0);
  };

  const onScroll = () => {
    const element = viewport.current;
    if (!element || !hasUserScrolled(element)) return;
    const { sticks } = state;
    recordPosition(element);
    if (sticks !== state.sticks) rerender(0);
    else ensureOverscan(element);
  };

  /** @param mayHaveScrolled the reader may have scrolled since the lines were drawn, and the scroll event not have come yet */
  const applyLayout = (mayHaveScrolled: boolean) => {
    const element = viewport.current;
    if (!element || !list.current || !topSpacer.current || !bottomSpacer.current) return;
    if (element.clientHeight === 0) {
      state.lost = true;
      return;
    }
    if (element.clientWidth !== state.width) heights.clear();
    state.width = element.clientWidth;
    state.view = element.clientHeight;
    let index = state.from;
    for (const row of list.current.children) {
      heights.measure(state.lines[index]?.key ?? '', row.getBoundingClientRect().height);
      index += 1;
    }
    if (mayHaveScrolled) onScroll();
    topSpacer.current.style.height = `${heights.sum(state.lines, 0, state.from)}px`;
    bottomSpacer.current.style.height = `${heights.sum(state.lines, state.to, state.lines.length)}px`;
    if (state.sticks) element.scrollTop = element.scrollHeight;
    else {
      const shift = listTop(element) + heights.sum(state.lines, state.from, state.index + 1) - state.bottom;
      if (Math.abs(shift) >= 0.5) element.scrollTop += shift;
    }
    state.set = element.scrollTop;
    state.lost = false;
    // The frame may have grown to the end, or the line that was looked for stand near it.
    if (!state.sticks && isAtEnd(element)) {
      state.sticks = true;
      rerender(0);
    }
    if (state.aim) flashHighlight(list.current.children[state.index - state.from]);
    state.aim = 0;
    ensureOverscan(element);
  };

  useLayoutEffect(() => applyLayout(false));
  // Fonts, an open editor and a turned phone change heights without a new line.
  const latestApplyLayout = useRef(applyLayout);
  latestApplyLayout.current = applyLayout;
  useLayoutEffect(() => {
    const observer = new ResizeObserver(() => latestApplyLayout.current(true));
    for (const { current } of [viewport, list]) if (current) observer.observe(current);
    // On its way to another place of the page, as after a page swap, a frame loses its position.
    const root = viewport.current?.getRootNode();
    const restore = () => latestApplyLayout.current(false);
    root?.addEventListener(ATTACHED_EVENT, restore);
    return () => {
      observer.disconnect();
      root?.removeEventListener(ATTACHED_EVENT, restore);
    };
  }, []);

  return {
    frame: viewport,
    above: topSpacer,
    list,
    below: bottomSpacer,
    from: state.from,
    to: state.to,
    sticks: state.sticks,
    /** The message being read; 0 at the newest end. */
    getReadId: () => (state.sticks ? 0 : messageIdOf(state.lines[state.index])),
    /** Holds the reader at the newest end from now on. */
    pinToEnd: () => {
      state.sticks = true;
      rerender(0);
    },
    /** Brings a stored line into the middle of the view, and shows which it is. */
    scrollToMessage: (id: number) => {
      const index = state.lines.findIndex((item) => messageIdOf(item) === id);
      if (index < 0) return;
      Object.assign(state, {
        sticks: false,
        key: state.lines[index]?.key,
        index,
        bottom: state.view / 2,
        aim: id,
      });
      rerender(0);
    },
    onScroll,
  };
}
