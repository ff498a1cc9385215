/** Promise: guests read where the project allows it, become members in place, and see who is typing. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { connectClient, createTestToken, waitUntil } from '../support/server.js';
import { serveHostSite } from './support/page.js';
import { startBrowserSuite } from './support/suite.js';

type Host = { Chatty: { identify(token: string): void; logout(): void }; asked?: number };

describe('guests and members', () => {
  const suite = startBrowserSuite({ serve: serveHostSite, settings: { GUEST_PROJECTS: 'kimpga' } });

  async function open(token: string | null, params: Record<string, unknown> = {}): Promise<Page> {
    const page = await suite.openPage();
    await page.goto(suite.pageUrl(token as string, params));
    return page;
  }

  const bubble = (page: Page, text: string) => page.locator('.bubble', { hasText: text });

  it('a guest reads live, is asked to log in, and becomes a member without a reload', async () => {
    const minsu = await connectClient(suite, suite.server.url, createTestToken('민수'));
    await minsu.send('먼저 한 말');
    const page = await open(null, { projectId: 'kimpga' });
    await bubble(page, '먼저 한 말').waitFor();
    await minsu.send('살아 있는 말');
    await bubble(page, '살아 있는 말').waitFor();
    assert.equal(await page.locator('textarea').count(), 0);
    await page.evaluate(() => {
      const host = window as unknown as Host;
      document.addEventListener('chatty:loginRequired', () => {
        host.asked = (host.asked ?? 0) + 1;
      });
    });
    await page.locator('.join button').click();
    assert.equal(await page.evaluate(() => (window as unknown as Host).asked), 1);
    await bubble(page, '먼저 한 말').evaluate((element) => element.setAttribute('data-same', ''));
    // Until the new connection stands, the visitor is still a guest.
    await page.evaluate((token) => {
      const connected = new Promise<void>((done) =>
        document.addEventListener('chatty:connection', (event) => {
          if ((event as CustomEvent<{ state: string }>).detail.state === 'connected') done();
        }),
      );
      (window as unknown as Host).Chatty.identify(token);
      return connected;
    }, createTestToken('지영'));
    await page.locator('.composer textarea').fill('이제 나도');
    await page.locator('.composer textarea').press('Enter');
    await page.locator('.own:not(.waiting) .bubble', { hasText: '이제 나도' }).waitFor();
    assert.equal(await page.locator('[data-same]').count(), 1, 'the lines were not drawn anew');
    assert.ok(minsu.contents.includes('이제 나도'));
    await page.evaluate(() => (window as unknown as Host).Chatty.logout());
    await page.locator('.join').waitFor();
    await bubble(page, '이제 나도').waitFor();
    assert.equal(await page.locator('.own').count(), 0, 'nothing is own to nobody');
  });

  it('a project without guests shows a login link, and no error', async () => {
    const page = await open(null, { projectId: 'othershop' });
    await page.locator('.notice .primary').waitFor();
    await page.waitForTimeout(500);
    assert.equal(await page.locator('.notice [role=alert], .notice code').count(), 0);
    assert.equal(await page.locator('.bubble').count(), 0);
  });

  it('others see who is typing until the message arrives', async () => {
    const [minsu, jiyoung] = [await open(createTestToken('민수')), await open(createTestToken('지영'))];
    for (const page of [minsu, jiyoung]) await page.locator('.typing').waitFor({ state: 'attached' });
    await minsu.locator('.composer textarea').pressSequentially('음');
    await jiyoung.locator('.typing.shown', { hasText: '민수' }).waitFor();
    assert.equal(await minsu.locator('.typing.shown').count(), 0, 'not oneself');
    await minsu.locator('.composer textarea').press('Enter');
    await bubble(jiyoung, '음').waitFor();
    await waitUntil(
      async () => (await jiyoung.locator('.typing.shown').count()) === 0,
      'the end of the typing',
    );
  });

  it('no page reported an error', () => assert.deepEqual(suite.pageErrors, []));
});
