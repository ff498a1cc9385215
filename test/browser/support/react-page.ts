/** Shows a component as a React page under development does: in StrictMode, which mounts everything twice. */

import { createElement, type FunctionComponent, StrictMode } from 'react';
import { createRoot, type Root } from 'react-dom/client';

export function renderInStrictMode<Props extends object>(
  place: Element,
  component: FunctionComponent<Props>,
) {
  let root: Root | undefined;
  return {
    show(props: Props): void {
      root ??= createRoot(place);
      root.render(createElement(StrictMode, null, createElement(component, props)));
    },
    hide(): void {
      root?.unmount();
      root = undefined;
    },
  };
}
