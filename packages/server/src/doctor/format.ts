/** Puts the doctor's findings into words in each language: a title, and what to do. */

import type { RefusalCode } from '@chatty/protocol';
import type { DoctorCheck, DoctorStrings, FindingOutcome } from './outcomes.js';
import { englishStrings } from './strings.en.js';
import { koreanStrings } from './strings.ko.js';

/** A value in a sentence: text, a duration, a time in milliseconds, or the meaning of a code. */
export type AdviceValue = string | { seconds: number } | { moment: number } | { code: RefusalCode };
export type AdviceValues = Record<string, AdviceValue>;
/** One sentence in each language. */
export type Translated = { en: string; ko: string };

/** Longest text of a token in a sentence, in UTF-16 code units. */
const MAX_TEXT_LENGTH = 256;
/** The range of `Date`. */
const MAX_DATE_MS = 8.64e15;

export function titleOf(check: DoctorCheck): Translated {
  return { en: englishStrings.titles[check], ko: koreanStrings.titles[check] };
}

export function adviceOf(outcome: FindingOutcome, values: AdviceValues): Translated {
  return {
    en: fillTemplate(englishStrings, outcome, values),
    ko: fillTemplate(koreanStrings, outcome, values),
  };
}

export function describeCode(code: RefusalCode): Translated {
  return { en: englishStrings.codes[code], ko: koreanStrings.codes[code] };
}

function fillTemplate(strings: DoctorStrings, outcome: FindingOutcome, values: AdviceValues): string {
  return strings.advice[outcome].replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name] ?? '';
    if (typeof value === 'string')
      return value.length <= MAX_TEXT_LENGTH ? value : `${value.slice(0, MAX_TEXT_LENGTH - 1)}…`;
    if ('seconds' in value) return strings.formatDuration(Math.abs(Math.round(value.seconds)));
    return 'code' in value ? strings.codes[value.code] : moment(value.moment);
  });
}

/** As `2026-01-31 12:00:00 UTC`. */
function moment(milliseconds: number): string {
  if (!(Math.abs(milliseconds) <= MAX_DATE_MS)) return '?';
  return new Date(milliseconds)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, ' UTC');
}
