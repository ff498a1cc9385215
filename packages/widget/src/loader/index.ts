/** widget.js: puts the chat of the server it came from on the page, and answers the page's calls. Everything else comes later. */

import { createApi } from './api.js';
import type { Module } from './chat-module.js';
import { defineElement, TAG } from './custom-element.js';
import { type Given, readSettings } from './embed-settings.js';

/** Name of the module that holds the chat; put in by the build. */
declare const CHAT_FILE: string;

/** A page may have an element of that name instead of the stub or of ours. */
type Page = {
  Chatty?: ((name: string) => unknown) & { q?: unknown[][]; again?: () => void };
  params?: Given;
};

function start(): void {
  const page = window as unknown as Page;
  const before = typeof page.Chatty === 'function' ? page.Chatty : null;
  // An element of the page that is called like one of these stands in its place.
  const script = [document.currentScript, document.querySelector('script[src*="/widget.js"]')].find(
    (each) => each instanceof HTMLScriptElement,
  );
  if (before?.again) {
    // A second inclusion, as after a page swap.
    before.again();
  } else if (script) {
    const { src } = script;
    // The whole address: a script of another origin has no base of its own.
    const file = new URL(`widget/${CHAT_FILE}`, src);
    const load = () => import(file as never) as Promise<Module>;
    const settle = (...said: (object | undefined)[]) =>
      readSettings(...(said as Given[]), { ...script.dataset, token: undefined }, page.params);
    const { api, keeper } = createApi({ url: new URL(src).origin, load, settle });
    // A copy: pages change what they said in place as well.
    let seen = { ...page.params };
    /** Not where the page has a chat in its markup or has made one. */
    const appear = () => {
      if (settle().autoload && !document.querySelector(TAG)) api.init();
    };
    page.Chatty = Object.assign(api, {
      /** Only puts back what the page has lost, for whoever and in the room that `window.params` says now, if that has changed. */
      again() {
        const { params } = page;
        if (params?.token !== seen.token) api.identify(params?.token as string);
        if (params?.room !== seen.room) api.destroy();
        seen = { ...params };
        appear();
      },
    });
    defineElement(keeper);
    const calls = before?.q ?? [];
    const go = () => {
      if (!calls.some(([name]) => name === 'init' || name === 'boot')) appear();
      for (const [name, ...values] of calls) api(name as string, ...values);
    };
    if (document.body) go();
    else addEventListener('DOMContentLoaded', go);
  }
}

start();
