/** Promise: links of a message open safely, spoilers open by mouse and keyboard, and all other text stays text. */

import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { createTestToken } from '../support/server.js';
import { serveHostSite } from './support/page.js';
import { startBrowserSuite } from './support/suite.js';

/** Counts what a policy forbids; the console alone could be missed. */
const WATCH = `window.violations = [];
  document.addEventListener('securitypolicyviolation', (event) => violations.push(event.violatedDirective));`;

describe('rich text', () => {
  const suite = startBrowserSuite({ serve: serveHostSite });
  afterEach(async () => {
    for (const context of suite.browser.contexts())
      for (const page of context.pages())
        suite.pageErrors.push(...(await page.evaluate<string[]>('window.violations ?? []')));
  });

  async function open(username: string): Promise<Page> {
    const page = await suite.openPage();
    page.on('dialog', (dialog) => suite.pageErrors.push(`a dialog: ${dialog.message()}`));
    await page.addInitScript(WATCH);
    await page.goto(suite.pageUrl(createTestToken(username)));
    await page.locator('.dot.live').waitFor();
    return page;
  }

  const bubble = (page: Page, text: string) => page.locator('.bubble', { hasText: text });

  async function say(page: Page, text: string, shown: string): Promise<void> {
    await page.locator('.composer textarea').fill(text);
    await page.locator('.composer textarea').press('Enter');
    await page.locator('.row.own:not(.waiting)', { hasText: shown }).waitFor();
  }

  it('a link opens in a new tab, and the target page learns nothing of this one', async () => {
    const page = await open('민수');
    const asked: (string | undefined)[] = [];
    await page.context().route('https://kimpga.example/**', async (route) => {
      asked.push(route.request().headers().referer);
      await route.fulfill({ contentType: 'text/html', body: '<title>김프</title>' });
    });
    await say(page, '여기 https://kimpga.example/a?b=c#d에서 보세요', '여기');
    const link = bubble(page, '여기').locator('a');
    assert.equal(await link.textContent(), 'https://kimpga.example/a?b=c#d');
    assert.equal(await bubble(page, '여기').textContent(), '여기 https://kimpga.example/a?b=c#d에서 보세요');
    assert.equal(await link.getAttribute('rel'), 'noopener noreferrer nofollow ugc');
    const [opened] = await Promise.all([page.waitForEvent('popup'), link.click()]);
    await opened.waitForLoadState();
    assert.equal(opened.url(), 'https://kimpga.example/a?b=c#d');
    assert.equal(await opened.evaluate('window.opener'), null);
    assert.deepEqual(asked, [undefined]);
  });

  it('only http and https become links, and HTML stays plain text (X1, X3)', async () => {
    const page = await open('민수');
    const lines = [
      'javascript:alert(1) [x](javascript:alert(2))',
      'data:text/html,<script>alert(3)</script>',
      '<a href="javascript:alert(4)">x</a><img src=x onerror=alert(5)>',
      'vbscript:x file:///etc/passwd blob:https',
      'https://kimpga.com@evil.example/login',
    ];
    for (const line of lines) {
      await say(page, line, line);
      const own = bubble(page, line).last();
      assert.equal(await own.textContent(), line);
      assert.equal(await own.locator('*').count(), 0, line);
    }
    await say(page, 'https://аpple.com', 'pple.com');
    const lookalike = bubble(page, 'pple.com').locator('a');
    assert.equal(await lookalike.getAttribute('title'), 'https://xn--pple-43d.com/');
  });

  it('spoilers toggle by keyboard and mouse; hidden ones are skipped by screen readers and Tab', async () => {
    const [minsu, jiyoung] = [await open('민수'), await open('지영')];
    await say(minsu, '범인은 ||**영수** https://a.example/||였다', '범인은');
    const button = bubble(jiyoung, '범인은').getByRole('button', { name: '가려진 내용 보기' });
    const inside = bubble(jiyoung, '범인은').locator('.spoiler strong');
    await bubble(jiyoung, '범인은').waitFor();
    assert.equal(await button.getAttribute('aria-expanded'), 'false');
    assert.equal(await inside.isVisible(), false);
    assert.equal(await bubble(jiyoung, '범인은').getByRole('link').count(), 0);
    await button.focus();
    await jiyoung.keyboard.press('Enter');
    assert.equal(await button.getAttribute('aria-expanded'), 'true');
    assert.equal(await inside.isVisible(), true);
    await jiyoung.keyboard.press('Tab');
    const focused = 'document.querySelector("chatty-chat").shadowRoot.activeElement.textContent';
    assert.equal(await jiyoung.evaluate(focused), 'https://a.example/');
    await button.focus();
    await jiyoung.keyboard.press(' ');
    assert.equal(await inside.isVisible(), false);
    await button.click();
    assert.equal(await inside.isVisible(), true);
  });

  it('renders formatting, keeps line breaks and highlights mentions', async () => {
    const [minsu, jiyoung] = [await open('민수'), await open('지영')];
    await say(minsu, '**김프**가 *정말* ~~3%~~ `4_%_`\n```\n둘째\n  줄\n```\n@지영님 @철수', '김프');
    const line = bubble(jiyoung, '김프');
    await line.waitFor();
    const texts = async (selector: string) => line.locator(selector).allTextContents();
    assert.deepEqual(await texts('strong'), ['김프']);
    assert.deepEqual(await texts('em'), ['정말']);
    assert.deepEqual(await texts('s'), ['3%']);
    assert.deepEqual(await texts('code'), ['4_%_']);
    assert.deepEqual(await texts('pre'), ['둘째\n  줄']);
    assert.deepEqual(await texts('.mention bdi'), ['@지영', '@철수']);
    assert.deepEqual(await texts('.mention.own'), ['@지영']);
    assert.deepEqual(await bubble(minsu, '김프').locator('.mention.own').count(), 0);
    // Four lines and no empty one: text, two of code, mentions.
    const height = (await line.boundingBox())?.height ?? 0;
    assert.ok(height > 80 && height < 125, `${height}px`);
    await say(minsu, '😀👍🏽', '😀');
    const size = await bubble(jiyoung, '😀')
      .locator('.jumbo')
      .evaluate((each) => getComputedStyle(each).fontSize);
    assert.ok(Number.parseFloat(size) > 28, size);
  });

  it('no page reported an error', () => {
    assert.deepEqual(suite.pageErrors, []);
  });
});
