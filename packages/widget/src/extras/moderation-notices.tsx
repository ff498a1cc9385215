/** Shows moderation to a visitor: why they may not write and until when, the wait of slow mode, and who is staff. */

import type { ChatClient, TimedRefusal } from '@chatty/client';
import { realClock } from '@chatty/client';
import type { StaffRole } from '@chatty/protocol';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Language } from '../i18n/locale.js';
import { refusalText } from '../i18n/strings.js';
import { extraStringsOf } from './strings.js';

/** The sentence of a refusal, and when it ends. */
export function RefusalDetails({
  refusal: { code, until },
  language,
}: {
  refusal: TimedRefusal;
  language: Language;
}) {
  const strings = extraStringsOf(language);
  const date = until === null ? null : new Date(until);
  return (
    <span>
      {refusalText(strings, code)} {date && strings.until(formatUntil(date, language))}
    </span>
  );
}

/** The time alone where it is of today. */
function formatUntil(date: Date, { time, fullDateTime: moment }: Language): string {
  return date.toDateString() === new Date().toDateString() ? time(date) : moment(date);
}

/** Least time in milliseconds between two looks at what is left. */
const MIN_TICK_DELAY_MS = 20;

/** As long as it is not over there is one. */
const secondsUntil = (until: number) => Math.max(1, Math.ceil((until - realClock.now()) / 1_000));

/** Says once that slow mode holds the next message back. */
export function SlowModeNotice({
  chat,
  until,
  language,
}: {
  chat: ChatClient;
  until: number | null;
  language: Language;
}) {
  // It counts from when a message leaves, and anew from when it is stored: that is no news.
  const isWaiting = until !== null;
  const announcement = useMemo(() => {
    if (until === null) return '';
    const slowMode = chat.session?.slowMode;
    return extraStringsOf(language).slowMode(slowMode ? slowMode / 1_000 : secondsUntil(until));
  }, [isWaiting, language]);
  // There before anything is said: a live region has to be, to be read out.
  return (
    <p class="slow" role="status">
      {announcement}
    </p>
  );
}

/** What is left of it, second by second, for the eye alone. */
export function Countdown({ until }: { until: number }) {
  const [, rerender] = useState({});
  const secondsLeft = secondsUntil(until);
  useEffect(() => {
    // A timer may fire a little early, so it is looked at again and not taken for the next second.
    const delayMs = until - realClock.now() - (secondsLeft - 1) * 1_000;
    const timer = setTimeout(() => rerender({}), Math.max(MIN_TICK_DELAY_MS, delayMs));
    return () => clearTimeout(timer);
  });
  const [minutes, seconds] = [Math.floor(secondsLeft / 60), secondsLeft % 60];
  return (
    <span class="seconds" aria-hidden="true">
      {minutes > 0 ? `${minutes}:${String(seconds).padStart(2, '0')}` : seconds}
    </span>
  );
}

/** Beside the name of who was staff when they wrote: by the server's word, not by what a name can say. */
export function StaffBadge({ role, language }: { role: StaffRole; language: Language }) {
  return (
    <span class={`staff ${role}`} part="badge">
      {extraStringsOf(language)[role]}
    </span>
  );
}
