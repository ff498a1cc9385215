/** `window.Chatty`: what the page may call, and which chat on the page a call means. */

import type { Chat, Chatty, Given, Methods, Settings } from '@chatty/embed/types';
import { createInstance } from './chat-instance.js';
import type { Emit, Module } from './chat-module.js';
import { type Keeper, TAG } from './custom-element.js';

type Listening = Pick<Methods, 'on' | 'once' | 'off'>;
type Entry = { chat: Chat; place: Settings['mount']; docked: boolean };

const OF_ALL = ['destroy', 'open', 'close', 'toggle', 'show', 'hide', 'setLocale', 'setTheme'] as const;

/** @param settle the settings that count, from what a call says before everything else */
export function createApi(options: {
  url: string;
  load: () => Promise<Module>;
  settle: (...said: (object | undefined)[]) => Settings;
}): { api: Chatty; keeper: Keeper } {
  const { url, load, settle } = options;
  let entries: Entry[] = [];
  /** The token that was last said by a call; what `window.params` says counts before the first. */
  let said: { token?: string | null } = {};

  function create(element: HTMLElement, docked: boolean, settings: Settings): Entry {
    const emit: Emit = (name, detail?: unknown) => {
      const event = { detail, bubbles: true, composed: true };
      element.dispatchEvent(new CustomEvent(`chatty:${name}`, event));
    };
    const gone = () => {
      entries = entries.filter((each) => each !== entry);
    };
    const instance = createInstance({ url, element, inline: !docked, settings, load, emit, gone });
    const entry = { chat: Object.assign(instance, listening(element)), place: settings.mount, docked };
    entries.push(entry);
    return entry;
  }

  /** Puts a chat where it belongs, after its first making or after the page has been swapped below it. */
  function attach({ chat, place, docked }: Entry): void {
    const parent = docked ? document.body : findPlace(place);
    // An element of the page's markup is its own place, and comes back with the markup or not at all.
    if (!chat.element.isConnected && parent !== chat.element) parent?.append(chat.element);
  }

  function init(given?: Given): Chat {
    if (given?.token !== undefined) said = { token: given.token };
    const settings = settle(given, said);
    let entry = entries.find(({ place }) => place === settings.mount);
    if (entry) entry.chat.identify(settings.token);
    else entry = create(document.createElement(TAG), !findPlace(settings.mount), settings);
    attach(entry);
    return entry.chat;
  }

  const all = (name: (typeof OF_ALL)[number] | 'identify', value: unknown) => {
    for (const { chat } of entries) chat[name](value as never);
  };
  function identify(token: string | null): void {
    said = { token: token || null };
    all('identify', token);
  }
  const api = ((name: keyof Chatty, ...values: unknown[]) =>
    (api[name] as ((...values: unknown[]) => unknown) | undefined)?.(...values)) as Chatty;
  for (const name of OF_ALL) api[name] = (value?: unknown) => all(name, value);
  const methods = { init, boot: init, identify, login: identify, logout: () => identify(null) };
  Object.assign(api, listening(document), methods);

  const entryOf = (element: HTMLElement) => entries.find(({ chat }) => chat.element === element);
  const keeper: Keeper = {
    standing(element, attributes) {
      if (!entryOf(element)) create(element, false, { ...settle(attributes, said), mount: element });
    },
    gone(element) {
      const entry = entryOf(element);
      if (entry) attach(entry);
      if (!element.isConnected) entry?.chat.destroy();
    },
    chatOf: (element) => entryOf(element)?.chat,
  };
  return { api, keeper };
}

/** An element that is not there, or a selector that is none, leaves the chat docked rather than lost. */
function findPlace(place: Settings['mount']): Element | null {
  if (typeof place !== 'string') return place;
  try {
    return document.querySelector(place);
  } catch {
    return null;
  }
}

function listening(target: EventTarget): Listening {
  const known = new WeakMap<object, (event: Event) => void>();
  const hear = (name: string, listener: (detail: never) => void, once = false) => {
    // The same for all names: with the name, it is what the target knows a listener by.
    const heard = known.get(listener) ?? ((event) => listener((event as CustomEvent<never>).detail));
    known.set(listener, heard);
    target.addEventListener(`chatty:${name}`, heard, { once });
    return () => off(name, listener);
  };
  const off = (name: string, listener: (detail: never) => void) =>
    target.removeEventListener(`chatty:${name}`, known.get(listener) as () => void);
  return {
    on: hear,
    once: (name, listener) => hear(name, listener, true),
    off,
  };
}
