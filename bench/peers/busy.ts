/** The busy room: 100,000 messages stored and a hundred more a second coming in, at its end and further up, on a desktop and a phone. */

import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import type { Browser, Page } from 'playwright-core';
import { serveHostSite } from '../../test/browser/support/page.js';
import {
  createTestToken,
  connectClient as enter,
  startTestServer,
  type TestClient,
  waitUntil,
} from '../../test/support/server.js';
import { measureSmoothness, observeFrames, type Smoothness } from './smoothness.js';
import { type BrowserTarget, createSampleMessages, type SampleMessage } from './targets.js';

type CleanupContext = Parameters<typeof serveHostSite>[0];

/** One row of the table: who showed what on which screen, and how smoothly. */
export type BusyMeasurement = {
  name: string;
  screen: string;
  /** How many times slower the processor was made to look. */
  throttle: number;
  /** Messages that came in a second. */
  rate: number;
  smooth: Smoothness;
};

const STORED_MESSAGES = 100_000;
const MEASURE_SECONDS = 20;
const SENDER_COUNT = 5;
/** Milliseconds between two rounds of one message by each sender: a hundred a second. */
const ROUND_INTERVAL_MS = 50;
const MESSAGES_PER_SECOND = (SENDER_COUNT * 1_000) / ROUND_INTERVAL_MS;
/** Of the lists that keep all they were given. */
const PEER_MESSAGE_COUNT = 1_000;
/** Milliseconds in which a page comes to rest. */
const SETTLE_MS = 1_500;
const SCREENS = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 760 } };
const THROTTLES = [1, 4];

type Screen = keyof typeof SCREENS;
/** Opens the page, and answers what goes on in it while it is measured, which answers how many messages came. */
type BusyScenario = (page: Page) => Promise<() => Promise<number>>;

/** All rows, ours first. `tell` hears what is done next. */
export async function measureBusyRooms(
  context: CleanupContext,
  browser: Browser,
  peers: BrowserTarget[],
  report: (sentence: string) => void,
): Promise<BusyMeasurement[]> {
  const ours = await startBusyRoom(context);
  const stories: [string, Screen, number, BusyScenario][] = [];
  for (const screen of ['desktop', 'phone'] as const)
    for (const throttle of THROTTLES) {
      if (screen === 'phone') stories.push(['Chatty, no messages', screen, throttle, ours.idle]);
      stories.push(['Chatty, at the end', screen, throttle, ours.atEnd]);
      stories.push(['Chatty, scrolled up', screen, throttle, ours.above]);
    }
  for (const peer of peers) stories.push([peer.name, 'phone', 1, createPeerScenario(peer)]);

  const rows: BusyMeasurement[] = [];
  for (const [name, screen, throttle, story] of stories) {
    report(`${name}, ${screen}, processor ${throttle}x slower`);
    rows.push(await measureScreen(browser, { name, screen, throttle, story }));
  }
  return rows;
}

async function measureScreen(
  browser: Browser,
  { name, screen, throttle, story }: { name: string; screen: Screen; throttle: number; story: BusyScenario },
): Promise<BusyMeasurement> {
  const context = await browser.newContext({ viewport: SCREENS[screen] });
  try {
    const page = await context.newPage();
    await observeFrames(page);
    const session = await context.newCDPSession(page);
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    const during = await story(page);
    await session.send('Emulation.setCPUThrottlingRate', { rate: throttle });
    await pause(SETTLE_MS);
    let came = 0;
    const smooth = await measureSmoothness(browser, { page, session }, async () => {
      came = await during();
    });
    return { name, screen, throttle, rate: came / MEASURE_SECONDS, smooth };
  } finally {
    await context.close();
  }
}

