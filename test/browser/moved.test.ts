/** Promise: a chat that is moved on its page, or to a new body, keeps its reading position. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { inlineScript } from './support/host-page.js';
import { createSuiteToken, startHostSuite } from './support/host-suite.js';

const PLACE = '<div id="a" class="place"></div><div id="b" class="place"></div>';

describe('a moved chat', () => {
  const suite = startHostSuite();

  for (const mount of ['#a', null])
    it(`${mount ? 'in the page' : 'docked'}: a reader keeps the scroll position, and a reader at the end stays at the end`, async () => {
      const params = { token: createSuiteToken('reader'), mount };
      const page = await suite.openPage(
        `${PLACE}${inlineScript(`window.params = ${JSON.stringify(params)}`)}${suite.script()}`,
      );
      for (let each = 0; each < 30; each += 1) await suite.roomWatcher().send(`line ${each} of ${mount}`);
      if (!mount) await page.locator('.launcher').click();
      await page.locator('.bubble', { hasText: `line 29 of ${mount}` }).waitFor();
      await page.locator('.beside').waitFor();
      for (const name of ['at the end', 'further up']) {
        if (name === 'further up') {
          // At once: a wheel would go on turning while the place is read.
          await page
            .locator('.frame')
            .evaluate((frame) => frame.scrollBy({ top: -400, behavior: 'instant' }));
          await page.locator('.pill').waitFor();
        }
        await drawn(page);
        const before = await placeOf(page);
        for (const move of [within, swap, swapSlowly, outOfSight]) {
          await move(page);
          await drawn(page);
          stands(await placeOf(page), before, `${name}, ${move.name}`);
        }
        // What comes afterwards moves nobody either.
        await suite.roomWatcher().send(`${name} of ${mount}`);
        if (name === 'at the end')
          await page.locator('.bubble', { hasText: `at the end of ${mount}` }).waitFor();
        else {
          await page.locator('.pill', { hasText: '1' }).waitFor();
          stands(await placeOf(page), before, 'with one more');
        }
      }
    });

  it('no page reported an error', () => assert.deepEqual(suite.pageErrors, []));
});

const drawn = (page: Page) =>
  page.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(null)))),
  );

/** To another place of the same page, and back, with nothing drawn between. */
const within = (page: Page) =>
  page.evaluate(() => {
    const chat = document.querySelector('chatty-chat') as HTMLElement;
    const before = chat.parentElement;
    document.querySelector('#b')?.append(chat);
    before?.append(chat);
  });

/** To a place that is not shown, as in another tab of the page, and some time later back. */
const outOfSight = async (page: Page) => {
  await page.evaluate(() => {
    const chat = document.querySelector('chatty-chat') as HTMLElement;
    const cupboard = document.createElement('div');
    cupboard.hidden = true;
    cupboard.className = 'place';
    (chat.parentElement as HTMLElement).append(cupboard);
    cupboard.append(chat);
  });
  await drawn(page);
  await page.evaluate(() => {
    const chat = document.querySelector('chatty-chat') as HTMLElement;
    const cupboard = chat.parentElement as HTMLElement;
    cupboard.hidden = false;
  });
  await drawn(page);
  await page.evaluate(() => {
    const chat = document.querySelector('chatty-chat') as HTMLElement;
    const cupboard = chat.parentElement as HTMLElement;
    cupboard.before(chat);
    cupboard.remove();
  });
};

/** Another body, as Turbo and Astro put it. */
const swap = (page: Page) =>
  page.evaluate(() => {
    const body = document.createElement('body');
    for (const id of ['a', 'b'])
      body.append(Object.assign(document.createElement('div'), { id, className: 'place' }));
    document.body.replaceWith(body);
  });

/** The same, with a chat that is off the page while something is drawn. */
const swapSlowly = (page: Page) =>
  page.evaluate(async () => {
    const chat = document.querySelector('chatty-chat') as HTMLElement;
    const body = document.createElement('body');
    for (const id of ['a', 'b'])
      body.append(Object.assign(document.createElement('div'), { id, className: 'place' }));
    // The turn after which the chat looks for its place comes when the page has drawn.
    requestAnimationFrame(() => document.body.replaceWith(body));
    await new Promise((resolve) => {
      const look = () =>
        chat.isConnected && document.body === body ? resolve(null) : requestAnimationFrame(look);
      requestAnimationFrame(look);
    });
  });

/** The same line in the same place. A position is set by whole pixels of the screen, so it may be one off. */
function stands(now: Place, before: Place, when: string): void {
  assert.ok(Math.abs(now.offset - before.offset) <= 1, `${when}: ${now.offset} and before ${before.offset}`);
  assert.deepEqual({ ...now, offset: 0 }, { ...before, offset: 0 }, when);
}

type Place = Awaited<ReturnType<typeof placeOf>>;

/** What a reader sees first, and where. */
const placeOf = (page: Page) =>
  page.locator('.frame').evaluate((frame) => {
    const top = frame.getBoundingClientRect().top;
    const bubbles = [...frame.querySelectorAll('.bubble')];
    const first = bubbles.find((each) => each.getBoundingClientRect().bottom > top);
    const offset = Math.round((first?.getBoundingClientRect().top ?? 0) - top);
    const end = Math.round(frame.scrollHeight - frame.scrollTop - frame.clientHeight);
    return { first: first?.textContent, offset, ...(end < 2 && { end }) };
  });
