/** Promise: a visitor reads back through thousands of messages without losing their position, a message, or memory. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import pg from 'pg';
import type { Page } from 'playwright-core';
import { connectClient, createTestToken, type TestServer, waitUntil } from '../support/server.js';
import { serveHostSite } from './support/page.js';
import { startBrowserSuite } from './support/suite.js';

const STORED = 20_000;
const AWAY = 1_500;
/** Elements in the widget at most, however much was read: about 35 rows of half a dozen each, and the frame. */
const ELEMENTS = 700;
/** How far a line may be from where it was, in pixels. */
const STILL = 2;

/**
 * One moment: the messages drawn and the line of a gap with their places below the upper edge of the talk, and how far was
 * scrolled since the moment before.
 */
type Moment = { rows: [id: number, top: number][]; gap: number | null; scrolled: number; elements: number };

describe('reading history', () => {
  const suite = startBrowserSuite({
    serve: serveHostSite,
    settings: { SEND_BURST: '100000' },
    fill,
  });

  async function open(username: string): Promise<Page> {
    const page = await suite.openPage({ viewport: { width: 390, height: 700 } });
    await page.goto(suite.pageUrl(createTestToken(username)));
    await page.locator('.dot.live').waitFor();
    return page;
  }

  it('every message appears in order, nothing jumps, and the page stays small', async () => {
    const page = await open('민수');
    // Beyond 2,000 lines the newest are let go, so this meets both ends of the window.
    const back = await travel(page, [-550], STORED - 2_500);
    assertWhole(back, STORED, STORED - 2_500);
    assertStill(back);
    const forth = await travel(page, [1_000], STORED);
    assertWhole(forth, STORED, STORED - 2_400);
    await page.close();
  });

  it('the first message is reachable, older messages do not move the reading position, and one click returns to the latest', async () => {
    const page = await open('하준');
    // To the top of what is loaded, then hands off while the next page arrives.
    const back = await travel(page, [-1_000_000, 0, 0], 1);
    assertStill(back);
    assert.equal(back.at(-1)?.rows[0]?.[0], 1);
    const guest = await connectClient(suite, suite.server.url, createTestToken('지영'));
    await guest.send('아래에서 새 소식');
    await page.getByRole('button', { name: '새 메시지 1개' }).click();
    await page.locator('.bubble', { hasText: '아래에서 새 소식' }).waitFor();
    await waitUntil(async () => (await fromEnd(page)) <= 1, 'the end in view');
    await page.locator('.pill').waitFor({ state: 'detached' });
    // At the end, new lines are followed.
    await guest.send('이어서\n두 줄');
    await page.locator('.bubble', { hasText: '이어서' }).waitFor();
    await waitUntil(async () => (await fromEnd(page)) <= 1, 'the end in view');
    await page.close();
  });

  it('after an absence longer than the retained log, the visitor sees a gap and can read through it', async () => {
    const page = await open('서연');
    const talker = await connectClient(suite, suite.server.url, createTestToken('지영'));
    await page.locator('.bubble', { hasText: `${STORED} ` }).waitFor();
    await page.context().setOffline(true);
    await page.locator('.dot.live').waitFor({ state: 'detached' });
    // More than a room keeps in memory, and more than a client catches up with by asking for what it missed.
    const texts = Array.from(
      { length: AWAY },
      (_, index) => `${STORED + index + 1} 그동안${' 김프가 다시 올랐습니다'.repeat(index % 5)}`,
    );
    for (let from = 0; from < AWAY; from += 200)
      await Promise.all(texts.slice(from, from + 200).map((text) => talker.send(text)));
    await page.context().setOffline(false);
    await page.locator('.dot.live').waitFor();
    await page.locator('.bubble', { hasText: `${STORED + AWAY} 그동안` }).waitFor();
    const moments = await travel(page, [-550], STORED - 100);
    const torn = moments.filter(({ rows }) => rows.some(([id], index) => id !== (rows[0]?.[0] ?? 0) + index));
    assert.ok(torn.length > 0, 'nothing was ever missing');
    for (const { rows, gap } of torn) {
      const after = rows.findIndex(([id], index) => id !== (rows[0]?.[0] ?? 0) + index);
      const [above = 0, below = 0] = [rows[after - 1]?.[1], rows[after]?.[1]];
      assert.ok(
        gap !== null && above < gap && gap < below,
        `missing between ${above} and ${below}, said at ${gap}`,
      );
    }
    assertWhole(moments, STORED + AWAY, STORED - 100, torn);
    assertStill(moments);
    await page.close();
  });

  it('no page reported an error', () => {
    assert.deepEqual(suite.pageErrors, []);
  });
});

