/** Decides when equal letters are one letter held down, and whether a stretch of letters is really the word it looks like. */

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

/** Letters as runs of equal ones: ㅅㅅㅣㅣ발 is read as ㅅㅣ발. A place in each array for each run. */
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

/** A word as runs: each with the least number of letters it asks for. */
export type WordPattern = {
  codes: number[];
  minCounts: number[];
  /** The letters as they are listed, where that is not how they are read; else 0. */
  originals: number[];
  /** Whether there are none of those. */
  hasPlainLetters: boolean;
  /** The runs of which it asks for more than one. */
  repeatedRuns: number[];
  /** Whether it may be no part of a longer word. */
  whole: boolean;
  hasHangul: boolean;
  laughter: boolean;
};

/** Joins a letter to an equal one before it if nothing parts them and they are not both bound into syllables: 국가 has two ㄱ. */
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

/**
 * Answers the first and last letter of a word whose runs end with the run `last`, or null if it is not that word: begun or
 * ended in the midst of a syllable, too few letters in a run, part of a longer word, or nothing but laughter.
 */
export function createWordMatcher(letters: LetterSequence, { starts, wordStarts, wordEnds }: LetterRuns) {
  const traits = letters.traits.subarray(0, letters.count);
  const countWhitespace = createCounter(traits, (trait) => (trait & WHITESPACE) !== 0);
  const countLaughter = createCounter(traits, (trait) => (trait & KIND_MASK) === LAUGHTER);
  const isPlain = letters.originals.subarray(0, letters.count).every((original) => original === 0);
  const lengthOf = (run: number) => (starts[run + 1] ?? 0) - (starts[run] ?? 0);

  return (pattern: WordPattern, last: number): { start: number; end: number } | null => {
    const first = last - pattern.minCounts.length + 1;
    const [start, end] = [wordStarts[first] ?? -1, wordEnds[last] ?? -1];
    if (start < 0 || end < start || !isLongEnough(pattern, first, start, end)) return null;
    if (!(isPlain && pattern.hasPlainLetters) && !isSpelledAs(pattern, first, start, end)) return null;
    if (pattern.laughter) return isExactLaughter(pattern.minCounts, first) ? { start, end } : null;
    if (countLaughter(start, end) === end - start + 1) return null;
    const isSpaced = countWhitespace(start + 1, end) > 0;
    if ((pattern.whole || isSpaced) && !(isWordBoundary(start) && isWordBoundary(end + 1))) return null;
    return isSpaced && !pattern.hasHangul && !isSpelledOut(start, end) ? null : { start, end };
  };

  function isLongEnough(
    { minCounts: counts, repeatedRuns }: WordPattern,
    first: number,
    start: number,
    end: number,
  ): boolean {
    for (const index of repeatedRuns) {
      const run = first + index;
      const from = Math.max(starts[run] ?? 0, start);
      if (Math.min((starts[run + 1] ?? 0) - 1, end) - from + 1 < (counts[index] ?? 1)) return false;
    }
    return true;
  }

  /**
   * Accents of the list are to be there; those of the text may be anything. A word written throughout in everyday letters
   * of another alphabet than the list's is another word: the Russian рот is no pot, but рoт is one.
   */
  function isSpelledAs(
    { codes, originals }: WordPattern,
    first: number,
    start: number,
    end: number,
  ): boolean {
    let isSame = false;
    for (let index = 0; index < codes.length; index += 1) {
      const listedLetter = originals[index] || (codes[index] ?? 0);
      const mustMatchExactly = isAccented(listedLetter);
      const to = Math.min((starts[first + index + 1] ?? 0) - 1, end);
      for (let at = Math.max(starts[first + index] ?? 0, start); at <= to; at += 1) {
        const writtenLetter = letters.originals[at] || (letters.codes[at] ?? 0);
        if (writtenLetter === listedLetter) isSame = true;
        else if (mustMatchExactly) return false;
        else isSame ||= !isCommonLetter(writtenLetter);
      }
    }
    return isSame;
  }

  /** Laughter as long as it is listed, with no more of it beside. */
  function isExactLaughter(counts: readonly number[], first: number): boolean {
    const isLaughterAt = (at: number) => ((traits[at] ?? SYLLABLE) & KIND_MASK) === LAUGHTER;
    return (
      counts.every((count, index) => lengthOf(first + index) === count) &&
      !isLaughterAt((starts[first] ?? 0) - 1) &&
      !isLaughterAt(starts[first + counts.length] ?? 0)
    );
  }

  /** Whether something other than a letter or digit of the same kind of writing stands on both sides of this place. */
  function isWordBoundary(at: number): boolean {
    const [before, after] = [traits[at - 1], traits[at]];
    if (before === undefined || after === undefined || (after & (PUNCTUATION | WHITESPACE)) !== 0)
      return true;
    const [ends, begins] = [before & KIND_MASK, after & KIND_MASK];
    if (ends === DIGIT || begins === DIGIT) return false;
    return (ends === JAMO ? SYLLABLE : ends) !== (begins === JAMO ? SYLLABLE : begins);
  }

  /** Whether all pieces but one are single letters: f u c k and f uck are, pen is is not. */
  function isSpelledOut(start: number, end: number): boolean {
    const isPieceStart = (at: number) => at === start || at > end || ((traits[at] ?? 0) & WHITESPACE) !== 0;
    let [pieces, singles] = [0, 0];
    for (let at = start; at <= end; at += 1) {
      if (isPieceStart(at)) pieces += 1;
      if (isPieceStart(at) && isPieceStart(at + 1)) singles += 1;
    }
    return singles >= pieces - 1;
  }
}

/** Counts letters of a kind from one place to another, both included; walks the letters once, when it is first asked. */
function createCounter(traits: Uint8Array, matches: (trait: number) => boolean) {
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
