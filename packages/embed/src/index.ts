/** The public entry for a host's page: loading the widget, and its types. */

export { loadChatty } from './load-script.js';
export type { Chat, Chatty, Events, Methods, Settings, SettingsInput, Theme } from './types.js';
