/** The panel: a header with presence and connection state, and the conversation, or why the visitor cannot see it. */

import type { ChatClient, ConnectionState, TimedRefusal, TimelineItem } from '@chatty/client';
import { useLayoutEffect, useReducer, useRef, useState } from 'preact/hooks';
import { Composer } from '../composer/composer.js';
import type { ComposerDraft, Extras, Notifications, UnreadMarker } from '../extras-api.js';
import type { Language } from '../i18n/locale.js';
import { MessageList } from '../messages/message-list.js';
import { Icon } from './icon.js';
import { RefusalText } from './refusal-text.js';

type Props = {
  /** Null for a visitor who is not logged in. */
  chat: ChatClient | null;
  /** Nobody is logged in: reads at most. */
  guest: boolean;
  language: Language;
  draft: ComposerDraft;
  extras: Extras | null;
  notices: Notifications | null;
  unreadMarker: UnreadMarker;
  /** Asks the host to log the visitor in. */
  requestLogin: () => void;
  consumeFocusRequest: () => boolean;
};

/** States shown in words over the messages; the dot shows the others. */
const STATES_WITH_BANNER: readonly ConnectionState[] = ['recovering', 'waiting', 'closed'];

/** Why a visitor is refused whom a login helps. */
export const LOGIN_REQUIRED_CODES: readonly (TimedRefusal['code'] | null | undefined)[] = [
  'token_missing',
  'login_required',
];

type ChatSnapshot = {
  state: ConnectionState;
  refusal: TimedRefusal | null;
  writeBlock: TimedRefusal | null;
  items: readonly TimelineItem[];
  hasJoined: boolean;
  memberCount: number | null;
};

/** The current state of the chat; rerenders when it changes. */
function useChat(chat: ChatClient | null): ChatSnapshot {
  const [, rerender] = useReducer((count: number, _: unknown) => count + 1, 0);
  const hasJoined = useRef(chat?.session != null);
  hasJoined.current ||= chat?.state === 'live';
  // At once: between the first drawing and an effect that comes later a refusal would go unheard.
  useLayoutEffect(() => {
    const unsubscribers = (['state', 'items', 'presence', 'writeBlock'] as const).map((name) =>
      chat?.on(name, rerender),
    );
    return () => {
      for (const off of unsubscribers) off?.();
    };
  }, [chat]);
  return {
    state: chat?.state ?? 'idle',
    refusal: chat?.refusal ?? null,
    writeBlock: chat?.writeBlock ?? null,
    items: chat?.items ?? [],
    hasJoined: hasJoined.current,
    memberCount: chat?.memberCount ?? null,
  };
}

/** @param close null: the panel is part of the page and stays open */
export function Panel({
  chat,
  guest,
  language,
  draft,
  extras,
  notices,
  unreadMarker,
  requestLogin,
  consumeFocusRequest,
  close,
}: Props & { close: (() => void) | null }) {
  const { strings } = language;
  const snapshot = useChat(chat);
  const isRefused = snapshot.state === 'refused';
  // Projects and rooms without guests refuse those who are not logged in. What else is in a guest's way no login helps.
  const needsLogin = isRefused && guest && LOGIN_REQUIRED_CODES.includes(snapshot.refusal?.code);
  const content = chat === null || needsLogin ? 'login' : isRefused ? 'refused' : 'talk';
  return (
    <section
      class={`panel ${close ? 'docked' : 'inline'}`}
      part="panel"
      role={close ? 'dialog' : undefined}
      aria-label={strings.title}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && !event.isComposing) close?.();
      }}
    >
      <div class="header" part="header">
        <h2>{strings.title}</h2>
        {content === 'talk' && <PresenceStatus snapshot={snapshot} language={language} />}
        {content === 'talk' && notices && <notices.Switches language={language} />}
        {close && (
          <button
            type="button"
            class="close"
            aria-label={strings.close}
            title={strings.close}
            onClick={close}
          >
            <Icon path="m6 6 12 12M18 6 6 18" size={20} />
          </button>
        )}
      </div>
      {content === 'login' && (
        <div class="notice">
          <p>{strings.loginHint}</p>
          <button type="button" class="primary" onClick={requestLogin}>
            {strings.login}
          </button>
        </div>
      )}
      {content === 'refused' && (
        <div class="notice" role="alert">
          <strong>{strings.states.refused}</strong>
          {snapshot.refusal && (
            <>
              <p>
                <RefusalText refusal={snapshot.refusal} {...{ extras, language }} />
              </p>
              <code>{snapshot.refusal.code}</code>
            </>
          )}
        </div>
      )}
      {content === 'talk' && chat && (
        <Conversation
          {...{
            chat,
            guest,
            snapshot,
            language,
            draft,
            extras,
            unreadMarker,
            requestLogin,
            consumeFocusRequest,
          }}
        />
      )}
    </section>
  );
}

type ConversationProps = Omit<Props, 'notices'> & { chat: ChatClient; snapshot: ChatSnapshot };

function Conversation({
  chat,
  guest,
  snapshot,
  language,
  draft,
  extras,
  unreadMarker,
  requestLogin,
  consumeFocusRequest,
}: ConversationProps) {
  const { strings } = language;
  const [replyingTo, setReplyingTo] = useState(draft.replyingTo);
  draft.replyingTo = replyingTo;
  return (
    <>
      {STATES_WITH_BANNER.includes(snapshot.state) && (snapshot.hasJoined || snapshot.refusal) && (
        <p class="banner" role="status">
          {snapshot.refusal ? (
            <RefusalText refusal={snapshot.refusal} {...{ extras, language }} />
          ) : (
            strings.states[snapshot.state]
          )}
          {snapshot.state === 'waiting' && !snapshot.refusal?.until && (
            <button type="button" onClick={chat.reconnectNow}>
              {strings.tryNow}
            </button>
          )}
        </p>
      )}
      {snapshot.hasJoined || snapshot.items.length > 0 ? (
        <MessageList
          items={snapshot.items}
          replyTo={setReplyingTo}
          {...{ chat, language, extras, unreadMarker }}
        />
      ) : (
        <div class="skeleton" role="status" aria-label={strings.states[snapshot.state]}>
          <b />
          <b />
          <b />
          <b />
        </div>
      )}
      {guest ? (
        <p class="composer join">
          <span>{strings.guestHint}</span>
          <button type="button" class="primary" onClick={requestLogin}>
            {strings.login}
          </button>
        </p>
      ) : (
        <>
          {extras && <extras.TypingIndicator chat={chat} language={language} />}
          <Composer
            setReplyingTo={setReplyingTo}
            writeBlock={snapshot.writeBlock}
            {...{ chat, language, draft, replyingTo, extras, consumeFocusRequest }}
          />
        </>
      )}
    </>
  );
}

function PresenceStatus({
  snapshot: { state, memberCount },
  language: { strings },
}: {
  snapshot: ChatSnapshot;
  language: Language;
}) {
  const text = strings.states[state];
  return (
    <>
      <span class={`dot ${state}`} role="img" aria-label={text} title={text} />
      {state === 'live' && memberCount !== null && memberCount > 0 && (
        <span class="count" title={strings.hereNow(memberCount)}>
          {strings.here(memberCount)}
        </span>
      )}
    </>
  );
}
