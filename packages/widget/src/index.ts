/** widget.js: finds the chat server it came from and puts the chat on the page, once. */

import { mount } from './mount.js';
import { readParams } from './params.js';

type Page = Window & { params?: unknown; [guard: symbol]: true | undefined };

const GUARD = Symbol.for('chatty');

/** The origin this script was loaded from is the chat server; null when no script element tells. */
function serverUrl(): string | null {
  const current = document.currentScript;
  const scripts = [...document.querySelectorAll<HTMLScriptElement>('script[src]')];
  const script =
    current instanceof HTMLScriptElement
      ? current
      : scripts.findLast(({ src }) => /\/widget\.js(\?|$)/.test(src));
  return script && URL.canParse(script.src) ? new URL(script.src).origin : null;
}

function start(): void {
  const page = window as unknown as Page;
  const url = serverUrl();
  // A second inclusion does nothing.
  if (page[GUARD] || url === null) return;
  page[GUARD] = true;
  const go = () => mount(url, readParams(page.params));
  if (document.body) go();
  else addEventListener('DOMContentLoaded', go, { once: true });
}

start();
