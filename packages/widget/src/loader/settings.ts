/** Decides what the host asked for: `init` before attributes before `window.params`. A page can put anything there. */

export type Settings = {
  /** The host's token, or null for a visitor who is not logged in. Never leaves memory. */
  token: string | null;
  /** Asks the host for a new token: near the old one's expiry, or when it was refused as expired. */
  tokenProvider: (() => Promise<string>) | null;
  /** Which project a visitor without a token reads. */
  projectId: string | null;
  /** Where the chat goes on the page; null: docked in a corner. */
  mount: Element | string | null;
  /** Side of the page the docked chat stands at: `left`, else the right. */
  position: string | null;
  /** BCP 47 language, or null for the page's or the browser's. */
  locale: string | null;
  /** `light` or `dark`, else as the visitor's system is. */
  theme: string | null;
  /** z-index of the docked chat, or null for nearly the highest. */
  zIndex: number | null;
  /** Whether the chat appears without a call of `init`. */
  autoload: boolean;
};

export type Given = Record<string, unknown>;

/** Attributes of a script element or of `<chatty-chat>` as settings. Never the token: markup is cached and copied. */
export function readAttributes(element: Element, prefix = ''): Given {
  const given: Given = {};
  for (const name of ['projectId', 'mount', 'position', 'locale', 'theme', 'zIndex', 'autoload'])
    given[name] = element.getAttribute(prefix + name.replace(/[A-Z]/g, '-$&')) ?? undefined;
  return given;
}

/** @param sources what was said where, the one that counts most first */
export function readSettings(...sources: (Given | null | undefined)[]): Settings {
  const say = (name: string) => sources.map((source) => source?.[name]).find((value) => value !== undefined);
  const text = (name: string) => {
    const value = say(name);
    return typeof value === 'string' && value ? value : null;
  };
  const mount = say('mount');
  const provider = say('tokenProvider');
  return {
    token: text('token'),
    tokenProvider: typeof provider === 'function' ? (provider as () => Promise<string>) : null,
    projectId: text('projectId'),
    mount: mount instanceof Element ? mount : text('mount'),
    position: text('position'),
    locale: text('locale'),
    theme: text('theme'),
    zIndex: Number(say('zIndex')) || null,
    autoload: `${say('autoload')}` !== 'false',
  };
}
