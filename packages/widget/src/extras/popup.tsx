/** Something over the field that goes when the visitor presses elsewhere. */

import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

export function Popup({ close, children }: { close: () => void; children: ComponentChildren }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const root = place.current?.getRootNode();
    const press = (event: Event) => {
      if (place.current && !event.composedPath().includes(place.current)) close();
    };
    root?.addEventListener('pointerdown', press);
    return () => root?.removeEventListener('pointerdown', press);
  }, [close]);
  return (
    <div class="popup" ref={place}>
      {children}
    </div>
  );
}
