/** Decides the language: one complete table each, and dates as its readers write them. */

import { en } from './en.js';
import { ko } from './ko.js';
import type { Words } from './words.js';

export type Language = {
  locale: string;
  words: Words;
  /** "오후 3:05" */
  time(date: Date): string;
  /** The moment in full, for whoever asks. */
  moment(date: Date): string;
  /** "오늘", "어제", or the date. */
  day(date: Date, now: Date): string;
};

export const languages: Record<string, Words> = { en, ko };

/** The first candidate that names a language we speak; English otherwise. Null and malformed ones are passed over. */
export function chooseLanguage(...candidates: (string | null | undefined)[]): Language {
  const base = (tag: string | null | undefined) => tag?.toLowerCase().split(/[-_]/)[0] ?? '';
  const locale = candidates.map(base).find((name) => Object.hasOwn(languages, name)) ?? 'en';
  const words = languages[locale] ?? en;
  // One formatter for all lines: making one costs more than drawing a line.
  const time = new Intl.DateTimeFormat(locale, { hour: 'numeric', minute: '2-digit' });
  const moment = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'short' });
  const date = new Intl.DateTimeFormat(locale, { dateStyle: 'full' });
  return {
    locale,
    words,
    time: (value) => time.format(value),
    moment: (value) => moment.format(value),
    day(value, now) {
      if (sameDay(value, now)) return words.today;
      const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
      return sameDay(value, yesterday) ? words.yesterday : date.format(value);
    },
  };
}

export function sameDay(one: Date, other: Date): boolean {
  return one.toDateString() === other.toDateString();
}
