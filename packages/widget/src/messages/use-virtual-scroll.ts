/** Runs the virtual scroll of a component: with each rendering, and when sizes change without one. */

import type { TimelineItem } from '@chatty/client';
import { useLayoutEffect, useReducer, useState } from 'preact/hooks';
import { ATTACHED_EVENT } from '../loader/chat-module.js';
import { VirtualScroll } from './virtual-scroll.js';

/** @param atLatest whether the items reach to the newest message */
export function useVirtualScroll(items: readonly TimelineItem[], atLatest: boolean): VirtualScroll {
  const [, rerender] = useReducer((count: number, _: undefined) => count + 1, 0);
  const scroll = useState(() => new VirtualScroll(() => rerender(undefined)))[0];
  scroll.setItems(items, atLatest);

  useLayoutEffect(() => scroll.applyLayout(false));
  useLayoutEffect(() => {
    // Fonts, an open editor and a turned phone change heights without a rendering.
    const observer = new ResizeObserver(() => scroll.applyLayout(true));
    for (const { current } of [scroll.viewport, scroll.list]) if (current) observer.observe(current);
    // The view loses its position when the element moves to another place of the page.
    const root = scroll.viewport.current?.getRootNode();
    const restore = () => scroll.applyLayout(false);
    root?.addEventListener(ATTACHED_EVENT, restore);
    return () => {
      observer.disconnect();
      root?.removeEventListener(ATTACHED_EVENT, restore);
    };
  }, []);
  return scroll;
}
