/** `window.Chatty`: what the page may call, and which chat on the page a call means. */

import { type Keeper, TAG } from './element.js';
import type { Emit, Events, Module } from './face.js';
import { createInstance, type Instance } from './instance.js';
import type { Settings } from './settings.js';

type Hear = <Name extends keyof Events>(name: Name, listener: (detail: Events[Name]) => void) => () => void;
type Listening = {
  /** Answers how to stop listening. */
  on: Hear;
  once: Hear;
  off<Name extends keyof Events>(name: Name, listener: (detail: Events[Name]) => void): void;
};
/** One chat of several. */
export type Chat = Instance & Listening;
/**
 * Calls by name, as from the queue, or by method. What one chat can do is done by the first on the page; `destroy` takes
 * all away, and listeners hear all.
 */
export type Api = ((name: string, ...values: unknown[]) => unknown) &
  Omit<Chat, 'element'> & {
    /** Puts a chat on the page, or answers the one that stands in the same place. */
    init(settings?: Partial<Settings>): Chat;
    boot(settings?: Partial<Settings>): Chat;
    login(token: string | null): void;
  };

type Entry = { chat: Chat; place: Settings['mount']; docked: boolean };

const OF_ONE = ['open', 'close', 'toggle', 'show', 'hide', 'setLocale', 'setTheme'] as const;

/** @param settle the settings that count, from what a call says before everything else */
export function createApi(options: {
  url: string;
  load: () => Promise<Module>;
  settle: (...said: (object | undefined)[]) => Settings;
}): { api: Api; keeper: Keeper } {
  const { url, load, settle } = options;
  const entries: Entry[] = [];
  /** The token that was last said by a call; what `window.params` says counts before the first. */
  let said: { token?: string | null } = {};

  function create(element: HTMLElement, docked: boolean, settings: Settings): Entry {
    const emit: Emit = (name, detail) => {
      const event = { detail, bubbles: true, composed: true, cancelable: true };
      return element.dispatchEvent(new CustomEvent(`chatty:${name}`, event));
    };
    const gone = () => void entries.splice(entries.indexOf(entry), 1);
    const instance = createInstance({ url, element, inline: !docked, settings, load, emit, gone });
    const entry = { chat: Object.assign(instance, listening(element)), place: settings.mount, docked };
    entries.push(entry);
    return entry;
  }

  /** Puts a chat where it belongs, after its first making or after the page has been swapped below it. */
  function attach({ chat, place, docked }: Entry): void {
    const parent = docked ? document.body : findPlace(place);
    if (!chat.element.isConnected) parent?.append(chat.element);
  }

  function init(given?: Partial<Settings>): Chat {
    if (given?.token !== undefined) said = { token: given.token };
    const settings = settle(given, said);
    let entry = entries.find(({ place }) => place === settings.mount);
    if (entry) entry.chat.identify(settings.token);
    else entry = create(document.createElement(TAG), !findPlace(settings.mount), settings);
    attach(entry);
    return entry.chat;
  }

  function identify(token: string | null): void {
    said = { token };
    entries[0]?.chat.identify(token);
  }

  const methods = {
    ...listening(document),
    init,
    boot: init,
    identify,
    login: identify,
    logout: () => identify(null),
    destroy() {
      for (const { chat } of [...entries]) chat.destroy();
    },
  };
  const api = ((name: keyof Api, ...values: unknown[]) =>
    (api[name] as ((...values: unknown[]) => unknown) | undefined)?.(...values)) as Api;
  Object.assign(api, methods);
  for (const name of OF_ONE) Object.assign(api, { [name]: (value: never) => entries[0]?.chat[name](value) });

  const entryOf = (element: HTMLElement) => entries.find(({ chat }) => chat.element === element);
  const keeper: Keeper = {
    standing(element, attributes) {
      if (!entryOf(element)) create(element, false, { ...settle(attributes, said), mount: element });
    },
    gone(element) {
      const entry = entryOf(element);
      if (!entry) return;
      attach(entry);
      if (!element.isConnected) entry.chat.destroy();
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
  const known = new Map<unknown, (event: Event) => void>();
  const hear = (name: string, listener: (detail: never) => void, once: boolean) => {
    const heard = (event: Event) => listener((event as CustomEvent<never>).detail);
    known.set(listener, heard);
    target.addEventListener(`chatty:${name}`, heard, { once });
    return () => target.removeEventListener(`chatty:${name}`, heard);
  };
  return {
    on: (name, listener) => hear(name, listener, false),
    once: (name, listener) => hear(name, listener, true),
    off: (name, listener) => target.removeEventListener(`chatty:${name}`, known.get(listener) ?? null),
  };
}