/** Scrolls by each of `steps` in turn until message `target` is drawn; answers what was to be seen at each step. */
async function travel(page: Page, steps: number[], target: number): Promise<Moment[]> {
  await page.locator('.bubble').first().waitFor();
  const moments = await page.locator('.frame').evaluate(
    async (frame, { steps, target }) => {
      const seen: Moment[] = [];
      let scrolled = 0;
      for (let step = 0; step < 5_000; step += 1) {
        const edge = frame.getBoundingClientRect().top;
        const rows: Moment['rows'] = [];
        for (const bubble of frame.querySelectorAll('.bubble')) {
          const id = Number.parseInt(bubble.textContent ?? '', 10);
          if (id > 0) rows.push([id, bubble.getBoundingClientRect().top - edge]);
        }
        const gap = frame.querySelector('li > .missing, li > button');
        seen.push({
          rows,
          gap: gap && gap.getBoundingClientRect().top - edge,
          scrolled,
          elements: (frame.getRootNode() as ShadowRoot).querySelectorAll('*').length,
        });
        if (rows.some(([id]) => id === target)) break;
        const before = frame.scrollTop;
        // Whoever wants to read what is missing stays at it until it is there: with the lines after it in view, not before.
        const most = gap
          ? edge + frame.clientHeight / 2 - gap.getBoundingClientRect().top
          : Number.POSITIVE_INFINITY;
        frame.scrollBy(0, Math.max(steps[step % steps.length] ?? 0, -Math.max(0, most)));
        scrolled = frame.scrollTop - before;
        // The scroll event comes with the first frame, what it sets off is drawn by the second.
        await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      }
      return seen;
    },
    { steps, target },
  );
  for (const { elements } of moments) assert.ok(elements < ELEMENTS, `${elements} elements`);
  return moments;
}

/** Every id from `lowest` to `highest` was drawn, at each moment but those that are known to be `torn` without a hole. */
function assertWhole(moments: Moment[], highest: number, lowest: number, torn: Moment[] = []): void {
  const all = new Set<number>();
  for (const moment of moments) {
    const ids = moment.rows.map(([id]) => id);
    const whole = ids.map((_, index) => (ids[0] ?? 0) + index);
    if (!torn.includes(moment)) assert.deepEqual(ids, whole);
    for (const id of ids) all.add(id);
  }
  for (let id = lowest; id <= highest; id += 1) assert.ok(all.has(id), `${id} came by`);
}

/** From moment to moment each message in view moved by what was scrolled and by nothing else. */
function assertStill(moments: Moment[]): void {
  let compared = 0;
  for (const [index, { rows, scrolled }] of moments.entries()) {
    const now = new Map(rows);
    for (const [id, top] of moments[index - 1]?.rows ?? []) {
      const moved = now.get(id);
      if (top < 0 || top > 500 || moved === undefined) continue;
      compared += 1;
      assert.ok(
        Math.abs(moved - top + scrolled) <= STILL,
        `${id} went from ${top} to ${moved}, ${scrolled} scrolled`,
      );
    }
  }
  assert.ok(compared > moments.length / 3, `${compared} comparisons in ${moments.length} moments`);
}

/** How far the view is from the end of the talk, in pixels. */
function fromEnd(page: Page): Promise<number> {
  return page
    .locator('.frame')
    .evaluate(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight);
}

/** Writes messages of many heights by many people straight into the log. */
async function fill({ connection }: TestServer): Promise<void> {
  const client = new pg.Client(connection);
  await client.connect();
  await client.query(
    `INSERT INTO rooms (project_id, room_id, last_seq) VALUES ('kimpga', 'main', ${STORED})`,
  );
  await client.query(
    `INSERT INTO messages (project_id, room_id, id, seq, user_id, username, content, created_at)
     SELECT 'kimpga', 'main', n, n, 'user-' || n / 3 % 5, '회원 ' || n / 3 % 5,
       n || repeat(' 비트코인 김프가 다시 올랐습니다', n % 5) || repeat(E'\\n다음 줄', n % 3),
       now() - (${STORED} - n) * interval '40 seconds'
     FROM generate_series(1, ${STORED}) n`,
  );
  await client.end();
}
