/** One chat on the page: where it stands, when the rest of it is loaded, and how it goes without a trace. */

import type { Chat, Settings } from '@chatty/embed/types';
import type { Emit, Face, Module } from './chat-module.js';
import { createBubble } from './launcher-button.js';
import styles from './loader.css';

/** A chat before it can be listened to. */
export type Instance = Omit<Chat, 'on' | 'once' | 'off'>;

/** Longest time in milliseconds that a docked chat waits for the page to be idle before it loads. */
const IDLE = 4_000;

/**
 * @param load brings the rest of the chat; tried again at the next occasion when it fails
 * @param gone runs when the chat has been destroyed
 */
export function createInstance(options: {
  url: string;
  element: HTMLElement;
  inline: boolean;
  settings: Settings;
  load: () => Promise<Module>;
  emit: Emit;
  gone: () => void;
}): Instance {
  const { url, element, inline, settings, load, emit, gone } = options;
  let { position, zIndex, token, locale, theme } = settings;
  let face: Face | null = null;
  let loading = false;
  let isOpen = inline;
  let ended = false;

  const shadow = element.shadowRoot ?? element.attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(styles);
  shadow.adoptedStyleSheets = [sheet];
  const root = document.createElement('div');
  shadow.append(root);
  element.toggleAttribute('docked', !inline);
  if (zIndex) element.style.setProperty('--chatty-z', `${zIndex}`);
  const bubble = inline ? null : createBubble(root, () => show(true), bring);
  const dark = matchMedia('(prefers-color-scheme: dark)');
  dark.onchange = paint;
  paint();
  // Safari has no idle callback; there the next turn has to do.
  if (inline) bring();
  else (window.requestIdleCallback ?? setTimeout)(bring, { timeout: IDLE } as never);

  function paint(): void {
    const isDark = theme === 'dark' || (theme !== 'light' && dark.matches);
    root.className = `${position} root ${isDark ? 'dark' : ''} ${isOpen ? 'open' : ''}`;
  }

  async function bring(): Promise<void> {
    if (face || loading || ended) return;
    loading = true;
    try {
      const { openFace } = await load();
      const made = await openFace({
        ...{ url, root, inline },
        locale: () => locale,
        identity: () => ({ ...settings, token }),
        isOpen: () => isOpen,
        emit: (...event) => {
          if (!ended) emit(...event);
        },
        say: bubble?.say,
        close: () => show(false),
      });
      if (ended) return made.destroy();
      face = made;
      emit('ready');
    } catch (error) {
      emit('error', { code: 'unavailable', message: `${error}` });
    }
    loading = false;
  }

  function show(open: boolean): void {
    if (ended || inline || open === isOpen) return;
    isOpen = open;
    // Whose focus is elsewhere on the page keeps it there.
    const held = shadow.activeElement;
    paint();
    bring();
    face?.show();
    if (!open && held) bubble?.focus();
    emit(open ? 'open' : 'close');
  }

  function identify(next: string | null): void {
    // Anything else that says nothing is nobody.
    token = next || null;
    face?.identify();
  }

  return {
    element,
    identify,
    logout: () => identify(null),
    destroy() {
      if (ended) return;
      ended = true;
      dark.onchange = null;
      face?.destroy();
      face = null;
      root.remove();
      element.remove();
      gone();
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
      face?.translate();
    },
    setTheme(next) {
      theme = next;
      paint();
    },
  };
}
