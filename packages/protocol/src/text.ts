/** Decides what of a piece of text is kept: one form for the same letters, nothing invisible, nothing that breaks a line. */

import { EMOJI_LENGTH } from './limits.js';

/** Control characters that have no place in talk; tab and line feed have one. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters it removes
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
/** Characters that take no ink: spaces, controls, format characters, marks without a base, Hangul fillers, blank Braille. */
const NO_INK = /[\s\p{Cc}\p{Cf}\p{Cs}\p{M}\u115f\u1160\u2800\u3164\uffa0]/gu;
/** More combining marks on one character than any script needs (Unicode's UTS 39 warns at 4 of one kind). */
const MARK_PILES = /(\p{M}{8})\p{M}+/gu;
/** A joiner inside an emoji sequence, the one place in a name where an invisible character draws something. */
const EMOJI_JOINER =
  /(\p{Extended_Pictographic}[\ufe0f\p{Emoji_Modifier}]*)\u200d(?=\p{Extended_Pictographic})/gu;
/** What a name may not hold: controls, format characters (bidi overrides and zero-width among them), separators, fillers. */
const NOT_IN_NAMES = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u115f\u1160\u2800\u3164\uffa0\ufff9-\ufffb]/u;

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
  if (NOT_IN_NAMES.test(name.replace(EMOJI_JOINER, '$1')) || !hasInk(name)) return null;
  return name.replace(MARK_PILES, '$1');
}
