/** The panel: who is here and how the connection stands, and the talk, or in its place what keeps the visitor from it. */

import type { Chat, Line, Reason, State } from '@chatty/client/chat';
import { useLayoutEffect, useReducer, useRef, useState } from 'preact/hooks';
import { Composer } from '../composer/composer.js';
import type { Draft, Extras, Notices, Seen } from '../extras-api.js';
import type { Language } from '../i18n/locale.js';
import { List } from '../messages/message-list.js';
import { Icon } from './icon.js';
import { Because } from './refusal-text.js';

type Props = {
  /** Null for a visitor who is not logged in. */
  chat: Chat | null;
  /** Nobody is logged in: reads at most. */
  guest: boolean;
  language: Language;
  draft: Draft;
  extras: Extras | null;
  notices: Notices | null;
  seen: Seen;
  /** Asks the host to log the visitor in. */
  askLogin: () => void;
  takesFocus: () => boolean;
};

/** States that stand in words over the talk; the others are told by the dot. */
const EXPLAINED: readonly State[] = ['recovering', 'waiting', 'closed'];

/** Why a visitor is refused whom a login helps. */
export const LOGGED_OUT: readonly (Reason['code'] | null | undefined)[] = ['token_missing', 'login_required'];

type View = {
  state: State;
  reason: Reason | null;
  bar: Reason | null;
  lines: readonly Line[];
  joined: boolean;
  count: number | null;
};

/** What the chat shows as of now; drawn anew when it changes. */
function useChat(chat: Chat | null): View {
  const [, redraw] = useReducer((count: number, _: unknown) => count + 1, 0);
  const joined = useRef(chat?.session != null);
  joined.current ||= chat?.state === 'live';
  // At once: between the first drawing and an effect that comes later a refusal would go unheard.
  useLayoutEffect(() => {
    const offs = (['state', 'lines', 'presence', 'bar'] as const).map((name) => chat?.on(name, redraw));
    return () => {
      for (const off of offs) off?.();
    };
  }, [chat]);
  return {
    state: chat?.state ?? 'idle',
    reason: chat?.reason ?? null,
    bar: chat?.bar ?? null,
    lines: chat?.lines ?? [],
    joined: joined.current,
    count: chat?.count ?? null,
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
  seen,
  askLogin,
  takesFocus,
  close,
}: Props & { close: (() => void) | null }) {
  const { words } = language;
  const view = useChat(chat);
  const refused = view.state === 'refused';
  // Projects and rooms without guests refuse those who are not logged in. What else is in a guest's way no login helps.
  const kept = refused && guest && LOGGED_OUT.includes(view.reason?.code);
  const shown = chat === null || kept ? 'login' : refused ? 'refused' : 'talk';
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
      <div class="header" part="header">
        <h2>{words.title}</h2>
        {shown === 'talk' && <Presence view={view} language={language} />}
        {shown === 'talk' && notices && <notices.Switches language={language} />}
        {close && (
          <button type="button" class="close" aria-label={words.close} title={words.close} onClick={close}>
            <Icon path="m6 6 12 12M18 6 6 18" size={20} />
          </button>
        )}
      </div>
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
          {view.reason && (
            <>
              <p>
                <Because reason={view.reason} {...{ extras, language }} />
              </p>
              <code>{view.reason.code}</code>
            </>
          )}
        </div>
      )}
      {shown === 'talk' && chat && (
        <Talk {...{ chat, guest, view, language, draft, extras, seen, askLogin, takesFocus }} />
      )}
    </section>
  );
}

type TalkProps = Omit<Props, 'notices'> & { chat: Chat; view: View };

function Talk({ chat, guest, view, language, draft, extras, seen, askLogin, takesFocus }: TalkProps) {
  const { words } = language;
  const [answers, setAnswers] = useState(draft.answers);
  draft.answers = answers;
  return (
    <>
      {EXPLAINED.includes(view.state) && (view.joined || view.reason) && (
        <p class="banner" role="status">
          {view.reason ? (
            <Because reason={view.reason} {...{ extras, language }} />
          ) : (
            words.states[view.state]
          )}
          {view.state === 'waiting' && !view.reason?.until && (
            <button type="button" onClick={chat.wake}>
              {words.tryNow}
            </button>
          )}
        </p>
      )}
      {view.joined || view.lines.length > 0 ? (
        <List lines={view.lines} reply={setAnswers} {...{ chat, language, extras, seen }} />
      ) : (
        <div class="skeleton" role="status" aria-label={words.states[view.state]}>
          <b />
          <b />
          <b />
          <b />
        </div>
      )}
      {guest ? (
        <p class="composer join">
          <span>{words.guestHint}</span>
          <button type="button" class="primary" onClick={askLogin}>
            {words.login}
          </button>
        </p>
      ) : (
        <>
          {extras && <extras.Typing chat={chat} language={language} />}
          <Composer
            answer={setAnswers}
            bar={view.bar}
            {...{ chat, language, draft, answers, extras, takesFocus }}
          />
        </>
      )}
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
