/** Chooses the language, loads its strings, and formats dates and times. */

import { createGrammar, type Grammar } from './plural-rules.js';
import type { Strings, StringTable } from './strings.js';

/** Each path is written out: that makes each table a file of its own. */
const loadTable = {
  en: () => import('./languages/en.js'),
  ko: () => import('./languages/ko.js'),
  ja: () => import('./languages/ja.js'),
  zh: () => import('./languages/zh.js'),
  es: () => import('./languages/es.js'),
  ar: () => import('./languages/ar.js'),
};

type LanguageCode = keyof typeof loadTable;

/** Subtags of who reads Chinese in Traditional characters. */
const TRADITIONAL_CHINESE_SUBTAG = /\b(hant|tw|hk|mo)\b/;

const MINUTE_MS = 60_000;

export type Locale = {
  /** Which table. */
  languageCode: LanguageCode;
  /** How dates and numbers are written. */
  tag: string;
  dir: 'ltr' | 'rtl';
};

export type Language = {
  locale: string;
  languageCode: LanguageCode;
  grammar: Grammar;
  dir: Locale['dir'];
  strings: Strings;
  /** "오후 3:05" */
  time(date: Date): string;
  /** The moment in full, for whoever asks. */
  fullDateTime(date: Date): string;
  /** "오늘", "어제", or the date. */
  day(date: Date, now: Date): string;
  /** "방금 전", "5분 전", and "2시간 전" while it is the same day; null for what `time` says better. */
  relativeTime(date: Date, now: Date): string | null;
};

/** The first candidate whose language we speak; English otherwise. Null and malformed ones are passed over. */
export function chooseLocale(...candidates: (string | null | undefined)[]): Locale {
  for (const candidate of candidates) {
    const [language, ...subtags] = candidate?.trim().toLowerCase().split(/[-_]/) ?? [];
    const languageCode = (Object.keys(loadTable) as LanguageCode[]).find((name) => name === language);
    if (languageCode === undefined) continue;
    const traditional = TRADITIONAL_CHINESE_SUBTAG.test(`${subtags}`) && !subtags.includes('hans');
    return {
      languageCode,
      tag: languageCode === 'zh' && traditional ? 'zh-TW' : languageCode,
      dir: languageCode === 'ar' ? 'rtl' : 'ltr',
    };
  }
  return { languageCode: 'en', tag: 'en', dir: 'ltr' };
}

/** Rejects when the table does not arrive. */
export async function loadLanguage(locale: Locale): Promise<Language> {
  const { languageCode } = locale;
  const loaded: { [Name in LanguageCode]?: StringTable } = await loadTable[languageCode]();
  return createLanguage(locale, loaded[languageCode] as StringTable);
}

export function createLanguage({ languageCode, tag, dir }: Locale, table: StringTable): Language {
  const grammar = createGrammar(tag, dir);
  const strings = table(grammar);
  // One formatter for all lines: making one costs more than drawing a line.
  const time = new Intl.DateTimeFormat(tag, { hour: 'numeric', minute: '2-digit' });
  const fullDateTime = new Intl.DateTimeFormat(tag, { dateStyle: 'full', timeStyle: 'short' });
  const date = new Intl.DateTimeFormat(tag, { dateStyle: 'full' });
  const relative = new Intl.RelativeTimeFormat(tag);
  return {
    locale: tag,
    languageCode,
    grammar,
    dir,
    strings,
    time: (value) => time.format(value),
    fullDateTime: (value) => fullDateTime.format(value),
    day(value, now) {
      if (isSameDay(value, now)) return strings.today;
      const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
      return isSameDay(value, yesterday) ? strings.yesterday : date.format(value);
    },
    relativeTime(value, now) {
      const minutes = Math.floor((now.getTime() - value.getTime()) / MINUTE_MS);
      // A visitor's clock may be behind, but where it is plainly wrong it says nothing.
      if (minutes < 1) return minutes > -60 ? strings.justNow : null;
      if (minutes < 60) return relative.format(-minutes, 'minute');
      return isSameDay(value, now) ? relative.format(-Math.floor(minutes / 60), 'hour') : null;
    },
  };
}

export function isSameDay(one: Date, other: Date): boolean {
  return one.toDateString() === other.toDateString();
}
