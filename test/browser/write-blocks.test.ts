/** Promise: a visitor who may not write sees why and until when, loses no text, and recognises staff. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { assertStored, connectClient, createTestToken, waitUntil } from '../support/server.js';
import { findAccessibilityViolations } from './support/a11y.js';
import { serveHostPages } from './support/host-pages.js';
import { startBrowserSuite } from './support/suite.js';

type Told = typeof globalThis & { told: string[] };

describe('moderation in the room', () => {
  const suite = startBrowserSuite({ serve: serveHostPages });

  /** A visitor in a project of their own, and the moderator of it. */
  async function open(projectId: string) {
    const moderator = await connectClient(
      suite,
      suite.server.url,
      createTestToken('지영', { projectId, role: 'moderator' }),
    );
    const act = async (event: string, payload: unknown) => {
      const answer = await moderator.socket.timeout(8_000).emitWithAck(event, payload);
      assert.equal(answer.ok, true, JSON.stringify(answer));
    };
    const page = await suite.openPage({ locale: 'ko-KR', timezoneId: 'Asia/Seoul' });
    await page.addInitScript(() => {
      const page = globalThis as Told;
      page.told = [];
      document.addEventListener('chatty:banned', (event) =>
        page.told.push(JSON.stringify((event as CustomEvent).detail)),
      );
    });
    const params = { token: createTestToken('민수', { projectId }) };
    await page.goto(suite.pageUrl({ root: 'lang="ko"', params }));
    await page.locator('.launcher').click();
    await page.locator('.dot.live').waitFor();
    await page.locator('.beside').waitFor({ state: 'attached' });
    return { page, moderator, act };
  }
  const field = (page: Page) => page.locator('.composer textarea');
  const send = (page: Page) => page.locator('.send');
  const clock = (page: Page, later: number) =>
    page.evaluate(
      (at) => new Intl.DateTimeFormat('ko', { hour: 'numeric', minute: '2-digit' }).format(at),
      Date.now() + later,
    );

  it('a mute replaces the message field until it ends, and the draft comes back', async () => {
    const { page, act } = await open('mute');
    await field(page).fill('쓰다 만 글');
    await field(page).press('End');
    const ends = [await clock(page, 3_000), await clock(page, 4_000)];
    await act('mute member', { userId: '민수', seconds: 3 });
    const notice = page.locator('.composer.join');
    await notice.waitFor();
    const said = (await notice.textContent()) ?? '';
    assert.match(said, /운영진이 제한/);
    assert.ok(
      ends.some((end) => said.includes(`${end}까지`)) || /\d{4}년/.test(said),
      `${said} says until when, ${ends}`,
    );
    assert.equal(await field(page).count(), 0);
    assert.ok(await notice.evaluate((element) => element.matches(':focus')), 'the focus is not lost');
    const ring = await notice.evaluate((element) => {
      const { borderStyle, borderWidth, borderRadius } = getComputedStyle(element, '::after');
      return [borderStyle, borderWidth, borderRadius];
    });
    assert.deepEqual(ring, ['solid', '2px', '10px'], 'a ring, round as the panel is');
    assert.deepEqual(await findAccessibilityViolations(page, 'muted'), []);
    await field(page).waitFor();
    assert.equal(await field(page).inputValue(), '쓰다 만 글');
    await field(page).press('Enter');
    await page.locator('.own:not(.waiting)', { hasText: '쓰다 만 글' }).waitFor();
  });

  it('frozen, staff-only and level-restricted rooms are labelled, also on a page opened later', async () => {
    const { page, act } = await open('rules');
    const notice = page.locator('.composer.join');
    for (const [rules, sentence] of [
      [{ frozen: true }, /잠시 멈췄어요/],
      [{ frozen: false, write: 'moderator' }, /읽기만/],
      [{ write: 'member', level: 5 }, /레벨/],
    ] as const) {
      await act('set rules', { rules });
      await notice.filter({ hasText: sentence }).waitFor();
    }
    await page.reload();
    await page.locator('.launcher').click();
    await notice.filter({ hasText: /레벨/ }).waitFor();
    await act('set rules', { rules: { level: 0 } });
    await field(page).waitFor();
  });

  it('slow mode counts down in place of the send button, is announced once, and does not prevent typing', async () => {
    const { page, act } = await open('slow');
    await act('set rules', { rules: { slowMode: 4 } });
    await page.locator('.slow').waitFor({ state: 'attached' });
    await page.evaluate(() => {
      const page = globalThis as Told;
      page.told = [];
      const region = document.querySelector('chatty-chat')?.shadowRoot?.querySelector('.slow');
      if (region)
        new MutationObserver(() => page.told.push(region.textContent ?? '')).observe(region, {
          childList: true,
          characterData: true,
          subtree: true,
        });
    });
    await field(page).fill('첫 글');
    await field(page).press('Enter');
    await page.locator('.seconds').waitFor();
    await page.locator('.own:not(.waiting)', { hasText: '첫 글' }).waitFor();
    await field(page).fill('둘째 글');
    assert.ok(await send(page).isDisabled());
    await field(page).press('Enter');
    const counted: string[] = [];
    await waitUntil(async () => {
      const [now] = await page.locator('.seconds').allTextContents();
      if (now !== undefined && counted.at(-1) !== now) counted.push(now);
      return now === undefined;
    }, 'the end of the countdown');
    assert.deepEqual(counted.slice(-2), ['2', '1']);
    assert.equal(await field(page).inputValue(), '둘째 글');
    const told = await page.evaluate(() => (globalThis as Told).told.filter((text) => text !== ''));
    assert.deepEqual(told, ['슬로 모드예요. 4초에 한 번 쓸 수 있어요.']);
    assert.deepEqual(await findAccessibilityViolations(page, 'slow mode'), []);
    await send(page).click();
    await page.locator('.own:not(.waiting)', { hasText: '둘째 글' }).waitFor();
    assert.equal(await page.locator('.failed').count(), 0);
  });

  it('a kicked visitor sees a notice and waits, a banned visitor sees the end of the ban, and the host is notified', async () => {
    const { page, act } = await open('out');
    await act('kick member', { userId: '민수' });
    await page.locator('.banner', { hasText: '잠시 내보냈어요' }).waitFor();
    assert.equal(await page.locator('.banner button').count(), 0, 'nothing to press that cannot help');
    await page.reload();
    await page.locator('.launcher').click();
    await page.locator('.banner', { hasText: '잠시 내보냈어요' }).waitFor();

    const { page: other, act: actThere } = await open('ban');
    await actThere('ban member', { userId: '민수', seconds: 30 * 86_400 });
    const notice = other.locator('.notice[role=alert]');
    await notice.waitFor();
    await notice.getByText('banned').waitFor();
    assert.match((await notice.textContent()) ?? '', /차단되었어요.*\d{4}년 .*까지/);
    assert.deepEqual(await other.evaluate(() => (globalThis as Told).told), ['{"code":"banned"}']);
    assert.deepEqual(await findAccessibilityViolations(other, 'banned'), []);
  });

  it('when a ban ends the chat reconnects by itself, with missed messages and the draft', async () => {
    const { page, act, moderator } = await open('back');
    await moderator.send('무슨 일이에요?');
    const question = page.locator('.row', { hasText: '무슨 일이에요?' });
    await question.hover();
    await question.getByRole('button', { name: '답장' }).click();
    await page.locator('.replying').waitFor();
    await field(page).fill('쓰다 만 글');
    await act('ban member', { userId: '민수', seconds: 6 });
    await page.locator('.notice[role=alert]').waitFor();
    await moderator.send('자리 비운 사이');
    // What is written elsewhere on the page is not said here.
    await page.evaluate(() => {
      document.body.append(document.createElement('input'));
      document.querySelector('input')?.focus();
    });
    await page.keyboard.type('비밀');
    await page.locator('.dot.live').waitFor();
    await page.locator('.bubble', { hasText: '자리 비운 사이' }).waitFor();
    assert.equal(await page.locator('.notice[role=alert]').count(), 0);
    await page.keyboard.type('번호');
    assert.equal(await page.locator('body > input').inputValue(), '비밀번호');
    assert.equal(await field(page).inputValue(), '쓰다 만 글');
    await field(page).press('Enter');
    await page.locator('.own:not(.waiting)', { hasText: '쓰다 만 글' }).waitFor();
    await page.locator('.own .quote', { hasText: '무슨 일이에요?' }).waitFor();
  });

  it('staff have a badge beside their name, members have none whatever their name', async () => {
    const { page, moderator } = await open('badge');
    const fake = await connectClient(
      suite,
      suite.server.url,
      createTestToken('[운영진] 하준', { projectId: 'badge' }),
    );
    const admin = await connectClient(
      suite,
      suite.server.url,
      createTestToken('서연', { projectId: 'badge', role: 'admin' }),
    );
    for (const [who, text] of [
      [moderator, '안녕하세요'],
      [fake, '저도요'],
      [admin, '공지입니다'],
    ] as const)
      assertStored(await who.send(text));
    const row = (text: string) => page.locator('.row', { hasText: text });
    await row('안녕하세요').locator('.staff', { hasText: '운영진' }).waitFor();
    await row('공지입니다').locator('.staff', { hasText: '관리자' }).waitFor();
    assert.equal(await row('저도요').locator('.staff').count(), 0);
    assert.deepEqual(await findAccessibilityViolations(page, 'badges'), []);
  });

  it('no page reported an error', () => assert.deepEqual(suite.pageErrors, []));
});
