/** Normalizes messages and names: one form for the same letters, no invisible or layout-breaking characters. */

import { MAX_EMOJI_LENGTH } from './sizes.js';

/** Control characters except tab and line feed. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters it removes
const CONTROL_CHARACTERS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
/** Visible characters: no spaces, controls, format characters, lone marks, ignorable characters (Hangul fillers) or blank Braille. */
const VISIBLE_CHARACTER = /[^\s\p{Cc}\p{Cf}\p{Cs}\p{M}\p{DI}\u2800]/u;
/**
 * More combining marks in a row than any text needs (UAX 15 section 13, Stream-Safe Text Format: 30). Normalizing sorts them in
 * quadratic time.
 */
const OVERLONG_MARK_RUNS = /(\p{M}{30})\p{M}+/gu;
/**
 * More combining marks on one character than any script needs (UTS 39 warns at 4 of one kind). Format characters between them
 * are invisible, so they do not interrupt the run.
 */
const EXCESS_MARKS = /((?:\p{M}\p{Cf}*){8})\p{M}[\p{M}\p{Cf}]*/gu;
/** A joiner inside an emoji sequence, the only invisible character that is allowed in a name. */
const EMOJI_JOINER =
  /(\p{Extended_Pictographic}[\ufe0f\p{Emoji_Modifier}]*)\u200d(?=\p{Extended_Pictographic})/gu;
/** Emoji or text presentation selectors after characters that have both. */
const EMOJI_VARIATION_SELECTOR = /(\p{Extended_Pictographic}|[0-9#*](?=\ufe0f\u20e3))[\ufe0e\ufe0f]/gu;
/** Characters that names may not contain: controls, format characters (bidi overrides, zero-width), separators, invisible ones. */
const FORBIDDEN_IN_NAMES = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{DI}\u2800]/u;

/** One emoji in the spelling recommended by Unicode: of two spellings of an emoji only one is accepted. */
// biome-ignore lint/complexity/useRegexLiterals: browsers without the flag v must still parse the file
const SINGLE_EMOJI = /* @__PURE__ */ new RegExp('^\\p{RGI_Emoji}$', 'v');

const graphemeSegmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
/** Code units segmented at a time: engines need more time per grapheme in longer texts. */
const SEGMENT_WINDOW_LENGTH = 256;

/**
 * Number of characters as a reader counts them (UAX 29 grapheme clusters). Linear in the text.
 * @param limit where counting may stop: for a longer text the result is some number above it
 */
export function countGraphemes(text: string, limit = Number.POSITIVE_INFINITY): number {
  let count = 0;
  let windowLength = SEGMENT_WINDOW_LENGTH;
  for (let from = 0; from < text.length && count <= limit; ) {
    const starts = Array.from(
      graphemeSegmenter.segment(text.slice(from, from + windowLength)),
      ({ index }) => index,
    );
    // The piece may end within a surrogate pair or a grapheme, so its last two graphemes are counted again.
    const completeGraphemes = from + windowLength < text.length ? starts.length - 2 : starts.length;
    if (completeGraphemes > 0) {
      count += completeGraphemes;
      from += starts[completeGraphemes] ?? windowLength;
      windowLength = SEGMENT_WINDOW_LENGTH;
    } else windowLength *= 2;
  }
  return count;
}

/** Whether the text has more than `limit` graphemes; fast for ordinary lengths. */
export function exceedsGraphemes(text: string, limit: number): boolean {
  return text.length > limit && countGraphemes(text, limit) > limit;
}

/** Whether the text is a single emoji. */
export function isEmoji(text: string): boolean {
  return text.length <= MAX_EMOJI_LENGTH && SINGLE_EMOJI.test(text);
}

/** Whether the text has a visible character. */
export function hasVisibleText(text: string): boolean {
  return VISIBLE_CHARACTER.test(text);
}

/**
 * The stored form of a message: well-formed UTF-16, NFC, line feeds only, no controls, at most 8 marks on a
 * character, at most one empty line in a row, trimmed. Idempotent. Linear in the text.
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
      // A regular expression for trailing spaces would take quadratic time.
      .replace(/.+/g, (line) => line.trimEnd())
      .replace(/\n{3,}/g, '\n\n')
      .trim()
  );
}

/** The normalized username, or null if it contains forbidden characters or nothing visible. */
export function cleanName(text: string): string | null {
  const name = text.normalize('NFC').trim();
  const withoutEmoji = name.replace(EMOJI_JOINER, '$1').replace(EMOJI_VARIATION_SELECTOR, '$1');
  if (FORBIDDEN_IN_NAMES.test(withoutEmoji) || !hasVisibleText(name)) return null;
  return name.replace(EXCESS_MARKS, '$1');
}
