/** The whole face: a panel on the page, or a bubble in its corner that opens one. */

import type { Chat, Line, State } from '@chatty/client/chat';
import type { Code } from '@chatty/protocol/codes';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Composer } from './composer.js';
import { Icon } from './icon.js';
import type { Language } from './language.js';
import { List } from './list.js';

type Props = {
  /** Null for a visitor who is not logged in. */
  chat: Chat | null;
  language: Language;
  /** Asks the host to log the visitor in. */
  askLogin: () => void;
};

/** States that stand in words over the talk; the others are told by the dot. */
const EXPLAINED: readonly State[] = ['recovering', 'waiting', 'closed'];

type View = {
  state: State;
  code: Code | null;
  lines: readonly Line[];
  joined: boolean;
  count: number | null;
};

/** What the chat shows as of now; drawn anew when it changes. */
function useChat(chat: Chat | null): View {
  const [view, setView] = useState<View>({
    state: chat?.state ?? 'idle',
    code: null,
    lines: chat?.lines ?? [],
    joined: false,
    count: chat?.count ?? null,
  });
  useEffect(() => {
    const offs = [
      chat?.on('state', ({ state, code }) =>
        setView((old) => ({ ...old, state, code, joined: old.joined || state === 'live' })),
      ),
      chat?.on('lines', (lines) => setView((old) => ({ ...old, lines }))),
      chat?.on('presence', (count) => setView((old) => ({ ...old, count }))),
    ];
    chat?.connect();
    return () => {
      for (const off of offs) off?.();
    };
  }, [chat]);
  return view;
}

export function Inline(props: Props) {
  return <Panel {...props} view={useChat(props.chat)} close={null} />;
}

export function Docked(props: Props) {
  const { words } = props.language;
  const view = useChat(props.chat);
  const [open, setOpen] = useState(false);
  const [unread, setUnread] = useState(0);
  const bubble = useRef<HTMLButtonElement>(null);
  const wasOpen = useRef(false);

  useEffect(() => {
    if (open) setUnread(0);
    else if (wasOpen.current) bubble.current?.focus();
    wasOpen.current = open;
    return props.chat?.on('message', (message) => {
      if (!open && message.userId !== props.chat?.session?.userId) setUnread((count) => count + 1);
    });
  }, [open, props.chat]);

  if (open) return <Panel {...props} view={view} close={() => setOpen(false)} />;
  const label = unread > 0 ? `${words.open}, ${words.unread(unread)}` : words.open;
  return (
    <button
      type="button"
      class="launcher"
      part="launcher"
      ref={bubble}
      aria-label={label}
      onClick={() => setOpen(true)}
    >
      <svg viewBox="0 0 24 24" width="26" height="26" aria-hidden="true">
        <path
          d="M12 3.5c-5 0-9 3.4-9 7.6 0 2.4 1.3 4.5 3.3 5.9-.1 1.2-.6 2.4-1.5 3.3 1.8-.1 3.6-.8 5-1.9.7.1 1.4.2 2.2.2 5 0 9-3.4 9-7.6s-4-7.500-9-7.500Z"
          fill="currentColor"
        />
      </svg>
      {unread > 0 && <span class="badge">{unread > 99 ? '99+' : unread}</span>}
    </button>
  );
}

function Panel({
  chat,
  view,
  language,
  askLogin,
  close,
}: Props & { view: View; close: (() => void) | null }) {
  const { words } = language;
  const shown = chat === null ? 'login' : view.state === 'refused' ? 'refused' : 'talk';
  return (
    <section
      class={`panel ${close ? 'docked' : 'inline'}`}
      part="panel"
      role={close ? 'dialog' : undefined}
      aria-label={words.title}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && !event.isComposing) close?.();
      }}
    >
      <header class="header" part="header">
        <h2>{words.title}</h2>
        {chat !== null && <Presence view={view} language={language} />}
        {close && (
          <button type="button" class="close" aria-label={words.close} title={words.close} onClick={close}>
            <Icon path="m6 6 12 12M18 6 6 18" size={20} />
          </button>
        )}
      </header>
      {shown === 'login' && (
        <div class="notice">
          <p>{words.loginHint}</p>
          <button type="button" class="primary" onClick={askLogin}>
            {words.login}
          </button>
        </div>
      )}
      {shown === 'refused' && (
        <div class="notice" role="alert">
          <strong>{words.states.refused}</strong>
          <p>{words.codes[view.code ?? 'token_invalid']}</p>
          <code>{view.code}</code>
        </div>
      )}
      {shown === 'talk' && chat && (
        <Talk chat={chat} view={view} language={language} focus={close !== null} />
      )}
    </section>
  );
}

function Talk({
  chat,
  view,
  language,
  focus,
}: {
  chat: Chat;
  view: View;
  language: Language;
  focus: boolean;
}) {
  const { words } = language;
  return (
    <>
      {EXPLAINED.includes(view.state) && view.joined && (
        <p class="banner" role="status">
          {words.states[view.state]}
          {view.state === 'waiting' && (
            <button type="button" onClick={chat.wake}>
              {words.tryNow}
            </button>
          )}
        </p>
      )}
      {view.joined || view.lines.length > 0 ? (
        <List chat={chat} lines={view.lines} language={language} />
      ) : (
        <div class="skeleton" role="status" aria-label={words.states[view.state]}>
          <i />
          <i />
          <i />
          <i />
        </div>
      )}
      <Composer send={chat.send} language={language} focus={focus} />
    </>
  );
}

function Presence({ view: { state, count }, language: { words } }: { view: View; language: Language }) {
  const text = words.states[state];
  return (
    <>
      <span class={`dot ${state}`} role="img" aria-label={text} title={text} />
      {state === 'live' && count !== null && count > 0 && (
        <span class="count" title={words.hereNow(count)}>
          {words.here(count)}
        </span>
      )}
    </>
  );
}
