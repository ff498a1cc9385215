/** Something over the field that goes when the visitor presses elsewhere. */

import type { ComponentChildren, RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

type Props = {
  close: () => void;
  /** The button that opened it and itself closes it: a press there is not one elsewhere. */
  opener?: RefObject<HTMLElement | null>;
  children: ComponentChildren;
};

export function Popup({ close, opener, children }: Props) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const root = place.current?.getRootNode();
    const press = (event: Event) => {
      const path = event.composedPath();
      if (![place, opener].some((inside) => inside?.current && path.includes(inside.current))) close();
    };
    root?.addEventListener('pointerdown', press);
    return () => root?.removeEventListener('pointerdown', press);
  }, [close, opener]);
  return (
    <div class="popup" ref={place}>
      {children}
    </div>
  );
}
