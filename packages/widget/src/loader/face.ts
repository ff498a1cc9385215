/** What the loader and the chat itself, which is loaded later, know of each other. */

import type { Settings } from './settings.js';

/** What happens in a chat, as the host may hear it. */
export type Events = {
  /** The chat is on the page and can be used; once for each mount. */
  ready: undefined;
  open: undefined;
  close: undefined;
  /** Somebody else's message arrived live. */
  message: { id: number; userId: string; username: string; content: string; created_at: string };
  /** A message of the visitor is stored. */
  'message:sent': { id: number; content: string };
  /** How many messages the visitor has not seen. */
  unread: { count: number };
  connection: { state: 'connecting' | 'connected' | 'disconnected' };
  tokenExpired: undefined;
  /** A visitor without a token wants to write. */
  loginRequired: undefined;
  /** Cancelable: `preventDefault()` keeps the chat from doing anything itself. */
  profileClick: { userId: string; username: string };
  banned: { code: string };
  error: { code: string; message: string };
};

/** Answers false when a listener of the page prevented what would follow. */
export type Emit = <Name extends keyof Events>(name: Name, detail: Events[Name]) => boolean;

/** What the loader gives the chat. */
export type FaceOptions = {
  /** Origin of the chat server. */
  url: string;
  /** Where it puts what it draws. */
  root: HTMLElement;
  inline: boolean;
  /** Who the visitor is, as of now. */
  identity(): Identity;
  /** Whether the panel is open, as of now. */
  isOpen(): boolean;
  /** BCP 47 language, or null for the page's or the browser's. */
  locale: string | null;
  emit: Emit;
  /** What the bubble says: its label, and how many messages the visitor has not seen. */
  say(label: string, unread: number): void;
  /** The visitor closed the panel. */
  close(): void;
};

export type Identity = Pick<Settings, 'token' | 'tokenProvider' | 'projectId'>;

export type Face = {
  /** The panel was opened or closed. */
  show(): void;
  /** Another visitor, or nobody. */
  identify(): void;
  translate(locale: string | null): void;
  /** Nothing is left: no socket, timer, listener or element. */
  destroy(): void;
};

/** The module of the chat. `openFace` rejects, and leaves nothing, when a part of it could not be loaded. */
export type Module = { openFace(options: FaceOptions): Promise<Face> };
