/** Hosts by their colours, and their pages in them. */

import type { Page } from 'playwright-core';

export type ThemeColours = { accent?: string; background?: string; text?: string };

/** Of hosts as there are: a colour of the house alone, or a whole page of it that knows nothing of light and dark. */
export const HOST_THEMES: [name: string, ThemeColours][] = [
  ['a dark colour alone', { accent: '#1b3a57' }],
  ['a pale colour alone', { accent: '#ffd400' }],
  ['red alone', { accent: '#e5002b' }],
  ['green alone', { accent: '#00aa77' }],
  ['a dark page', { accent: '#ffb300', background: '#0b2a3a', text: '#e8f4f8' }],
  ['a soft dark page', { accent: '#61afef', background: '#282c34', text: '#b9c0cc' }],
  ['a grey text', { accent: '#27c', background: '#fff', text: '#4b5563' }],
  ['a page of paper', { accent: '#8c3b1f', background: '#fbf3e4', text: '#3b2a1a' }],
];

/** The page of a host, for a visitor who likes it light or dark. */
export async function applyTheme(
  page: Page,
  colours: ThemeColours,
  colorScheme: 'light' | 'dark',
): Promise<void> {
  await page.emulateMedia({ colorScheme });
  await page.evaluate(
    ([names, colours]) => {
      const { style } = document.documentElement;
      for (const name of names) style.setProperty(`--chatty-${name}`, colours[name] ?? '');
    },
    [['accent', 'background', 'text'], colours] as const,
  );
}
