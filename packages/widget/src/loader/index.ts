/** widget.js: puts the chat on the page and handles the page's calls. Everything else is loaded later. */

import { createApi } from './api.js';
import type { ChatModule } from './chat-module.js';
import { defineElement, TAG } from './custom-element.js';
import { readSettings, type SettingsSource } from './embed-settings.js';

/** Name of the module that holds the chat; put in by the build. */
declare const CHAT_FILE: string;

/** A page may have an element of that name instead of the stub or of ours. */
type PageGlobals = {
  Chatty?: ((name: string) => unknown) & { q?: unknown[][]; restore?: () => void };
  params?: SettingsSource;
};

function startLoader(): void {
  const page = window as unknown as PageGlobals;
  const previousChatty = typeof page.Chatty === 'function' ? page.Chatty : null;
  // An element of the page that is called like one of these stands in its place.
  const script = [document.currentScript, document.querySelector('script[src*="/widget.js"]')].find(
    (each) => each instanceof HTMLScriptElement,
  );
  if (previousChatty?.restore) {
    // A second inclusion, as after a page swap.
    previousChatty.restore();
  } else if (script) {
    const { src } = script;
    // The whole address: a script of another origin has no base of its own.
    const moduleUrl = new URL(`widget/${CHAT_FILE}`, src);
    const loadChat = () => import(moduleUrl as never) as Promise<ChatModule>;
    const resolveSettings = (...inputs: (object | undefined)[]) =>
      readSettings(...(inputs as SettingsSource[]), { ...script.dataset, token: undefined }, page.params);
    const { api, registry } = createApi({ url: new URL(src).origin, loadChat, resolveSettings });
    // A copy: pages change what they said in place as well.
    let lastParams = { ...page.params };
    /** Not where the page has a chat in its markup or has made one. */
    const autoload = () => {
      if (resolveSettings().autoload && !document.querySelector(TAG)) api.init();
    };
    page.Chatty = Object.assign(api, {
      /** Only puts back what the page has lost, for whoever and in the room that `window.params` says now, if that has changed. */
      restore() {
        const { params } = page;
        if (params?.token !== lastParams.token) api.identify(params?.token as string);
        if (params?.room !== lastParams.room) api.destroy();
        lastParams = { ...params };
        autoload();
      },
    });
    defineElement(registry);
    const queuedCalls = previousChatty?.q ?? [];
    const replayCalls = () => {
      if (!queuedCalls.some(([name]) => name === 'init' || name === 'boot')) autoload();
      for (const [name, ...values] of queuedCalls) api(name as string, ...values);
    };
    if (document.body) replayCalls();
    else addEventListener('DOMContentLoaded', replayCalls);
  }
}

startLoader();
