/** The talk: groups and days, what is missing between them, and the way back to its newest end. */

import type { ChatClient, TimelineItem } from '@chatty/client';
import type { Message } from '@chatty/protocol';
import type { Component } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { ActiveAction, Extras, UnreadMarker } from '../extras-api.js';
import { isSameDay, type Language } from '../i18n/locale.js';
import { LoadMore } from './load-more.js';
import { PendingMessageRow, type RowActions, StoredMessageRow } from './message-row.js';
import { messageIdOf, useVirtualScroll } from './use-virtual-scroll.js';

/** Lines of one author within this time, in milliseconds, stand under one name. */
const GROUP_WINDOW_MS = 5 * 60_000;
/** How near to the view older and newer pages begin to load, in pixels. */
const PRELOAD_DISTANCE_PX = 1_500;

export function MessageList({
  chat,
  items,
  language,
  extras,
  unreadMarker,
  replyTo,
}: {
  chat: ChatClient;
  items: readonly TimelineItem[];
  language: Language;
  extras: Extras | null;
  unreadMarker: UnreadMarker;
  /** The visitor wants to answer a message. */
  replyTo: (message: Message) => void;
}) {
  const { strings } = language;
  const isLive = chat.state === 'live';
  const {
    frame: viewport,
    above: topSpacer,
    list,
    below: bottomSpacer,
    from,
    to,
    sticks: isPinnedToEnd,
    getReadId,
    pinToEnd,
    scrollToMessage,
    onScroll,
  } = useVirtualScroll(items, chat.atLatest);
  const [action, setAction] = useState<ActiveAction | null>(null);
  const [unseen, setUnseen] = useState(0);
  const lastSeenId = unreadMarker?.lastSeenId ?? Number.POSITIVE_INFINITY;

  const jumpToLatest = () => {
    chat.jumpToLatest();
    pinToEnd();
  };
  useEffect(() => {
    chat.jumpToLatest();
    return chat.trackReadPosition(getReadId);
  }, [chat]);

  const pending = items.filter(({ kind }) => kind === 'pending').length;
  const pendingBefore = useRef(0);
  useLayoutEffect(() => {
    // What one writes oneself is always brought into view.
    if (pending > pendingBefore.current) pinToEnd();
    pendingBefore.current = pending;
  }, [pending]);

  useEffect(() => {
    setUnseen(0);
    if (!isPinnedToEnd)
      return chat.on('message', ({ userId }) => {
        if (userId !== chat.session?.userId) setUnseen((count) => count + 1);
      });
  }, [isPinnedToEnd, chat]);

  const actions = useMemo<RowActions>(
    () => ({
      ...chat,
      ownId: () => chat.session?.userId ?? null,
      extras,
      replyTo,
      async jumpTo(id) {
        await chat.loadAround(id);
        scrollToMessage(id);
      },
      ownUsername: () => chat.session?.username ?? null,
      startAction: setAction,
      endAction() {
        setAction(null);
        // The focus would be lost with the element that had it.
        viewport.current?.focus({ preventScroll: true });
      },
    }),
    [chat, extras, replyTo],
  );
  const loadMore = (label: string, preloadDistancePx: number, load: () => Promise<void>) => (
    <LoadMore
      label={label}
      load={load}
      items={items}
      isLive={isLive}
      preloadDistancePx={preloadDistancePx}
      language={language}
    />
  );

  return (
    <div class="talk">
      <div
        class="frame"
        ref={viewport}
        onScroll={onScroll}
        role="log"
        // Old lines that scrolling brings are no news.
        aria-live={isPinnedToEnd ? 'polite' : 'off'}
        aria-label={strings.messages}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard
        tabIndex={0}
      >
        {chat.hasOlder && loadMore(strings.older, PRELOAD_DISTANCE_PX, chat.loadOlder)}
        <div ref={topSpacer} />
        <ol ref={list} part="list">
          {items
            .slice(from, to)
            .map((item, index) =>
              item.kind === 'gap' ? (
                <li key={item.key}>{loadMore(strings.missing, 0, chat.loadGap)}</li>
              ) : (
                <ListItem
                  key={item.key}
                  item={item}
                  previous={items[from + index - 1]}
                  lastSeenId={lastSeenId}
                  action={messageIdOf(item) === action?.id ? action : null}
                  language={language}
                  actions={actions}
                />
              ),
            )}
        </ol>
        <div ref={bottomSpacer} />
        {!chat.atLatest && loadMore(strings.newer, PRELOAD_DISTANCE_PX, chat.loadNewer)}
        {items.length === 0 && <p class="empty">{strings.empty}</p>}
      </div>
      {extras && (
        <extras.UnreadJump unreadMarker={unreadMarker} jumpTo={actions.jumpTo} language={language} />
      )}
      {extras && action?.kind === 'react' && (
        <extras.ReactionPicker id={action.id} language={language} actions={actions} />
      )}
      {!isPinnedToEnd && (
        <button type="button" class={`pill ${unseen > 0 ? '' : 'quiet'}`} onClick={jumpToLatest}>
          {unseen > 0 ? strings.newMessages(unseen) : strings.latest} <span aria-hidden="true">↓</span>
        </button>
      )}
    </div>
  );
}

