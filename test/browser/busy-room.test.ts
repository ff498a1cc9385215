/** Promise: in a room of 100,000 messages a hundred more each second neither move the reading position nor make the page grow. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import pg from 'pg';
import type { CDPSession, Page } from 'playwright-core';
import {
  connectClient,
  createTestToken,
  type TestClient,
  type TestServer,
  waitUntil,
} from '../support/server.js';
import { serveHostSite } from './support/page.js';
import { startBrowserSuite } from './support/suite.js';

const STORED = 100_000;
/** Elements in the widget at most: about 60 drawn rows of half a dozen each, and the frame. */
const ELEMENTS = 700;
/** How far a line may be from where it was, in pixels. */
const STILL = 2;
const SENDERS = 5;
/** Milliseconds between two rounds of one message by each sender: a hundred a second. */
const ROUND = 50;
/** Lines the client keeps at most. */
const WINDOW = 2_000;
/** A leak of each message's line would be several times this, in bytes. */
const GROWTH = 500_000;

/** One frame: the numbers of the drawn messages with their places, and how far the view is from the end. */
type Sample = { rows: [number: number, top: number][]; fromEnd: number; elements: number };
type Sampled = typeof globalThis & { samples: Sample[] };

describe('a busy room', () => {
  const suite = startBrowserSuite({
    serve: serveHostSite,
    fill,
    settings: { SEND_BURST: '10000', SEND_PER_SECOND: '10000' },
  });
  let last = STORED;

  async function open(username: string): Promise<Page> {
    const page = await suite.openPage({ viewport: { width: 390, height: 700 } });
    await page.goto(suite.pageUrl(createTestToken(username)));
    await page.locator('.dot.live').waitFor();
    await page.locator('.bubble', { hasText: String(last) }).waitFor();
    await page.locator('.frame').evaluate(watchFrames);
    return page;
  }

  const crowd = (): Promise<TestClient[]> =>
    Promise.all(
      Array.from({ length: SENDERS }, (_, n) =>
        connectClient(suite, suite.server.url, createTestToken(`회원 ${n}`)),
      ),
    );

  /** Each sender says a message a round; all have been stored when it is over. */
  async function pour(senders: TestClient[], rounds: number, every = ROUND): Promise<void> {
    const answers: Promise<{ ok: boolean }>[] = [];
    for (let round = 0; round < rounds; round += 1) {
      for (const sender of senders) {
        last += 1;
        answers.push(sender.send(`${last}${' 비트코인 김프가 다시 올랐습니다'.repeat(last % 5)}`));
      }
      await new Promise((resolve) => setTimeout(resolve, every));
    }
    for (const answer of await Promise.all(answers)) assert.ok(answer.ok);
  }

  it('at the latest message every message appears in order, the view stays at the end, and nothing grows', async () => {
    const page = await open('민수');
    const senders = await crowd();
    const [witness] = senders;
    assert.ok(witness);
    const cdp = await page.context().newCDPSession(page);
    // The client's window is full from here on.
    await pour(senders, WINDOW / SENDERS, 10);
    await newestDrawn(page, witness);
    const sizes: number[] = [];
    for (let part = 0; part < 3; part += 1) {
      await pour(senders, 80);
      await newestDrawn(page, witness);
      const samples = await drain(page);
      assert.ok(samples.length > 3, `${samples.length} frames`);
      assertOrder(samples, numbersOf(witness));
      for (const { fromEnd } of samples) assert.ok(fromEnd <= STILL, `${fromEnd} px from the end`);
      sizes.push(await heap(cdp));
    }
    const growth = (sizes[2] ?? 0) - (sizes[0] ?? 0);
    assert.ok(growth < GROWTH, `the heap went ${sizes.join(', ')}`);

    // Frames may have been too few to draw all of them: none is missing above the view either.
    const said = numbersOf(witness).slice(-1_200);
    await page.locator('.frame').evaluate(scroll, { step: -400, target: said[0] ?? 0 });
    const back = await drain(page);
    assertOrder(back, numbersOf(witness));
    assertDrawn(back, said);
  });

  it('further up the reading position stays, the unread button counts, and jumps to the latest', async () => {
    const page = await open('하준');
    const senders = await crowd();
    const [witness] = senders;
    assert.ok(witness);
    await page.locator('.frame').evaluate(scroll, { step: -400, target: last - 45 });
    await page.locator('.pill').waitFor();
    await drain(page);
    await pour(senders, 100);
    await page.locator('.pill', { hasText: `${100 * SENDERS}` }).waitFor();
    assertStill(await drain(page));
    await page.locator('.pill').click();
    await newestDrawn(page, witness);
    await page.locator('.pill').waitFor({ state: 'detached' });
    await drain(page);
    await pour(senders, 20);
    await newestDrawn(page, witness);
    for (const { fromEnd } of await drain(page)) assert.ok(fromEnd <= STILL, `${fromEnd} px from the end`);
  });

  it('a position further up survives more messages than the window holds; they load while scrolling down, and none is skipped', async () => {
    const page = await open('지호');
    const senders = await crowd();
    const [witness] = senders;
    assert.ok(witness);
    const before = last;
    await page.locator('.frame').evaluate(scroll, { step: -400, target: before - 45 });
    await page.locator('.pill').waitFor();
    await drain(page);
    const more = WINDOW + 500;
    await pour(senders, more / SENDERS, 5);
    await page.locator('.pill', { hasText: more.toLocaleString('ko') }).waitFor();
    assertStill(await drain(page));

    const order = numbersOf(witness);
    const upTo = order.indexOf(before + 1) + WINDOW + 200;
    await page.locator('.frame').evaluate(scroll, { step: 400, target: order[upTo] ?? 0 });
    const forth = await drain(page);
    assertOrder(forth, order);
    assertDrawn(forth, order.slice(order.indexOf(before + 1), upTo));
    await page.locator('.pill').click();
    await newestDrawn(page, witness);
    await page.locator('.pill').waitFor({ state: 'detached' });
    await drain(page);
    await page.locator('.frame').evaluate(scroll, { step: -400, target: order.at(-300) ?? 0 });
    const back = await drain(page);
    assertOrder(back, order);
    assertDrawn(back, order.slice(-300));
  });

  it('no page reported an error', () => assert.deepEqual(suite.pageErrors, []));
});

