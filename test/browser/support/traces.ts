/** What a guest leaves on a page: globals, patched functions, attributes, listeners, stored things. */

import type { Page } from 'playwright-core';

type Watch = Window & {
  /** Called by the page right before the chat comes. */
  __watch?: () => void;
  __seen?: () => { globals: string[]; patched: string[]; changes: string[] };
};

/** Runs in the page before all of its scripts. */
export function installPageWatcher(): void {
  const own = Reflect.ownKeys;
  const describe = Object.getOwnPropertyDescriptor;
  const observe = MutationObserver;
  const page = window as Watch;
  page.__watch = () => {
    /** Every function and prototype the page has, by name. */
    const take = () => {
      const found = new Map<string, unknown>();
      for (const name of own(window)) {
        const value = describe(window, name)?.value;
        if (typeof value !== 'function' && name !== 'Math' && name !== 'JSON' && name !== 'Reflect') continue;
        for (const [place, holder] of [
          ['', value],
          ['prototype.', value.prototype],
        ] as const) {
          if (!holder) continue;
          for (const key of own(holder)) {
            const { value: said, get, set } = describe(holder, key) ?? {};
            found.set(`${String(name)}.${place}${String(key)}`, said ?? get ?? set);
          }
        }
      }
      return found;
    };
    const names = [...own(window), '__seen'];
    const before = take();
    const changes: string[] = [];
    const observer = new observe((records) => {
      for (const { type, target, attributeName, addedNodes, removedNodes } of records) {
        const element = target as Element;
        if (element.localName === 'chatty-chat') continue;
        for (const node of [...addedNodes, ...removedNodes])
          if (node.nodeName !== 'SCRIPT') changes.push(`${target.nodeName} has or lost ${node.nodeName}`);
        if (type === 'attributes') changes.push(`${target.nodeName} ${attributeName}`);
      }
    });
    addEventListener('load', () =>
      observer.observe(document, { subtree: true, childList: true, attributes: true }),
    );
    for (const element of document.querySelectorAll('html, body'))
      observer.observe(element, { attributes: true });
    for (const element of document.querySelectorAll('head'))
      observer.observe(element, { subtree: true, attributes: true, childList: true });
    page.__seen = () => ({
      globals: own(window)
        .filter((name) => !names.includes(name))
        .map(String),
      patched: [...take()]
        .filter(([name, value]) => before.has(name) && !Object.is(before.get(name), value))
        .map(([name]) => name),
      changes,
    });
  };
}

/** What a good guest leaves: its name, its element in the body, its listeners on the window and the document. */
export const NO_TRACES = {
  globals: ['Chatty'],
  patched: [],
  changes: [],
  stored: [0, 0, 0, 0, ''],
  listeners: { 'document.documentElement': [], 'document.head': [], bodyElement: [] },
};

export async function collectPageTraces(page: Page) {
  const seen = await page.evaluate(async () => ({
    ...(window as Watch).__seen?.(),
    stored: [
      localStorage.length,
      sessionStorage.length,
      (await indexedDB.databases()).length,
      (await caches.keys()).length,
      document.cookie,
    ],
  }));
  const devtools = await page.context().newCDPSession(page);
  const listeners: Record<string, string[]> = {};
  for (const [name, expression] of [
    ['document.documentElement', 'document.documentElement'],
    ['document.head', 'document.head'],
    ['bodyElement', 'document.getElementsByTagName("body")[0]'],
  ] as const) {
    const { result } = await devtools.send('Runtime.evaluate', { expression });
    const found = await devtools.send('DOMDebugger.getEventListeners', { objectId: result.objectId ?? '' });
    listeners[name] = found.listeners.map(({ type }) => type);
  }
  return { ...seen, listeners };
}

/** All that the browser computed for the last element that fits, but what the page may say: the font, the language. */
export function computedStyleOf(page: Page, selector: string): Promise<Record<string, string>> {
  return page
    .locator(`chatty-chat ${selector}`)
    .last()
    .evaluate((element) => {
      const style = getComputedStyle(element);
      const all: Record<string, string> = {};
      for (let index = 0; index < style.length; index += 1) {
        const name = style[index] ?? '';
        all[name] = style.getPropertyValue(name);
      }
      return all;
    });
}
