/** The talk: groups and days, what is missing between them, and the way back to its newest end. */

import type { Chat, Line } from '@chatty/client/chat';
import type { Message } from '@chatty/protocol/events';
import type { Component } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Deed, Extras, Seen } from '../extras-api.js';
import { type Language, sameDay } from '../i18n/locale.js';
import { Missing } from './load-more.js';
import { PendingRow, StoredRow, type Verbs } from './message-row.js';
import { idOf, useScroll } from './use-virtual-scroll.js';

/** Lines of one author within this time, in milliseconds, stand under one name. */
const GROUP = 5 * 60_000;
/** How near to the view older and newer pages begin to load, in pixels. */
const REACH = 1_500;

export function List({
  chat,
  lines,
  language,
  extras,
  seen,
  reply,
}: {
  chat: Chat;
  lines: readonly Line[];
  language: Language;
  extras: Extras | null;
  seen: Seen;
  /** The visitor wants to answer a message. */
  reply: (message: Message) => void;
}) {
  const { words } = language;
  const live = chat.state === 'live';
  const { frame, above, list, below, from, to, sticks, place, toEnd, toLine, onScroll } = useScroll(
    lines,
    chat.newest,
  );
  const [deed, setDeed] = useState<Deed | null>(null);
  const [unseen, setUnseen] = useState(0);
  const upTo = seen?.upTo ?? Number.POSITIVE_INFINITY;

  const toNewest = () => {
    chat.toNewest();
    toEnd();
  };
  useEffect(() => {
    chat.toNewest();
    return chat.hold(place);
  }, [chat]);

  const pending = lines.filter(({ kind }) => kind === 'pending').length;
  const pendingBefore = useRef(0);
  useLayoutEffect(() => {
    // What one writes oneself is always brought into view.
    if (pending > pendingBefore.current) toEnd();
    pendingBefore.current = pending;
  }, [pending]);

  useEffect(() => {
    setUnseen(0);
    if (!sticks)
      return chat.on('message', ({ userId }) => {
        if (userId !== chat.session?.userId) setUnseen((count) => count + 1);
      });
  }, [sticks, chat]);

  const verbs = useMemo<Verbs>(
    () => ({
      ...chat,
      ownId: () => chat.session?.userId ?? null,
      extras,
      reply,
      async jump(id) {
        await chat.visit(id);
        toLine(id);
      },
      ownName: () => chat.session?.username ?? null,
      begin: setDeed,
      end() {
        setDeed(null);
        // The focus would be lost with the element that had it.
        frame.current?.focus({ preventScroll: true });
      },
    }),
    [chat, extras, reply],
  );
  const missing = (label: string, reach: number, load: () => Promise<void>) => (
    <Missing label={label} load={load} lines={lines} live={live} reach={reach} language={language} />
  );

  return (
    <div class="talk">
      <div
        class="frame"
        ref={frame}
        onScroll={onScroll}
        role="log"
        // Old lines that scrolling brings are no news.
        aria-live={sticks ? 'polite' : 'off'}
        aria-label={words.messages}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard
        tabIndex={0}
      >
        {chat.more && missing(words.older, REACH, chat.loadOlder)}
        <div ref={above} />
        <ol ref={list} part="list">
          {lines
            .slice(from, to)
            .map((line, index) =>
              line.kind === 'gap' ? (
                <li key={line.key}>{missing(words.missing, 0, chat.loadGap)}</li>
              ) : (
                <Entry
                  key={line.key}
                  line={line}
                  before={lines[from + index - 1]}
                  upTo={upTo}
                  deed={idOf(line) === deed?.id ? deed : null}
                  language={language}
                  verbs={verbs}
                />
              ),
            )}
        </ol>
        <div ref={below} />
        {!chat.newest && missing(words.newer, REACH, chat.loadNewer)}
        {lines.length === 0 && <p class="empty">{words.empty}</p>}
      </div>
      {extras && <extras.Unread seen={seen} jump={verbs.jump} language={language} />}
      {extras && deed?.kind === 'react' && (
        <extras.ReactionPicker id={deed.id} language={language} deeds={verbs} />
      )}
      {!sticks && (
        <button type="button" class={`pill ${unseen > 0 ? '' : 'quiet'}`} onClick={toNewest}>
          {unseen > 0 ? words.newMessages(unseen) : words.latest} <span aria-hidden="true">↓</span>
        </button>
      )}
    </div>
  );
}

function Entry({
  before,
  upTo,
  ...drawn
}: Omit<RowProps, 'first'> & {
  before: Line | undefined;
  /** The last message that had been seen. */
  upTo: number;
}) {
  const { line, language } = drawn;
  const date = dateOf(line);
  const newDay = date !== null && (before === undefined || !sameDay(date, dateOf(before) ?? date));
  const isNew = idOf(line) > upTo && idOf(before) <= upTo;
  const first = newDay || isNew || !continues(line, before);
  return (
    <li>
      {newDay && (
        <div class="day">
          <span>{language.day(date, new Date())}</span>
        </div>
      )}
      {isNew && <div class="day new">{language.words.newLine}</div>}
      <Row {...drawn} first={first} />
    </li>
  );
}

type RowProps = {
  line: Exclude<Line, { kind: 'gap' }>;
  first: boolean;
  language: Language;
  verbs: Verbs;
  deed: Deed | null;
};

/**
 * A line that did not change is not drawn again. Not by an element that is kept: that would hold the whole tree it was
 * first drawn in, which holds earlier ones, and in a busy room no line ever drawn would be freed.
 */
function Row(this: Component<RowProps>, props: RowProps) {
  this.shouldComponentUpdate = (next) =>
    (Object.keys(next) as (keyof RowProps)[]).some((key) => next[key] !== this.props[key]);
  return props.line.kind === 'stored'
    ? StoredRow(props as Parameters<typeof StoredRow>[0])
    : PendingRow(props as Parameters<typeof PendingRow>[0]);
}

/** Whether a line stands under the name of the one before it. */
function continues(line: Line, before: Line | undefined): boolean {
  if (before === undefined || before.kind === 'gap' || line.kind === 'gap') return false;
  if (line.kind === 'pending') return before.kind === 'pending' || before.own;
  if (before.kind === 'pending') return line.own;
  const [one, other] = [before.message, line.message];
  const apart = Date.parse(other.created_at) - Date.parse(one.created_at);
  return one.userId === other.userId && one.role === other.role && apart < GROUP;
}

function dateOf(line: Line): Date | null {
  return line.kind === 'stored' ? new Date(line.message.created_at) : null;
}
