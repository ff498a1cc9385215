/** Promise: members edit and delete their own messages by mouse, keyboard and touch, and everyone sees it. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { createTestToken, waitUntil } from '../support/server.js';
import { serveHostSite } from './support/page.js';
import { startBrowserSuite } from './support/suite.js';

/** A network that lets no WebSocket through. */
const BLOCKED =
  'window.WebSocket = class { constructor() { setTimeout(() => this.onerror(new Event("error"))); } close() {} };';

describe('own messages', () => {
  const suite = startBrowserSuite({ serve: serveHostSite });

  async function open(username: string, options: BrowserContextOptions = {}, script = ''): Promise<Page> {
    const page = await suite.openPage(options);
    if (script !== '') await page.addInitScript(script);
    await page.goto(suite.pageUrl(createTestToken(username)));
    await page.locator('.dot.live').waitFor();
    return page;
  }

  async function say(page: Page, text: string): Promise<void> {
    await page.locator('.composer textarea').fill(text);
    await page.locator('.composer textarea').press('Enter');
    await page.locator('.own:not(.waiting)', { hasText: text }).waitFor();
  }

  const row = (page: Page, text: string) => page.locator('.row', { hasText: text });
  const button = (page: Page, text: string, name: string) =>
    row(page, text).getByRole('button', { name, exact: true });

  it('an edit with the mouse shows for the other visitor, marked with its exact time', async () => {
    const [minsu, jiyoung] = [await open('민수'), await open('지영')];
    await say(minsu, '오늘 김프 3%');
    await row(minsu, '오늘 김프').hover();
    const tools = await row(minsu, '오늘 김프').locator('.tools').boundingBox();
    const text = await row(minsu, '오늘 김프').locator('.bubble').boundingBox();
    assert.ok(tools && text && tools.y + tools.height <= text.y + 4, 'the tools cover no text');
    await button(minsu, '오늘 김프', '수정').click();
    await minsu.locator('.editor textarea').fill('오늘 김프 4%');
    await minsu.locator('.editor').getByRole('button', { name: '저장' }).click();
    await minsu.locator('.editor').waitFor({ state: 'detached' });
    const bubble = jiyoung.locator('.bubble', { hasText: '오늘 김프 4%' });
    await bubble.waitFor();
    assert.equal(await bubble.textContent(), '오늘 김프 4% (수정됨)');
    const mark = bubble.locator('.edited');
    assert.match((await mark.getAttribute('title')) ?? '', /\d{4}년 .*\d:\d{2}/);
    assert.ok(Date.parse((await mark.getAttribute('datetime')) ?? '') > 0);
    const others = await jiyoung
      .locator('.tools button')
      .evaluateAll((all) => all.map((each) => each.getAttribute('title')));
    assert.deepEqual(others, ['반응 남기기', '답장'], 'nobody changes what others wrote');
  });

  it('a delete asks for confirmation inline, and leaves a placeholder for both', async () => {
    const [minsu, jiyoung] = [await open('민수'), await open('지영')];
    minsu.on('dialog', (dialog) => suite.pageErrors.push(`a dialog: ${dialog.message()}`));
    await say(minsu, '지울 말');
    await say(minsu, '남는 말');
    await row(minsu, '지울 말').hover();
    await button(minsu, '지울 말', '삭제').click();
    await minsu.getByRole('group', { name: '이 메시지를 삭제할까요?' }).waitFor();
    await minsu.keyboard.press('Escape');
    await minsu.locator('.removal').waitFor({ state: 'detached' });
    assert.equal(await row(jiyoung, '지울 말').count(), 1);
    await row(minsu, '지울 말').hover();
    await button(minsu, '지울 말', '삭제').click();
    await minsu.locator('.removal').getByRole('button', { name: '삭제' }).click();
    for (const page of [minsu, jiyoung]) {
      await row(page, '지울 말').waitFor({ state: 'detached' });
      const texts = await page.locator('.bubble').allTextContents();
      assert.deepEqual(texts.slice(-2), ['삭제된 메시지예요', '남는 말']);
    }
    assert.equal(await row(minsu, '삭제된 메시지예요').locator('.tools').count(), 0);
  });

  it('the keyboard alone can edit: Tab reaches the button, Enter saves, Escape cancels', async () => {
    const page = await open('서연');
    await say(page, '키보드로 씀');
    await page.locator('.frame').focus();
    await waitUntil(async () => {
      await page.keyboard.press('Tab');
      const focused = await page.evaluate(() => {
        const active = document.querySelector('chatty-chat')?.shadowRoot?.activeElement;
        return `${active?.getAttribute('aria-label')} ${active?.closest('.row')?.textContent}`;
      });
      return focused.startsWith('수정') && focused.includes('키보드로 씀');
    }, 'the focus on the button');
    await page.keyboard.press('Enter');
    await page.locator('.editor textarea').waitFor();
    await page.keyboard.type('!!');
    await page.keyboard.press('Escape');
    await page.locator('.editor').waitFor({ state: 'detached' });
    assert.equal(await page.locator('.bubble', { hasText: '키보드로' }).textContent(), '키보드로 씀');
    await row(page, '키보드로').hover();
    await button(page, '키보드로', '수정').click();
    await page.keyboard.type(', 고침');
    await page.keyboard.press('Enter');
    await page.locator('.bubble', { hasText: '키보드로 씀, 고침 (수정됨)' }).waitFor();
  });

  it('a tap on a phone shows buttons large enough for a finger', async () => {
    const page = await open('하준', {
      viewport: { width: 390, height: 760 },
      hasTouch: true,
      isMobile: true,
    });
    await say(page, '손가락으로');
    await page.locator('.bubble', { hasText: '손가락으로' }).tap();
    for (const name of ['수정', '삭제']) {
      const box = await button(page, '손가락으로', name).boundingBox();
      assert.ok(box && box.width >= 24 && box.height >= 24, JSON.stringify(box));
    }
    await button(page, '손가락으로', '삭제').tap();
    await page.locator('.removal').getByRole('button', { name: '삭제' }).tap();
    await page.locator('.gone').last().waitFor();
  });

  it('Enter during Hangul composition saves the edit with the syllable, once', async () => {
    const [minsu, jiyoung] = [await open('민수'), await open('지영')];
    await say(minsu, '코인');
    await row(minsu, '코인').hover();
    await button(minsu, '코인', '수정').click();
    await minsu.locator('.editor textarea').waitFor();
    const input = await minsu.context().newCDPSession(minsu);
    for (const text of ['ㅍ', '파', '팔'])
      await input.send('Input.imeSetComposition', { text, selectionStart: 1, selectionEnd: 1 });
    const enter = { key: 'Enter', code: 'Enter' };
    await input.send('Input.dispatchKeyEvent', { type: 'keyDown', windowsVirtualKeyCode: 229, ...enter });
    await input.send('Input.insertText', { text: '팔' });
    await input.send('Input.dispatchKeyEvent', { type: 'keyDown', windowsVirtualKeyCode: 13, ...enter });
    await input.send('Input.dispatchKeyEvent', { type: 'keyUp', windowsVirtualKeyCode: 13, ...enter });
    await jiyoung.locator('.bubble', { hasText: '코인팔 (수정됨)' }).waitFor();
    await minsu.locator('.editor').waitFor({ state: 'detached' });
    assert.equal(await minsu.locator('.bubble', { hasText: '코인팔' }).count(), 1);
    assert.equal(await minsu.locator('.row.waiting, .failed').count(), 0, 'nothing was sent beside it');
  });

  it('the header shows the member count, and updates as members join and leave', async () => {
    const english = await suite.browser.newContext();
    const page = await english.newPage();
    await page.goto(suite.pageUrl(createTestToken('Bob', { projectId: 'elsewhere' }), { locale: 'en' }));
    await page.locator('.count', { hasText: '1 here' }).waitFor();
    const second = await suite.browser.newContext();
    const other = await second.newPage();
    await other.goto(suite.pageUrl(createTestToken('지영', { projectId: 'elsewhere' })));
    await page.locator('.count', { hasText: '2 here' }).waitFor();
    await other.locator('.count', { hasText: '2명' }).waitFor();
    await second.close();
    await page.locator('.count', { hasText: '1 here' }).waitFor();
    await english.close();
  });

  it('a lost connection is reported, and missed messages appear after the reconnect', async () => {
    const [minsu, jiyoung] = [await open('민수'), await open('지영')];
    await minsu.context().setOffline(true);
    await minsu.evaluate(() => dispatchEvent(new Event('offline')));
    await minsu.getByText('연결이 끊겼어요').waitFor();
    await say(jiyoung, '그동안 한 말');
    await minsu.context().setOffline(false);
    await row(minsu, '그동안 한 말').waitFor();
    await minsu.locator('.banner').waitFor({ state: 'detached' });
  });

  it('without WebSocket the chat uses long polling', async () => {
    const page = await open('폴링', {}, BLOCKED);
    const other = await open('지영');
    await say(page, '폴링으로 보냄');
    await row(other, '폴링으로 보냄').waitFor();
    await say(other, '폴링으로 받음');
    await row(page, '폴링으로 받음').waitFor();
  });

  it('no page reported an error', () => {
    assert.deepEqual(suite.pageErrors, []);
  });
});
