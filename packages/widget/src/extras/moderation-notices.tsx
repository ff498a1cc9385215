/** What order looks like to a visitor: why one may not write and until when, how long slow mode takes, and who is staff. */

import type { Chat, Reason } from '@chatty/client/chat';
import { realClock } from '@chatty/client/clock';
import type { StaffRole } from '@chatty/protocol/events';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Language } from '../i18n/locale.js';
import { sentenceOf } from '../i18n/strings.js';
import { wordsOf } from './strings.js';

/** The sentence of a refusal, and when it ends. */
export function Why({ reason: { code, until }, language }: { reason: Reason; language: Language }) {
  const words = wordsOf(language);
  const date = until === null ? null : new Date(until);
  return (
    <span>
      {sentenceOf(words, code)} {date && words.until(whenOf(date, language))}
    </span>
  );
}

/** The time alone where it is of today. */
function whenOf(date: Date, { time, moment }: Language): string {
  return date.toDateString() === new Date().toDateString() ? time(date) : moment(date);
}

/** Least time in milliseconds between two looks at what is left. */
const SHORTEST_PAUSE_MS = 20;

/** As long as it is not over there is one. */
const secondsTo = (until: number) => Math.max(1, Math.ceil((until - realClock.now()) / 1_000));

/** Says once that slow mode holds the next message back. */
export function Slow({ chat, until, language }: { chat: Chat; until: number | null; language: Language }) {
  // It counts from when a message leaves, and anew from when it is stored: that is no news.
  const begun = until !== null;
  const said = useMemo(() => {
    if (until === null) return '';
    const slowMode = chat.session?.slowMode;
    return wordsOf(language).slowMode(slowMode ? slowMode / 1_000 : secondsTo(until));
  }, [begun, language]);
  // There before anything is said: a live region has to be, to be read out.
  return (
    <p class="slow" role="status">
      {said}
    </p>
  );
}

/** What is left of it, second by second, for the eye alone. */
export function Seconds({ until }: { until: number }) {
  const [, look] = useState({});
  const left = secondsTo(until);
  useEffect(() => {
    // A timer may fire a little early, so it is looked at again and not taken for the next second.
    const pause = until - realClock.now() - (left - 1) * 1_000;
    const timer = setTimeout(() => look({}), Math.max(SHORTEST_PAUSE_MS, pause));
    return () => clearTimeout(timer);
  });
  const [minutes, seconds] = [Math.floor(left / 60), left % 60];
  return (
    <span class="seconds" aria-hidden="true">
      {minutes > 0 ? `${minutes}:${String(seconds).padStart(2, '0')}` : seconds}
    </span>
  );
}

/** Beside the name of who was staff when they wrote: by the server's word, not by what a name can say. */
export function Badge({ role, language }: { role: StaffRole; language: Language }) {
  return (
    <span class={`staff ${role}`} part="badge">
      {wordsOf(language)[role]}
    </span>
  );
}
