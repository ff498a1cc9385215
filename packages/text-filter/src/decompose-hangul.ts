/** Splits a text into the letters that the word filter compares, with the position of each in the text. */

import { latinLetterOf } from './latin-letters.js';

/** Letters in columns, one place each: a syllable is its jamo, ㅘ is ㅗ and ㅏ. The columns are reused: allocating them took longer than filling them. */
export type LetterSequence = {
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
const OTHER = 4;
export const KIND_MASK = 7;
/** Whether a word may begin or end here: not in the midst of a syllable. */
export const WORD_START = 8;
export const WORD_END = 16;
/** What stands between it and the letter before: a sign, room, or (neither) nothing that is seen. */
export const PUNCTUATION = 32;
export const WHITESPACE = 64;
/** It only draws the vowel before it out, as 이 does in 시이발. */
const STRETCHED = 128;

const INITIALS = 'ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ';
const VOWELS = 'ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ';
const FINALS = ' ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ';
const [FIRST_SYLLABLE, LAST_SYLLABLE] = [0xac00, 0xd7a3];
const [FIRST_JAMO, LAST_JAMO] = [0x3131, 0x3163];
const SILENT_INITIAL = INITIALS.indexOf('ㅇ');

/** The keys that are pressed for one sign. Tense consonants have keys of their own. */
const KEYSTROKES = new Map(
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
const keystrokesOf = (jamo: string) =>
  Array.from((KEYSTROKES.get(jamo) ?? jamo).trim(), (key) => key.charCodeAt(0));
const INITIAL_KEYSTROKES = Array.from(INITIALS, keystrokesOf);
const VOWEL_KEYSTROKES = Array.from(VOWELS, keystrokesOf);
const FINAL_KEYSTROKES = Array.from(FINALS, keystrokesOf);
const JAMO_KEYSTROKES = new Map(
  Array.from(INITIALS + VOWELS + FINALS.trim(), (jamo) => [jamo, keystrokesOf(jamo)]),
);
/** 새낔ㅋㅋ: the laughter was typed onto the word's last syllable. */
const LAUGHTER_FINAL = FINALS.indexOf('ㅋ');
const LAUGHTER_JAMO = 'ㅋㅎㅠㅜ';

/** The conjoining jamo that NFKC makes of all others, as the jamo of the keyboard. */
const CONJOINING = new Map<string, string>([
  ...Array.from(INITIALS, (jamo, at) => [String.fromCharCode(0x1100 + at), jamo] as const),
  ...Array.from(VOWELS, (jamo, at) => [String.fromCharCode(0x1161 + at), jamo] as const),
  ...Array.from(FINALS.slice(1), (jamo, at) => [String.fromCharCode(0x11a8 + at), jamo] as const),
]);

/** Apostrophes part no words: in it's hit no word begins at the s. */
const APOSTROPHE = /^['’ʼ]$/u;
const INVISIBLE = /^[\p{Default_Ignorable_Code_Point}\p{Cf}\p{M}]$/u;
const SPACE = /^\s$/u;
const READABLE = /^[\p{L}\p{N}]$/u;

/** Room for an ordinary message; what needs more grows. */
const INITIAL_CAPACITY = 512;
const MAX_CACHED_LATIN_CODES = 5_000;
const latinCodeCache = new Map<string, number | null>();

export function createLetterSequence(size = INITIAL_CAPACITY): LetterSequence {
  const createColumn = () => new Int32Array(size);
  const traits = new Uint8Array(size);
  return {
    count: 0,
    codes: createColumn(),
    originals: createColumn(),
    traits,
    starts: createColumn(),
    ends: createColumn(),
  };
}

function append(
  letters: LetterSequence,
  code: number,
  traits: number,
  start: number,
  end: number,
  original: number,
): void {
  if (letters.count === letters.codes.length) grow(letters);
  letters.codes[letters.count] = code;
  letters.originals[letters.count] = original;
  letters.traits[letters.count] = traits;
  letters.starts[letters.count] = start;
  letters.ends[letters.count] = end;
  letters.count += 1;
}

function grow(letters: LetterSequence): void {
  const { codes, originals, traits, starts, ends } = letters;
  Object.assign(letters, createLetterSequence(codes.length * 2), { count: letters.count });
  letters.codes.set(codes);
  letters.originals.set(originals);
  letters.traits.set(traits);
  letters.starts.set(starts);
  letters.ends.set(ends);
}

/**
 * The letters of a text in stored form (`cleanContent`), in time linear in its length.
 *
 * @param target is overwritten and returned
 */
export function decompose(text: string, target = createLetterSequence()): LetterSequence {
  target.count = 0;
  const writer = new LetterWriter(target);
  for (let at = 0; at < text.length; ) {
    const unit = text.charCodeAt(at);
    if (isSyllable(unit)) writer.addSyllable(unit, at, at + 1);
    else if (unit >= FIRST_JAMO && unit <= LAST_JAMO) writer.addJamo(text.charAt(at), at, at + 1);
    else if (unit === 0x20) writer.addSpace();
    else if (unit >= 0x61 && unit <= 0x7a) writer.addLatin(unit, at);
    else {
      const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
      writer.addOther(character, at);
      at += character.length - 1;
    }
    at += 1;
  }
  return target;
}

/** Writes the letters of one character after another. */
class LetterWriter {
  readonly #letters: LetterSequence;
  /** The trait for what stands before the next letter. */
  #separator = 0;
  /** The vowel of the syllable or jamo just written, if it ended in one. */
  #lastVowel = -1;

  constructor(letters: LetterSequence) {
    this.#letters = letters;
  }

  addSyllable(codePoint: number, start: number, end: number): void {
    const index = codePoint - FIRST_SYLLABLE;
    const initial = Math.floor(index / 588);
    const medial = Math.floor((index % 588) / 28);
    const final = index % 28;
    const isStretched = initial === SILENT_INITIAL && medial === this.#lastVowel && this.#separator === 0;
    const stretched = isStretched ? STRETCHED : 0;
    this.#add(INITIAL_KEYSTROKES[initial]?.[0] ?? 0, SYLLABLE | WORD_START | stretched, start, end);
    const wordEnd = final === 0 || final === LAUGHTER_FINAL ? WORD_END : 0;
    this.#addAll(VOWEL_KEYSTROKES[medial], SYLLABLE | stretched, wordEnd, start, end);
    if (final > 0) this.#addAll(FINAL_KEYSTROKES[final], SYLLABLE, WORD_END, start, end);
    this.#lastVowel = final === 0 ? medial : -1;
  }

  addJamo(jamo: string, start: number, end: number): void {
    const kind = LAUGHTER_JAMO.includes(jamo) ? LAUGHTER : JAMO;
    this.#addAll(JAMO_KEYSTROKES.get(jamo), kind | WORD_START | WORD_END, 0, start, end);
    this.#lastVowel = VOWELS.indexOf(jamo);
  }

  addSpace(): void {
    this.#separator = WHITESPACE;
    this.#lastVowel = -1;
  }

  /** @param code of a letter from a to z */
  addLatin(code: number, start: number): void {
    this.#add(code, OTHER | WORD_START | WORD_END, start, start + 1);
    this.#lastVowel = -1;
  }

  addOther(character: string, start: number): void {
    const end = start + character.length;
    for (const plain of character.normalize('NFKC')) {
      const codePoint = plain.codePointAt(0) ?? 0;
      const jamo = CONJOINING.get(plain);
      if (isSyllable(codePoint)) this.addSyllable(codePoint, start, end);
      else if (jamo !== undefined) this.addJamo(jamo, start, end);
      else if (!INVISIBLE.test(plain)) this.#addPlain(plain, start, end);
    }
  }

  #addPlain(plain: string, start: number, end: number): void {
    this.#lastVowel = -1;
    const codePoint = plain.toLowerCase().codePointAt(0) ?? 0;
    const latin = codePoint < 0x80 ? null : latinCodeOf(plain);
    if (latin !== null)
      this.#add(latin, OTHER | WORD_START | WORD_END, start, end, latin === codePoint ? 0 : codePoint);
    else if (READABLE.test(plain))
      this.#add(codePoint, (/\p{N}/u.test(plain) ? DIGIT : OTHER) | WORD_START | WORD_END, start, end);
    else if (SPACE.test(plain)) this.#separator = WHITESPACE;
    else if (this.#separator === 0 && !APOSTROPHE.test(plain)) this.#separator = PUNCTUATION;
  }

  /** @param lastTraits traits that only the last letter has */
  #addAll(keys: number[] | undefined, traits: number, lastTraits: number, start: number, end: number): void {
    const count = keys?.length ?? 0;
    for (let at = 0; at < count; at += 1)
      this.#add(keys?.[at] ?? 0, at === count - 1 ? traits | lastTraits : traits, start, end);
  }

  #add(code: number, traits: number, start: number, end: number, original = 0): void {
    append(this.#letters, code, traits | this.#separator, start, end, original);
    this.#separator = 0;
  }
}

/** The code of `latinLetterOf`, remembered: the alphabets it looks at have a few thousand letters. */
function latinCodeOf(character: string): number | null {
  const known = latinCodeCache.get(character);
  if (known !== undefined) return known;
  const code = latinLetterOf(character)?.charCodeAt(0) ?? null;
  if (latinCodeCache.size >= MAX_CACHED_LATIN_CODES) latinCodeCache.clear();
  latinCodeCache.set(character, code);
  return code;
}

function isSyllable(codePoint: number): boolean {
  return codePoint >= FIRST_SYLLABLE && codePoint <= LAST_SYLLABLE;
}

/**
 * Puts into `into` the letters without what stands between those of a Korean word to hide it: digits (시1발), laughter
 * (시ㅋ발), vowels drawn out (시이발).
 *
 * @returns whether there was any of that
 */
export function stripInserted(letters: LetterSequence, target: LetterSequence): boolean {
  const { count, codes, originals, traits, starts, ends } = letters;
  target.count = 0;
  let afterLaughter = false;
  for (let at = 0; at < count; ) {
    const end = insertedEnd(letters, at);
    afterLaughter ||= end > at && ((traits[end - 1] ?? 0) & KIND_MASK) === LAUGHTER;
    if (end === at) {
      // As apart as by room: 다시ㅋㅋ발표 is to be as safe as 다시 발표.
      const trait = (traits[at] ?? 0) | (afterLaughter ? WHITESPACE : 0);
      append(target, codes[at] ?? 0, trait, starts[at] ?? 0, ends[at] ?? 0, originals[at] ?? 0);
      afterLaughter = false;
    }
    at = Math.max(end, at + 1);
  }
  return target.count < count;
}

/** Where the filling that begins at `at` ends; `at` itself if none begins there. */
function insertedEnd({ count, traits }: LetterSequence, at: number): number {
  const trait = traits[at] ?? 0;
  if ((trait & STRETCHED) !== 0) return at + 1;
  if (at === 0 || !isInsertable(trait) || !isHangulLetter(traits[at - 1] ?? 0)) return at;
  let end = at + 1;
  while (end < count && isInsertable(traits[end] ?? 0)) end += 1;
  const after = traits[end] ?? 0;
  return end < count && isHangulLetter(after) && (after & (PUNCTUATION | WHITESPACE)) === 0 ? end : at;
}

function isInsertable(trait: number): boolean {
  const kind = trait & KIND_MASK;
  return (kind === DIGIT || kind === LAUGHTER) && (trait & (PUNCTUATION | WHITESPACE)) === 0;
}

function isHangulLetter(trait: number): boolean {
  return (trait & KIND_MASK) <= JAMO;
}
