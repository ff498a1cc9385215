/** Why something is not possible: the sentence alone, and once the extras are there, until when. */

import type { Reason } from '@chatty/client/chat';
import type { Extras } from '../extras-api.js';
import type { Language } from '../i18n/locale.js';
import { sentenceOf } from '../i18n/strings.js';

export function Because({
  reason,
  extras,
  language,
}: {
  reason: Reason;
  extras: Extras | null;
  language: Language;
}) {
  if (!extras) return sentenceOf(language.words, reason.code);
  return <extras.Why reason={reason} language={language} />;
}
