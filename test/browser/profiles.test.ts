/** Promise: where the host shows profiles, names can be pressed by mouse, finger and keyboard, without a change of layout. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { assertStored, connectClient, createTestToken, waitUntil } from '../support/server.js';
import { findAccessibilityViolations } from './support/a11y.js';
import { serveHostPages } from './support/host-pages.js';
import { startBrowserSuite } from './support/suite.js';

const PHONE = { viewport: { width: 390, height: 760 }, hasTouch: true, isMobile: true };
const DESKTOP = { viewport: { width: 900, height: 760 } };

type Told = { told: unknown[] };

describe('clickable names', () => {
  const suite = startBrowserSuite({ serve: serveHostPages });

  /** A talk of three, one of them with the shortest name there is. */
  async function open(projectId: string, params: object, options: object = DESKTOP): Promise<Page> {
    const page = await suite.openPage({ reducedMotion: 'reduce', ...options });
    await page.addInitScript(() => {
      const told: unknown[] = [];
      Object.assign(window, { told });
      document.addEventListener('chatty:profileClick', (event) => told.push((event as CustomEvent).detail));
    });
    const token = createTestToken('민수', { projectId });
    await page.goto(suite.pageUrl({ params: { token, ...params } }));
    await page.locator('.launcher').click();
    await page.locator('.dot.live').waitFor();
    await page.locator('.beside').waitFor({ state: 'attached' });
    return page;
  }
  async function talk(projectId: string): Promise<void> {
    for (const [name, role] of [
      ['지영', 'member'],
      ['i', 'admin'],
      ['아주 긴 이름을 가진 사람이라서 한 줄에 다 들어가지 않는다', 'member'],
      ['민수', 'member'],
    ] as const) {
      const token = createTestToken(name, { projectId, role });
      const visitor = await connectClient(suite, suite.server.url, token);
      assertStored(await visitor.send(`${name.slice(0, 5)}의 말`));
      visitor.socket.disconnect();
    }
  }
  const told = (page: Page) => page.evaluate(() => (window as unknown as Told).told);
  const detail = (username: string) => ({ userId: username, username, avatar: null });

  it('the host gets an event for a clicked name or avatar, by mouse and by keyboard', async () => {
    await talk('pressed');
    const page = await open('pressed', { profiles: true });
    const names = page.locator('button.name');
    await names.first().waitFor();
    assert.equal(await names.count(), 3, 'one for each of the others, none for the visitor');
    await page.getByRole('button', { name: '지영님의 프로필' }).click();
    const picture = await page.locator('.avatar').first().boundingBox();
    assert.ok(picture);
    await page.mouse.click(picture.x + picture.width / 2, picture.y + picture.height / 2);
    await names.nth(1).focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Space');
    await waitUntil(async () => (await told(page)).length === 4, 'all four');
    assert.deepEqual(await told(page), [detail('지영'), detail('지영'), detail('i'), detail('i')]);
    assert.equal(await names.nth(1).evaluate((each) => getComputedStyle(each).outlineStyle), 'solid');
  });

  it('an avatar below the date line can be clicked where it is shown', async () => {
    await talk('pictures');
    const page = await open('pictures', { profiles: 'true' }, PHONE);
    await page.locator('button.name').first().waitFor();
    for (const picture of await page.locator('.avatar').all()) await picture.click({ force: true });
    assert.deepEqual(
      (await told(page)).map((each) => (each as { username: string }).username.slice(0, 2)),
      ['지영', 'i', '아주'],
    );
  });

  it('names are plain text by default, and clickable names do not change the layout', async () => {
    await talk('moved');
    for (const options of [DESKTOP, PHONE]) {
      const places: string[] = [];
      for (const profiles of [undefined, false, 'false', true]) {
        const page = await open('moved', { profiles }, options);
        const wanted = profiles === true;
        await page
          .locator(wanted ? 'button.name' : 'bdi.name')
          .first()
          .waitFor();
        assert.equal(await page.locator('button.name').count(), wanted ? 3 : 0);
        places.push(JSON.stringify(await page.locator('.frame').evaluate(placesIn)));
      }
      assert.equal(new Set(places).size, 1, places.join('\n'));
    }
  });

  for (const theme of ['light', 'dark'])
    for (const [name, options] of [
      ['a phone', PHONE],
      ['a desktop', DESKTOP],
    ] as const)
      it(`axe finds no violation, and every target is finger-sized: ${theme}, on ${name}`, async () => {
        const projectId = `axe-${theme}-${name.slice(2)}`;
        await talk(projectId);
        const page = await open(projectId, { profiles: true, theme }, options);
        await page.locator('button.name').first().waitFor();
        assert.deepEqual(await findAccessibilityViolations(page, name), []);
      });

  it('no page reported an error', () => assert.deepEqual(suite.pageErrors, []));
});

/** Runs in the page: where the words and pictures of the talk stand. */
function placesIn(frame: Element): unknown[] {
  const edge = frame.getBoundingClientRect();
  return [...frame.querySelectorAll('.name, .avatar, .bubble, time, .staff')].map((each) => {
    const range = document.createRange();
    range.selectNodeContents(each);
    const { left, top, right, bottom } = (each.closest('.name') ? range : each).getBoundingClientRect();
    return [left - edge.left, top - edge.top, right - left, bottom - top].map(Math.round);
  });
}
