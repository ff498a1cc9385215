/** One chat on the page: where it is placed, when the chat module is loaded, and how it is removed without a trace. */

import type { Chat, Settings } from '@chatty/embed';
import type { ChatModule, ChatView, Emit } from './chat-module.js';
import { createLauncherButton } from './launcher-button.js';
import styles from './loader.css';

/** A chat without its event methods. */
export type ChatInstance = Omit<Chat, 'on' | 'once' | 'off'>;

/** Longest time in milliseconds that a docked chat waits for the page to be idle before it loads. */
const MAX_IDLE_WAIT_MS = 4_000;

/**
 * @param options `loadChat` loads the chat module and is called again after a failure;
 *   `onDestroyed` runs when the chat has been destroyed
 */
export function createInstance(options: {
  url: string;
  element: HTMLElement;
  inline: boolean;
  settings: Settings;
  loadChat: () => Promise<ChatModule>;
  emit: Emit;
  onDestroyed: () => void;
}): ChatInstance {
  const { url, element, inline, settings, loadChat, emit, onDestroyed } = options;
  let { position, zIndex, token, locale, theme } = settings;
  let view: ChatView | null = null;
  let isLoading = false;
  let isOpen = inline;
  let isDestroyed = false;

  const shadow = element.shadowRoot ?? element.attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(styles);
  shadow.adoptedStyleSheets = [sheet];
  const root = document.createElement('div');
  shadow.append(root);
  element.toggleAttribute('docked', !inline);
  if (zIndex) element.style.setProperty('--chatty-z', `${zIndex}`);
  const launcher = inline ? null : createLauncherButton(root, () => show(true), loadView);
  const prefersDark = matchMedia('(prefers-color-scheme: dark)');
  prefersDark.onchange = applyTheme;
  applyTheme();
  // Safari has no idle callback; there the next turn has to do.
  if (inline) loadView();
  else (window.requestIdleCallback ?? setTimeout)(loadView, { timeout: MAX_IDLE_WAIT_MS } as never);

  function applyTheme(): void {
    const isDark = theme === 'dark' || (theme !== 'light' && prefersDark.matches);
    root.className = `${position} root ${isDark ? 'dark' : ''} ${isOpen ? 'open' : ''}`;
  }

  async function loadView(): Promise<void> {
    if (view || isLoading || isDestroyed) return;
    isLoading = true;
    try {
      const { mountChat } = await loadChat();
      const mounted = await mountChat({
        ...{ url, root, inline },
        locale: () => locale,
        visitor: () => ({ ...settings, token }),
        isOpen: () => isOpen,
        emit: (...event) => {
          if (!isDestroyed) emit(...event);
        },
        setBadge: launcher?.setBadge,
        close: () => show(false),
      });
      if (isDestroyed) return mounted.destroy();
      view = mounted;
      emit('ready');
    } catch (error) {
      emit('error', { code: 'unavailable', message: `${error}` });
    }
    isLoading = false;
  }

  function show(open: boolean): void {
    if (isDestroyed || inline || open === isOpen) return;
    isOpen = open;
    // A focus elsewhere on the page stays there.
    const focusedElement = shadow.activeElement;
    applyTheme();
    loadView();
    view?.openStateChanged();
    if (!open && focusedElement) launcher?.focus();
    emit(open ? 'open' : 'close');
  }

  function identify(next: string | null): void {
    // Any other empty value means no login too.
    token = next || null;
    view?.visitorChanged();
  }

  return {
    element,
    identify,
    logout: () => identify(null),
    destroy() {
      if (isDestroyed) return;
      isDestroyed = true;
      prefersDark.onchange = null;
      view?.destroy();
      view = null;
      root.remove();
      element.remove();
      onDestroyed();
    },
    open: () => show(true),
    close: () => show(false),
    toggle: () => show(!isOpen),
    show() {
      element.hidden = false;
    },
    hide() {
      element.hidden = true;
    },
    setLocale(next) {
      locale = next;
      view?.localeChanged();
    },
    setTheme(next) {
      theme = next;
      applyTheme();
    },
  };
}
