/** Splits Hangul into the keys that type it, so that a half-typed syllable finds the whole word. */

const INITIALS = 'ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ';
const VOWELS = 'ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ';
const FINALS = ' ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ';

const FIRST_SYLLABLE = 0xac00;
const SYLLABLE_COUNT = 11172;
const SYLLABLE = /[가-힣]/g;

/** Letters of two keys. ㄲ and ㅆ are one key with Shift, as initials and as finals. */
const KEYS_OF_COMPOUND_JAMO: Record<string, string> = {
  ㅘ: 'ㅗㅏ',
  ㅙ: 'ㅗㅐ',
  ㅚ: 'ㅗㅣ',
  ㅝ: 'ㅜㅓ',
  ㅞ: 'ㅜㅔ',
  ㅟ: 'ㅜㅣ',
  ㅢ: 'ㅡㅣ',
  ㄳ: 'ㄱㅅ',
  ㄵ: 'ㄴㅈ',
  ㄶ: 'ㄴㅎ',
  ㄺ: 'ㄹㄱ',
  ㄻ: 'ㄹㅁ',
  ㄼ: 'ㄹㅂ',
  ㄽ: 'ㄹㅅ',
  ㄾ: 'ㄹㅌ',
  ㄿ: 'ㄹㅍ',
  ㅀ: 'ㄹㅎ',
  ㅄ: 'ㅂㅅ',
};

/** Of the thousand syllables in use, each is taken apart once. */
const keysByLetter = new Map<string, string>();

/** "핱" and the beginning of "하트" are the same keys. */
export function hangulKeysOf(text: string): string {
  let keys = '';
  for (const letter of text) {
    let letterKeys = keysByLetter.get(letter);
    if (letterKeys === undefined) {
      letterKeys = decompose(letter);
      keysByLetter.set(letter, letterKeys);
    }
    keys += letterKeys;
  }
  return keys;
}

function decompose(letter: string): string {
  return letter
    .replace(SYLLABLE, (syllable) => {
      const index = syllable.charCodeAt(0) - FIRST_SYLLABLE;
      const final = FINALS.charAt(index % 28).trim();
      return INITIALS.charAt(index / 588) + VOWELS.charAt((index % 588) / 28) + final;
    })
    .replace(/[ㄱ-ㅣ]/g, (single) => KEYS_OF_COMPOUND_JAMO[single] ?? single);
}

/** "하트" to "ㅎㅌ". */
export function hangulInitialsOf(text: string): string {
  let initials = '';
  for (const letter of text) {
    const index = letter.charCodeAt(0) - FIRST_SYLLABLE;
    initials += index >= 0 && index < SYLLABLE_COUNT ? INITIALS.charAt(index / 588) : letter;
  }
  return initials;
}

/** Whether a text is initials only, as "ㅎㅌ" is; an input method joins some to one letter ("ㄳ"). */
export function isInitialsOnly(text: string): boolean {
  return /^[ㄱ-ㅎ]+$/.test(text);
}
