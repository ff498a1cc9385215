/** The words of the parts that come later, in the language of those that are there. */

import type { Language } from '../language.js';
import type { MoreTable, MoreWords, Words } from '../words.js';

/** Each path is written out: that makes each table a file of its own. */
const tables: Record<string, () => Promise<Record<string, MoreTable>>> = {
  en: () => import('../languages/en-more.js'),
  ko: () => import('../languages/ko-more.js'),
  ja: () => import('../languages/ja-more.js'),
  zh: () => import('../languages/zh-more.js'),
  es: () => import('../languages/es-more.js'),
  ar: () => import('../languages/ar-more.js'),
};

/** Adds them to the language; false where they do not arrive. */
export async function speak({ base, grammar, words }: Language): Promise<boolean> {
  const loaded = await tables[base]?.().catch(() => null);
  const more = loaded?.[base]?.(grammar);
  if (!more) return false;
  const codes = { ...words.codes, ...more.codes };
  Object.assign(words, more, { codes });
  return true;
}

/** Only once they have been added is anything drawn that asks for them. */
export const wordsOf = ({ words }: Language) => words as Words & MoreWords;
