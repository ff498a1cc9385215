/** Puts the widget on the page: one element with an open shadow root, its style sheet constructed, nothing else touched. */

import { createChat } from '@chatty/client/chat';
import { h, render } from 'preact';
import { Docked, Inline } from './app.js';
import { chooseLanguage } from './language.js';
import type { Params } from './params.js';
import styles from './styles.css';

/** @param url origin of the chat server */
export function mount(url: string, params: Params): void {
  const place = findPlace(params.mount);
  const host = document.createElement('chatty-widget');
  const shadow = host.attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(styles);
  shadow.adoptedStyleSheets = [sheet];
  const root = document.createElement('div');
  root.className = place ? 'root filling' : 'root floating';
  const language = chooseLanguage(params.locale, document.documentElement.lang, navigator.language);
  root.lang = language.locale;
  shadow.append(root);
  followTheme(root, params.theme);
  (place ?? document.body).append(host);

  const chat = params.token === null ? null : createChat({ url, token: params.token });
  if (chat) addEventListener('online', () => chat.wake());
  const askLogin = () => {
    host.dispatchEvent(new CustomEvent('chatty:loginRequired', { bubbles: true, composed: true }));
  };
  render(h(place ? Inline : Docked, { chat, language, askLogin }), root);
}

/** An element that is not there, or a selector that is none, leaves the chat docked rather than lost. */
function findPlace(place: Params['mount']): Element | null {
  if (typeof place !== 'string') return place;
  try {
    return document.querySelector(place);
  } catch {
    return null;
  }
}

function followTheme(root: HTMLElement, theme: Params['theme']): void {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const apply = () => {
    root.dataset.theme = theme === 'auto' ? (dark.matches ? 'dark' : 'light') : theme;
  };
  if (theme === 'auto') dark.addEventListener('change', apply);
  apply();
}
