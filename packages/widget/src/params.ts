/** Reads what the page asked for in `window.params`. A page can put anything there, so nothing is taken on trust. */

export const themes = ['light', 'dark', 'auto'] as const;
export type Theme = (typeof themes)[number];

export type Params = {
  /** The host's token, or null for a visitor who is not logged in. Never leaves memory. */
  token: string | null;
  /** Where the chat goes on the page; null: docked in the corner. */
  mount: Element | string | null;
  /** BCP 47 language, or null for the page's or the browser's. */
  locale: string | null;
  theme: Theme;
};

export function readParams(value: unknown): Params {
  const given = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const text = (entry: unknown) => (typeof entry === 'string' && entry !== '' ? entry : null);
  return {
    token: text(given.token),
    mount: given.mount instanceof Element ? given.mount : text(given.mount),
    locale: text(given.locale),
    theme: themes.find((theme) => theme === given.theme) ?? 'auto',
  };
}
