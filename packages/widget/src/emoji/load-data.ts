/** Brings the emoji of a language, once; of a language without words of its own, those of English. */

import type { EmojiGroup } from './parse-data.js';
import { readEmoji } from './parse-data.js';

const texts: Record<string, () => Promise<{ default: string }>> = {
  en: () => import('emoji-data:en'),
  ko: () => import('emoji-data:ko'),
  ja: () => import('emoji-data:ja'),
  zh: () => import('emoji-data:zh'),
  es: () => import('emoji-data:es'),
};

/** `language` is that of the labels, which need not be the one asked for. */
export type Emojis = { language: string; groups: EmojiGroup[] };

const loaded = new Map<string, Promise<Emojis>>();

export function loadEmoji(locale: string): Promise<Emojis> {
  const wanted = locale.toLowerCase().split(/[-_]/)[0] ?? '';
  const language = Object.hasOwn(texts, wanted) ? wanted : 'en';
  const known = loaded.get(language);
  if (known) return known;
  const coming = read(language);
  loaded.set(language, coming);
  // A network that fails now may not the next time.
  coming.catch(() => loaded.delete(language));
  return coming;
}

async function read(language: string): Promise<Emojis> {
  const text = await texts[language]?.();
  await turn();
  const groups = readEmoji(text?.default ?? '', language);
  await turn();
  return { language, groups };
}

/** To load, to read and to draw are tasks of their own: between them the page may answer its visitor. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
