/** Settings, methods and events of the chat on a page. widget.js is compiled against these types. */

export type Settings = {
  /** The host's token, or null for a visitor who is not logged in. Kept in memory only. */
  token: string | null;
  /** Returns a new token. Called before the old one expires, or when it was refused as expired. */
  tokenProvider: (() => Promise<string>) | null;
  /** The project to show to visitors without a token. */
  projectId: string | null;
  /** A room of the project, or null for its main room. */
  room: string | null;
  /** Selector or element that the chat fills; null: docked in a corner. */
  mount: Element | string | null;
  /** Side of the docked chat; default `right`. */
  position: 'left' | 'right' | null;
  /** BCP 47 language; null: that of the page or the browser. */
  locale: string | null;
  /** `auto` or null: follows the visitor's system. */
  theme: Theme | null;
  /** z-index of the docked chat; null: close to the maximum. */
  zIndex: number | null;
  /** Shows the unread count in the page title, as `(3) `. */
  titleBadge: boolean | null;
  /** Plays a soft sound: `true` or `mentions` for mentions and replies, `all` for every message. */
  sound: boolean | 'mentions' | 'all' | null;
  /** Offers desktop notifications for the same while the page is hidden. */
  notifications: boolean | 'mentions' | 'all' | null;
  /** Makes names and pictures of others clickable; a click fires `profileClick`. */
  profiles: boolean | null;
  /** Whether the chat appears without calling `init`. */
  autoload: boolean;
};

export type Theme = 'light' | 'dark' | 'auto';

/** Any of the settings; undefined counts as absent. */
export type SettingsInput = { [Name in keyof Settings]?: Settings[Name] | undefined };

/** Events with their details: for `on('message', ...)`, and as DOM events such as `chatty:message`. */
export type Events = {
  /** The chat has loaded; once per mount. */
  ready: undefined;
  open: undefined;
  close: undefined;
  /** Somebody else's message arrived. */
  message: { id: number; userId: string; username: string; content: string; created_at: string };
  /** The visitor's message was stored. */
  'message:sent': { id: number; content: string };
  /** The number of unread messages changed. */
  unread: { count: number };
  connection: { state: 'connecting' | 'connected' | 'disconnected' };
  /** The token has expired and no `tokenProvider` supplied another. */
  tokenExpired: undefined;
  /** A visitor without a token wants to write. */
  loginRequired: undefined;
  /** The name or picture of an author was clicked; only if `profiles` is on. */
  profileClick: { userId: string; username: string; avatar: string | null };
  banned: { code: string };
  error: { code: string; message: string };
};

type Subscribe = <Name extends keyof Events>(
  name: Name,
  listener: (detail: Events[Name]) => void,
) => () => void;

/** Methods of one chat. On `window.Chatty` they apply to all chats of the page. */
export type Methods = {
  /** Logs a visitor in, switches to another, or (null) logs out. */
  identify(token: string | null): void;
  logout(): void;
  /** Removes the chat with its connection, timers and listeners. Idempotent. */
  destroy(): void;
  open(): void;
  close(): void;
  toggle(): void;
  /** Shows the whole chat, including the bubble. */
  show(): void;
  hide(): void;
  /** BCP 47 language; null: that of the page or the browser. */
  setLocale(locale: string | null): void;
  /** `auto` or null: follows the visitor's system. */
  setTheme(theme: Theme | null): void;
  /** Returns a function that removes the listener. */
  on: Subscribe;
  once: Subscribe;
  off<Name extends keyof Events>(name: Name, listener: (detail: Events[Name]) => void): void;
};

/** One chat on the page. */
export type Chat = Methods & { readonly element: HTMLElement };

/** `window.Chatty`, also callable with a method name, as the queue does. Applies to all chats of the page. */
export type Chatty = Methods &
  ((name: string, ...values: unknown[]) => unknown) & {
    /** Adds a chat to the page, or returns the one in the same place. */
    init(settings?: SettingsInput): Chat;
    boot(settings?: SettingsInput): Chat;
    login(token: string | null): void;
  };
