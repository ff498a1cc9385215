/** What stands under a field: why its text was not taken, or how much more it takes. */

import type { Code } from '@chatty/protocol/errors';
import { cleanContent, countGraphemes } from '@chatty/protocol/normalize-text';
import { MESSAGE_GRAPHEMES, RAW_MESSAGE_LENGTH } from '@chatty/protocol/sizes';
import type { Language } from '../i18n/locale.js';
import { sentenceOf } from '../i18n/strings.js';

/** From how many characters left on they are counted for the writer. */
const COUNTED = 200;

/** How many more characters the text may have; only counted near the end, and not where it is beyond all. */
export function leftOf(text: string): number {
  if (text.length > RAW_MESSAGE_LENGTH) return MESSAGE_GRAPHEMES - text.length;
  return text.length > MESSAGE_GRAPHEMES - COUNTED
    ? MESSAGE_GRAPHEMES - countGraphemes(cleanContent(text))
    : MESSAGE_GRAPHEMES;
}

export function Hint({
  fault,
  left,
  language: { words },
}: {
  fault: Code | null;
  left: number;
  language: Language;
}) {
  if (fault === null && left >= COUNTED) return null;
  return (
    <p class={`hint ${fault !== null || left < 0 ? 'wrong' : ''}`} role="status">
      {fault !== null ? sentenceOf(words, fault) : words.left(left)}
    </p>
  );
}
