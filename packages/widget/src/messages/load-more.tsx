/** The place of messages that are not loaded: loads them when it comes near the view, or on a press. */

import type { TimelineItem } from '@chatty/client';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Language } from '../i18n/locale.js';

export function LoadMore({
  label,
  load,
  items,
  isLive,
  preloadDistancePx,
  language,
}: {
  label: string;
  load: () => Promise<void>;
  items: readonly TimelineItem[];
  /** Whether loading can work; becoming so tries again what failed. */
  isLive: boolean;
  /** How near to the view it begins to load, in pixels. */
  preloadDistancePx: number;
  language: Language;
}) {
  const container = useRef<HTMLDivElement>(null);
  const [busy, setBusy] = useState(false);
  /** The lines that an attempt left as they were: by itself it tries no more until they change. */
  const failedFor = useRef<readonly TimelineItem[] | null>(null);
  const latestItems = useRef(items);
  latestItems.current = items;

  const attempt = async () => {
    const itemsBefore = latestItems.current;
    setBusy(true);
    await load();
    if (latestItems.current === itemsBefore) failedFor.current = itemsBefore;
    setBusy(false);
  };

  useEffect(() => {
    failedFor.current = null;
  }, [isLive]);
  useEffect(() => {
    const element = container.current;
    if (!element || busy || !isLive || failedFor.current === items) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
        observer.disconnect();
        attempt();
      },
      { root: element.closest('.frame'), rootMargin: `${preloadDistancePx}px 0px` },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [busy, isLive, items]);

  return (
    <div class="missing" ref={container}>
      <button type="button" disabled={busy} onClick={attempt}>
        {busy ? language.strings.loading : label}
      </button>
    </div>
  );
}
