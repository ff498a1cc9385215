/**
 * Decides what of a long talk is drawn and keeps the reader's place in it: at the newest end while they are there, else
 * at the line they are reading, whatever comes, goes or changes its height above or below.
 */

import type { Line } from '@chatty/client/chat';
import { useLayoutEffect, useReducer, useRef, useState } from 'preact/hooks';
import { STANDS } from '../loader/chat-module.js';
import { around, createHeights } from './row-heights.js';

/** Drawn beyond the view on each side, in pixels; drawn anew when half of it is used up. */
const BEYOND = 1_200;
/** Nearer than this to the end, in pixels, counts as at the end. */
const NEAR = 48;
/** Height taken for the view before it is known, in pixels. */
const VIEW = 800;

/** 0 for what is not stored. */
export function idOf(line: Line | undefined): number {
  return line?.kind === 'stored' ? line.message.id : 0;
}

/** A moment of light on the line that was looked for. */
function shine(row: Element | undefined): void {
  row?.animate([{ backgroundColor: 'color-mix(in srgb, currentcolor 14%, transparent)' }, {}], 1_600);
}

/** @param newest whether the lines reach to the live end */
export function useScroll(lines: readonly Line[], newest: boolean) {
  const frame = useRef<HTMLDivElement>(null);
  const above = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLOListElement>(null);
  const below = useRef<HTMLDivElement>(null);
  const heights = useState(createHeights)[0];
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  /** `bottom`: where the end of line `key` is, in pixels below the frame's upper edge. `set`: the position set here. `lost`: the frame has been out of sight. */
  const now = useRef({
    lines,
    newest,
    from: 0,
    to: 0,
    sticks: true,
    key: '',
    index: 0,
    bottom: 0,
    view: VIEW,
    width: 0,
    set: -1,
    lost: false,
    aim: 0,
  }).current;

  const rangeOf = () => {
    const end = now.lines.length - 1;
    const found = now.sticks ? end : now.lines.findIndex(({ key }) => key === now.key);
    now.index = found >= 0 ? found : Math.min(now.index, end);
    const bottom = now.sticks ? now.view : now.bottom;
    return around(now.lines, heights, now.index, bottom + BEYOND, now.view - bottom + BEYOND);
  };

  /** Where the drawn lines begin, in pixels below the frame's upper edge. */
  const startOf = (element: HTMLElement) =>
    (list.current?.getBoundingClientRect().top ?? 0) - element.getBoundingClientRect().top;

  /** The line being read: the first in view, or the one after a gap in view, since a gap fills towards the older side. */
  const findPlace = (element: HTMLElement) => {
    let bottom = startOf(element) - heights.sum(now.lines, 0, now.from);
    let found = false;
    let index = -1;
    // Without `entries`, which old libraries of the page replace.
    for (const { key } of now.lines) {
      const before = now.lines[index]?.kind;
      index += 1;
      bottom += heights.of(key);
      if (found && bottom > now.view) return;
      if (bottom <= 1 || (found && before !== 'gap')) continue;
      found = true;
      Object.assign(now, { key, index, bottom });
    }
  };

  const isAtEnd = (element: HTMLElement) =>
    now.newest && element.scrollHeight - element.scrollTop - now.view < NEAR;

  /** Takes note of where the reader has scrolled to. */
  const read = (element: HTMLElement) => {
    now.set = element.scrollTop;
    findPlace(element);
    now.sticks = isAtEnd(element);
  };

  /** By the reader: a frame that is off the page or hidden has lost its position, and nobody has moved it. */
  const hasMoved = (element: HTMLElement) =>
    !now.lost && element.clientHeight > 0 && element.scrollTop !== now.set;

  // Before the lines change: the scroll event of a move just made may still be on its way.
  if (frame.current && hasMoved(frame.current)) read(frame.current);
  now.lines = lines;
  now.newest = newest;
  Object.assign(now, rangeOf());

  const cover = (element: HTMLElement) => {
    const start = startOf(element);
    const end = start + heights.sum(now.lines, now.from, now.to);
    const short =
      (now.from > 0 && start > -BEYOND / 2) || (now.to < now.lines.length && end < now.view + BEYOND / 2);
    if (!short) return;
    const { from, to } = rangeOf();
    if (from !== now.from || to !== now.to) redraw(0);
  };

  const onScroll = () => {
    const element = frame.current;
    if (!element || !hasMoved(element)) return;
    const { sticks } = now;
    read(element);
    if (sticks !== now.sticks) redraw(0);
    else cover(element);
  };

  /** @param moved the reader may have scrolled since the lines were drawn, and the scroll event not have come yet */
  const settle = (moved: boolean) => {
    const element = frame.current;
    if (!element || !list.current || !above.current || !below.current) return;
    if (element.clientHeight === 0) {
      now.lost = true;
      return;
    }
    if (element.clientWidth !== now.width) heights.forget();
    now.width = element.clientWidth;
    now.view = element.clientHeight;
    let index = now.from;
    for (const row of list.current.children) {
      heights.measure(now.lines[index]?.key ?? '', row.getBoundingClientRect().height);
      index += 1;
    }
    if (moved) onScroll();
    above.current.style.height = `${heights.sum(now.lines, 0, now.from)}px`;
    below.current.style.height = `${heights.sum(now.lines, now.to, now.lines.length)}px`;
    if (now.sticks) element.scrollTop = element.scrollHeight;
    else {
      const shift = startOf(element) + heights.sum(now.lines, now.from, now.index + 1) - now.bottom;
      if (Math.abs(shift) >= 0.5) element.scrollTop += shift;
    }
    now.set = element.scrollTop;
    now.lost = false;
    // The frame may have grown to the end, or the line that was looked for stand near it.
    if (!now.sticks && isAtEnd(element)) {
      now.sticks = true;
      redraw(0);
    }
    if (now.aim) shine(list.current.children[now.index - now.from]);
    now.aim = 0;
    cover(element);
  };

  useLayoutEffect(() => settle(false));
  // Fonts, an open editor and a turned phone change heights without a new line.
  const settled = useRef(settle);
  settled.current = settle;
  useLayoutEffect(() => {
    const observer = new ResizeObserver(() => settled.current(true));
    for (const { current } of [frame, list]) if (current) observer.observe(current);
    // On its way to another place of the page, as after a page swap, a frame loses its position.
    const root = frame.current?.getRootNode();
    const restore = () => settled.current(false);
    root?.addEventListener(STANDS, restore);
    return () => {
      observer.disconnect();
      root?.removeEventListener(STANDS, restore);
    };
  }, []);

  return {
    frame,
    above,
    list,
    below,
    from: now.from,
    to: now.to,
    sticks: now.sticks,
    /** The message being read; 0 at the newest end. */
    place: () => (now.sticks ? 0 : idOf(now.lines[now.index])),
    /** Holds the reader at the newest end from now on. */
    toEnd: () => {
      now.sticks = true;
      redraw(0);
    },
    /** Brings a stored line into the middle of the view, and shows which it is. */
    toLine: (id: number) => {
      const index = now.lines.findIndex((line) => idOf(line) === id);
      if (index < 0) return;
      Object.assign(now, { sticks: false, key: now.lines[index]?.key, index, bottom: now.view / 2, aim: id });
      redraw(0);
    },
    onScroll,
  };
}
