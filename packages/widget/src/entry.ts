/** The module that the loader brings: the chat, and what the parts that come after it share with it. */

export { hasVisibleText } from '@chatty/protocol';
export {
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'preact/hooks';
export { Fragment, jsx, jsxs } from 'preact/jsx-runtime';
export { FieldHint, remainingGraphemes } from './composer/field-hint.js';
export { MessageField } from './composer/message-field.js';
export { Avatar } from './panel/avatar.js';
export { Icon } from './panel/icon.js';
export { mountChat } from './panel/mount-chat.js';
