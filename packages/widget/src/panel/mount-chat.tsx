/** Mounts the chat for the loader: connects the current visitor to the room and renders the panel while it is open. */

import { type ChatClient, type ConnectionState, createChatClient } from '@chatty/client';
import type { Events } from '@chatty/embed';
import { render } from 'preact';
import type { ComposerDraft, Extras, Notifications, UnreadMarker } from '../extras-api.js';
import { chooseLocale, type Language, loadLanguage } from '../i18n/locale.js';
import type { ChatView, ChatViewOptions } from '../loader/chat-module.js';
import { LOGIN_REQUIRED_CODES, Panel } from './panel.js';
import styles from './styles.css';

/** The states of the connection as the host sees them. */
const CONNECTION_STATE_FOR_HOST: Partial<Record<ConnectionState, Events['connection']['state']>> = {
  connecting: 'connecting',
  live: 'connected',
  waiting: 'disconnected',
  refused: 'disconnected',
  closed: 'disconnected',
};

/** The focus is in a field of the page, or in a frame, which may have one. */
function isFocusInField(): boolean {
  let active = document.activeElement;
  while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
  return active?.matches('input, textarea, select, iframe, [contenteditable]') ?? false;
}

export async function mountChat(options: ChatViewOptions): Promise<ChatView> {
  const { url, inline, visitor, isOpen, emit, setBadge, close } = options;
  let language: Language | null = null;
  let chat: ChatClient | null = null;
  let extras: Extras | null = null;
  /** The language whose extra strings are loaded. */
  let extrasLanguage: Language | null = null;
  let notices: Notifications | null = null;
  let unread = 0;
  /** The last message the visitor saw before they left, and how many of others came meanwhile. */
  let unreadMarker: UnreadMarker = null;
  let connection: Events['connection']['state'] | undefined;
  /** The member of this session, once the server has confirmed it. */
  let memberKey: string | null = null;
  let isDestroyed = false;
  /** The visitor has asked for the chat, and the focus has not gone there yet. */
  let focusRequested = !inline;
  /** What was written and not sent outlives the panel, not the visitor. */
  let draft: ComposerDraft = { text: '', replyingTo: null };

  const root = document.createElement('div');
  root.className = 'face';
  options.root.prepend(root);
  const shadow = root.getRootNode() as ShadowRoot;
  const addStyles = (text: string) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    shadow.adoptedStyleSheets = [...shadow.adoptedStyleSheets, sheet];
  };
  const originalStyleSheets = shadow.adoptedStyleSheets;
  addStyles(styles);

  /** Clears everything that belongs to the previous visitor. */
  function resetVisitor(): void {
    memberKey = null;
    draft = { text: '', replyingTo: null };
    unreadMarker = null;
    setUnread(0);
    renderPanel();
  }

  function startChat(): void {
    chat?.close();
    chat = null;
    const { token, tokenProvider, projectId, room } = visitor();
    if (token !== null || projectId !== null) {
      chat = createChatClient({ url, token, projectId, room, tokenProvider });
      listen(chat);
      chat.connect();
    }
    resetVisitor();
  }

  function listen(client: ChatClient): void {
    client.on('state', ({ state, code }) => {
      if (state === 'refused' && (visitor().token !== null || !LOGIN_REQUIRED_CODES.includes(code))) {
        if (code === 'token_expired') emit('tokenExpired');
        if (code === 'banned') emit('banned', { code });
        emit('error', { code: code ?? 'token_invalid', message: 'The server refused the visitor.' });
      }
      const hostState = CONNECTION_STATE_FOR_HOST[state];
      if (hostState && hostState !== connection) emit('connection', { state: hostState });
      connection = hostState ?? connection;
    });
    client.on('session', (session) => {
      const now = visitor().token && JSON.stringify([session.projectId, session.userId]);
      if (memberKey !== null && memberKey !== now) resetVisitor();
      memberKey = now;
    });
    client.on('message', ({ id, userId, username, content, created_at }) => {
      if (userId === client.session?.userId) return void emit('message:sent', { id, content });
      emit('message', { id, userId, username, content, created_at });
      if (isAway()) setUnread(unread + 1);
    });
  }

  const isAway = () => !isOpen() || document.hidden;

  /** The panel was opened or closed, or the page came into view or went out of it. */
  function updateUnreadMarker(): void {
    if (isAway()) {
      if (unreadMarker === null || unread === 0) {
        const last = chat?.items.findLast((line) => line.kind === 'stored');
        unreadMarker = last?.kind === 'stored' ? { lastSeenId: last.message.id, missedCount: 0 } : null;
      }
    } else {
      if (unreadMarker) unreadMarker = { ...unreadMarker, missedCount: unread };
      setUnread(0);
    }
    renderPanel();
  }

  function setUnread(newUnread: number): void {
    if (newUnread !== unread) emit('unread', { count: newUnread });
    unread = newUnread;
    if (!language) return;
    const { strings } = language;
    setBadge?.(unread > 0 ? `${strings.open}, ${strings.unread(unread)}` : strings.open, unread);
  }

  async function loadLocale(): Promise<void> {
    const wanted = options.locale();
    const locale = chooseLocale(wanted, document.documentElement.lang, navigator.language);
    const loaded = await loadLanguage(locale);
    // It may have been asked for another meanwhile, which this must not undo.
    if (isDestroyed || wanted !== options.locale()) return;
    language = loaded;
    root.lang = language.locale;
    root.dir = language.dir;
    setUnread(unread);
    renderPanel();
  }

  function requestLogin(): void {
    focusRequested = !inline;
    emit('loginRequired');
  }

  /** Granted once each time the visitor opens the chat: otherwise text typed elsewhere would land here. */
  function consumeFocusRequest(): boolean {
    const grantsFocus = focusRequested && !isFocusInField();
    focusRequested = false;
    return grantsFocus;
  }

  function renderPanel(): void {
    const panel = isOpen() && language && !isDestroyed && (
      <Panel
        key={draft}
        chat={chat}
        guest={visitor().token === null}
        language={language}
        draft={draft}
        extras={extrasLanguage === language ? extras : null}
        notices={notices}
        unreadMarker={unreadMarker}
        requestLogin={requestLogin}
        consumeFocusRequest={consumeFocusRequest}
        close={inline ? null : close}
      />
    );
    render(panel, root);
    if (panel) void loadExtras();
  }

  /** Loads what the first rendering does not need; after a failure the next rendering tries again. */
  async function loadExtras(): Promise<void> {
    const currentLanguage = language;
    if (!currentLanguage || extrasLanguage === currentLanguage) return;
    const loaded = extras ?? (await import('../extras/index.js').catch(() => null));
    if (!loaded || !(await loaded.loadStrings(currentLanguage)) || isDestroyed) return;
    if (!extras) addStyles(loaded.styles);
    extras ??= { ...loaded, Profile: loaded.createProfileButton(visitor().profiles, emit) };
    extrasLanguage = currentLanguage;
    renderPanel();
  }

  /** Loads the notifications, where the host asks for any. */
  async function startNotifications(): Promise<void> {
    const { titleBadge, sound, notifications } = visitor();
    const wanted = titleBadge || sound || notifications;
    const loaded = wanted && (await import('../notifications/index.js').catch(() => null));
    if (!loaded || isDestroyed) return;
    notices = loaded.startNotifications(options, addStyles, () => chat);
    renderPanel();
  }

  function destroy(): void {
    isDestroyed = true;
    document.removeEventListener('visibilitychange', updateUnreadMarker);
    notices?.dispose();
    chat?.close();
    render(null, root);
    root.remove();
    shadow.adoptedStyleSheets = originalStyleSheets;
  }

  function identify(): void {
    const { token, projectId } = visitor();
    const hasVisitor = token !== null || projectId !== null;
    // The client reconnects; unsent messages stay if the member is the same.
    if (chat && hasVisitor) chat.setToken(token);
    else if (chat || hasVisitor) startChat();
    renderPanel();
  }

  startChat();
  document.addEventListener('visibilitychange', updateUnreadMarker);
  try {
    // Another language that is asked for while one loads takes its place.
    while (!language) await loadLocale();
  } catch (error) {
    destroy();
    throw error;
  }
  // The visitor may have changed meanwhile.
  identify();
  void startNotifications();

  return {
    openStateChanged() {
      focusRequested = !inline && isOpen();
      updateUnreadMarker();
    },
    visitorChanged: identify,
    localeChanged: () => void loadLocale().catch(() => undefined),
    destroy,
  };
}
