/** Decides what of a piece of text is kept: one form for the same letters, nothing invisible, nothing that breaks a line. */

import { EMOJI_LENGTH } from './limits.js';

/** Control characters that have no place in talk; tab and line feed have one. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters it removes
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
/** Characters that take no ink: spaces, controls, format characters, marks without a base, ignorable ones (Hangul fillers), blank Braille. */
const NO_INK = /[\s\p{Cc}\p{Cf}\p{Cs}\p{M}\p{DI}\u2800]/gu;
/**
 * More combining marks on one character than any script needs (Unicode's UTS 39 warns at 4 of one kind). Format characters
 * between them part nothing for the eye: the pile goes on.
 */
const MARK_PILES = /((?:\p{M}\p{Cf}*){8})\p{M}[\p{M}\p{Cf}]*/gu;
/** A joiner inside an emoji sequence, the one place in a name where an invisible character draws something. */
const EMOJI_JOINER =
  /(\p{Extended_Pictographic}[\ufe0f\p{Emoji_Modifier}]*)\u200d(?=\p{Extended_Pictographic})/gu;
/** A choice of emoji or text presentation, on the characters that have one. */
const EMOJI_STYLE = /(\p{Extended_Pictographic}|[0-9#*](?=\ufe0f\u20e3))[\ufe0e\ufe0f]/gu;
/** What a name may not hold: controls, format characters (bidi overrides, zero-width), separators, whatever draws nothing. */
const NOT_IN_NAMES = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{DI}\u2800]/u;

/** One whole emoji as Unicode recommends it for interchange: of two spellings of one emoji only one is taken. */
// biome-ignore lint/complexity/useRegexLiterals: a browser without the flag v reads the file all the same
const EMOJI = /* @__PURE__ */ new RegExp('^\\p{RGI_Emoji}$', 'v');

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Number of characters as a reader counts them (UAX 29 grapheme clusters). Linear in the text. */
export function countGraphemes(text: string): number {
  let count = 0;
  for (const _ of graphemes.segment(text)) count += 1;
  return count;
}

/** Whether the text has more than `limit` graphemes; cheap for ordinary lengths. */
export function exceedsGraphemes(text: string, limit: number): boolean {
  return text.length > limit && countGraphemes(text) > limit;
}

/** Whether the text is a single emoji. */
export function isEmoji(text: string): boolean {
  return text.length <= EMOJI_LENGTH && EMOJI.test(text);
}

/** Whether anything of the text would be seen. */
export function hasInk(text: string): boolean {
  return text.replace(NO_INK, '') !== '';
}

/**
 * The stored form of a message: well-formed UTF-16, NFC, line feeds only, no controls, at most 8 marks on a
 * character, at most one empty line in a row, trimmed. Cleaning what is clean changes nothing.
 */
export function cleanContent(text: string): string {
  return text
    .toWellFormed()
    .replace(/\r\n?|[\u2028\u2029\u0085]/g, '\n')
    .replace(CONTROLS, '')
    .normalize('NFC')
    .replace(MARK_PILES, '$1')
    .replace(/[^\S\n]+$/gm, '')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

/** The form of a username, or null where the name holds what no name may hold or shows nothing. */
export function cleanName(text: string): string | null {
  const name = text.normalize('NFC').trim();
  const withoutEmoji = name.replace(EMOJI_JOINER, '$1').replace(EMOJI_STYLE, '$1');
  if (NOT_IN_NAMES.test(withoutEmoji) || !hasInk(name)) return null;
  return name.replace(MARK_PILES, '$1');
}
