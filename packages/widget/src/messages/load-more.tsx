/** Stands where messages have not been loaded: it loads them when it comes near the view, or at a press. */

import type { Line } from '@chatty/client/chat';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Language } from '../i18n/locale.js';

export function Missing({
  label,
  load,
  lines,
  live,
  reach,
  language,
}: {
  label: string;
  load: () => Promise<void>;
  lines: readonly Line[];
  /** Whether loading can work; becoming so tries again what failed. */
  live: boolean;
  /** How near to the view it begins to load, in pixels. */
  reach: number;
  language: Language;
}) {
  const place = useRef<HTMLDivElement>(null);
  const [busy, setBusy] = useState(false);
  /** The lines that an attempt left as they were: by itself it tries no more until they change. */
  const failed = useRef<readonly Line[] | null>(null);
  const latest = useRef(lines);
  latest.current = lines;

  const attempt = async () => {
    const before = latest.current;
    setBusy(true);
    await load();
    if (latest.current === before) failed.current = before;
    setBusy(false);
  };

  useEffect(() => {
    failed.current = null;
  }, [live]);
  useEffect(() => {
    const element = place.current;
    if (!element || busy || !live || failed.current === lines) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
        observer.disconnect();
        attempt();
      },
      { root: element.closest('.frame'), rootMargin: `${reach}px 0px` },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [busy, live, lines]);

  return (
    <div class="missing" ref={place}>
      <button type="button" disabled={busy} onClick={attempt}>
        {busy ? language.words.loading : label}
      </button>
    </div>
  );
}
