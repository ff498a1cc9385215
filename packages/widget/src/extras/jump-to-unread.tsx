/** The button to the first unread message, where there are enough unread ones that it may be out of view. */

import { useState } from 'preact/hooks';
import type { UnreadMarker } from '../extras-api.js';
import type { Language } from '../i18n/locale.js';
import { extraStringsOf } from './strings.js';

/** From how many on. */
const MIN_MISSED_TO_SHOW = 8;

export function UnreadJump({
  unreadMarker,
  jumpTo,
  language,
}: {
  unreadMarker: UnreadMarker;
  jumpTo: (id: number) => void;
  language: Language;
}) {
  const strings = extraStringsOf(language);
  /** Where the visitor went back to. */
  const [visitedMarker, setVisitedMarker] = useState<UnreadMarker>(null);
  if (!unreadMarker || unreadMarker === visitedMarker || unreadMarker.missedCount < MIN_MISSED_TO_SHOW)
    return null;
  return (
    <button
      type="button"
      class="pill up"
      onClick={() => {
        setVisitedMarker(unreadMarker);
        jumpTo(unreadMarker.lastSeenId);
      }}
    >
      {strings.toFirstUnread(unreadMarker.missedCount)} <span aria-hidden="true">↑</span>
    </button>
  );
}
