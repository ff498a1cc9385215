/** Decides which words of a project's list stand in a message, as they are or disguised, and where. */

import { buildAutomaton } from './aho-corasick.js';
import {
  createLetterSequence,
  decompose,
  JAMO,
  KIND_MASK,
  LAUGHTER,
  type LetterSequence,
  stripInserted,
} from './decompose-hangul.js';
import {
  collapseRuns,
  createLetterRuns,
  type LetterRuns,
  WordMatcher,
  type WordPattern,
} from './repeated-letters.js';
import type { Work } from './sliced-task.js';

export type FilterWord =
  | string
  | {
      word: string;
      /** Only where it is no part of a longer word; so by default in alphabets whose words are parted by spaces. */
      whole?: boolean;
      /** Nothing that lies within it is found: 시발점 is a starting point. */
      allowed?: boolean;
    };

/** The word as it is listed, and the part of the text it was found in, in UTF-16 code units. */
export type WordMatch = { word: string; start: number; end: number };

export type WordFilter = {
  /** In the order of the text; may overlap. @param text in stored form (`cleanContent`) */
  find(text: string): Work<WordMatch[]>;
  /** The text with a star for each character of what was found, spaces left alone. */
  mask(text: string): Work<string>;
};

type WordEntry = WordPattern & { word: string; allowed: boolean };
type FoundWord = WordMatch & { allowed: boolean };
type ScratchBuffers = { decomposed: LetterSequence; stripped: LetterSequence; runs: LetterRuns };

