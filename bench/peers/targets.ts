/** What is measured in the browser: ours on a running server of ours, peers on a page that hands them its own messages. */

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, extname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { serveSite } from '../../test/browser/support/page.js';
import { join as enter, startChatty, tokenOf, until, type Visitor } from '../../test/support/server.js';
import type { Built } from './build.js';

type Cleanup = Parameters<typeof serveSite>[0];
export type Message = { id: number; who: string; text: string; at: string };

export type Subject = {
  name: string;
  /** The field one writes in. */
  field: string;
  /** Opens a page on a room of 50 messages; the list holds `count` of them when it resolves. */
  open(page: Page, count: number): Promise<void>;
  /** Lets messages come in, one every `every` milliseconds, for at most `patience` ms; answers how many did. */
  receive(page: Page, messages: Message[], every: number, patience: number): Promise<number>;
};

/** A page of messages, as ours sends it to whoever comes in. */
export const FIRST = 50;
/** Messages of a flood that are on their way at once. */
const BATCH = 50;
const TYPES: Record<string, string> = { '.js': 'text/javascript', '.css': 'text/css' };
const WHO = ['minsu', 'jiyoung', 'hajun'];

export function messagesFrom(first: number, count: number): Message[] {
  return Array.from({ length: count }, (_, index) => {
    const id = first + index;
    const text = `message ${id}: the premium is at ${id % 9} percent today, same as before`;
    const at = new Date(Date.UTC(2026, 0, 1) + id * 20_000).toISOString();
    return { id, who: WHO[id % WHO.length] ?? '', text, at };
  });
}

/** Served over HTTP, messages and all, so that a page has them when its script begins. */
export async function servePeers(context: Cleanup, builds: Map<string, Built>): Promise<string> {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://peers');
    const [, name = '', file = ''] = pathname.split('/').map(decodeURIComponent);
    const built = builds.get(name);
    if (!built) return response.writeHead(404).end();
    response.setHeader('content-type', `${TYPES[extname(file)] ?? 'text/html'}; charset=utf-8`);
    try {
      const count = Number(searchParams.get('count'));
      response.end(file ? readFileSync(join(built.out, basename(file))) : pageOf(built, count));
    } catch {
      response.writeHead(404).end();
    }
  }).listen(0, '127.0.0.1');
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  await until(() => server.listening, 'the pages of the peers');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function pageOf({ script, style }: Built, count: number): string {
  const link = style === null ? '' : `<link rel="stylesheet" href="${style}">`;
  return `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width">${link}<style>html, body, #root { height: 100%; margin: 0; }</style><script>window.messages = ${JSON.stringify(messagesFrom(1, count))}</script><body><div id="root"></div><script type="module" src="${script}"></script>`;
}

export function peerSubject(site: string, name: string, field: string): Subject {
  return {
    name,
    field,
    open: async (page, count) => {
      await page.goto(`${site}/${encodeURIComponent(name)}/?count=${count}`, { waitUntil: 'commit' });
    },
    receive: (page, messages, every, patience) =>
      page.evaluate(
        async ([incoming, wait, longest]) => {
          let received = 0;
          for (const began = performance.now(); performance.now() - began < longest; ) {
            const message = incoming[received];
            if (!message) break;
            (window as unknown as { receive(message: unknown): void }).receive(message);
            received += 1;
            await new Promise((done) => setTimeout(done, wait));
          }
          return received;
        },
        [messages, every, patience] as const,
      ),
  };
}

/** A project of its own for each page, whose first 50 messages are stored and whose others come in afterwards. */
export async function ourSubject(context: Cleanup): Promise<Subject> {
  const chatty = await startChatty(context, { SEND_BURST: '1000000', SEND_PER_SECOND: '1000000' });
  const address = await serveSite(context, chatty.url);
  const rooms = new WeakMap<Page, Visitor>();
  let projects = 0;
  async function flood(sender: Visitor, messages: Message[]): Promise<void> {
    for (let from = 0; from < messages.length; from += BATCH)
      await Promise.all(messages.slice(from, from + BATCH).map(({ text }) => sender.say(text)));
  }
  return {
    name: 'Chatty',
    field: '.composer textarea',
    open: async (page, count) => {
      projects += 1;
      const projectId = `peers-${projects}`;
      const sender = await enter(context, chatty.url, tokenOf('jiyoung', { projectId }));
      rooms.set(page, sender);
      page.once('close', () => sender.socket.disconnect());
      await flood(sender, messagesFrom(1, FIRST));
      await page.goto(address(tokenOf('visitor', { projectId }), { locale: 'ko' }), { waitUntil: 'commit' });
      if (count === FIRST) return;
      await page.locator('.dot.live').waitFor();
      await flood(sender, messagesFrom(FIRST + 1, count - FIRST));
    },
    receive: async (page, messages, every, patience) => {
      let received = 0;
      for (const began = performance.now(); performance.now() - began < patience; received += 1) {
        const message = messages[received];
        if (!message) break;
        await rooms.get(page)?.say(message.text);
        await pause(every);
      }
      return received;
    },
  };
}
