/** The chat itself, which the loader brings later: follows the room of whoever is logged in, and draws it while it is open. */

import { type Chat, createChat, type State } from '@chatty/client/chat';
import type { Code } from '@chatty/protocol/codes';
import { render } from 'preact';
import { Panel } from './app.js';
import { chooseLocale, type Language, loadLanguage } from './language.js';
import type { Events, Face, FaceOptions } from './loader/face.js';
import type { Draft, Extras, Seen } from './parts.js';
import styles from './styles.css';

/** What the host hears of the states of the connection; of the others it hears by other events. */
const CONNECTION: Partial<Record<State, Events['connection']['state']>> = {
  connecting: 'connecting',
  live: 'connected',
  waiting: 'disconnected',
};

export async function openFace(options: FaceOptions): Promise<Face> {
  const { url, inline, identity, isOpen, emit, say, close } = options;
  let language: Language | null = null;
  let chat: Chat | null = null;
  let extras: Extras | null = null;
  let unread = 0;
  /** Up to which message the visitor has seen the talk, and how many others came while they were away. */
  let seen: Seen = null;
  let connection: State | null = null;
  /** Why the server refused the visitor. */
  let refusal: Code | null = null;
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

  function follow(): void {
    chat?.close();
    chat = null;
    draft = { text: '', answers: null };
    seen = null;
    const { token, tokenProvider, projectId } = identity();
    if (token !== null || projectId !== null) {
      chat = createChat({
        ...{ url, token },
        ...(projectId !== null && { projectId }),
        ...(tokenProvider && { tokenProvider }),
      });
      listen(chat);
      chat.connect();
    }
    count(0);
    draw();
  }

  function listen(to: Chat): void {
    to.on('state', ({ state, code }) => {
      refusal = code;
      if (state === 'refused' && identity().token !== null) {
        if (code === 'token_expired') emit('tokenExpired', undefined);
        emit('error', { code: code ?? 'token_invalid', message: 'The chat server refused the visitor.' });
      }
      const told = CONNECTION[state];
      if (told && state !== connection) emit('connection', { state: told });
      connection = state;
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
    say(unread > 0 ? `${words.open}, ${words.unread(unread)}` : words.open, unread);
  }

  async function speak(wanted: string | null): Promise<void> {
    const locale = chooseLocale(wanted, document.documentElement.lang, navigator.language);
    language = await loadLanguage(locale);
    root.lang = language.locale;
    root.dir = language.dir;
    count(unread);
    draw();
  }

  function draw(): void {
    const panel = isOpen() && language && root.isConnected && (
      <Panel
        key={chat}
        chat={chat}
        guest={identity().token === null}
        refusal={refusal}
        language={language}
        draft={draft}
        extras={extras}
        seen={seen}
        askLogin={() => void emit('loginRequired', undefined)}
        close={inline ? null : close}
      />
    );
    render(panel, root);
    if (panel) void equip();
  }

  /** Brings what nobody misses while the talk is being drawn; when it does not come, the next drawing asks again. */
  async function equip(): Promise<void> {
    if (extras) return;
    const loaded = await import('./extras/index.js').catch(() => null);
    if (!loaded || extras) return;
    extras = loaded;
    dress(loaded.styles);
    draw();
  }

  function destroy(): void {
    document.removeEventListener('visibilitychange', look);
    chat?.close();
    render(null, root);
    root.remove();
    shadow.adoptedStyleSheets = undressed;
  }

  follow();
  document.addEventListener('visibilitychange', look);
  try {
    await speak(options.locale);
  } catch (error) {
    destroy();
    throw error;
  }

  return {
    show: look,
    identify() {
      const { token, projectId } = identity();
      // The connection is made anew; lines that wait to be sent stay if the person does.
      if (chat && (token !== null || projectId !== null)) chat.identify(token);
      else follow();
      draw();
    },
    translate: (locale) => void speak(locale).catch(() => undefined),
    destroy,
  };
}
