/** The list of messages: groups by author, days, gaps with missing messages, and the button to the newest end. */

import type { ChatClient, TimelineItem } from '@chatty/client';
import type { Message } from '@chatty/protocol';
import type { Component } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { ActiveAction, Extras, UnreadMarker } from '../extras-api.js';
import { isSameDay, type Language } from '../i18n/locale.js';
import { LoadMore } from './load-more.js';
import { PendingMessageRow, type RowActions, StoredMessageRow } from './message-row.js';
import { useVirtualScroll } from './use-virtual-scroll.js';
import { messageIdOf, type VirtualScroll } from './virtual-scroll.js';

/** Messages of one author within this time are grouped under one name. */
const GROUP_WINDOW_MS = 5 * 60_000;
/** Older and newer pages begin to load at this distance from the view. */
const PRELOAD_DISTANCE_PX = 1_500;

type Props = {
  chat: ChatClient;
  items: readonly TimelineItem[];
  language: Language;
  extras: Extras | null;
  unreadMarker: UnreadMarker;
  /** The visitor wants to answer a message. */
  replyTo: (message: Message) => void;
};

export function MessageList(props: Props) {
  const { chat, items, language, extras, unreadMarker } = props;
  const { strings } = language;
  const scroll = useVirtualScroll(items, chat.atLatest);
  const { viewport, from, to, isPinnedToEnd, pinToEnd } = scroll;
  const [action, setAction] = useState<ActiveAction | null>(null);
  const unseen = useUnseenCount(chat, isPinnedToEnd);
  const actions = useRowActions(props, scroll, setAction);
  useEffect(() => {
    chat.jumpToLatest();
    return chat.trackReadPosition(scroll.getReadId);
  }, [chat]);
  usePinWhenSending(items, pinToEnd);

  const loadMore = (label: string, preloadDistancePx: number, load: () => Promise<void>) => (
    <LoadMore {...{ label, load, items, preloadDistancePx, language }} isLive={chat.state === 'live'} />
  );
  return (
    <div class="talk">
      <div
        class="frame"
        ref={viewport}
        onScroll={scroll.onScroll}
        role="log"
        // Older messages that scrolling loads are not announced.
        aria-live={isPinnedToEnd ? 'polite' : 'off'}
        aria-label={strings.messages}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard
        tabIndex={0}
      >
        {chat.hasOlder && loadMore(strings.older, PRELOAD_DISTANCE_PX, chat.loadOlder)}
        <div ref={scroll.topSpacer} />
        <ol ref={scroll.list} part="list">
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
                  lastSeenId={unreadMarker?.lastSeenId ?? Number.POSITIVE_INFINITY}
                  action={messageIdOf(item) === action?.id ? action : null}
                  language={language}
                  actions={actions}
                />
              ),
            )}
        </ol>
        <div ref={scroll.bottomSpacer} />
        {!chat.atLatest && loadMore(strings.newer, PRELOAD_DISTANCE_PX, chat.loadNewer)}
        {items.length === 0 && <p class="empty">{strings.empty}</p>}
      </div>
      {extras && <extras.UnreadJump {...{ unreadMarker, language }} jumpTo={actions.jumpTo} />}
      {extras && action?.kind === 'react' && (
        <extras.ReactionPicker id={action.id} {...{ language, actions }} />
      )}
      {!isPinnedToEnd && (
        <JumpToLatest
          {...{ unseen, language }}
          onClick={() => {
            chat.jumpToLatest();
            pinToEnd();
          }}
        />
      )}
    </div>
  );
}

/** How many messages of others came while the reader was away from the newest end. */
function useUnseenCount(chat: ChatClient, isPinnedToEnd: boolean): number {
  const [unseen, setUnseen] = useState(0);
  useEffect(() => {
    setUnseen(0);
    if (!isPinnedToEnd)
      return chat.on('message', ({ userId }) => {
        if (userId !== chat.session?.userId) setUnseen((count) => count + 1);
      });
  }, [isPinnedToEnd, chat]);
  return unseen;
}

function useRowActions(
  { chat, extras, replyTo }: Props,
  { viewport, scrollToMessage }: VirtualScroll,
  setAction: (action: ActiveAction | null) => void,
): RowActions {
  return useMemo(
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
}

/** A message the visitor sends is always brought into view. */
function usePinWhenSending(items: readonly TimelineItem[], pinToEnd: () => void): void {
  const pending = items.filter(({ kind }) => kind === 'pending').length;
  const pendingBefore = useRef(0);
  useLayoutEffect(() => {
    if (pending > pendingBefore.current) pinToEnd();
    pendingBefore.current = pending;
  }, [pending]);
}

function JumpToLatest({
  unseen,
  language: { strings },
  onClick,
}: {
  unseen: number;
  language: Language;
  onClick: () => void;
}) {
  return (
    <button type="button" class={`pill ${unseen > 0 ? '' : 'quiet'}`} onClick={onClick}>
      {unseen > 0 ? strings.newMessages(unseen) : strings.latest} <span aria-hidden="true">↓</span>
    </button>
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
 * Skips rows that did not change. `useMemo` of the element would keep the whole tree it was first rendered in, which
 * keeps earlier trees, so that in a busy room no row would ever be freed.
 */
function MemoizedRow(this: Component<MemoizedRowProps>, props: MemoizedRowProps) {
  this.shouldComponentUpdate = (next) =>
    (Object.keys(next) as (keyof MemoizedRowProps)[]).some((key) => next[key] !== this.props[key]);
  return props.item.kind === 'stored'
    ? StoredMessageRow(props as Parameters<typeof StoredMessageRow>[0])
    : PendingMessageRow(props as Parameters<typeof PendingMessageRow>[0]);
}

/** Whether a row stands under the name of the row before it. */
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
