/** The hint under a field: why a text was refused, or how many characters are left. */

import type { RefusalCode } from '@chatty/protocol';
import {
  cleanContent,
  countGraphemes,
  MAX_MESSAGE_GRAPHEMES,
  MAX_RAW_MESSAGE_LENGTH,
} from '@chatty/protocol';
import type { Language } from '../i18n/locale.js';
import { refusalText } from '../i18n/strings.js';

/** From how many characters left on they are counted for the writer. */
const COUNTER_THRESHOLD = 200;

/** How many more characters the text may have; only counted near the end, and not where it is beyond all. */
export function remainingGraphemes(text: string): number {
  if (text.length > MAX_RAW_MESSAGE_LENGTH) return MAX_MESSAGE_GRAPHEMES - text.length;
  return text.length > MAX_MESSAGE_GRAPHEMES - COUNTER_THRESHOLD
    ? MAX_MESSAGE_GRAPHEMES - countGraphemes(cleanContent(text))
    : MAX_MESSAGE_GRAPHEMES;
}

export function FieldHint({
  refusalCode,
  remaining,
  language: { strings },
}: {
  refusalCode: RefusalCode | null;
  remaining: number;
  language: Language;
}) {
  if (refusalCode === null && remaining >= COUNTER_THRESHOLD) return null;
  return (
    <p class={`hint ${refusalCode !== null || remaining < 0 ? 'wrong' : ''}`} role="status">
      {refusalCode !== null ? refusalText(strings, refusalCode) : strings.left(remaining)}
    </p>
  );
}
