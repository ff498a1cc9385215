/** Decides the language, loads its table, and writes dates and lists as its readers do. */

import { createGrammar, type Grammar } from './plural-rules.js';
import type { Table, Words } from './strings.js';

/** Each path is written out: that makes each table a file of its own. */
const tables = {
  en: () => import('./languages/en.js'),
  ko: () => import('./languages/ko.js'),
  ja: () => import('./languages/ja.js'),
  zh: () => import('./languages/zh.js'),
  es: () => import('./languages/es.js'),
  ar: () => import('./languages/ar.js'),
};

type Base = keyof typeof tables;

/** Subtags of who reads Chinese in Traditional characters. */
const TRADITIONAL = /\b(hant|tw|hk|mo)\b/;

const MINUTE = 60_000;

export type Locale = {
  /** Which table. */
  base: Base;
  /** How dates and numbers are written. */
  tag: string;
  dir: 'ltr' | 'rtl';
};

export type Language = {
  locale: string;
  base: Base;
  grammar: Grammar;
  dir: Locale['dir'];
  words: Words;
  /** "오후 3:05" */
  time(date: Date): string;
  /** The moment in full, for whoever asks. */
  moment(date: Date): string;
  /** "오늘", "어제", or the date. */
  day(date: Date, now: Date): string;
  /** "방금 전", "5분 전", and "2시간 전" while it is the same day; null for what `time` says better. */
  ago(date: Date, now: Date): string | null;
};

/** The first candidate whose language we speak; English otherwise. Null and malformed ones are passed over. */
export function chooseLocale(...candidates: (string | null | undefined)[]): Locale {
  for (const candidate of candidates) {
    const [language, ...rest] = candidate?.trim().toLowerCase().split(/[-_]/) ?? [];
    const base = (Object.keys(tables) as Base[]).find((name) => name === language);
    if (base === undefined) continue;
    const traditional = TRADITIONAL.test(`${rest}`) && !rest.includes('hans');
    return {
      base,
      tag: base === 'zh' && traditional ? 'zh-TW' : base,
      dir: base === 'ar' ? 'rtl' : 'ltr',
    };
  }
  return { base: 'en', tag: 'en', dir: 'ltr' };
}

/** Rejects when the table does not arrive. */
export async function loadLanguage(locale: Locale): Promise<Language> {
  const { base } = locale;
  const loaded: { [Name in Base]?: Table } = await tables[base]();
  return createLanguage(locale, loaded[base] as Table);
}

export function createLanguage({ base, tag, dir }: Locale, table: Table): Language {
  const grammar = createGrammar(tag, dir);
  const words = table(grammar);
  // One formatter for all lines: making one costs more than drawing a line.
  const time = new Intl.DateTimeFormat(tag, { hour: 'numeric', minute: '2-digit' });
  const moment = new Intl.DateTimeFormat(tag, { dateStyle: 'full', timeStyle: 'short' });
  const date = new Intl.DateTimeFormat(tag, { dateStyle: 'full' });
  const relative = new Intl.RelativeTimeFormat(tag);
  return {
    locale: tag,
    base,
    grammar,
    dir,
    words,
    time: (value) => time.format(value),
    moment: (value) => moment.format(value),
    day(value, now) {
      if (sameDay(value, now)) return words.today;
      const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
      return sameDay(value, yesterday) ? words.yesterday : date.format(value);
    },
    ago(value, now) {
      const minutes = Math.floor((now.getTime() - value.getTime()) / MINUTE);
      // A visitor's clock may be behind, but where it is plainly wrong it says nothing.
      if (minutes < 1) return minutes > -60 ? words.justNow : null;
      if (minutes < 60) return relative.format(-minutes, 'minute');
      return sameDay(value, now) ? relative.format(-Math.floor(minutes / 60), 'hour') : null;
    },
  };
}

export function sameDay(one: Date, other: Date): boolean {
  return one.toDateString() === other.toDateString();
}
