/** A host page with any markup and a strict policy, which counts everything that scripts leave on it. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { waitUntil } from '../../support/server.js';

export type PageResources = {
  sockets: number;
  timers: number;
  listeners: string[];
  observers: number;
  nodes: number;
};

/** What a page needs to be asked; `serveMarkup` puts it before everything else. */
export type Counted = {
  left(): PageResources;
  rest(milliseconds: number): Promise<void>;
  heard: unknown[][];
};

/** Runs in the page, before any other script. */
function installResourceCounter(): void {
  const sockets = new Set<WebSocket>();
  const timers = new Set<unknown>();
  const listeners = new Map<EventTarget, Map<unknown, Set<string>>>();
  const queries = new Set<MediaQueryList>();
  const observers = new Set<unknown>();
  const later = window.setTimeout.bind(window);
  const page = window as unknown as Record<string, unknown>;

  window.WebSocket = class extends WebSocket {
    constructor(address: string | URL, protocols?: string | string[]) {
      super(address, protocols);
      sockets.add(this);
    }
  };
  const starts = [
    ['setTimeout', 'clearTimeout', true],
    ['setInterval', 'clearInterval', false],
    ['requestIdleCallback', 'cancelIdleCallback', true],
    ['requestAnimationFrame', 'cancelAnimationFrame', true],
  ] as const;
  for (const [start, stop, single] of starts) {
    const [begin, end] = [window[start], window[stop]] as [
      (...values: unknown[]) => number,
      (id: unknown) => void,
    ];
    page[start] = (callback: (...values: unknown[]) => void, ...values: unknown[]) => {
      const key: unknown[] = [];
      const run = (...given: unknown[]) => {
        if (single) timers.delete(key[0]);
        callback(...given);
      };
      const id = begin.call(window, run, ...values);
      key.push(`${start} ${id}`);
      timers.add(key[0]);
      return id;
    };
    page[stop] = (id: unknown) => {
      timers.delete(`${start} ${id}`);
      end.call(window, id);
    };
  }
  const { addEventListener: add, removeEventListener: remove } = EventTarget.prototype;
  const keyOf = (name: string, options: unknown) =>
    `${name} ${options === true || Boolean((options as AddEventListenerOptions | undefined)?.capture)}`;
  EventTarget.prototype.addEventListener = function (name, listener, options) {
    const known = listeners.get(this) ?? new Map<unknown, Set<string>>();
    listeners.set(this, known);
    known.set(listener, (known.get(listener) ?? new Set()).add(keyOf(name, options)));
    add.call(this, name, listener, options);
  };
  EventTarget.prototype.removeEventListener = function (name, listener, options) {
    listeners
      .get(this)
      ?.get(listener)
      ?.delete(keyOf(name, options as unknown));
    remove.call(this, name, listener, options);
  };
  const match = window.matchMedia.bind(window);
  window.matchMedia = (query) => {
    const list = match(query);
    queries.add(list);
    return list;
  };
  for (const name of ['ResizeObserver', 'IntersectionObserver', 'MutationObserver'] as const) {
    const { observe, disconnect } = window[name].prototype;
    window[name].prototype.observe = function (...values: unknown[]) {
      observers.add(this);
      return Reflect.apply(observe, this, values);
    };
    window[name].prototype.disconnect = function () {
      observers.delete(this);
      return disconnect.call(this);
    };
  }
  /** What outlives the elements of a chat. */
  const lasting = (target: EventTarget) =>
    !(target instanceof Node) || target.isConnected || target === document;
  Object.assign(window, {
    heard: [],
    rest: (milliseconds: number) => new Promise((resolve) => later(resolve, milliseconds)),
    left: (): PageResources => ({
      sockets: [...sockets].filter(({ readyState }) => readyState < 2).length,
      timers: timers.size,
      listeners: [...listeners]
        .filter(([target]) => lasting(target) && !(target instanceof WebSocket))
        .flatMap(([target, known]) =>
          [...known.values()].flatMap((names) =>
            [...names].map((name) => `${target.constructor.name} ${name}`),
          ),
        )
        .concat([...queries].filter(({ onchange }) => onchange !== null).map(() => 'MediaQueryList'))
        .sort(),
      observers: observers.size,
      nodes: document.querySelectorAll('*').length,
    }),
  });
}

/** A site with the pages that are asked for. Of scripts, only those with the nonce `page` and the chat's run. */
export async function serveHostMarkup(
  context: Pick<TestContext, 'after'>,
  chat: string,
): Promise<(body: string, head?: string) => string> {
  const pages: string[] = [];
  const policy = `default-src 'none'; script-src 'nonce-page' ${chat}; connect-src ${chat} ${chat.replace('http', 'ws')}; style-src 'self'`;
  const site = createServer((request, response) => {
    const page = pages[Number((request.url ?? '').slice(1))];
    if (request.url === '/page.css') {
      response.setHeader('content-type', 'text/css');
      response.end('.place, chatty-chat { height: 300px; }');
      return;
    }
    response.statusCode = page === undefined ? 404 : 200;
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.setHeader('content-security-policy', policy);
    response.end(page);
  }).listen(0, '127.0.0.1');
  context.after(() => {
    site.closeAllConnections();
    site.close();
  });
  await waitUntil(() => site.listening, 'the site');
  const { port } = site.address() as AddressInfo;
  return (body, head = '') =>
    `http://127.0.0.1:${port}/${
      pages.push(
        `<!doctype html><html lang="en"><head><meta charset="utf-8"><link rel="stylesheet" href="/page.css"><script nonce="page">var __name = (it) => it; (${installResourceCounter})();</script>${head}</head><body>${body}</body></html>`,
      ) - 1
    }`;
}

/** An inline script of the page. */
export const inlineScript = (code: string) =>
  `<script nonce="page">${code.replaceAll('</', '<\\/')}</script>`;
