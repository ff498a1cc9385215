/** A popup over the field that closes when the visitor presses outside it. */

import type { ComponentChildren, RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

type Props = {
  close: () => void;
  /** The button that opened it and itself closes it: a press there is not one elsewhere. */
  opener?: RefObject<HTMLElement | null>;
  children: ComponentChildren;
};

export function Popup({ close, opener, children }: Props) {
  const popup = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const root = popup.current?.getRootNode();
    const onPointerDown = (event: Event) => {
      const path = event.composedPath();
      if (![popup, opener].some((element) => element?.current && path.includes(element.current))) close();
    };
    root?.addEventListener('pointerdown', onPointerDown);
    return () => root?.removeEventListener('pointerdown', onPointerDown);
  }, [close, opener]);
  return (
    <div class="popup" ref={popup}>
      {children}
    </div>
  );
}
