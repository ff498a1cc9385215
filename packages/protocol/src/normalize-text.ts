/** Decides what of a piece of text is kept: one form for the same letters, nothing invisible, nothing that breaks a line. */

import { MAX_EMOJI_LENGTH } from './sizes.js';

/** Control characters that have no place in talk; tab and line feed have one. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters it removes
const CONTROL_CHARACTERS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
/** All but what takes no ink: spaces, controls, format characters, marks without a base, ignorable ones (Hangul fillers), blank Braille. */
const VISIBLE_CHARACTER = /[^\s\p{Cc}\p{Cf}\p{Cs}\p{M}\p{DI}\u2800]/u;
/**
 * More marks in a row than any text needs (UAX 15 section 13, Stream-Safe Text Format: 30). Normalizing puts them in order in
 * a time that grows with the square of their number.
 */
const OVERLONG_MARK_RUNS = /(\p{M}{30})\p{M}+/gu;
/**
 * More combining marks on one character than any script needs (Unicode's UTS 39 warns at 4 of one kind). Format characters
 * between them part nothing for the eye: the pile goes on.
 */
const EXCESS_MARKS = /((?:\p{M}\p{Cf}*){8})\p{M}[\p{M}\p{Cf}]*/gu;
/** A joiner inside an emoji sequence, the one place in a name where an invisible character draws something. */
const EMOJI_JOINER =
  /(\p{Extended_Pictographic}[\ufe0f\p{Emoji_Modifier}]*)\u200d(?=\p{Extended_Pictographic})/gu;
/** A choice of emoji or text presentation, on the characters that have one. */
const EMOJI_VARIATION_SELECTOR = /(\p{Extended_Pictographic}|[0-9#*](?=\ufe0f\u20e3))[\ufe0e\ufe0f]/gu;
/** What a name may not hold: controls, format characters (bidi overrides, zero-width), separators, whatever draws nothing. */
const FORBIDDEN_IN_NAMES = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{DI}\u2800]/u;

/** One whole emoji as Unicode recommends it for interchange: of two spellings of one emoji only one is taken. */
// biome-ignore lint/complexity/useRegexLiterals: a browser without the flag v reads the file all the same
const SINGLE_EMOJI = /* @__PURE__ */ new RegExp('^\\p{RGI_Emoji}$', 'v');

const graphemeSegmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
/** Code units that are segmented at a time: what engines take for each grapheme grows with the text they are given. */
const SEGMENT_WINDOW_LENGTH = 256;

/**
 * Number of characters as a reader counts them (UAX 29 grapheme clusters). Linear in the text.
 * @param limit where counting may stop: of a text that has more the answer is some number beyond it
 */
export function countGraphemes(text: string, limit = Number.POSITIVE_INFINITY): number {
  let count = 0;
  let windowLength = SEGMENT_WINDOW_LENGTH;
  for (let from = 0; from < text.length && count <= limit; ) {
    const starts = Array.from(
      graphemeSegmenter.segment(text.slice(from, from + windowLength)),
      ({ index }) => index,
    );
    // Behind half of a surrogate pair, or of a grapheme, the last two may be less than they look.
    const completeGraphemes = from + windowLength < text.length ? starts.length - 2 : starts.length;
    if (completeGraphemes > 0) {
      count += completeGraphemes;
      from += starts[completeGraphemes] ?? windowLength;
      windowLength = SEGMENT_WINDOW_LENGTH;
    } else windowLength *= 2;
  }
  return count;
}

/** Whether the text has more than `limit` graphemes; cheap for ordinary lengths. */
export function exceedsGraphemes(text: string, limit: number): boolean {
  return text.length > limit && countGraphemes(text, limit) > limit;
}

/** Whether the text is a single emoji. */
export function isEmoji(text: string): boolean {
  return text.length <= MAX_EMOJI_LENGTH && SINGLE_EMOJI.test(text);
}

/** Whether anything of the text would be seen. */
export function hasVisibleText(text: string): boolean {
  return VISIBLE_CHARACTER.test(text);
}

/**
 * The stored form of a message: well-formed UTF-16, NFC, line feeds only, no controls, at most 8 marks on a
 * character, at most one empty line in a row, trimmed. Cleaning what is clean changes nothing. Linear in the text.
 */
export function cleanContent(text: string): string {
  return (
    text
      .toWellFormed()
      .replace(/\r\n?|[\u2028\u2029\u0085]/g, '\n')
      .replace(CONTROL_CHARACTERS, '')
      .replace(OVERLONG_MARK_RUNS, '$1')
      .normalize('NFC')
      .replace(EXCESS_MARKS, '$1')
      // A pattern for spaces at the end of a line looks for that end from each of them anew.
      .replace(/.+/g, (line) => line.trimEnd())
      .replace(/\n{3,}/g, '\n\n')
      .trim()
  );
}

/** The form of a username, or null where the name holds what no name may hold or shows nothing. */
export function cleanName(text: string): string | null {
  const name = text.normalize('NFC').trim();
  const withoutEmoji = name.replace(EMOJI_JOINER, '$1').replace(EMOJI_VARIATION_SELECTOR, '$1');
  if (FORBIDDEN_IN_NAMES.test(withoutEmoji) || !hasVisibleText(name)) return null;
  return name.replace(EXCESS_MARKS, '$1');
}
