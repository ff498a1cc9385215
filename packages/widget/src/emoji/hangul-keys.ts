/** Takes Hangul apart into the keys that write it, so that a syllable half written finds the whole. */

const INITIALS = 'ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ';
const VOWELS = 'ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ';
const FINALS = ' ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ';

const FIRST = 0xac00;
const SYLLABLES = 11172;
const SYLLABLE = /[가-힣]/g;

/** Letters of two keys. ㄲ and ㅆ are one key with Shift, as initials and as finals. */
const PAIRS: Record<string, string> = {
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
const known = new Map<string, string>();

/** "핱" and the beginning of "하트" are the same keys. */
export function keysOf(text: string): string {
  let keys = '';
  for (const letter of text) {
    let own = known.get(letter);
    if (own === undefined) {
      own = takeApart(letter);
      known.set(letter, own);
    }
    keys += own;
  }
  return keys;
}

function takeApart(letter: string): string {
  return letter
    .replace(SYLLABLE, (syllable) => {
      const index = syllable.charCodeAt(0) - FIRST;
      const final = FINALS.charAt(index % 28).trim();
      return INITIALS.charAt(index / 588) + VOWELS.charAt((index % 588) / 28) + final;
    })
    .replace(/[ㄱ-ㅣ]/g, (single) => PAIRS[single] ?? single);
}

/** "하트" to "ㅎㅌ". */
export function initialsOf(text: string): string {
  let initials = '';
  for (const letter of text) {
    const index = letter.charCodeAt(0) - FIRST;
    initials += index >= 0 && index < SYLLABLES ? INITIALS.charAt(index / 588) : letter;
  }
  return initials;
}

/** Whether a text is initials only, as "ㅎㅌ" is; an input method joins some to one letter ("ㄳ"). */
export function isInitials(text: string): boolean {
  return /^[ㄱ-ㅎ]+$/.test(text);
}
