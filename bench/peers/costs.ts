/** What a chat costs its visitor's browser: the main thread's time and the memory, by Chromium's own counters. */

import { setTimeout as pause } from 'node:timers/promises';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { median } from '../measure.js';
import { FIRST, type Message, messagesFrom, type Subject } from './targets.js';

/** In milliseconds, MB and elements; medians of the rounds. */
export type Cost = {
  /** From the start of the navigation until the newest message is drawn. */
  shown: number;
  /** Everything the main thread did until the page had come to rest. */
  start: number;
  key: number;
  message: number;
  heap: number;
  /** The same with 1,000 messages in the list. */
  longKey: number;
  longMessage: number;
  longHeap: number;
  longNodes: number;
};

const LONG = 1_000;
const KEYS = 40;
const KEY_EVERY = 40;
const MESSAGES = 30;
const MESSAGE_EVERY = 50;
/** Milliseconds after which no more messages come in: those that came count. */
const MESSAGES_PATIENCE = 8_000;
/** Milliseconds in which a page comes to rest. */
const REST = 600;
const PATIENCE = 30_000;
const VIEWPORT = { width: 400, height: 700 };

type Watch = {
  shows(text: string): boolean;
  /** Milliseconds since the navigation at which the text was drawn. */
  shown(text: string): Promise<number>;
};

/** In the page, before its own scripts. Methods only: the compiler gives named functions a helper that no page has. */
function watch(): void {
  Object.assign(window, {
    shows(text) {
      const host = document.querySelector('chatty-chat')?.shadowRoot;
      return (host ?? document.querySelector('#root, #chat'))?.textContent?.includes(text) ?? false;
    },
    async shown(text) {
      while (!this.shows(text)) await new Promise(requestAnimationFrame);
      return new Promise((resolve) => requestAnimationFrame(() => resolve(performance.now())));
    },
  } satisfies Watch);
}

export async function costOf(browser: Browser, subject: Subject): Promise<Cost> {
  const few = await visit(browser, subject, FIRST);
  const many = await visit(browser, subject, LONG);
  return {
    shown: few.shown,
    start: few.start,
    key: few.key,
    message: few.message,
    heap: few.heap,
    longKey: many.key,
    longMessage: many.message,
    longHeap: many.heap,
    longNodes: many.nodes,
  };
}

/** A profile of its own: nothing is cached. */
async function visit(browser: Browser, subject: Subject, count: number) {
  const context = await browser.newContext({ viewport: VIEWPORT });
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE);
    await page.addInitScript(watch);
    const session = await context.newCDPSession(page);
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    await subject.open(page, count);
    const shown = await whenShown(page, messagesFrom(count, 1));
    await pause(REST);
    const start = await busy(session);

    await page.locator(subject.field).click();
    await pause(REST);
    const key = await during(session, async () => {
      await page.keyboard.type('the quick brown fox jumps over a lazy dog'.slice(0, KEYS), {
        delay: KEY_EVERY,
      });
      return KEYS;
    });
    const incoming = messagesFrom(count + 1, MESSAGES);
    let last = '';
    const message = await during(session, async () => {
      const received = await subject.receive(page, incoming, MESSAGE_EVERY, MESSAGES_PATIENCE);
      last = lastOf(incoming.slice(0, received));
      return received;
    });
    if (!(await page.evaluate((text) => (window as unknown as Watch).shows(text), last)))
      throw new Error(`${subject.name} does not show what came in`);

    await session.send('HeapProfiler.collectGarbage');
    const { JSHeapUsedSize = 0, Nodes = 0 } = await metrics(session);
    return { shown, start, key, message, heap: JSHeapUsedSize / 1_000_000, nodes: Nodes };
  } finally {
    await context.close();
  }
}

const lastOf = (messages: Message[]) => messages.at(-1)?.text ?? '';

function whenShown(page: Page, messages: Message[]): Promise<number> {
  const shown = page.evaluate((text) => (window as unknown as Watch).shown(text), lastOf(messages));
  const late = pause(PATIENCE, null, { ref: false }).then(() => {
    throw new Error('the messages did not appear');
  });
  return Promise.race([shown, late]);
}

/** Processor milliseconds of the main thread for one of the things the work does; it answers how many those were. */
async function during(session: CDPSession, work: () => Promise<number>): Promise<number> {
  const before = await busy(session);
  const times = await work();
  await pause(REST);
  return ((await busy(session)) - before) / times;
}

/** Processor milliseconds of the main thread so far: scripts, style, layout, painting, events. */
export async function busy(session: CDPSession): Promise<number> {
  return ((await metrics(session)).TaskDuration ?? Number.NaN) * 1_000;
}

async function metrics(session: CDPSession): Promise<Record<string, number>> {
  const { metrics: all } = await session.send('Performance.getMetrics');
  return Object.fromEntries(all.map(({ name, value }) => [name, value]));
}

export function medianOf(costs: Cost[]): Cost {
  const [first] = costs;
  if (!first) throw new Error('no round was measured');
  const names = Object.keys(first) as (keyof Cost)[];
  return Object.fromEntries(names.map((name) => [name, median(costs.map((cost) => cost[name]))])) as Cost;
}
