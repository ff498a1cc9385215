/** Promise: visitors reply to messages, jump to quotes, mention people and insert emoji, by mouse and by keyboard. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { assertStored, connectClient, createTestToken, waitUntil } from '../support/server.js';
import { serveHostSite } from './support/page.js';
import { startBrowserSuite } from './support/suite.js';

describe('chatting', () => {
  const suite = startBrowserSuite({
    serve: serveHostSite,
    settings: { SEND_BURST: '500', SEND_PER_SECOND: '500' },
  });

  async function open(username: string, projectId: string): Promise<Page> {
    const page = await suite.openPage();
    await page.goto(suite.pageUrl(createTestToken(username, { projectId })));
    await page.locator('.dot.live').waitFor();
    // What comes after the talk.
    await page.locator('.beside').waitFor({ state: 'attached' });
    return page;
  }

  const field = (page: Page) => page.locator('.composer textarea');
  const row = (page: Page, text: string) => page.locator('.row', { hasText: text }).last();

  async function say(page: Page, text: string): Promise<void> {
    await field(page).fill(text);
    await field(page).press('Enter');
    await page.locator('.own:not(.waiting)', { hasText: text }).waitFor();
  }

  async function answer(page: Page, text: string): Promise<void> {
    await row(page, text).hover();
    await row(page, text).getByRole('button', { name: '답장', exact: true }).click();
    await page.locator('.replying').waitFor();
  }

  it('a reply shows its original for both visitors, and Escape cancels replying', async () => {
    const [minsu, jiyoung] = [await open('민수', 'answers'), await open('지영', 'answers')];
    await say(minsu, '오늘 김프 몇 퍼센트예요?');
    await answer(jiyoung, '오늘 김프');
    assert.match((await jiyoung.locator('.replying').textContent()) ?? '', /민수.*오늘 김프/s);
    assert.ok(
      await field(jiyoung).evaluate((element) => element.matches(':focus')),
      'the field has the focus',
    );
    await field(jiyoung).press('Escape');
    await jiyoung.locator('.replying').waitFor({ state: 'detached' });
    await answer(jiyoung, '오늘 김프');
    await say(jiyoung, '3%요');
    await jiyoung.locator('.replying').waitFor({ state: 'detached' });
    const quote = row(minsu, '3%요').locator('.quote');
    await quote.waitFor();
    assert.equal(await quote.textContent(), '민수오늘 김프 몇 퍼센트예요?');
    await quote.click();
    await minsu.evaluate('new Promise((done) => requestAnimationFrame(() => setTimeout(done, 100)))');
    assert.equal(await minsu.locator('.pill').count(), 0, 'where the end is in view there is no way to it');
    await say(jiyoung, '아니 4%');
    assert.equal(await row(jiyoung, '아니 4%').locator('.quote').count(), 0, 'one message, one answer');
  });

  it('a deleted message is no longer readable in its replies', async () => {
    const [minsu, jiyoung] = [await open('민수', 'gone'), await open('지영', 'gone')];
    await say(minsu, '곧 지울 비밀');
    await answer(jiyoung, '곧 지울 비밀');
    await say(jiyoung, '봤어요');
    await row(minsu, '봤어요').locator('.quote', { hasText: '비밀' }).waitFor();
    const first = minsu.locator('.row.own', { hasText: '비밀' });
    await first.hover();
    await first.getByRole('button', { name: '삭제', exact: true }).click();
    await minsu.locator('.removal').getByRole('button', { name: '삭제' }).click();
    for (const page of [minsu, jiyoung])
      await waitUntil(
        async () => !/비밀/.test((await row(page, '봤어요').textContent()) ?? ''),
        'the quote without its text',
      );
  });

  it('a distant quote jumps to its message, and the unread button returns to the latest', async () => {
    const other = await connectClient(suite, suite.server.url, createTestToken('현우', { projectId: 'far' }));
    const first = assertStored(await other.send('맨 처음 한 말'));
    for (let batch = 0; batch < 3; batch += 1)
      await Promise.all(Array.from({ length: 100 }, (_, n) => other.send(`말 ${batch * 100 + n}`)));
    await other.send({ content: '그 답', replyTo: first.id });
    const page = await open('민수', 'far');
    const quote = row(page, '그 답').locator('.quote');
    await quote.filter({ hasText: '맨 처음 한 말' }).waitFor();
    assert.equal(
      await page.locator('.bubble', { hasText: '맨 처음 한 말' }).count(),
      0,
      'not among the lines',
    );
    await quote.click();
    const target = page.locator('.bubble', { hasText: '맨 처음 한 말' });
    await target.waitFor();
    const inView = () =>
      target.evaluate((element) => {
        const frame = element.closest('.frame')?.getBoundingClientRect();
        const { top, bottom } = element.getBoundingClientRect();
        return frame !== undefined && top >= frame.top && bottom <= frame.bottom;
      });
    await waitUntil(inView, 'the quoted message in view');
    await page.locator('.pill').click();
    await page.locator('.bubble', { hasText: '그 답' }).waitFor();
  });

  it('mention suggestions work during composition, and Enter accepts one instead of sending', async () => {
    const [, page] = [await open('지영', 'names'), await open('민수', 'names')];
    const input = await page.context().newCDPSession(page);
    await field(page).click();
    await page.keyboard.type('@');
    for (const text of ['ㅈ', '지'])
      await input.send('Input.imeSetComposition', { text, selectionStart: 1, selectionEnd: 1 });
    const option = page.getByRole('option', { name: '지영' });
    await option.waitFor();
    assert.equal(await option.getAttribute('aria-selected'), 'true');
    const enter = { key: 'Enter', code: 'Enter' };
    await input.send('Input.dispatchKeyEvent', { type: 'keyDown', windowsVirtualKeyCode: 229, ...enter });
    await input.send('Input.insertText', { text: '지' });
    await input.send('Input.dispatchKeyEvent', { type: 'keyDown', windowsVirtualKeyCode: 13, ...enter });
    await input.send('Input.dispatchKeyEvent', { type: 'keyUp', windowsVirtualKeyCode: 13, ...enter });
    await waitUntil(async () => (await field(page).inputValue()) === '@지영 ', 'the whole name in the field');
    assert.equal(await page.locator('.bubble').count(), 0, 'nothing was sent');
    await page.keyboard.type('안녕');
    await field(page).press('Enter');
    await page.locator('.bubble .mention', { hasText: '@지영' }).waitFor();
  });

  it('mentions are inserted by Tab or typed, none after Escape, and the mentioned visitor sees a highlight', async () => {
    const [jiyoung, page] = [await open('지영', 'called'), await open('민수', 'called')];
    await field(page).pressSequentially('안녕 @지');
    await page.getByRole('option').waitFor();
    await field(page).press('Escape');
    await page.getByRole('option').waitFor({ state: 'detached' });
    await field(page).pressSequentially('영 @');
    await page.getByRole('option', { name: '지영' }).click();
    assert.equal(await field(page).inputValue(), '안녕 @지영 @지영 ');
    await field(page).fill('@');
    await page.getByRole('option').waitFor();
    await field(page).press('Tab');
    assert.equal(await field(page).inputValue(), '@지영 ');
    await field(page).press('Enter');
    await jiyoung.locator('.mention.own', { hasText: '@지영' }).waitFor();
    assert.equal(await page.locator('.mention.own').count(), 0);
  });

  it('an emoji is found by a Korean word and inserted at the caret', async () => {
    const page = await open('민수', 'emoji');
    await field(page).fill('가즈아 끝');
    for (let back = 0; back < 2; back += 1) await field(page).press('ArrowLeft');
    const button = page.getByRole('button', { name: '이모지' });
    await button.click();
    await page.locator('.popup input').fill('로켓');
    await page.locator('.popup [role=gridcell]:visible').filter({ hasText: /^🚀$/ }).click();
    assert.equal(await field(page).inputValue(), '가즈아🚀 끝');
    await button.click();
    // Time for a picker to come back.
    await page.waitForTimeout(200);
    assert.equal(await page.locator('.popup').count(), 0, 'the button closes what it opened');
    await button.click();
    await page.locator('.popup input').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('.popup').waitFor({ state: 'detached' });
    await field(page).press('Enter');
    await page.locator('.bubble', { hasText: '가즈아🚀 끝' }).waitFor();
  });

  it('a reaction shows for both, counts members, and can be removed; any emoji works', async () => {
    const [minsu, jiyoung] = [await open('민수', 'felt'), await open('지영', 'felt')];
    await say(minsu, '가즈아');
    await row(jiyoung, '가즈아').hover();
    await row(jiyoung, '가즈아').getByRole('button', { name: '반응', exact: false }).first().click();
    await jiyoung.locator('.feeling').getByText('👍').click();
    const chip = (page: Page, emoji: string) =>
      row(page, '가즈아').locator('.reactions button', { hasText: emoji });
    await chip(minsu, '👍').filter({ hasText: '1' }).waitFor();
    assert.equal(await chip(minsu, '👍').getAttribute('aria-pressed'), 'false');
    assert.equal(await chip(jiyoung, '👍').getAttribute('aria-pressed'), 'true');
    await chip(minsu, '👍').click();
    await chip(jiyoung, '👍').filter({ hasText: '2' }).waitFor();
    await chip(jiyoung, '👍').click();
    await chip(minsu, '👍').filter({ hasText: '1' }).waitFor();
    await row(minsu, '가즈아').hover();
    await row(minsu, '가즈아').locator('.tools button').first().click();
    await minsu.locator('.feeling button').last().click();
    await minsu.locator('.popup input').fill('로켓');
    await minsu.locator('.popup [role=gridcell]:visible').filter({ hasText: /^🚀$/ }).click();
    await chip(jiyoung, '🚀').waitFor();
    await minsu.locator('.popup').waitFor({ state: 'detached' });
  });

  it('messages received while the panel is closed are counted, marked and linked; the draft is still there', async () => {
    const jiyoung = await connectClient(
      suite,
      suite.server.url,
      createTestToken('지영', { projectId: 'away' }),
    );
    await jiyoung.send('본 말');
    const page = await suite.openPage({ viewport: { width: 390, height: 700 } });
    await page.goto(suite.pageUrl(createTestToken('민수', { projectId: 'away' }), { mount: null }));
    const launcher = page.locator('.launcher');
    await launcher.click();
    await page.locator('.bubble', { hasText: '본 말' }).waitFor();
    await field(page).fill('쓰던 말');
    await page.getByRole('button', { name: '채팅 닫기' }).click();
    assert.ok(await launcher.evaluate((element) => element.matches(':focus')), 'the bubble has the focus');
    for (let n = 1; n <= 30; n += 1) await jiyoung.send(`못 본 말 ${n}`);
    await page.locator('.badge', { hasText: '30' }).waitFor();
    assert.match((await launcher.getAttribute('aria-label')) ?? '', /30/);
    await launcher.click();
    await page.locator('.bubble', { hasText: '못 본 말 30' }).waitFor();
    assert.equal(await field(page).inputValue(), '쓰던 말');
    await page.locator('.pill.up', { hasText: '30' }).click();
    const line = page.locator('li', { has: page.locator('.new') });
    await line.waitFor();
    assert.equal(await page.locator('.new').count(), 1);
    assert.match((await line.textContent()) ?? '', /못 본 말 1$/);
    assert.equal(await page.locator('.pill.up').count(), 0);
    await page.getByRole('button', { name: '채팅 닫기' }).click();
    await launcher.click();
    await page.locator('.bubble').first().waitFor();
    assert.equal(await page.locator('.new').count(), 0, 'all has been seen');
  });

  it('no page reported an error', () => assert.deepEqual(suite.pageErrors, []));
});
