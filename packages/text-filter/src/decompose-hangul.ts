/** Decides what the letters of a text are for whoever looks for words in it, and where each of them stands in the text. */

import { latinLetterOf } from './latin-letters.js';

/**
 * Letters of an alphabet, a place in each column for each: of a syllable each jamo, ㅘ as ㅗ and ㅏ. Columns of numbers that
 * are used again, because every message passes through here and making them took longer than filling them.
 */
export type Letters = {
  /** How many of the places are in use. */
  count: number;
  codes: Int32Array;
  /** The small letter as it is written, where `codes` has the one from a to z that it is read as; else 0. */
  originals: Int32Array;
  /** What the letter is (`KIND`) and the traits below, added up. */
  traits: Uint8Array;
  /** The part of the text it stands for, in UTF-16 code units; for the jamo of one syllable the same. */
  starts: Int32Array;
  ends: Int32Array;
};

/** What a letter is says where words meet: 욕lol욕 are three, 3시 is one. */
export const SYLLABLE = 0;
export const JAMO = 1;
export const LAUGHTER = 2;
export const DIGIT = 3;
export const OTHER = 4;
export const KIND = 7;
/** Whether a word may begin or end here: not in the midst of a syllable. */
export const OPENS = 8;
export const CLOSES = 16;
/** What stands between it and the letter before: a sign, room, or (neither) nothing that is seen. */
export const SIGN = 32;
export const ROOM = 64;
/** It only draws the vowel before it out, as 이 does in 시이발. */
export const DRAWN = 128;

const INITIALS = 'ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ';
const VOWELS = 'ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ';
const FINALS = ' ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ';
const [FIRST_SYLLABLE, LAST_SYLLABLE] = [0xac00, 0xd7a3];
const [FIRST_JAMO, LAST_JAMO] = [0x3131, 0x3163];
const SILENT = INITIALS.indexOf('ㅇ');

/** The keys that are pressed for one sign. Tense consonants have keys of their own. */
const KEYS = new Map(
  Object.entries({
    ...{
      ㄳ: 'ㄱㅅ',
      ㄵ: 'ㄴㅈ',
      ㄶ: 'ㄴㅎ',
      ㄺ: 'ㄹㄱ',
      ㄻ: 'ㄹㅁ',
      ㄼ: 'ㄹㅂ',
      ㄽ: 'ㄹㅅ',
      ㄾ: 'ㄹㅌ',
      ㄿ: 'ㄹㅍ',
    },
    ...{
      ㅀ: 'ㄹㅎ',
      ㅄ: 'ㅂㅅ',
      ㅐ: 'ㅏㅣ',
      ㅒ: 'ㅑㅣ',
      ㅔ: 'ㅓㅣ',
      ㅖ: 'ㅕㅣ',
      ㅘ: 'ㅗㅏ',
      ㅙ: 'ㅗㅏㅣ',
      ㅚ: 'ㅗㅣ',
    },
    ...{ ㅝ: 'ㅜㅓ', ㅞ: 'ㅜㅓㅣ', ㅟ: 'ㅜㅣ', ㅢ: 'ㅡㅣ' },
  }),
);
const keysOf = (jamo: string) => Array.from((KEYS.get(jamo) ?? jamo).trim(), (key) => key.charCodeAt(0));
const KEYS_OF_INITIALS = Array.from(INITIALS, keysOf);
const KEYS_OF_VOWELS = Array.from(VOWELS, keysOf);
const KEYS_OF_FINALS = Array.from(FINALS, keysOf);
const KEYS_OF_JAMO = new Map(Array.from(INITIALS + VOWELS + FINALS.trim(), (jamo) => [jamo, keysOf(jamo)]));
/** 새낔ㅋㅋ: the laughter was typed onto the word's last syllable. */
const LAUGHING_FINAL = FINALS.indexOf('ㅋ');
const LAUGHING = 'ㅋㅎㅠㅜ';

