/** The extras bundle, loaded after the first rendering: what is not needed to read and to write a first message. */

import text from './extras.css';

export { EmojiButton } from './emoji-button.js';
export { UnreadJump } from './jump-to-unread.js';
export { MentionSuggestions } from './mention-suggestions.js';
export { ActionToolbar, DeleteConfirmation, MessageEditor } from './message-actions.js';
export { Countdown, RefusalDetails, SlowModeNotice, StaffBadge } from './moderation-notices.js';
export { createProfileButton } from './profile-button.js';
export { QuotedMessage } from './quote.js';
export { ReactionPicker, Reactions } from './reactions.js';
export { ReplyBanner } from './reply-banner.js';
export { loadStrings } from './strings.js';
export { TypingIndicator } from './typing-indicator.js';
export const styles: string = text;
