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
export { Hint, leftOf } from './composer/field-hint.js';
export { Field } from './composer/message-field.js';
export { Avatar } from './panel/avatar.js';
export { Icon } from './panel/icon.js';
export { openFace } from './panel/mount-chat.js';