async function startBusyRoom(
  context: CleanupContext,
): Promise<Record<'idle' | 'atEnd' | 'above', BusyScenario>> {
  const chatty = await startTestServer(context, { SEND_BURST: '1000000', SEND_PER_SECOND: '1000000' });
  await fillRoom(chatty.connection);
  const address = await serveHostSite(context, chatty.url);
  const senders = await Promise.all(
    Array.from({ length: SENDER_COUNT }, (_, index) =>
      enter(context, chatty.url, createTestToken(`sender ${index}`)),
    ),
  );
  let last = STORED_MESSAGES;
  const [witness] = senders;
  const newest = () => witness?.contents.at(-1) ?? '';

  async function open(page: Page): Promise<void> {
    await page.goto(address(createTestToken('visitor'), { locale: 'en' }));
    await page.locator('.dot.live').waitFor();
    await page.locator('.bubble').first().waitFor();
  }
  async function pour(): Promise<number> {
    const before = last;
    const answers: ReturnType<TestClient['send']>[] = [];
    for (const began = performance.now(); performance.now() - began < MEASURE_SECONDS * 1_000; ) {
      // As many as are due, however long the others took.
      const due =
        Math.floor((performance.now() - began) / ROUND_INTERVAL_MS) + 1 - (last - before) / SENDER_COUNT;
      for (let round = 0; round < due; round += 1) for (const sender of senders) answers.push(say(sender));
      await pause(ROUND_INTERVAL_MS / 5);
    }
    for (const answer of await Promise.all(answers)) if (!answer.ok) throw new Error(answer.code);
    return last - before;
  }
  function say(sender: TestClient) {
    last += 1;
    const [message] = createSampleMessages(last, 1);
    return sender.send(message?.text ?? '');
  }

  return {
    async idle(page) {
      await open(page);
      return () => pause(MEASURE_SECONDS * 1_000, 0);
    },
    async atEnd(page) {
      await open(page);
      return async () => {
        const came = await pour();
        await waitUntil(
          async () => (await page.locator('.bubble').last().textContent())?.includes(newest()) ?? false,
          'the newest message',
        );
        return came;
      };
    },
    async above(page) {
      await open(page);
      await page.locator('.frame').hover();
      await page.mouse.wheel(0, -1_200);
      await page.locator('.pill').waitFor();
      return async () => {
        const came = await pour();
        await page.locator('.pill', { hasText: came.toLocaleString('en') }).waitFor();
        return came;
      };
    },
  };
}

/** A list of another project, which is handed the messages in its own page. */
function createPeerScenario(subject: BrowserTarget): BusyScenario {
  return async (page) => {
    await subject.open(page, PEER_MESSAGE_COUNT);
    await page.waitForLoadState();
    const messages = createSampleMessages(PEER_MESSAGE_COUNT + 1, MEASURE_SECONDS * MESSAGES_PER_SECOND);
    return () => page.evaluate(deliverToPeer, [messages, ROUND_INTERVAL_MS, SENDER_COUNT] as const);
  };
}

/** In the page: a round of messages at a time, and as many rounds as are due, however long the others took. */
async function deliverToPeer([messages, every, round]: readonly [
  SampleMessage[],
  number,
  number,
]): Promise<number> {
  const { receive } = window as unknown as { receive(message: SampleMessage): void };
  const began = performance.now();
  let handed = 0;
  while (performance.now() - began < (messages.length / round) * every) {
    const due = (Math.floor((performance.now() - began) / every) + 1) * round;
    for (const message of messages.slice(handed, due)) receive(message);
    handed = Math.min(due, messages.length);
    await new Promise((done) => setTimeout(done, every / 5));
  }
  return handed;
}

async function fillRoom(connection: pg.ClientConfig): Promise<void> {
  const client = new pg.Client(connection);
  await client.connect();
  await client.query(
    `INSERT INTO rooms (project_id, room_id, last_seq) VALUES ('kimpga', 'main', ${STORED_MESSAGES})`,
  );
  await client.query(
    `INSERT INTO messages (project_id, room_id, id, seq, user_id, username, content, created_at)
     SELECT 'kimpga', 'main', n, n, 'user-' || n / 3 % 5, 'member ' || n / 3 % 5,
       'message ' || n || repeat(': the premium is up again', n % 5), now() - (${STORED_MESSAGES} - n) * interval '40 seconds'
     FROM generate_series(1, ${STORED_MESSAGES}) n`,
  );
  await client.end();
}
