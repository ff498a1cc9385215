/** Decides which Latin letter another letter is read as: accents (é), other alphabets (Cyrillic а), small and squared capitals. */

import { createRequire } from 'node:module';

/** Unicode's confusables (UTS 39), by character. */
const CONFUSABLES: Readonly<Record<string, string>> = createRequire(import.meta.url)('unhomoglyph/data.json');

/** Alphabets whose letters are drawn like Latin ones; in Hangul, Han and kana a stroke like an l is something else. */
const LATIN_LIKE_SCRIPT = /\p{sc=Latin}|\p{sc=Greek}|\p{sc=Cyrillic}|\p{sc=Armenian}|\p{sc=Cherokee}/u;
/** What UTS 39 keeps apart, and people use. */
const EXTRA_CONFUSABLES = new Map(
  Object.entries({
    ...{ ᴀ: 'a', ʙ: 'b', β: 'b', ᴅ: 'd', ᴇ: 'e', ꞓ: 'e', ꜰ: 'f', ɢ: 'g', ʜ: 'h', ᴊ: 'j', ĸ: 'k', ʟ: 'l' },
    ...{ ʍ: 'm', ɴ: 'n', ᴘ: 'p', ʀ: 'r', ᴛ: 't' },
  }),
);
/** First letters of the squared and circled capitals that NFKC leaves as they are. */
const CAPITAL_A_CODE_POINTS = [0x1f150, 0x1f170];
const ALPHABET_SIZE = 26;
/** Small letters that whole words of ordinary languages are made of: English, Russian, Ukrainian, Belarusian, Greek. */
const COMMON_LETTER = /^[a-zа-яёіїєґўα-ωάέήίόύώ]$/u;

/**
 * The small letter from a to z that this one is drawn as, with or without marks; null: none.
 *
 * @param character one code point in NFKC, of either case
 */
export function latinLetterOf(character: string): string | null {
  const codePoint = character.codePointAt(0) ?? 0;
  const capitalA = CAPITAL_A_CODE_POINTS.find(
    (capital) => codePoint >= capital && codePoint < capital + ALPHABET_SIZE,
  );
  if (capitalA !== undefined) return String.fromCharCode(0x61 + codePoint - capitalA);
  if (!LATIN_LIKE_SCRIPT.test(character)) return null;
  const [asWritten, asLowercase] = [toLatinLetter(character), toLatinLetter(character.toLowerCase())];
  // A capital I is drawn like an l.
  return asWritten === null || asWritten === 'l' ? (asLowercase ?? asWritten) : asWritten;
}

/** Whether a letter is one that words of another language may consist of, and so no sign of hiding. */
export function isCommonLetter(codePoint: number): boolean {
  return COMMON_LETTER.test(String.fromCodePoint(codePoint));
}

/** Whether it is a Latin letter other than a to z: one with an accent. */
export function isAccented(codePoint: number): boolean {
  return codePoint > 0x7a && /^\p{sc=Latin}$/u.test(String.fromCodePoint(codePoint));
}

function toLatinLetter(character: string): string | null {
  const unmarked = withoutMarks(character);
  if (/^[a-z]$/i.test(unmarked)) return unmarked.toLowerCase();
  const confusable = CONFUSABLES[character] ?? CONFUSABLES[unmarked] ?? unmarked;
  const plain = withoutMarks(
    EXTRA_CONFUSABLES.get(unmarked) ?? EXTRA_CONFUSABLES.get(confusable) ?? confusable,
  ).toLowerCase();
  return /^[a-z]$/.test(plain) ? plain : null;
}

function withoutMarks(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '');
}
