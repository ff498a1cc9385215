/** What a page says to the chat and hears of it. widget.js is written against these types, so they say what it does. */

export type Settings = {
  /** The host's token, or null for a visitor who is not logged in. Never leaves memory. */
  token: string | null;
  /** Asks the host for a new token: near the old one's expiry, or when it was refused as expired. */
  tokenProvider: (() => Promise<string>) | null;
  /** Which project a visitor without a token reads. */
  projectId: string | null;
  /** Which of the project's rooms it is, or null for its main room. */
  room: string | null;
  /** Where the chat goes on the page; null: docked in a corner. */
  mount: Element | string | null;
  /** Side of the page the docked chat stands at: `left`, else the right. */
  position: 'left' | 'right' | null;
  /** BCP 47 language, or null for the page's or the browser's. */
  locale: string | null;
  /** `light` or `dark`, else as the visitor's system is. */
  theme: Theme | null;
  /** z-index of the docked chat, or null for nearly the highest. */
  zIndex: number | null;
  /** Counts what is unread before the page's title, as `(3) `. */
  titleBadge: boolean | null;
  /** A soft sound for what comes while the visitor is away: `true` or `mentions` for calls by name and answers, `all`. */
  sound: boolean | 'mentions' | 'all' | null;
  /** Offers the visitor notifications while the page is hidden, of the same. */
  notifications: boolean | 'mentions' | 'all' | null;
  /** Names and pictures of others can be pressed, which the host hears as `profileClick`. */
  profiles: boolean | null;
  /** Whether the chat appears without a call of `init`. */
  autoload: boolean;
};

export type Theme = 'light' | 'dark' | 'auto';

/** Any of the settings; undefined says nothing. */
export type SettingsInput = { [Name in keyof Settings]?: Settings[Name] | undefined };

/** What happens in a chat, by name: as `on('message', ...)`, and as the DOM event `chatty:message` with this detail. */
export type Events = {
  /** The chat is on the page and can be used; once for each mount. */
  ready: undefined;
  open: undefined;
  close: undefined;
  /** Somebody else's message arrived. */
  message: { id: number; userId: string; username: string; content: string; created_at: string };
  /** A message of the visitor is stored. */
  'message:sent': { id: number; content: string };
  /** How many messages the visitor has not seen. */
  unread: { count: number };
  connection: { state: 'connecting' | 'connected' | 'disconnected' };
  /** The token was refused as expired, and no provider brought another. */
  tokenExpired: undefined;
  /** A visitor without a token wants to write. */
  loginRequired: undefined;
  /** The name or the picture of the author of a message was pressed; only where `profiles` is on. */
  profileClick: { userId: string; username: string; avatar: string | null };
  banned: { code: string };
  error: { code: string; message: string };
};

type Subscribe = <Name extends keyof Events>(
  name: Name,
  listener: (detail: Events[Name]) => void,
) => () => void;

/** What can be done with one chat, or by `window.Chatty` with all on the page. */
export type Methods = {
  /** Logs a visitor in, or another one, or (null) out. */
  identify(token: string | null): void;
  logout(): void;
  /** Takes the chat off the page and leaves nothing running. Idempotent. */
  destroy(): void;
  open(): void;
  close(): void;
  toggle(): void;
  /** Brings back what `hide` took out of sight, the bubble included. */
  show(): void;
  hide(): void;
  /** BCP 47 language; null: the page's or the browser's. */
  setLocale(locale: string | null): void;
  /** `light` or `dark`, else as the visitor's system is. */
  setTheme(theme: Theme | null): void;
  /** Answers how to stop listening. */
  on: Subscribe;
  once: Subscribe;
  off<Name extends keyof Events>(name: Name, listener: (detail: Events[Name]) => void): void;
};

/** One chat of several. */
export type Chat = Methods & { readonly element: HTMLElement };

/** `window.Chatty`: by method, or by name as from the queue. It means all chats on the page. */
export type Chatty = Methods &
  ((name: string, ...values: unknown[]) => unknown) & {
    /** Puts a chat on the page, or answers the one that stands in the same place. */
    init(settings?: SettingsInput): Chat;
    boot(settings?: SettingsInput): Chat;
    login(token: string | null): void;
  };