/** The conjoining jamo that NFKC makes of all others, as the jamo of the keyboard. */
const CONJOINING = new Map<string, string>([
  ...Array.from(INITIALS, (jamo, at) => [String.fromCharCode(0x1100 + at), jamo] as const),
  ...Array.from(VOWELS, (jamo, at) => [String.fromCharCode(0x1161 + at), jamo] as const),
  ...Array.from(FINALS.slice(1), (jamo, at) => [String.fromCharCode(0x11a8 + at), jamo] as const),
]);

/** Apostrophes part no words: in it's hit no word begins at the s. */
const APOSTROPHE = /^['’ʼ]$/u;
const UNSEEN = /^[\p{Default_Ignorable_Code_Point}\p{Cf}\p{M}]$/u;
const SPACE = /^\s$/u;
const READABLE = /^[\p{L}\p{N}]$/u;

/** Room for an ordinary message; what needs more grows. */
const LETTERS = 512;
const LATIN_CODES = 5_000;
const latinCodes = new Map<string, number | null>();

export function createLetters(size = LETTERS): Letters {
  const column = () => new Int32Array(size);
  const traits = new Uint8Array(size);
  return { count: 0, codes: column(), originals: column(), traits, starts: column(), ends: column() };
}

function append(
  letters: Letters,
  code: number,
  traits: number,
  start: number,
  end: number,
  original: number,
): void {
  if (letters.count === letters.codes.length) growLetters(letters);
  letters.codes[letters.count] = code;
  letters.originals[letters.count] = original;
  letters.traits[letters.count] = traits;
  letters.starts[letters.count] = start;
  letters.ends[letters.count] = end;
  letters.count += 1;
}

function growLetters(letters: Letters): void {
  const { codes, originals, traits, starts, ends } = letters;
  Object.assign(letters, createLetters(codes.length * 2), { count: letters.count });
  letters.codes.set(codes);
  letters.originals.set(originals);
  letters.traits.set(traits);
  letters.starts.set(starts);
  letters.ends.set(ends);
}

/** The letters of a text in stored form (`cleanContent`), in place of what `into` held. Linear in the text. */
export function readLetters(text: string, into = createLetters()): Letters {
  into.count = 0;
  let gap = 0;
  /** The vowel of the syllable or jamo just read, if it ended in one. */
  let vowel = -1;

  function push(code: number, traits: number, start: number, end: number, original = 0): void {
    append(into, code, traits | gap, start, end, original);
    gap = 0;
  }

  function pushSyllable(point: number, start: number, end: number): void {
    const index = point - FIRST_SYLLABLE;
    const initial = Math.floor(index / 588);
    const middle = Math.floor((index % 588) / 28);
    const final = index % 28;
    const drawn = initial === SILENT && middle === vowel && gap === 0 ? DRAWN : 0;
    push(KEYS_OF_INITIALS[initial]?.[0] ?? 0, SYLLABLE | OPENS | drawn, start, end);
    const closed = final === 0 || final === LAUGHING_FINAL ? CLOSES : 0;
    pushAll(KEYS_OF_VOWELS[middle], SYLLABLE | drawn, closed, start, end);
    if (final > 0) pushAll(KEYS_OF_FINALS[final], SYLLABLE, CLOSES, start, end);
    vowel = final === 0 ? middle : -1;
  }

  /** @param last traits that only the last of them has */
  function pushAll(keys: number[] | undefined, traits: number, last: number, start: number, end: number) {
    const count = keys?.length ?? 0;
    for (let at = 0; at < count; at += 1)
      push(keys?.[at] ?? 0, at === count - 1 ? traits | last : traits, start, end);
  }

  function pushJamo(jamo: string, start: number, end: number): void {
    const kind = LAUGHING.includes(jamo) ? LAUGHTER : JAMO;
    pushAll(KEYS_OF_JAMO.get(jamo), kind | OPENS | CLOSES, 0, start, end);
    vowel = VOWELS.indexOf(jamo);
  }

  function pushOther(character: string, start: number): void {
    const end = start + character.length;
    for (const plain of character.normalize('NFKC')) {
      const point = plain.codePointAt(0) ?? 0;
      const jamo = CONJOINING.get(plain);
      if (isSyllable(point)) pushSyllable(point, start, end);
      else if (jamo !== undefined) pushJamo(jamo, start, end);
      else if (!UNSEEN.test(plain)) pushPlain(plain, start, end);
    }
  }

  function pushPlain(plain: string, start: number, end: number): void {
    vowel = -1;
    const point = plain.toLowerCase().codePointAt(0) ?? 0;
    const latin = point < 0x80 ? null : readLatin(plain);
    if (latin !== null) push(latin, OTHER | OPENS | CLOSES, start, end, latin === point ? 0 : point);
    else if (READABLE.test(plain))
      push(point, (/\p{N}/u.test(plain) ? DIGIT : OTHER) | OPENS | CLOSES, start, end);
    else if (SPACE.test(plain)) gap = ROOM;
    else if (gap === 0 && !APOSTROPHE.test(plain)) gap = SIGN;
  }

  for (let at = 0; at < text.length; ) {
    const unit = text.charCodeAt(at);
    if (isSyllable(unit)) pushSyllable(unit, at, at + 1);
    else if (unit >= FIRST_JAMO && unit <= LAST_JAMO) pushJamo(text.charAt(at), at, at + 1);
    else if (unit === 0x20) {
      gap = ROOM;
      vowel = -1;
    } else if (unit >= 0x61 && unit <= 0x7a) {
      push(unit, OTHER | OPENS | CLOSES, at, at + 1);
      vowel = -1;
    } else {
      const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
      pushOther(character, at);
      at += character.length - 1;
    }
    at += 1;
  }
  return into;
}

/** The code of `latinLetterOf`, remembered: the alphabets it looks at have a few thousand letters. */
function readLatin(character: string): number | null {
  const known = latinCodes.get(character);
  if (known !== undefined) return known;
  const code = latinLetterOf(character)?.charCodeAt(0) ?? null;
  if (latinCodes.size >= LATIN_CODES) latinCodes.clear();
  latinCodes.set(character, code);
  return code;
}

function isSyllable(point: number): boolean {
  return point >= FIRST_SYLLABLE && point <= LAST_SYLLABLE;
}

/**
 * Puts into `into` the letters without what stands between those of a Korean word to hide it: digits (시1발), laughter
 * (시ㅋ발), vowels drawn out (시이발).
 *
 * @returns whether there was any of that
 */
export function dropFilling(letters: Letters, into: Letters): boolean {
  const { count, codes, originals, traits, starts, ends } = letters;
  into.count = 0;
  let laughed = false;
  for (let at = 0; at < count; ) {
    const end = fillingEnd(letters, at);
    laughed ||= end > at && ((traits[end - 1] ?? 0) & KIND) === LAUGHTER;
    if (end === at) {
      // As apart as by room: 다시ㅋㅋ발표 is to be as safe as 다시 발표.
      const trait = (traits[at] ?? 0) | (laughed ? ROOM : 0);
      append(into, codes[at] ?? 0, trait, starts[at] ?? 0, ends[at] ?? 0, originals[at] ?? 0);
      laughed = false;
    }
    at = Math.max(end, at + 1);
  }
  return into.count < count;
}

/** Where the filling that begins at `at` ends; `at` itself if none begins there. */
function fillingEnd({ count, traits }: Letters, at: number): number {
  const trait = traits[at] ?? 0;
  if ((trait & DRAWN) !== 0) return at + 1;
  if (at === 0 || !fills(trait) || !isFilled(traits[at - 1] ?? 0)) return at;
  let end = at + 1;
  while (end < count && fills(traits[end] ?? 0)) end += 1;
  const after = traits[end] ?? 0;
  return end < count && isFilled(after) && (after & (SIGN | ROOM)) === 0 ? end : at;
}

function fills(trait: number): boolean {
  const kind = trait & KIND;
  return (kind === DIGIT || kind === LAUGHTER) && (trait & (SIGN | ROOM)) === 0;
}

function isFilled(trait: number): boolean {
  return (trait & KIND) <= JAMO;
}
