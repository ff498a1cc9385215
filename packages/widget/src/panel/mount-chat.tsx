/** The chat itself, which the loader brings later: follows the room of whoever is logged in, and draws it while it is open. */

import { type Chat, createChat, type State } from '@chatty/client/chat';
import type { Events } from '@chatty/embed/types';
import { render } from 'preact';
import type { Draft, Extras, Notices, Seen } from '../extras-api.js';
import { chooseLocale, type Language, loadLanguage } from '../i18n/locale.js';
import type { Face, FaceOptions } from '../loader/chat-module.js';
import { LOGGED_OUT, Panel } from './panel.js';
import styles from './styles.css';

/** What the host hears of the states of the connection. */
const CONNECTION: Partial<Record<State, Events['connection']['state']>> = {
  connecting: 'connecting',
  live: 'connected',
  waiting: 'disconnected',
  refused: 'disconnected',
  closed: 'disconnected',
};

/** The focus is in a field of the page, or in a frame, which may have one. */
function isWriting(): boolean {
  let active = document.activeElement;
  while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
  return active?.matches('input, textarea, select, iframe, [contenteditable]') ?? false;
}

export async function openFace(options: FaceOptions): Promise<Face> {
  const { url, inline, identity, isOpen, emit, say, close } = options;
  let language: Language | null = null;
  let chat: Chat | null = null;
  let extras: Extras | null = null;
  /** The language whose words of the extras are there. */
  let whole: Language | null = null;
  let notices: Notices | null = null;
  let unread = 0;
  /** Up to which message the visitor has seen the talk, and how many others came while they were away. */
  let seen: Seen = null;
  let connection: Events['connection']['state'] | undefined;
  /** Which member's chat it is, once the server has said. */
  let person: string | null = null;
  let ended = false;
  /** The visitor has asked for the chat, and the focus has not gone there yet. */
  let called = !inline;
  /** What was written and not sent outlives the panel, not the visitor. */
  let draft: Draft = { text: '', answers: null };

  const root = document.createElement('div');
  root.className = 'face';
  options.root.prepend(root);
  const shadow = root.getRootNode() as ShadowRoot;
  const dress = (text: string) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    shadow.adoptedStyleSheets = [...shadow.adoptedStyleSheets, sheet];
  };
  const undressed = shadow.adoptedStyleSheets;
  dress(styles);

  /** Nothing of one visitor is left for another. */
  function forget(): void {
    person = null;
    draft = { text: '', answers: null };
    seen = null;
    count(0);
    draw();
  }

  function follow(): void {
    chat?.close();
    chat = null;
    const { token, tokenProvider, projectId, room } = identity();
    if (token !== null || projectId !== null) {
      chat = createChat({ url, token, projectId, room, tokenProvider });
      listen(chat);
      chat.connect();
    }
    forget();
  }

  function listen(to: Chat): void {
    to.on('state', ({ state, code }) => {
      if (state === 'refused' && (identity().token !== null || !LOGGED_OUT.includes(code))) {
        if (code === 'token_expired') emit('tokenExpired');
        if (code === 'banned') emit('banned', { code });
        emit('error', { code: code ?? 'token_invalid', message: 'The server refused the visitor.' });
      }
      const told = CONNECTION[state];
      if (told && told !== connection) emit('connection', { state: told });
      connection = told ?? connection;
    });
    to.on('session', (session) => {
      const now = identity().token && JSON.stringify([session.projectId, session.userId]);
      if (person !== null && person !== now) forget();
      person = now;
    });
    to.on('message', ({ id, userId, username, content, created_at }) => {
      if (userId === to.session?.userId) return void emit('message:sent', { id, content });
      emit('message', { id, userId, username, content, created_at });
      if (isAway()) count(unread + 1);
    });
  }

  const isAway = () => !isOpen() || document.hidden;

  /** The panel was opened or closed, or the page came into view or went out of it. */
  function look(): void {
    if (isAway()) {
      if (seen === null || unread === 0) {
        const last = chat?.lines.findLast((line) => line.kind === 'stored');
        seen = last?.kind === 'stored' ? { upTo: last.message.id, missed: 0 } : null;
      }
    } else {
      if (seen) seen = { ...seen, missed: unread };
      count(0);
    }
    draw();
  }

  function count(next: number): void {
    if (next !== unread) emit('unread', { count: next });
    unread = next;
    if (!language) return;
    const { words } = language;
    say?.(unread > 0 ? `${words.open}, ${words.unread(unread)}` : words.open, unread);
  }

  async function speak(): Promise<void> {
    const wanted = options.locale();
    const locale = chooseLocale(wanted, document.documentElement.lang, navigator.language);
    const loaded = await loadLanguage(locale);
    // It may have been asked for another meanwhile, which this must not undo.
    if (ended || wanted !== options.locale()) return;
    language = loaded;
    root.lang = language.locale;
    root.dir = language.dir;
    count(unread);
    draw();
  }

  function askLogin(): void {
    called = !inline;
    emit('loginRequired');
  }

  /** Once for each time that the visitor asks for the chat: else what they write elsewhere would be said here. */
  function takesFocus(): boolean {
    const takes = called && !isWriting();
    called = false;
    return takes;
  }

  function draw(): void {
    const panel = isOpen() && language && !ended && (
      <Panel
        key={draft}
        chat={chat}
        guest={identity().token === null}
        language={language}
        draft={draft}
        extras={whole === language ? extras : null}
        notices={notices}
        seen={seen}
        askLogin={askLogin}
        takesFocus={takesFocus}
        close={inline ? null : close}
      />
    );
    render(panel, root);
    if (panel) void equip();
  }

  /** Brings what nobody misses while the talk is being drawn; when it does not come, the next drawing asks again. */
  async function equip(): Promise<void> {
    const speaks = language;
    if (!speaks || whole === speaks) return;
    const loaded = extras ?? (await import('../extras/index.js').catch(() => null));
    if (!loaded || !(await loaded.speak(speaks)) || ended) return;
    if (!extras) dress(loaded.styles);
    extras ??= { ...loaded, Profile: loaded.createProfile(identity().profiles, emit) };
    whole = speaks;
    draw();
  }

  /** Brings what tells of messages beyond the panel, where the host wants any of it. */
  async function announce(): Promise<void> {
    const { titleBadge, sound, notifications } = identity();
    const wanted = titleBadge || sound || notifications;
    const loaded = wanted && (await import('../notifications/index.js').catch(() => null));
    if (!loaded || ended) return;
    notices = loaded.startNotices(options, dress, () => chat);
    draw();
  }

  function destroy(): void {
    ended = true;
    document.removeEventListener('visibilitychange', look);
    notices?.end();
    chat?.close();
    render(null, root);
    root.remove();
    shadow.adoptedStyleSheets = undressed;
  }

  function identify(): void {
    const { token, projectId } = identity();
    const known = token !== null || projectId !== null;
    // The connection is made anew; lines that wait to be sent stay if the person does.
    if (chat && known) chat.identify(token);
    else if (chat || known) follow();
    draw();
  }

  follow();
  document.addEventListener('visibilitychange', look);
  try {
    // Another language that is asked for while one loads takes its place.
    while (!language) await speak();
  } catch (error) {
    destroy();
    throw error;
  }
  // The visitor may have changed meanwhile.
  identify();
  void announce();

  return {
    show() {
      called = !inline && isOpen();
      look();
    },
    identify,
    translate: () => void speak().catch(() => undefined),
    destroy,
  };
}