/** Scripts whose words are written without spaces between or grow endings: what is whole could not be told. */
const UNSPACED_SCRIPT =
  /[\p{sc=Hangul}\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;
/** A word with more doubled letters, or longer, is found together or all apart, not in every way between. */
const MAX_DOUBLED_LETTERS = 4;
const MAX_EXPANDED_LETTERS = 16;

/**
 * Reads case, width, accents, letters of other alphabets that look alike, jamo (ㅅㅣㅂㅏㄹ), repeated letters, signs and
 * unseen characters between letters as the word itself. An accent of the list is to be there: año is not ano.
 * Room between letters (시 발) counts only where nothing else touches the word: 다시 발표 holds none. An entry in initials
 * finds initials alone, and laughter (ㅋㅎㅠㅜ) is never found unless it is listed as exactly that.
 *
 * @param onSteps told how many steps a search took, which is linear in the text
 */
export function* buildWordFilter(
  words: readonly FilterWord[],
  onSteps: (steps: number) => void = () => undefined,
): Work<WordFilter> {
  const scratchLetters = createLetterSequence();
  const allowedEntries: WordEntry[] = [];
  const refusedEntries: WordEntry[] = [];
  for (const word of words) {
    for (const entry of createWordEntries(word, scratchLetters))
      (entry.allowed ? allowedEntries : refusedEntries).push(entry);
    yield;
  }
  // Of two that are read alike the first that fits counts: año, which is allowed, is no ano.
  const entries = [...allowedEntries, ...refusedEntries];
  const automaton = yield* buildAutomaton(entries.map(({ codes }) => codes));
  /** Used again by the next text; a second one that is looked at meanwhile has its own. */
  let spareBuffers: ScratchBuffers | null = null;

  function* search(letters: LetterSequence, runs: LetterRuns, found: Map<string, FoundWord>): Work<void> {
    collapseRuns(letters, runs);
    const matcher = new WordMatcher(letters, runs);
    const steps = yield* automaton.search(runs.codes, runs.count, (index, last) => {
      const entry = entries[index];
      const span = entry === undefined ? null : matcher.match(entry, last);
      if (entry === undefined || span === null) return false;
      const start = letters.starts[span.start] ?? 0;
      const end = letters.ends[span.end] ?? 0;
      found.set(`${start} ${end}`, { word: entry.word, start, end, allowed: entry.allowed });
      return true;
    });
    onSteps(letters.count + steps);
  }

  function* find(text: string): Work<WordMatch[]> {
    const scratch = spareBuffers ?? {
      decomposed: createLetterSequence(),
      stripped: createLetterSequence(),
      runs: createLetterRuns(),
    };
    spareBuffers = null;
    const { decomposed: read, stripped, runs } = scratch;
    const found = new Map<string, FoundWord>();
    decompose(text, read);
    yield;
    if (stripInserted(read, stripped)) yield* search(stripped, runs, found);
    yield* search(read, runs, found);
    spareBuffers = scratch;
    return removeAllowed([...found.values()]);
  }

  return {
    find,
    *mask(text) {
      return mask(text, yield* find(text));
    },
  };
}

/** Letters that a list comes to as it is looked for: Hangul by its jamo, and a word once for each way its doubled letters may be parted. */
export function countPatternLetters(words: readonly FilterWord[]): number {
  const scratchLetters = createLetterSequence();
  let count = 0;
  for (const word of words)
    for (const { codes } of createWordEntries(word, scratchLetters)) count += codes.length;
  return count;
}

/** Matches that are told of one message. */
const MAX_MATCHES_PER_MESSAGE = 20;

/** The messages that would be caught, and by what: of each the first matches. */
export function* dryRun<Message extends { content: string }>(
  filter: WordFilter,
  messages: readonly Message[],
): Work<{ message: Message; matches: WordMatch[] }[]> {
  const caught: { message: Message; matches: WordMatch[] }[] = [];
  for (const message of messages) {
    const matches = yield* filter.find(message.content);
    if (matches.length > 0) caught.push({ message, matches: matches.slice(0, MAX_MATCHES_PER_MESSAGE) });
    yield;
  }
  return caught;
}

/** One entry for each way its doubled letters may be parted: a-s-s as well as ass. None for a word without letters. */
function createWordEntries(filterWord: FilterWord, scratch: LetterSequence): WordEntry[] {
  const {
    word,
    whole = !UNSPACED_SCRIPT.test(word),
    allowed = false,
  } = typeof filterWord === 'string' ? { word: filterWord } : filterWord;
  // What stands between the letters of a listed word is as little a part of it as in a message.
  const letters = decompose(word.normalize('NFC').replace(/[^\p{L}\p{N}\p{M}]/gu, ''), scratch);
  const kinds = Array.from(letters.traits.subarray(0, letters.count), (trait) => trait & KIND_MASK);
  const laughter = kinds.every((kind) => kind === LAUGHTER);
  // As if spelled in jamo: both ㄱ of 국가 may be one key held down, or not.
  for (let at = 0; at < letters.count; at += 1) letters.traits[at] = (letters.traits[at] ?? 0) | JAMO;
  const runs = collapseRuns(letters);
  const [codes, froms] = [Array.from(runs.codes.subarray(0, runs.count)), runs.starts];
  if (codes.length === 0) return [];
  const { originals } = letters;
  const minCounts = codes.map((_, run) => (froms[run + 1] ?? 0) - (froms[run] ?? 0));
  const doubledRuns = minCounts.flatMap((count, run) => (count > 1 && !laughter ? [run] : []));
  return doublingVariants(doubledRuns, codes.length <= MAX_EXPANDED_LETTERS ? MAX_DOUBLED_LETTERS : 0).map(
    (separated) => {
      const pattern = codes.flatMap((code, run) => {
        const count = minCounts[run] ?? 1;
        const original = originals[froms[run] ?? 0] ?? 0;
        return separated.has(run)
          ? new Array<[number, number, number]>(count).fill([code, 1, original])
          : [[code, count, original] as const];
      });
      return {
        word,
        whole,
        allowed,
        laughter,
        hasHangul: kinds.some((kind) => kind <= LAUGHTER),
        codes: pattern.map(([code]) => code),
        minCounts: pattern.map(([, count]) => count),
        originals: pattern.map(([, , original]) => original),
        hasPlainLetters: pattern.every(([, , original]) => original === 0),
        repeatedRuns: pattern.flatMap(([, count], run) => (count > 1 ? [run] : [])),
      };
    },
  );
}

/** All subsets of the doubled runs, or of more than `most` only none and all. */
function doublingVariants(doubledRuns: readonly number[], most: number): Set<number>[] {
  if (doubledRuns.length > most) return [new Set(), new Set(doubledRuns)];
  const variants = [new Set<number>()];
  for (const run of doubledRuns) variants.push(...variants.map((way) => new Set(way).add(run)));
  return variants;
}

/** In the order of the text, the longer first, so that an allowed word comes before what lies within it. */
function removeAllowed(found: FoundWord[]): WordMatch[] {
  let allowedUntil = 0;
  const matches: WordMatch[] = [];
  for (const match of found.sort((one, other) => one.start - other.start || other.end - one.end)) {
    const { word, start, end, allowed } = match;
    if (allowed) allowedUntil = Math.max(allowedUntil, end);
    else if (end > allowedUntil) matches.push({ word, start, end });
  }
  return matches;
}

function mask(text: string, matches: readonly WordMatch[]): string {
  let masked = '';
  let maskedUntil = 0;
  for (const { start, end } of matches) {
    if (end <= maskedUntil) continue;
    const from = Math.max(start, maskedUntil);
    masked += text.slice(maskedUntil, from) + text.slice(from, end).replace(/\S/gu, '*');
    maskedUntil = end;
  }
  return masked + text.slice(maskedUntil);
}
