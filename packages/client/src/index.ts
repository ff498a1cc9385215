/** The public entry: the headless chat client. */

export { type ChatClient, createChatClient } from './chat.js';
export { realClock } from './clock.js';
export type { ConnectionState } from './connection-states.js';
export type { StoredItem } from './message-run.js';
export type { PendingItem } from './pending-messages.js';
export type { TimedRefusal } from './refusal.js';
export type { TimelineItem } from './timeline.js';
export { watchTyping } from './typing.js';
