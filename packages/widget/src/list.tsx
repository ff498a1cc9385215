/** The talk: groups and days, held at its newest end unless the reader has scrolled away from it. */

import type { Chat, Line } from '@chatty/client/chat';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { type Language, sameDay } from './language.js';
import { Row } from './line.js';

/** Lines of one author within this time, in milliseconds, stand under one name. */
const GROUP = 5 * 60_000;
/** Nearer than this to the end, in pixels, counts as at the end. */
const NEAR = 48;

export function List({
  lines,
  language,
  verbs,
}: {
  lines: readonly Line[];
  language: Language;
  verbs: Pick<Chat, 'retry' | 'discard'>;
}) {
  const frame = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLOListElement>(null);
  const sticks = useRef(true);
  const pendingBefore = useRef(0);
  const [seen, setSeen] = useState(0);

  const top = newestId(lines);
  const unseen = lines.filter((line) => line.kind === 'stored' && !line.own && line.message.id > seen).length;

  const toEnd = () => {
    const element = frame.current;
    if (element) element.scrollTop = element.scrollHeight;
  };
  const onScroll = () => {
    const element = frame.current;
    if (!element) return;
    sticks.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR;
    if (sticks.current) setSeen(top);
  };

  useLayoutEffect(() => {
    const pending = lines.filter((line) => line.kind === 'pending').length;
    // What one writes oneself is always brought into view.
    if (pending > pendingBefore.current) sticks.current = true;
    pendingBefore.current = pending;
    if (!sticks.current) return;
    toEnd();
    setSeen(top);
  }, [lines, top]);

  // Pictures, fonts and a turned phone change heights without a new line.
  useLayoutEffect(() => {
    const observer = new ResizeObserver(() => sticks.current && toEnd());
    if (frame.current) observer.observe(frame.current);
    if (content.current) observer.observe(content.current);
    return () => observer.disconnect();
  }, []);

  return (
    <div class="talk">
      <div
        class="frame"
        ref={frame}
        onScroll={onScroll}
        role="log"
        aria-live="polite"
        aria-label={language.words.messages}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard
        tabIndex={0}
      >
        <ol ref={content} part="list">
          {lines.map((line, index) => (
            <Entry key={line.key} line={line} before={lines[index - 1]} language={language} verbs={verbs} />
          ))}
        </ol>
        {lines.length === 0 && <p class="empty">{language.words.empty}</p>}
      </div>
      {unseen > 0 && !sticks.current && (
        <button
          type="button"
          class="pill"
          onClick={() => {
            sticks.current = true;
            toEnd();
            setSeen(top);
          }}
        >
          {language.words.newMessages(unseen)} <span aria-hidden="true">↓</span>
        </button>
      )}
    </div>
  );
}

function Entry({
  line,
  before,
  language,
  verbs,
}: {
  line: Line;
  before: Line | undefined;
  language: Language;
  verbs: Pick<Chat, 'retry' | 'discard'>;
}) {
  const date = dateOf(line);
  const newDay = date !== null && (before === undefined || !sameDay(date, dateOf(before) ?? date));
  const first = newDay || !continues(line, before);
  // The same element again: a line that did not change is not drawn again.
  const row = useMemo(
    () => <Row line={line} first={first} language={language} verbs={verbs} />,
    [line, first, language, verbs],
  );
  return (
    <>
      {newDay && (
        <li class="day">
          <span>{language.day(date, new Date())}</span>
        </li>
      )}
      {row}
    </>
  );
}

/** Whether a line stands under the name of the one before it. */
function continues(line: Line, before: Line | undefined): boolean {
  if (before === undefined) return false;
  if (line.kind === 'pending') return before.kind === 'pending' || before.own;
  if (before.kind === 'pending') return line.own;
  const apart = Date.parse(line.message.created_at) - Date.parse(before.message.created_at);
  return before.message.userId === line.message.userId && apart < GROUP;
}

function dateOf(line: Line): Date | null {
  return line.kind === 'stored' ? new Date(line.message.created_at) : null;
}

function newestId(lines: readonly Line[]): number {
  return lines.findLast((line) => line.kind === 'stored')?.message.id ?? 0;
}
