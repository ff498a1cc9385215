/** Decides when equal letters are one letter held down, and whether a stretch of letters is really the word it looks like. */

import {
  CLOSES,
  DIGIT,
  JAMO,
  KIND,
  LAUGHTER,
  type Letters,
  OPENS,
  ROOM,
  SIGN,
  SYLLABLE,
} from './decompose-hangul.js';
import { isAccented, isEveryday } from './latin-letters.js';

/** Letters as runs of equal ones: ㅅㅅㅣㅣ발 is read as ㅅㅣ발. A place in each array for each run. */
export type Runs = {
  count: number;
  codes: Int32Array;
  /** The first letter of each run, and after the last run the number of letters. */
  froms: Int32Array;
  /** The first letter at which a word may begin and the last at which one may end; -1 for none. */
  openings: Int32Array;
  closings: Int32Array;
};

export function createRuns(size = 0): Runs {
  const column = () => new Int32Array(size + 1);
  return { count: 0, codes: column(), froms: column(), openings: column(), closings: column() };
}

/** A word as runs: each with the least number of letters it asks for. */
export type Pattern = {
  codes: number[];
  counts: number[];
  /** The letters as they are listed, where that is not how they are read; else 0. */
  originals: number[];
  /** Whether there are none of those. */
  plain: boolean;
  /** The runs of which it asks for more than one. */
  repeated: number[];
  /** Whether it may be no part of a longer word. */
  whole: boolean;
  hangul: boolean;
  laughter: boolean;
};

/** Joins a letter to an equal one before it if nothing parts them and they are not both bound into syllables: 국가 has two ㄱ. */
export function readRuns({ count, codes, traits }: Letters, into = createRuns()): Runs {
  if (into.codes.length <= count) Object.assign(into, createRuns(count));
  const { codes: runCodes, froms, openings, closings } = into;
  let last = -1;
  let code = -1;
  let bound = false;
  for (let at = 0; at < count; at += 1) {
    const trait = traits[at] ?? 0;
    const syllable = (trait & KIND) === SYLLABLE;
    if (codes[at] !== code || (trait & (SIGN | ROOM)) !== 0 || (bound && syllable)) {
      code = codes[at] ?? 0;
      last += 1;
      runCodes[last] = code;
      froms[last] = at;
      openings[last] = -1;
      closings[last] = -1;
    }
    if ((trait & OPENS) !== 0 && openings[last] === -1) openings[last] = at;
    if ((trait & CLOSES) !== 0) closings[last] = at;
    bound = syllable;
  }
  froms[last + 1] = count;
  into.count = last + 1;
  return into;
}

/**
 * Answers the first and last letter of a word whose runs end with the run `last`, or null if it is not that word: begun or
 * ended in the midst of a syllable, too few letters in a run, part of a longer word, or nothing but laughter.
 */
export function createFit(letters: Letters, { froms, openings, closings }: Runs) {
  const traits = letters.traits.subarray(0, letters.count);
  const rooms = counter(traits, (trait) => (trait & ROOM) !== 0);
  const laughs = counter(traits, (trait) => (trait & KIND) === LAUGHTER);
  const isPlain = letters.originals.subarray(0, letters.count).every((original) => original === 0);
  const lengthOf = (run: number) => (froms[run + 1] ?? 0) - (froms[run] ?? 0);

  return (pattern: Pattern, last: number): { start: number; end: number } | null => {
    const first = last - pattern.counts.length + 1;
    const [start, end] = [openings[first] ?? -1, closings[last] ?? -1];
    if (start < 0 || end < start || !isLongEnough(pattern, first, start, end)) return null;
    if (!(isPlain && pattern.plain) && !isSpelledAs(pattern, first, start, end)) return null;
    if (pattern.laughter) return isExactly(pattern.counts, first) ? { start, end } : null;
    if (laughs(start, end) === end - start + 1) return null;
    const roomy = rooms(start + 1, end) > 0;
    if ((pattern.whole || roomy) && !(isEdge(start) && isEdge(end + 1))) return null;
    return roomy && !pattern.hangul && !isSpelledOut(start, end) ? null : { start, end };
  };

  function isLongEnough({ counts, repeated }: Pattern, first: number, start: number, end: number): boolean {
    for (const index of repeated) {
      const run = first + index;
      const from = Math.max(froms[run] ?? 0, start);
      if (Math.min((froms[run + 1] ?? 0) - 1, end) - from + 1 < (counts[index] ?? 1)) return false;
    }
    return true;
  }

  /**
   * Accents of the list are to be there; those of the text may be anything. A word written throughout in everyday letters
   * of another alphabet than the list's is another word: the Russian рот is no pot, but рoт is one.
   */
  function isSpelledAs({ codes, originals }: Pattern, first: number, start: number, end: number): boolean {
    let isSame = false;
    for (let index = 0; index < codes.length; index += 1) {
      const listed = originals[index] || (codes[index] ?? 0);
      const exact = isAccented(listed);
      const to = Math.min((froms[first + index + 1] ?? 0) - 1, end);
      for (let at = Math.max(froms[first + index] ?? 0, start); at <= to; at += 1) {
        const written = letters.originals[at] || (letters.codes[at] ?? 0);
        if (written === listed) isSame = true;
        else if (exact) return false;
        else isSame ||= !isEveryday(written);
      }
    }
    return isSame;
  }

  /** Laughter as long as it is listed, with no more of it beside. */
  function isExactly(counts: readonly number[], first: number): boolean {
    const laughsAt = (at: number) => ((traits[at] ?? SYLLABLE) & KIND) === LAUGHTER;
    return (
      counts.every((count, index) => lengthOf(first + index) === count) &&
      !laughsAt((froms[first] ?? 0) - 1) &&
      !laughsAt(froms[first + counts.length] ?? 0)
    );
  }

  /** Whether something other than a letter or digit of the same kind of writing stands on both sides of this place. */
  function isEdge(at: number): boolean {
    const [before, after] = [traits[at - 1], traits[at]];
    if (before === undefined || after === undefined || (after & (SIGN | ROOM)) !== 0) return true;
    const [ends, begins] = [before & KIND, after & KIND];
    if (ends === DIGIT || begins === DIGIT) return false;
    return (ends === JAMO ? SYLLABLE : ends) !== (begins === JAMO ? SYLLABLE : begins);
  }

  /** Whether all pieces but one are single letters: f u c k and f uck are, pen is is not. */
  function isSpelledOut(start: number, end: number): boolean {
    const isParted = (at: number) => at === start || at > end || ((traits[at] ?? 0) & ROOM) !== 0;
    let [pieces, singles] = [0, 0];
    for (let at = start; at <= end; at += 1) {
      if (isParted(at)) pieces += 1;
      if (isParted(at) && isParted(at + 1)) singles += 1;
    }
    return singles >= pieces - 1;
  }
}

/** Counts letters of a kind from one place to another, both included; walks the letters once, when it is first asked. */
function counter(traits: Uint8Array, is: (trait: number) => boolean) {
  let sums: Uint32Array | null = null;
  return (from: number, to: number): number => {
    sums ??= sumsOf(traits, is);
    return (sums[to + 1] ?? 0) - (sums[from] ?? 0);
  };
}

function sumsOf(traits: Uint8Array, is: (trait: number) => boolean): Uint32Array {
  const sums = new Uint32Array(traits.length + 1);
  for (let at = 0; at < traits.length; at += 1)
    sums[at + 1] = (sums[at] ?? 0) + (is(traits[at] ?? 0) ? 1 : 0);
  return sums;
}
