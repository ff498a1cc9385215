/** What is measured in the browser: ours on a running server of ours, peers on a page that hands them its own messages. */

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, extname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { serveHostSite } from '../../test/browser/support/page.js';
import {
  createTestToken,
  connectClient as enter,
  startTestServer,
  type TestClient,
  waitUntil,
} from '../../test/support/server.js';
import type { BuiltPeer } from './build.js';

type CleanupContext = Parameters<typeof serveHostSite>[0];
export type SampleMessage = { id: number; who: string; text: string; at: string };

export type BrowserTarget = {
  name: string;
  /** The field one writes in. */
  field: string;
  /** Opens a page on a room of 50 messages; the list holds `count` of them when it resolves. */
  open(page: Page, count: number): Promise<void>;
  /** Lets messages come in, one every `every` milliseconds, for at most `patience` ms; answers how many did. */
  receive(page: Page, messages: SampleMessage[], every: number, patience: number): Promise<number>;
};

/** A page of messages, as ours sends it to whoever comes in. */
export const INITIAL_MESSAGES = 50;
/** Messages of a flood that are on their way at once. */
const MESSAGES_PER_BATCH = 50;
const CONTENT_TYPES: Record<string, string> = { '.js': 'text/javascript', '.css': 'text/css' };
const SAMPLE_AUTHORS = ['minsu', 'jiyoung', 'hajun'];

export function createSampleMessages(first: number, count: number): SampleMessage[] {
  return Array.from({ length: count }, (_, index) => {
    const id = first + index;
    const text = `message ${id}: the premium is at ${id % 9} percent today, same as before`;
    const at = new Date(Date.UTC(2026, 0, 1) + id * 20_000).toISOString();
    return { id, who: SAMPLE_AUTHORS[id % SAMPLE_AUTHORS.length] ?? '', text, at };
  });
}

/** Served over HTTP, messages and all, so that a page has them when its script begins. */
export async function servePeers(context: CleanupContext, builds: Map<string, BuiltPeer>): Promise<string> {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://peers');
    const [, name = '', file = ''] = pathname.split('/').map(decodeURIComponent);
    const built = builds.get(name);
    if (!built) return response.writeHead(404).end();
    response.setHeader('content-type', `${CONTENT_TYPES[extname(file)] ?? 'text/html'}; charset=utf-8`);
    try {
      const count = Number(searchParams.get('count'));
      response.end(file ? readFileSync(join(built.out, basename(file))) : renderPeerPage(built, count));
    } catch {
      response.writeHead(404).end();
    }
  }).listen(0, '127.0.0.1');
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  await waitUntil(() => server.listening, 'the pages of the peers');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function renderPeerPage({ script, style }: BuiltPeer, count: number): string {
  const link = style === null ? '' : `<link rel="stylesheet" href="${style}">`;
  return `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width">${link}<style>html, body, #root { height: 100%; margin: 0; }</style><script>window.messages = ${JSON.stringify(createSampleMessages(1, count))}</script><body><div id="root"></div><script type="module" src="${script}"></script>`;
}

export function createPeerTarget(site: string, name: string, field: string): BrowserTarget {
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
export async function createOwnTarget(context: CleanupContext): Promise<BrowserTarget> {
  const chatty = await startTestServer(context, { SEND_BURST: '1000000', SEND_PER_SECOND: '1000000' });
  const address = await serveHostSite(context, chatty.url);
  const rooms = new WeakMap<Page, TestClient>();
  let projects = 0;
  async function flood(sender: TestClient, messages: SampleMessage[]): Promise<void> {
    for (let from = 0; from < messages.length; from += MESSAGES_PER_BATCH)
      await Promise.all(messages.slice(from, from + MESSAGES_PER_BATCH).map(({ text }) => sender.send(text)));
  }
  return {
    name: 'Chatty',
    field: '.composer textarea',
    open: async (page, count) => {
      projects += 1;
      const projectId = `peers-${projects}`;
      const sender = await enter(context, chatty.url, createTestToken('jiyoung', { projectId }));
      rooms.set(page, sender);
      page.once('close', () => sender.socket.disconnect());
      await flood(sender, createSampleMessages(1, INITIAL_MESSAGES));
      await page.goto(address(createTestToken('visitor', { projectId }), { locale: 'ko' }), {
        waitUntil: 'commit',
      });
      if (count === INITIAL_MESSAGES) return;
      await page.locator('.dot.live').waitFor();
      await flood(sender, createSampleMessages(INITIAL_MESSAGES + 1, count - INITIAL_MESSAGES));
    },
    receive: async (page, messages, every, patience) => {
      let received = 0;
      for (const began = performance.now(); performance.now() - began < patience; received += 1) {
        const message = messages[received];
        if (!message) break;
        await rooms.get(page)?.send(message.text);
        await pause(every);
      }
      return received;
    },
  };
}
