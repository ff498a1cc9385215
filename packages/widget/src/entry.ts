/** The entry of the chat bundle: the chat, and what the bundles loaded later import from it. */

export { hasVisibleText } from '@chatty/protocol';
export { Fragment, h } from 'preact';
export {
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'preact/hooks';
export { FieldHint, remainingGraphemes } from './composer/field-hint.js';
export { MessageField } from './composer/message-field.js';
export { Avatar } from './panel/avatar.js';
export { Icon } from './panel/icon.js';
export { mountChat } from './panel/mount-chat.js';
