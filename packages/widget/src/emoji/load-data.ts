/** Loads the emoji of a language once; languages without their own use the English names. */

import type { EmojiGroup } from './parse-data.js';
import { parseEmojiData } from './parse-data.js';

const loadText: Record<string, () => Promise<{ default: string }>> = {
  en: () => import('emoji-data:en'),
  ko: () => import('emoji-data:ko'),
  ja: () => import('emoji-data:ja'),
  zh: () => import('emoji-data:zh'),
  es: () => import('emoji-data:es'),
};

/** `language` is that of the labels, which need not be the one asked for. */
export type LoadedEmoji = { language: string; groups: EmojiGroup[] };

const loadedByLanguage = new Map<string, Promise<LoadedEmoji>>();

export function loadEmoji(locale: string): Promise<LoadedEmoji> {
  const requestedLanguage = locale.toLowerCase().split(/[-_]/)[0] ?? '';
  const language = Object.hasOwn(loadText, requestedLanguage) ? requestedLanguage : 'en';
  const cached = loadedByLanguage.get(language);
  if (cached) return cached;
  const loading = readLanguage(language);
  loadedByLanguage.set(language, loading);
  // A network that fails now may not the next time.
  loading.catch(() => loadedByLanguage.delete(language));
  return loading;
}

async function readLanguage(language: string): Promise<LoadedEmoji> {
  const text = await loadText[language]?.();
  await yieldToEventLoop();
  const groups = parseEmojiData(text?.default ?? '', language);
  await yieldToEventLoop();
  return { language, groups };
}

/** To load, to read and to draw are tasks of their own: between them the page may answer its visitor. */
function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
