/** widget.js: puts the chat of the server it came from on the page, and answers the page's calls. Everything else comes later. */

import { type Api, createApi } from './api.js';
import { defineElement } from './element.js';
import type { Module } from './face.js';
import { type Given, readAttributes, readSettings } from './settings.js';

/** Name of the module that holds the chat; put in by the build. */
declare const CHAT_FILE: string;

/** A page may have an element of that name instead of the stub or of ours. */
type Page = { Chatty?: Partial<Api> & { q?: Iterable<unknown>[] }; params?: Given };

function start(): void {
  const page = window as unknown as Page;
  const before = page.Chatty;
  const current = document.currentScript;
  // An element of the page that is called like one of these stands in its place.
  const script =
    current instanceof HTMLScriptElement
      ? current
      : document.querySelector<HTMLScriptElement>('script[src*="/widget.js"]');
  if (before?.init) {
    // A second inclusion, as after a page swap, only puts the chat back that the page has lost, for whoever is logged in now.
    before.init({ token: null, ...page.params });
  } else if (script) {
    const { src } = script;
    // The whole address: a script of another origin has no base of its own.
    const file = `${new URL(`widget/${CHAT_FILE}`, src)}`;
    const load = () => import(file) as Promise<Module>;
    const settle = (...said: (object | undefined)[]) =>
      readSettings(...(said as Given[]), readAttributes(script, 'data-'), page.params);
    const { api, keeper } = createApi({ url: new URL(src).origin, load, settle });
    page.Chatty = api;
    defineElement(keeper);
    const calls = Array.isArray(before?.q) ? before.q : [];
    const go = () => {
      if (settle().autoload && !calls.some(([name]) => name === 'init' || name === 'boot')) api.init();
      for (const [name, ...values] of calls) api(String(name), ...values);
    };
    if (document.body) go();
    else addEventListener('DOMContentLoaded', go);
  }
}

start();
