/** What a chat costs its visitor's browser: the main thread's time and the memory, by Chromium's own counters. */

import { setTimeout as pause } from 'node:timers/promises';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { median } from '../measure.js';
import { type BrowserTarget, createSampleMessages, INITIAL_MESSAGES, type SampleMessage } from './targets.js';

/** In milliseconds, MB and elements; medians of the rounds. */
export type BrowserCost = {
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

const LONG_CHAT_MESSAGES = 1_000;
const KEYSTROKE_COUNT = 40;
const KEYSTROKE_INTERVAL_MS = 40;
const MESSAGE_COUNT = 30;
const MESSAGE_INTERVAL_MS = 50;
/** Milliseconds after which no more messages come in: those that came count. */
const MESSAGES_TIMEOUT_MS = 8_000;
/** Milliseconds in which a page comes to rest. */
const SETTLE_MS = 600;
const PAGE_TIMEOUT_MS = 30_000;
const VIEWPORT = { width: 400, height: 700 };

type Watch = {
  shows(text: string): boolean;
  /** Milliseconds since the navigation at which the text was drawn. */
  shown(text: string): Promise<number>;
};

/** In the page, before its own scripts. Methods only: the compiler gives named functions a helper that no page has. */
function installMessageWatcher(): void {
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

export async function measureCost(browser: Browser, subject: BrowserTarget): Promise<BrowserCost> {
  const few = await measureVisit(browser, subject, INITIAL_MESSAGES);
  const many = await measureVisit(browser, subject, LONG_CHAT_MESSAGES);
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
async function measureVisit(browser: Browser, subject: BrowserTarget, count: number) {
  const context = await browser.newContext({ viewport: VIEWPORT });
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(PAGE_TIMEOUT_MS);
    await page.addInitScript(installMessageWatcher);
    const session = await context.newCDPSession(page);
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    await subject.open(page, count);
    const shown = await waitUntilShown(page, createSampleMessages(count, 1));
    await pause(SETTLE_MS);
    const start = await mainThreadBusy(session);

    await page.locator(subject.field).click();
    await pause(SETTLE_MS);
    const key = await measureDuring(session, async () => {
      await page.keyboard.type('the quick brown fox jumps over a lazy dog'.slice(0, KEYSTROKE_COUNT), {
        delay: KEYSTROKE_INTERVAL_MS,
      });
      return KEYSTROKE_COUNT;
    });
    const incoming = createSampleMessages(count + 1, MESSAGE_COUNT);
    let last = '';
    const message = await measureDuring(session, async () => {
      const received = await subject.receive(page, incoming, MESSAGE_INTERVAL_MS, MESSAGES_TIMEOUT_MS);
      last = lastMessageOf(incoming.slice(0, received));
      return received;
    });
    if (!(await page.evaluate((text) => (window as unknown as Watch).shows(text), last)))
      throw new Error(`${subject.name} does not show what came in`);

    await session.send('HeapProfiler.collectGarbage');
    const { JSHeapUsedSize = 0, Nodes = 0 } = await readMetrics(session);
    return { shown, start, key, message, heap: JSHeapUsedSize / 1_000_000, nodes: Nodes };
  } finally {
    await context.close();
  }
}

const lastMessageOf = (messages: SampleMessage[]) => messages.at(-1)?.text ?? '';

function waitUntilShown(page: Page, messages: SampleMessage[]): Promise<number> {
  const shown = page.evaluate((text) => (window as unknown as Watch).shown(text), lastMessageOf(messages));
  const late = pause(PAGE_TIMEOUT_MS, null, { ref: false }).then(() => {
    throw new Error('the messages did not appear');
  });
  return Promise.race([shown, late]);
}

/** Processor milliseconds of the main thread for one of the things the work does; it answers how many those were. */
async function measureDuring(session: CDPSession, work: () => Promise<number>): Promise<number> {
  const before = await mainThreadBusy(session);
  const times = await work();
  await pause(SETTLE_MS);
  return ((await mainThreadBusy(session)) - before) / times;
}

/** Processor milliseconds of the main thread so far: scripts, style, layout, painting, events. */
export async function mainThreadBusy(session: CDPSession): Promise<number> {
  return ((await readMetrics(session)).TaskDuration ?? Number.NaN) * 1_000;
}

async function readMetrics(session: CDPSession): Promise<Record<string, number>> {
  const { metrics: all } = await session.send('Performance.getMetrics');
  return Object.fromEntries(all.map(({ name, value }) => [name, value]));
}

export function medianOf(costs: BrowserCost[]): BrowserCost {
  const [first] = costs;
  if (!first) throw new Error('no round was measured');
  const names = Object.keys(first) as (keyof BrowserCost)[];
  return Object.fromEntries(
    names.map((name) => [name, median(costs.map((cost) => cost[name]))]),
  ) as BrowserCost;
}
