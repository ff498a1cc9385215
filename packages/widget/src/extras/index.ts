/** Loaded once the talk is drawn: what a reader does not need, and a writer not with the first line. */

import text from './extras.css';

export { EmojiButton } from './emoji.js';
export { Mentions } from './mention.js';
export { Badge, Seconds, Slow, Why } from './order.js';
export { Editor, Removal, Tools } from './own.js';
export { createProfile } from './profile.js';
export { Quote } from './quote.js';
export { ReactionPicker, Reactions } from './reactions.js';
export { Replying } from './reply.js';
export { Typing } from './typing.js';
export { Unread } from './unread.js';
export { speak } from './words.js';
export const styles: string = text;
