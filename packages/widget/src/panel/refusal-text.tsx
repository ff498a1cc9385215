/** Explains a refusal in a sentence; with the extras loaded also until when it lasts. */

import type { TimedRefusal } from '@chatty/client';
import type { Extras } from '../extras-api.js';
import type { Language } from '../i18n/locale.js';
import { refusalText } from '../i18n/strings.js';

export function RefusalText({
  refusal,
  extras,
  language,
}: {
  refusal: TimedRefusal;
  extras: Extras | null;
  language: Language;
}) {
  if (!extras) return refusalText(language.strings, refusal.code);
  return <extras.RefusalDetails refusal={refusal} language={language} />;
}
