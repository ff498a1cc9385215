/** The panel: who is here and how the connection stands, and the talk, or in its place what keeps the visitor from it. */

import type { Chat, Line, State } from '@chatty/client/chat';
import type { Code } from '@chatty/protocol/codes';
import { useLayoutEffect, useState } from 'preact/hooks';
import { Composer } from './composer.js';
import { Icon } from './icon.js';
import type { Language } from './language.js';
import { List } from './list.js';
import type { Draft, Extras, Notices, Seen } from './parts.js';
import { sentenceOf } from './words.js';

type Props = {
  /** Null for a visitor who is not logged in. */
  chat: Chat | null;
  /** Nobody is logged in: reads at most. */
  guest: boolean;
  /** Why the server refused the visitor before the panel was drawn. */
  refusal: Code | null;
  language: Language;
  draft: Draft;
  extras: Extras | null;
  notices: Notices | null;
  seen: Seen;
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
function useChat(chat: Chat | null, refusal: Code | null): View {
  const [view, setView] = useState<View>({
    state: chat?.state ?? 'idle',
    code: refusal,
    lines: chat?.lines ?? [],
    joined: chat?.session != null,
    count: chat?.count ?? null,
  });
  // At once: between the first drawing and an effect that comes later a refusal would go unheard.
  useLayoutEffect(() => {
    const offs = [
      chat?.on('state', ({ state, code }) =>
        setView((old) => ({ ...old, state, code, joined: old.joined || state === 'live' })),
      ),
      chat?.on('lines', (lines) => setView((old) => ({ ...old, lines }))),
      chat?.on('presence', (count) => setView((old) => ({ ...old, count }))),
    ];
    return () => {
      for (const off of offs) off?.();
    };
  }, [chat]);
  return view;
}

/** @param close null: the panel is part of the page and stays open */
export function Panel({
  chat,
  guest,
  refusal,
  language,
  draft,
  extras,
  notices,
  seen,
  askLogin,
  close,
}: Props & { close: (() => void) | null }) {
  const { words } = language;
  const view = useChat(chat, refusal);
  const refused = view.state === 'refused';
  // A project without guests refuses those who are not logged in.
  const shown = chat === null || (guest && refused) ? 'login' : refused ? 'refused' : 'talk';
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
        {shown === 'talk' && <Presence view={view} language={language} />}
        {shown === 'talk' && notices && <notices.Switches language={language} />}
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
          <p>{sentenceOf(words, view.code ?? 'token_invalid')}</p>
          <code>{view.code}</code>
        </div>
      )}
      {shown === 'talk' && chat && (
        <Talk {...{ chat, guest, view, language, draft, extras, seen, askLogin }} focus={close !== null} />
      )}
    </section>
  );
}

type TalkProps = Pick<Props, 'guest' | 'language' | 'draft' | 'extras' | 'seen' | 'askLogin'> & {
  chat: Chat;
  view: View;
  focus: boolean;
};

function Talk({ chat, guest, view, language, draft, extras, seen, askLogin, focus }: TalkProps) {
  const { words } = language;
  const [answers, setAnswers] = useState(draft.answers);
  draft.answers = answers;
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
          <Composer answer={setAnswers} {...{ chat, language, draft, answers, extras, focus }} />
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