function ListItem({
  previous,
  lastSeenId,
  ...rowProps
}: Omit<MemoizedRowProps, 'first'> & {
  previous: TimelineItem | undefined;
  /** The last message that had been seen. */
  lastSeenId: number;
}) {
  const { item, language } = rowProps;
  const date = dateOf(item);
  const newDay = date !== null && (previous === undefined || !isSameDay(date, dateOf(previous) ?? date));
  const isFirstUnread = messageIdOf(item) > lastSeenId && messageIdOf(previous) <= lastSeenId;
  const first = newDay || isFirstUnread || !continuesGroup(item, previous);
  return (
    <li>
      {newDay && (
        <div class="day">
          <span>{language.day(date, new Date())}</span>
        </div>
      )}
      {isFirstUnread && <div class="day new">{language.strings.newLine}</div>}
      <MemoizedRow {...rowProps} first={first} />
    </li>
  );
}

type MemoizedRowProps = {
  item: Exclude<TimelineItem, { kind: 'gap' }>;
  first: boolean;
  language: Language;
  actions: RowActions;
  action: ActiveAction | null;
};

/**
 * A line that did not change is not drawn again. Not by an element that is kept: that would hold the whole tree it was
 * first drawn in, which holds earlier ones, and in a busy room no line ever drawn would be freed.
 */
function MemoizedRow(this: Component<MemoizedRowProps>, props: MemoizedRowProps) {
  this.shouldComponentUpdate = (next) =>
    (Object.keys(next) as (keyof MemoizedRowProps)[]).some((key) => next[key] !== this.props[key]);
  return props.item.kind === 'stored'
    ? StoredMessageRow(props as Parameters<typeof StoredMessageRow>[0])
    : PendingMessageRow(props as Parameters<typeof PendingMessageRow>[0]);
}

/** Whether a line stands under the name of the one before it. */
function continuesGroup(item: TimelineItem, previous: TimelineItem | undefined): boolean {
  if (previous === undefined || previous.kind === 'gap' || item.kind === 'gap') return false;
  if (item.kind === 'pending') return previous.kind === 'pending' || previous.own;
  if (previous.kind === 'pending') return item.own;
  const [earlier, later] = [previous.message, item.message];
  const elapsedMs = Date.parse(later.created_at) - Date.parse(earlier.created_at);
  return earlier.userId === later.userId && earlier.role === later.role && elapsedMs < GROUP_WINDOW_MS;
}

function dateOf(item: TimelineItem): Date | null {
  return item.kind === 'stored' ? new Date(item.message.created_at) : null;
}
