/** Decides which Latin letter another letter is read as: accents (é), other alphabets (Cyrillic а), small and squared capitals. */

import { createRequire } from 'node:module';

/** Unicode's confusables (UTS 39), by character. */
const CONFUSABLES: Readonly<Record<string, string>> = createRequire(import.meta.url)('unhomoglyph/data.json');

/** Alphabets whose letters are drawn like Latin ones; in Hangul, Han and kana a stroke like an l is something else. */
const ALPHABET = /\p{sc=Latin}|\p{sc=Greek}|\p{sc=Cyrillic}|\p{sc=Armenian}|\p{sc=Cherokee}/u;
/** What UTS 39 keeps apart, and people use. */
const MORE = new Map(
  Object.entries({
    ...{ ᴀ: 'a', ʙ: 'b', β: 'b', ᴅ: 'd', ᴇ: 'e', ꞓ: 'e', ꜰ: 'f', ɢ: 'g', ʜ: 'h', ᴊ: 'j', ĸ: 'k', ʟ: 'l' },
    ...{ ʍ: 'm', ɴ: 'n', ᴘ: 'p', ʀ: 'r', ᴛ: 't' },
  }),
);
/** First letters of the squared and circled capitals that NFKC leaves as they are. */
const CAPITALS = [0x1f150, 0x1f170];
const LETTERS = 26;
/** Small letters that whole words of ordinary languages are made of: English, Russian, Ukrainian, Belarusian, Greek. */
const EVERYDAY = /^[a-zа-яёіїєґўα-ωάέήίόύώ]$/u;

/**
 * The small letter from a to z that this one is drawn as, with or without marks; null: none.
 *
 * @param character one code point in NFKC, of either case
 */
export function latinLetterOf(character: string): string | null {
  const point = character.codePointAt(0) ?? 0;
  const first = CAPITALS.find((capital) => point >= capital && point < capital + LETTERS);
  if (first !== undefined) return String.fromCharCode(0x61 + point - first);
  if (!ALPHABET.test(character)) return null;
  const [given, small] = [read(character), read(character.toLowerCase())];
  // A capital I is drawn like an l.
  return given === null || given === 'l' ? (small ?? given) : given;
}

/** Whether a letter is one that words of another language may consist of, and so no sign of hiding. */
export function isEveryday(point: number): boolean {
  return EVERYDAY.test(String.fromCodePoint(point));
}

/** Whether it is a Latin letter other than a to z: one with an accent. */
export function isAccented(point: number): boolean {
  return point > 0x7a && /^\p{sc=Latin}$/u.test(String.fromCodePoint(point));
}

function read(character: string): string | null {
  const bare = withoutMarks(character);
  if (/^[a-z]$/i.test(bare)) return bare.toLowerCase();
  const shown = CONFUSABLES[character] ?? CONFUSABLES[bare] ?? bare;
  const plain = withoutMarks(MORE.get(bare) ?? MORE.get(shown) ?? shown).toLowerCase();
  return /^[a-z]$/.test(plain) ? plain : null;
}

function withoutMarks(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '');
}
