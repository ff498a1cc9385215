/** The words of the parts that come later, in the language of those that are there. */

import type { Language } from '../i18n/locale.js';
import type { MoreTable, MoreWords, Words } from '../i18n/strings.js';

/** Each path is written out: that makes each table a file of its own. */
const tables: Record<string, () => Promise<Record<string, MoreTable>>> = {
  en: () => import('../i18n/languages/en.extras.js'),
  ko: () => import('../i18n/languages/ko.extras.js'),
  ja: () => import('../i18n/languages/ja.extras.js'),
  zh: () => import('../i18n/languages/zh.extras.js'),
  es: () => import('../i18n/languages/es.extras.js'),
  ar: () => import('../i18n/languages/ar.extras.js'),
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
