/** Promise: the playground works by keyboard alone, on a phone, light and dark, and its notifications reach an absent visitor. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createPlayground } from '@chatty/demo/testing';
import type { BrowserContextOptions, Frame, Page } from 'playwright-core';
import { SECRET, waitUntil } from '../support/server.js';
import { findAccessibilityViolations } from './support/a11y.js';
import {
  answerPermission,
  readRecordedNotifications,
  recordNotifications,
  setPageHidden,
} from './support/notifications-page.js';
import { startBrowserSuite } from './support/suite.js';

const PHONE = { viewport: { width: 390, height: 760 }, hasTouch: true, isMobile: true };
/** Functions that run in the page are given names by the compiler, with a helper that no page has. */
const NOTE_FOCUS = `
  globalThis.__name = (it) => it;
  addEventListener('focusin', ({ target }) => { window.tookFocus = target.tagName; });
`;
const NOTICES = '#titleBadge=true&sound=all&notifications=all';

describe('accessibility of the playground', () => {
  const suite = startBrowserSuite({
    settings: { GUEST_PROJECTS: 'playground', SEND_BURST: '500', SEND_PER_SECOND: '500' },
    async serve(context, chattyUrl) {
      const site = createPlayground({ host: '127.0.0.1', port: 0, chattyUrl, jwtSecret: SECRET, pace: 10 });
      context.after(() => site.close());
      return `http://127.0.0.1:${(await site.listen()).port}`;
    },
  });
  const stage = (page: Page) => page.frameLocator('#stage');
  const live = (page: Page) => stage(page).locator('.dot.live').waitFor();
  const method = (page: Page, name: string) => page.locator(`[data-method="${name}"]`).click();

  async function open(hash = '', options: BrowserContextOptions = {}, language = 'en'): Promise<Page> {
    const page = await suite.openPage(options);
    await answerPermission(page, 'granted');
    await recordNotifications(page);
    await page.addInitScript(NOTE_FOCUS);
    await page.goto(`${suite.pageUrl}/?lang=${language}${hash}`);
    return page;
  }

  function frameOf(page: Page): Frame {
    const frame = page.frames().find((each) => each.url().includes('/stage'));
    assert.ok(frame);
    return frame;
  }

  /** A key that changes something for which the site is loaded anew. */
  async function anew(page: Page, key: string): Promise<void> {
    const root = stage(page).locator('html');
    await root.evaluate((each) => each.setAttribute('data-same', 'page'));
    await page.keyboard.press(key);
    const fresh = stage(page).locator('html:not([data-same]) .dot.live');
    await waitUntil(() => fresh.isVisible(), 'the site to be loaded anew');
  }

  /** Which setting or other thing has the focus. */
  const focused = (page: Page) =>
    page.evaluate(() => {
      const at = document.activeElement as HTMLInputElement;
      return at.name || at.id || at.className || at.tagName;
    });
  const focus = (page: Page, name: string) =>
    waitUntil(async () => (await focused(page)) === name, `the focus on ${name}`);
  const address = (page: Page) => new URLSearchParams(new URL(page.url()).hash.slice(1));

  const looks: [string, BrowserContextOptions, string][] = [
    ['light', {}, 'en'],
    ['dark', { colorScheme: 'dark' }, 'ko'],
    ['light, on a phone', PHONE, 'ko'],
    ['dark, on a phone', { ...PHONE, colorScheme: 'dark' }, 'en'],
    ['on the smallest phone', { ...PHONE, viewport: { width: 320, height: 560 } }, 'en'],
  ];
  for (const [look, options, language] of looks)
    it(`axe finds no violation, and nothing is wider than the page: ${look}`, async () => {
      for (const hash of ['', `${NOTICES}&mount=%23chat&--chatty-font=Georgia`]) {
        const page = await open(hash, options, language);
        await live(page);
        await page.locator('#crowd').click();
        await page.locator('#log [data-name="message"]').first().waitFor();
        await page.locator('#copy').click();
        await page.locator('#news:not(:empty)').waitFor();
        // Axe looks into the frame as well, once it is there.
        const found = [
          ...(await findAccessibilityViolations(frameOf(page), 'the site')),
          ...(await findAccessibilityViolations(page, 'the page')),
        ];
        assert.deepEqual(found, []);
        const { scrollWidth, clientWidth } = await page.evaluate(() => document.documentElement);
        assert.equal(scrollWidth, clientWidth);
      }
    });

  it('every setting works by keyboard alone, and the focus stays on the changed setting', async () => {
    const page = await open('#autoload=false');
    await page.locator('#snippet', { hasText: 'autoload' }).waitFor();
    const names = await page.evaluate(() => [
      ...new Set(
        [...document.querySelectorAll<HTMLInputElement>('#settings :is(input, select, textarea)')].map(
          (each) => each.name || each.id.replace('setting-', ''),
        ),
      ),
    ]);
    const undone = new Set<string>();
    await page.locator('#reset').focus();
    for (;;) {
      await page.keyboard.press('Tab');
      const at = page.locator(':focus');
      if ((await page.locator('#settings :focus').count()) === 0) break;
      const [name, type] = await at.evaluate((each) => [
        (each as HTMLInputElement).name || each.id.replace('setting-', ''),
        (each as HTMLInputElement).type,
      ]);
      if (type === 'button') {
        const row =
          (await at.evaluate((each) => each.parentElement?.querySelector('input, textarea')?.id)) ?? '';
        if (undone.has(row)) continue;
        undone.add(row);
        await page.keyboard.press('Enter');
        if (row === 'setting-css') await page.locator('#snippet', { hasText: 'hotpink' }).waitFor();
        else {
          await focus(page, row);
          assert.equal(address(page).get(row.replace('setting-', '')), null);
          await page.locator(':focus').fill('#aa0000');
        }
      } else if (type !== undefined) {
        const had = address(page).get(name);
        if (type === 'radio') await page.keyboard.press('ArrowRight');
        else if (type === 'checkbox') await page.keyboard.press('Space');
        else if (type === 'select-one') await page.keyboard.press('ArrowDown');
        // The browser's own window for colours is not part of the page.
        else if (type === 'color') await at.fill('#aa0000');
        else {
          await page.keyboard.press('End');
          await page.keyboard.type('1');
          await page.keyboard.press('Tab');
          await page.keyboard.press('Shift+Tab');
        }
        await waitUntil(() => address(page).get(name) !== had, `${name} in the address`);
        assert.equal((await focused(page)).replace('setting-', ''), name);
      }
    }
    assert.equal(undone.size, 5);
    assert.deepEqual([...address(page).keys(), 'autoload'].sort(), names.sort());
  });

  it('an automatically shown chat does not take the focus, and a chat opened on request does', async () => {
    const page = await open();
    const taken = async () => (await frameOf(page).evaluate('window.tookFocus')) === 'CHATTY-CHAT';
    await live(page);
    await waitUntil(taken, 'the chat in its page');
    await focus(page, 'BODY');
    await page.locator('[name="position"][value="right"]').focus();
    await anew(page, 'ArrowLeft');
    await waitUntil(taken, 'the chat in its page');
    await focus(page, 'position');
    await method(page, 'close');
    await stage(page).locator('.panel').waitFor({ state: 'detached' });
    await method(page, 'open');
    await stage(page).locator('.panel').waitFor();
    await focus(page, 'stage');
    // Whoever goes there by themselves stays there.
    await page.locator('[name="position"][value="left"]').focus();
    await anew(page, 'ArrowRight');
    await page.locator('#crowd').focus();
    await page.keyboard.press('Tab');
    await focus(page, 'stage');
  });

  it('adding simulated users does not move the focus', async () => {
    const page = await open('#mount=%23chat');
    await live(page);
    await page.locator('#crowd').focus();
    await page.keyboard.press('Enter');
    await page.locator('#news:not(:empty)').waitFor();
    assert.equal(await focused(page), 'crowd');
    await page.locator('#news:empty').waitFor({ state: 'attached' });
  });

  it('the page theme can be chosen and is announced', async () => {
    const page = await open('#mount=%23chat', { colorScheme: 'dark' });
    const button = page.getByRole('button', { name: 'Dark page' });
    assert.equal(await button.getAttribute('aria-pressed'), 'true');
    await button.press('Enter');
    assert.equal(await button.getAttribute('aria-pressed'), 'false');
    assert.equal(await page.locator('html').getAttribute('data-scheme'), 'light');
  });

  it('the unread count shows in the title of the site and of the page until everything is read', async () => {
    const page = await open(NOTICES);
    await live(page);
    await method(page, 'close');
    await stage(page).locator('.panel').waitFor({ state: 'detached' });
    await page.locator('#crowd').click();
    await page.locator('#tab', { hasText: /^\(\d+\) Ripple Magazine$/ }).waitFor();
    await waitUntil(async () => /^\(\d+\) Chatty playground$/.test(await page.title()), 'the count');
    await method(page, 'open');
    await page.locator('#tab', { hasText: /^Ripple Magazine$/ }).waitFor();
    await waitUntil(async () => (await page.title()) === 'Chatty playground', 'no count');
  });

  it('sound and notifications work once enabled while the visitor is away', async () => {
    const page = await open(`${NOTICES}&mount=%23chat`);
    await live(page);
    await stage(page).getByRole('button', { name: 'Notify me of new messages' }).press('Enter');
    await stage(page).locator('.switch[aria-pressed=true]').nth(1).waitFor();
    const frame = frameOf(page);
    await setPageHidden(frame);
    await waitUntil(async () => {
      await page.locator('#crowd').click();
      const { shown, tones } = await readRecordedNotifications(frame);
      return shown.length > 0 && tones > 0;
    }, 'a notification and a sound');
    await waitUntil(async () => /^\(\d+\) /.test(await page.title()), 'the count');
    await setPageHidden(frame, false);
    await waitUntil(async () => (await page.title()) === 'Chatty playground', 'no count');
  });

  it('no page reported an error', () => assert.deepEqual(suite.pageErrors, []));
});