/** In the page: keeps what is to be seen at each frame. Here and below without named functions, which the compiler wraps. */
function watchFrames(frame: Element): void {
  const page = globalThis as Sampled;
  page.samples = [];
  void (async () => {
    for (;;) {
      const edge = frame.getBoundingClientRect().top;
      const rows: Sample['rows'] = [];
      for (const bubble of frame.querySelectorAll('.bubble'))
        rows.push([Number.parseInt(bubble.textContent ?? '', 10), bubble.getBoundingClientRect().top - edge]);
      page.samples.push({
        rows,
        fromEnd: frame.scrollHeight - frame.scrollTop - frame.clientHeight,
        elements: (frame.getRootNode() as ShadowRoot).querySelectorAll('*').length,
      });
      await new Promise(requestAnimationFrame);
    }
  })();
}

/** In the page: scrolls by `step` pixels again and again until message `target` is drawn. */
async function scroll(frame: Element, { step, target }: { step: number; target: number }): Promise<void> {
  for (let times = 0; times < 2_000; times += 1) {
    const drawn = [...frame.querySelectorAll('.bubble')];
    if (drawn.some(({ textContent }) => Number.parseInt(textContent ?? '', 10) === target)) return;
    frame.scrollBy(0, step);
    // The scroll event comes with the first frame, what it sets off is drawn by the second.
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  }
}

/** What was sampled since the last time; no moment without bounds. */
async function drain(page: Page): Promise<Sample[]> {
  const samples = await page.evaluate(() => (globalThis as Sampled).samples.splice(0));
  for (const { elements } of samples) assert.ok(elements < ELEMENTS, `${elements} elements`);
  return samples;
}

/** The stream in the order of the room, the stored ones before it. */
function numbersOf(witness: TestClient): number[] {
  return witness.contents.map((content) => Number.parseInt(content, 10));
}

async function newestDrawn(page: Page, witness: TestClient): Promise<void> {
  await waitUntil(async () => {
    const text = await page.locator('.bubble').last().textContent();
    return Number.parseInt(text ?? '', 10) === numbersOf(witness).at(-1);
  }, 'the newest message');
}

/** At each moment what was drawn is a piece of the room's order without a hole. */
function assertOrder(samples: Sample[], order: number[]): void {
  const placeOf = new Map(order.map((number, place) => [number, place]));
  for (const { rows } of samples) {
    // What was said before the witness came stands in numerical order, up to the senders of one round.
    const known = rows.flatMap(([number]) => placeOf.get(number) ?? []);
    assert.deepEqual(
      known,
      known.map((_, index) => (known[0] ?? 0) + index),
    );
  }
}

/** Each of these was to be seen at some moment. */
function assertDrawn(samples: Sample[], numbers: number[]): void {
  const drawn = new Set(samples.flatMap(({ rows }) => rows.map(([number]) => number)));
  assert.deepEqual(
    numbers.filter((number) => !drawn.has(number)),
    [],
  );
}

/** Each message in view at first is where it was, at each moment. */
function assertStill(samples: Sample[]): void {
  const first = samples[0]?.rows.filter(([, top]) => top >= 0 && top < 500) ?? [];
  assert.ok(first.length > 3, `${first.length} lines in view`);
  for (const { rows } of samples) {
    const now = new Map(rows);
    for (const [number, top] of first)
      assert.ok(
        Math.abs((now.get(number) ?? Number.POSITIVE_INFINITY) - top) <= STILL,
        `${number} went from ${top} to ${now.get(number)}`,
      );
  }
}

/** What the page's scripts hold after a garbage collection, in bytes. */
async function heap(cdp: CDPSession): Promise<number> {
  await cdp.send('HeapProfiler.collectGarbage');
  return (await cdp.send('Runtime.getHeapUsage')).usedSize;
}

async function fill({ connection }: TestServer): Promise<void> {
  const client = new pg.Client(connection);
  await client.connect();
  await client.query(
    `INSERT INTO rooms (project_id, room_id, last_seq) VALUES ('kimpga', 'main', ${STORED})`,
  );
  await client.query(
    `INSERT INTO messages (project_id, room_id, id, seq, user_id, username, content, created_at)
     SELECT 'kimpga', 'main', n, n, 'user-' || n / 3 % 5, '회원 ' || n / 3 % 5,
       n || repeat(' 비트코인 김프가 다시 올랐습니다', n % 5), now() - (${STORED} - n) * interval '40 seconds'
     FROM generate_series(1, ${STORED}) n`,
  );
  await client.end();
}
