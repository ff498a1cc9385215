/** Joins repeated letters into runs, and decides whether runs of letters are the word they look like. */

import {
  DIGIT,
  JAMO,
  KIND_MASK,
  LAUGHTER,
  type LetterSequence,
  PUNCTUATION,
  SYLLABLE,
  WHITESPACE,
  WORD_END,
  WORD_START,
} from './decompose-hangul.js';
import { isAccented, isCommonLetter } from './latin-letters.js';

/** Letters as runs of equal ones: ㅅㅅㅣㅣ발 is read as ㅅㅣ발. One element of each array per run. */
export type LetterRuns = {
  count: number;
  codes: Int32Array;
  /** The first letter of each run, and after the last run the number of letters. */
  starts: Int32Array;
  /** The first letter at which a word may begin and the last at which one may end; -1 for none. */
  wordStarts: Int32Array;
  wordEnds: Int32Array;
};

export function createLetterRuns(size = 0): LetterRuns {
  const createColumn = () => new Int32Array(size + 1);
  return {
    count: 0,
    codes: createColumn(),
    starts: createColumn(),
    wordStarts: createColumn(),
    wordEnds: createColumn(),
  };
}

/** A word as runs, each with the least number of letters it needs. */
export type WordPattern = {
  codes: number[];
  minCounts: number[];
  /** The letter as listed, where it is read as another; else 0. */
  originals: number[];
  /** Whether all of `originals` are 0. */
  hasPlainLetters: boolean;
  /** The runs that need more than one letter. */
  repeatedRuns: number[];
  /** Whether it must not be part of a longer word. */
  whole: boolean;
  hasHangul: boolean;
  laughter: boolean;
};

/** Joins equal letters unless they are separated, or both part of syllables: 국가 has two ㄱ. */
export function collapseRuns(
  { count, codes, traits }: LetterSequence,
  target = createLetterRuns(),
): LetterRuns {
  if (target.codes.length <= count) Object.assign(target, createLetterRuns(count));
  const { codes: runCodes, starts, wordStarts, wordEnds } = target;
  let last = -1;
  let code = -1;
  let inSyllable = false;
  for (let at = 0; at < count; at += 1) {
    const trait = traits[at] ?? 0;
    const syllable = (trait & KIND_MASK) === SYLLABLE;
    if (codes[at] !== code || (trait & (PUNCTUATION | WHITESPACE)) !== 0 || (inSyllable && syllable)) {
      code = codes[at] ?? 0;
      last += 1;
      runCodes[last] = code;
      starts[last] = at;
      wordStarts[last] = -1;
      wordEnds[last] = -1;
    }
    if ((trait & WORD_START) !== 0 && wordStarts[last] === -1) wordStarts[last] = at;
    if ((trait & WORD_END) !== 0) wordEnds[last] = at;
    inSyllable = syllable;
  }
  starts[last + 1] = count;
  target.count = last + 1;
  return target;
}

/** Checks whether runs that look like a word are that word. */
export class WordMatcher {
  readonly #letters: LetterSequence;
  readonly #runs: LetterRuns;
  readonly #traits: Uint8Array;
  readonly #countWhitespace: LetterCounter;
  readonly #countLaughter: LetterCounter;
  /** Whether all letters are written as they are read. */
  readonly #isPlain: boolean;

  constructor(letters: LetterSequence, runs: LetterRuns) {
    this.#letters = letters;
    this.#runs = runs;
    this.#traits = letters.traits.subarray(0, letters.count);
    this.#countWhitespace = createCounter(this.#traits, (trait) => (trait & WHITESPACE) !== 0);
    this.#countLaughter = createCounter(this.#traits, (trait) => (trait & KIND_MASK) === LAUGHTER);
    this.#isPlain = letters.originals.subarray(0, letters.count).every((original) => original === 0);
  }

