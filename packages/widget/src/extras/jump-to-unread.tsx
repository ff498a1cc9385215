/** Leads to the first message that was missed, where there are so many that it may be out of view. */

import { useState } from 'preact/hooks';
import type { Seen } from '../extras-api.js';
import type { Language } from '../i18n/locale.js';
import { wordsOf } from './strings.js';

/** From how many on. */
const FAR = 8;

export function Unread({
  seen,
  jump,
  language,
}: {
  seen: Seen;
  jump: (id: number) => void;
  language: Language;
}) {
  const words = wordsOf(language);
  /** Where the visitor went back to. */
  const [found, setFound] = useState<Seen>(null);
  if (!seen || seen === found || seen.missed < FAR) return null;
  return (
    <button
      type="button"
      class="pill up"
      onClick={() => {
        setFound(seen);
        jump(seen.upTo);
      }}
    >
      {words.toFirstUnread(seen.missed)} <span aria-hidden="true">↑</span>
    </button>
  );
}
