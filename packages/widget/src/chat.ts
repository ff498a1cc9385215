/** The module that the loader brings: the chat, and what the parts that come after it share with it. */

export { hasInk } from '@chatty/protocol/normalize-text';
export {
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'preact/hooks';
export { Fragment, jsx, jsxs } from 'preact/jsx-runtime';
export { Avatar } from './avatar.js';
export { openFace } from './face.js';
export { Field } from './field.js';
export { Hint, leftOf } from './hint.js';
export { Icon } from './icon.js';
