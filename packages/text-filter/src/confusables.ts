/** Decides which characters are taken for which: Unicode's confusables (UTS 39), and what they leave out that people use. */

import { createRequire } from 'node:module';

/** Its types name a default export that its CommonJS file does not have. */
const require = createRequire(import.meta.url);
const confusables: (text: string) => string = require('unhomoglyph');

/**
 * Read after UTS 39, one character for one or several. Small capitals, Cyrillic and Greek that UTS 39 keeps apart, digits
 * as letters, letters made of two others, and jamo beside the signs that are drawn like them. Both sides of a
 * comparison are folded, so `i`, `l`, `1` and ㅣ being one letter costs nothing where a name is honest.
 */
const EXTRA_CONFUSABLES = new Map(
  Object.entries({
    ...{
      ᴀ: 'a',
      ʙ: 'b',
      ᴅ: 'cl',
      ᴇ: 'e',
      ꜰ: 'f',
      ɢ: 'g',
      ʜ: 'h',
      ᴊ: 'j',
      ĸ: 'k',
      ʟ: 'l',
      ʍ: 'rn',
      ɴ: 'n',
      ᴘ: 'p',
    },
    ...{ ʀ: 'r', ᴛ: 't', ꞓ: 'e', ω: 'vv', i: 'l', d: 'cl', m: 'rn', w: 'vv', q: 'g' },
    ...{ 2: 'z', 3: 'e', 4: 'a', 5: 's', 6: 'b', 7: 't', 8: 'b', 9: 'g' },
    ...{ 丨: 'l', ᄋ: 'o', フ: 'ᄀ', 匚: 'ᄃ', 乙: 'ᄅ', 己: 'ᄅ', 口: 'ᄆ', 人: 'ᄉ', ス: 'ᄌ', 卜: 'ᅡ' },
    ...{ 丄: 'ᅩ', ꓕ: 'ᅩ', 丅: 'ᅮ', 一: 'ー' },
  }),
);

/** Signs that stand for a letter only in a name that plays with them; elsewhere they part words. */
const SYMBOL_LETTERS = new Map(
  Object.entries({ '@': 'a', $: 's', '!': 'l', '€': 'e', '£': 'l', '¢': 'c', '○': 'o', '◯': 'o', '⭕': 'o' }),
);
/** First letters of the alphabets of squared, circled and regional capitals, which NFKC leaves as they are. */
const CAPITAL_A_CODE_POINTS = [0x1f150, 0x1f170, 0x1f1e6];

/** Vowels that differ by one stroke: 괸 beside 관, 쟈 beside 자. ㅜ and ㅠ are not among them: 윤영자 is a name, not 운영자. */
const NEAR_VOWELS = new Map(Object.entries({ ᅣ: 'ᅡ', ᅧ: 'ᅥ', ᅭ: 'ᅩ', ᅤ: 'ᅢ', ᅦ: 'ᅢ', ᅨ: 'ᅢ', ᅬ: 'ᅪ', ᅫ: 'ᅪ', ᅰ: 'ᅪ' }));

/** Letters and digits, with the marks that stand on them; all else parts words. */
const LETTER = /^[\p{L}\p{N}\p{M}]$/u;

/**
 * The skeleton of one character: what it is taken for, without case and marks; of what is neither letter nor digit, none.
 * Syllables are taken apart, so ㄱㅘㄴ and 관 have one skeleton.
 *
 * @param character one code point in NFKC
 */
export function skeletonOf(character: string, mode: { signs: boolean; near: boolean }): string {
  const base = mode.signs ? letterOfSymbol(character) : character;
  if (!mode.signs && !LETTER.test(base)) return '';
  const decomposed = base.normalize('NFD');
  const merged = mode.near ? replaceEach(decomposed, NEAR_VOWELS) : decomposed;
  // Once more after the case is gone: M becomes m, which is drawn like rn.
  const folded = confusables(confusables(merged).toLowerCase()).toLowerCase().normalize('NFD');
  return replaceEach(folded, EXTRA_CONFUSABLES).replace(/[^\p{L}\p{N}]/gu, '');
}

function letterOfSymbol(character: string): string {
  const codePoint = character.codePointAt(0) ?? 0;
  const capitalA = CAPITAL_A_CODE_POINTS.find((capital) => codePoint >= capital && codePoint < capital + 26);
  if (capitalA !== undefined) return String.fromCharCode(97 + codePoint - capitalA);
  return SYMBOL_LETTERS.get(character) ?? character;
}

function replaceEach(text: string, table: ReadonlyMap<string, string>): string {
  return Array.from(text, (character) => table.get(character) ?? character).join('');
}
