/** `window.Chatty`: the functions a page may call, and which chat of the page each call means. */

import type { Chat, Chatty, Methods, Settings, SettingsInput } from '@chatty/embed';
import { createInstance } from './chat-instance.js';
import type { ChatModule, Emit } from './chat-module.js';
import { type InstanceRegistry, TAG } from './custom-element.js';

type EventMethods = Pick<Methods, 'on' | 'once' | 'off'>;
type ChatEntry = { chat: Chat; mount: Settings['mount']; docked: boolean };

const METHODS_FOR_ALL = [
  'destroy',
  'open',
  'close',
  'toggle',
  'show',
  'hide',
  'setLocale',
  'setTheme',
] as const;

/** @param options `resolveSettings` merges the settings of a call with those of all other sources */
export function createApi(options: {
  url: string;
  loadChat: () => Promise<ChatModule>;
  resolveSettings: (...lastToken: (object | undefined)[]) => Settings;
}): { api: Chatty; registry: InstanceRegistry } {
  const { url, loadChat, resolveSettings } = options;
  let entries: ChatEntry[] = [];
  /** The token of the last call; before the first call `window.params` has it. */
  let lastToken: { token?: string | null } = {};

  function create(element: HTMLElement, docked: boolean, settings: Settings): ChatEntry {
    const emit: Emit = (name, detail?: unknown) => {
      const event = { detail, bubbles: true, composed: true };
      element.dispatchEvent(new CustomEvent(`chatty:${name}`, event));
    };
    const onDestroyed = () => {
      entries = entries.filter((each) => each !== entry);
    };
    const instance = createInstance({ url, element, inline: !docked, settings, loadChat, emit, onDestroyed });
    const entry = {
      chat: Object.assign(instance, createEventMethods(element)),
      mount: settings.mount,
      docked,
    };
    entries.push(entry);
    return entry;
  }

  /** Puts a chat where it belongs, after its first making or after the page has been swapped below it. */
  function attach({ chat, mount, docked }: ChatEntry): void {
    const parent = docked ? document.body : findMount(mount);
    // An element of the page's markup is its own place, and comes back with the markup or not at all.
    if (!chat.element.isConnected && parent !== chat.element) parent?.append(chat.element);
  }

  function init(input?: SettingsInput): Chat {
    if (input?.token !== undefined) lastToken = { token: input.token };
    const settings = resolveSettings(input, lastToken);
    let entry = entries.find(({ mount }) => mount === settings.mount);
    if (entry) entry.chat.identify(settings.token);
    else entry = create(document.createElement(TAG), !findMount(settings.mount), settings);
    attach(entry);
    return entry.chat;
  }

  const callAll = (name: (typeof METHODS_FOR_ALL)[number] | 'identify', value: unknown) => {
    for (const { chat } of entries) chat[name](value as never);
  };
  function identify(token: string | null): void {
    lastToken = { token: token || null };
    callAll('identify', token);
  }
  const api = ((name: keyof Chatty, ...values: unknown[]) =>
    (api[name] as ((...values: unknown[]) => unknown) | undefined)?.(...values)) as Chatty;
  for (const name of METHODS_FOR_ALL) api[name] = (value?: unknown) => callAll(name, value);
  const methods = { init, boot: init, identify, login: identify, logout: () => identify(null) };
  Object.assign(api, createEventMethods(document), methods);

  const findEntry = (element: HTMLElement) => entries.find(({ chat }) => chat.element === element);
  const registry: InstanceRegistry = {
    elementConnected(element, attributes) {
      if (!findEntry(element))
        create(element, false, { ...resolveSettings(attributes, lastToken), mount: element });
    },
    elementDisconnected(element) {
      const entry = findEntry(element);
      if (entry) attach(entry);
      if (!element.isConnected) entry?.chat.destroy();
    },
    instanceOf: (element) => findEntry(element)?.chat,
  };
  return { api, registry };
}

/** An element that is not there, or a selector that is none, leaves the chat docked rather than lost. */
function findMount(mount: Settings['mount']): Element | null {
  if (typeof mount !== 'string') return mount;
  try {
    return document.querySelector(mount);
  } catch {
    return null;
  }
}

function createEventMethods(target: EventTarget): EventMethods {
  const wrappers = new WeakMap<object, (event: Event) => void>();
  const subscribe = (name: string, listener: (detail: never) => void, once = false) => {
    // The same for all names: with the name, it is what the target knows a listener by.
    const wrapper = wrappers.get(listener) ?? ((event) => listener((event as CustomEvent<never>).detail));
    wrappers.set(listener, wrapper);
    target.addEventListener(`chatty:${name}`, wrapper, { once });
    return () => off(name, listener);
  };
  const off = (name: string, listener: (detail: never) => void) =>
    target.removeEventListener(`chatty:${name}`, wrappers.get(listener) as () => void);
  return {
    on: subscribe,
    once: (name, listener) => subscribe(name, listener, true),
    off,
  };
}
