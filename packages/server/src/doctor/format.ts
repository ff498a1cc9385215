/** Puts into words what the doctor has found, in each language at once: what it is, and what to do. */

import type { Code } from '@chatty/protocol/errors';
import type { CheckTitle, Outcome, Words } from './outcomes.js';
import { english } from './strings.en.js';
import { korean } from './strings.ko.js';

/** What stands in a sentence: a text, a length of time, a moment in milliseconds, or what a code means. */
export type Value = string | { seconds: number } | { moment: number } | { code: Code };
export type Values = Record<string, Value>;
/** One sentence in each language. */
export type Told = { en: string; ko: string };

/** Longest text from outside in a sentence, in UTF-16 code units. */
const TEXT = 256;
/** The last moment that a calendar knows. */
const LAST = 8.64e15;

export function titleOf(check: CheckTitle): Told {
  return { en: english.titles[check], ko: korean.titles[check] };
}

export function adviceOf(outcome: Outcome, values: Values): Told {
  return { en: fill(english, outcome, values), ko: fill(korean, outcome, values) };
}

export function codeWords(code: Code): Told {
  return { en: english.codes[code], ko: korean.codes[code] };
}

function fill(words: Words, outcome: Outcome, values: Values): string {
  return words.advice[outcome].replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name] ?? '';
    if (typeof value === 'string') return value.length <= TEXT ? value : `${value.slice(0, TEXT - 1)}…`;
    if ('seconds' in value) return words.span(Math.abs(Math.round(value.seconds)));
    return 'code' in value ? words.codes[value.code] : moment(value.moment);
  });
}

/** As `2026-01-31 12:00:00 UTC`. */
function moment(milliseconds: number): string {
  if (!(Math.abs(milliseconds) <= LAST)) return '?';
  return new Date(milliseconds)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, ' UTC');
}
