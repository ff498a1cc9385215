/** Loads the strings of the extras and adds them to the language in use. */

import type { Language } from '../i18n/locale.js';
import type { ExtraStrings, ExtraStringTable, Strings } from '../i18n/strings.js';

/** Each path is written out: that makes each table a file of its own. */
const loadExtraTable: Record<string, () => Promise<Record<string, ExtraStringTable>>> = {
  en: () => import('../i18n/languages/en.extras.js'),
  ko: () => import('../i18n/languages/ko.extras.js'),
  ja: () => import('../i18n/languages/ja.extras.js'),
  zh: () => import('../i18n/languages/zh.extras.js'),
  es: () => import('../i18n/languages/es.extras.js'),
  ar: () => import('../i18n/languages/ar.extras.js'),
};

/** Adds them to the language; false where they do not arrive. */
export async function loadStrings({ languageCode: base, grammar, strings }: Language): Promise<boolean> {
  const loaded = await loadExtraTable[base]?.().catch(() => null);
  const extraStrings = loaded?.[base]?.(grammar);
  if (!extraStrings) return false;
  const codes = { ...strings.codes, ...extraStrings.codes };
  Object.assign(strings, extraStrings, { codes });
  return true;
}

/** Only once they have been added is anything drawn that asks for them. */
export const extraStringsOf = ({ strings }: Language) => strings as Strings & ExtraStrings;
