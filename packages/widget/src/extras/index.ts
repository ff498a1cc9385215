/** Loaded once the talk is drawn: what a reader does not need, and a writer not with the first line. */

import text from './extras.css';

export { EmojiButton } from './emoji-button.js';
export { Unread } from './jump-to-unread.js';
export { Mentions } from './mention-suggestions.js';
export { Editor, Removal, Tools } from './message-actions.js';
export { Badge, Seconds, Slow, Why } from './moderation-notices.js';
export { createProfile } from './profile-button.js';
export { Quote } from './quote.js';
export { ReactionPicker, Reactions } from './reactions.js';
export { Replying } from './reply-banner.js';
export { speak } from './strings.js';
export { Typing } from './typing-indicator.js';
export const styles: string = text;