  /**
   * The first and last letter of a word whose runs end with the run `last`. Null if it is not that word: it begins or
   * ends within a syllable, has too few letters in a run, is part of a longer word, or is nothing but laughter.
   */
  match(pattern: WordPattern, last: number): { start: number; end: number } | null {
    const first = last - pattern.minCounts.length + 1;
    const [start, end] = [this.#runs.wordStarts[first] ?? -1, this.#runs.wordEnds[last] ?? -1];
    if (start < 0 || end < start || !this.#isLongEnough(pattern, first, start, end)) return null;
    const isSpelling =
      (this.#isPlain && pattern.hasPlainLetters) || this.#isSpelledAs(pattern, first, start, end);
    if (!isSpelling) return null;
    if (pattern.laughter) return this.#isExactLaughter(pattern.minCounts, first) ? { start, end } : null;
    if (this.#countLaughter(start, end) === end - start + 1) return null;
    const isSpaced = this.#countWhitespace(start + 1, end) > 0;
    const mustBeWhole = pattern.whole || isSpaced;
    if (mustBeWhole && !(this.#isWordBoundary(start) && this.#isWordBoundary(end + 1))) return null;
    return isSpaced && !pattern.hasHangul && !this.#isSpelledOut(start, end) ? null : { start, end };
  }

  #lengthOf(run: number): number {
    return (this.#runs.starts[run + 1] ?? 0) - (this.#runs.starts[run] ?? 0);
  }

  #isLongEnough(
    { minCounts: counts, repeatedRuns }: WordPattern,
    first: number,
    start: number,
    end: number,
  ): boolean {
    for (const index of repeatedRuns) {
      const run = first + index;
      const from = Math.max(this.#runs.starts[run] ?? 0, start);
      if (Math.min((this.#runs.starts[run + 1] ?? 0) - 1, end) - from + 1 < (counts[index] ?? 1))
        return false;
    }
    return true;
  }

  /**
   * Accents of a listed word must be in the text; the text may have others. A word written only in common letters of
   * another alphabet is another word: the Russian рот is not pot, but рoт, with a Latin o, is.
   */
  #isSpelledAs({ codes, originals }: WordPattern, first: number, start: number, end: number): boolean {
    let isSame = false;
    for (let index = 0; index < codes.length; index += 1) {
      const listedLetter = originals[index] || (codes[index] ?? 0);
      const mustMatchExactly = isAccented(listedLetter);
      const to = Math.min((this.#runs.starts[first + index + 1] ?? 0) - 1, end);
      for (let at = Math.max(this.#runs.starts[first + index] ?? 0, start); at <= to; at += 1) {
        const writtenLetter = this.#letters.originals[at] || (this.#letters.codes[at] ?? 0);
        if (writtenLetter === listedLetter) isSame = true;
        else if (mustMatchExactly) return false;
        else isSame ||= !isCommonLetter(writtenLetter);
      }
    }
    return isSame;
  }

  /** Whether laughter is exactly as long as listed. */
  #isExactLaughter(counts: readonly number[], first: number): boolean {
    const isLaughterAt = (at: number) => ((this.#traits[at] ?? SYLLABLE) & KIND_MASK) === LAUGHTER;
    return (
      counts.every((count, index) => this.#lengthOf(first + index) === count) &&
      !isLaughterAt((this.#runs.starts[first] ?? 0) - 1) &&
      !isLaughterAt(this.#runs.starts[first + counts.length] ?? 0)
    );
  }

  /** Whether a word may begin or end before this letter: the letters around it are not of the same script, and no digits. */
  #isWordBoundary(at: number): boolean {
    const [before, after] = [this.#traits[at - 1], this.#traits[at]];
    if (before === undefined || after === undefined || (after & (PUNCTUATION | WHITESPACE)) !== 0)
      return true;
    const [ends, begins] = [before & KIND_MASK, after & KIND_MASK];
    if (ends === DIGIT || begins === DIGIT) return false;
    return (ends === JAMO ? SYLLABLE : ends) !== (begins === JAMO ? SYLLABLE : begins);
  }

  /** Whether all parts but one are single letters: f u c k and f uck are, pen is is not. */
  #isSpelledOut(start: number, end: number): boolean {
    const isPieceStart = (at: number) =>
      at === start || at > end || ((this.#traits[at] ?? 0) & WHITESPACE) !== 0;
    let [pieces, singles] = [0, 0];
    for (let at = start; at <= end; at += 1) {
      if (isPieceStart(at)) pieces += 1;
      if (isPieceStart(at) && isPieceStart(at + 1)) singles += 1;
    }
    return singles >= pieces - 1;
  }
}

type LetterCounter = (from: number, to: number) => number;

/** Counts letters of a kind in a range, both ends included. Walks the letters once, on the first call. */
function createCounter(traits: Uint8Array, matches: (trait: number) => boolean): LetterCounter {
  let sums: Uint32Array | null = null;
  return (from: number, to: number): number => {
    sums ??= prefixSums(traits, matches);
    return (sums[to + 1] ?? 0) - (sums[from] ?? 0);
  };
}

function prefixSums(traits: Uint8Array, matches: (trait: number) => boolean): Uint32Array {
  const sums = new Uint32Array(traits.length + 1);
  for (let at = 0; at < traits.length; at += 1)
    sums[at + 1] = (sums[at] ?? 0) + (matches(traits[at] ?? 0) ? 1 : 0);
  return sums;
}
