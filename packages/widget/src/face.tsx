/** The chat itself, which the loader brings later: follows the room of whoever is logged in, and draws it while it is open. */

import { type Chat, createChat, type State } from '@chatty/client/chat';
import type { Code } from '@chatty/protocol/codes';
import { render } from 'preact';
import { Panel } from './app.js';
import type { Draft } from './composer.js';
import { chooseLocale, type Language, loadLanguage } from './language.js';
import type { Events, Face, FaceOptions } from './loader/face.js';
import styles from './styles.css';

export type Extras = typeof import('./extras/index.js');

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
    const { token, tokenProvider } = identity();
    if (token !== null) {
      chat = createChat({ url, token, ...(tokenProvider && { tokenProvider }) });
      listen(chat);
      chat.connect();
    }
    count(0);
    draw();
  }

  function listen(to: Chat): void {
    to.on('state', ({ state, code }) => {
      refusal = code;
      if (state === 'refused') {
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
      if (!isOpen()) count(unread + 1);
    });
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
        refusal={refusal}
        language={language}
        draft={draft}
        extras={extras}
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
    chat?.close();
    render(null, root);
    root.remove();
    shadow.adoptedStyleSheets = undressed;
  }

  follow();
  try {
    await speak(options.locale);
  } catch (error) {
    destroy();
    throw error;
  }

  return {
    show() {
      if (isOpen()) count(0);
      draw();
    },
    identify() {
      const { token } = identity();
      // The connection is made anew under the new token; lines that wait to be sent stay if the person does.
      if (chat && token !== null) chat.identify(token);
      else follow();
    },
    translate: (locale) => void speak(locale).catch(() => undefined),
    destroy,
  };
}
