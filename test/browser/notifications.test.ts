/** Promise: sounds and notifications follow the host's settings and the visitor's choice, announce only relevant messages, and leave no trace. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { waitUntil } from '../support/server.js';
import { findAccessibilityViolations } from './support/a11y.js';
import type { HostWindow } from './support/host-suite.js';
import {
  callChattyApi,
  liveRegion,
  PAGE_TITLE,
  type RecordingWindow,
  readRecordedNotifications,
  setPageHidden,
  setTitle,
  startNotificationsSuite,
  title,
  waitUntilRestored,
} from './support/notifications-page.js';

const MENTIONS = { sound: 'Sound for mentions and replies', bell: 'Notify me of mentions and replies' };

describe('notifications outside the panel', () => {
  const { suite, open, opened } = startNotificationsSuite();
  const bell = (page: Page) => page.getByRole('button', { name: MENTIONS.bell });
  const bodies = async (page: Page) => (await readRecordedNotifications(page)).shown.map(({ body }) => body);

  it('without the setting nothing is loaded, requested, stored, played or changed', async () => {
    const visited = await open({ sound: false, titleBadge: null, notifications: '' });
    const { page } = visited;
    await opened(visited);
    await setPageHidden(page);
    await visited.say('@민수 안녕');
    await page.locator('.bubble', { hasText: '안녕' }).waitFor();
    assert.equal(await page.locator('.switches').count(), 0);
    assert.equal(visited.loadedScripts(), false);
    assert.deepEqual(await readRecordedNotifications(page), {
      shown: [],
      asked: 0,
      tones: 0,
      audio: [],
      stored: [],
      title: PAGE_TITLE,
    });
  });

  it('the sound waits for a user gesture, plays only for relevant messages, is rate limited, and can be muted', async () => {
    const visited = await open({ sound: true, titleBadge: true });
    const { page, say } = visited;
    const told = async (said: Parameters<typeof say>[0], unread: number) => {
      await say(said);
      await title(page, `(${unread}) ${PAGE_TITLE}`);
    };
    await opened(visited);
    await page.locator('.switch').waitFor();
    await callChattyApi(page, 'close');
    await told('@민수 아직', 1);
    assert.deepEqual((await readRecordedNotifications(page)).audio, [], 'no sound before an act');
    await page.locator('.launcher').click();
    await waitUntil(
      async () => (await readRecordedNotifications(page)).audio.join() === 'suspended',
      'a sound that sleeps',
    );
    await setTitle(page, '@민수 내가 하는 말');
    await say('@민수 보고 있는 말');
    await page.locator('.bubble', { hasText: '보고 있는 말' }).waitFor();
    await callChattyApi(page, 'close');
    await told('아무에게나 하는 말', 1);
    assert.equal((await readRecordedNotifications(page)).tones, 0);
    await told('@민수 부르는 말', 2);
    await waitUntil(async () => (await readRecordedNotifications(page)).tones === 2, 'two tones');
    await told('@민수 바로 또', 3);
    await waitUntil(
      async () => (await readRecordedNotifications(page)).audio.join() === 'suspended',
      'silence again',
    );
    const { tones, stored: kept } = await readRecordedNotifications(page);
    assert.equal(tones, 2, 'not too often');
    assert.deepEqual(kept, [], 'nothing is stored before the visitor chooses');
    await page.locator('.launcher').click();
    const button = page.getByRole('button', { name: MENTIONS.sound });
    assert.equal(await button.getAttribute('aria-pressed'), 'true');
    await button.click();
    assert.equal(await button.getAttribute('aria-pressed'), 'false');
    assert.deepEqual((await readRecordedNotifications(page)).stored, ['chatty-notices']);
    await callChattyApi(page, 'destroy');
    await waitUntil(
      async () => (await readRecordedNotifications(page)).audio.join() === 'closed',
      'the sound to end',
    );
    await waitUntilRestored(visited);
    await callChattyApi(page, 'init');
    await opened(visited);
    assert.equal(await button.getAttribute('aria-pressed'), 'false', 'the choice is kept');
  });

  it('a muted chat is silent', async () => {
    const visited = await open({ sound: 'all', titleBadge: true });
    const { page, say } = visited;
    await opened(visited);
    const button = page.getByRole('button', { name: 'Sound for new messages' });
    await button.click();
    await setPageHidden(page);
    await say('무엇이든');
    await title(page, `(1) ${PAGE_TITLE}`);
    assert.equal((await readRecordedNotifications(page)).tones, 0);
    await setPageHidden(page, false);
    await button.click();
    await setPageHidden(page);
    await say('무엇이든');
    await waitUntil(async () => (await readRecordedNotifications(page)).tones === 2, 'two tones');
  });

  it('notification permission is requested only through the switch, and mentions and replies notify while the page is hidden', async () => {
    const visited = await open({ notifications: true, titleBadge: true });
    const { page, say } = visited;
    await opened(visited);
    await bell(page).waitFor();
    assert.equal(
      await bell(page).getAttribute('aria-pressed'),
      'false',
      'granted to the site is not asked of the chat',
    );
    await setTitle(page, '내가 한 말');
    // The first of its project.
    const own = 1;
    await setPageHidden(page);
    await say('@민수 벨을 누르기 전');
    await title(page, `(1) ${PAGE_TITLE}`);
    await setPageHidden(page, false);
    assert.deepEqual(await bodies(page), []);
    assert.equal((await readRecordedNotifications(page)).asked, 0);
    await bell(page).click();
    await page.locator('.switch[aria-pressed=true]').waitFor();
    assert.equal((await readRecordedNotifications(page)).asked, 1);
    const other = await say('@민수 보고 있는 말');
    await page.locator('.bubble', { hasText: '보고 있는 말' }).waitFor();
    await callChattyApi(page, 'close');
    await say('@민수 닫혀 있지만 보이는 쪽');
    await title(page, `(1) ${PAGE_TITLE}`);
    await setPageHidden(page);
    await say('아무에게나');
    await say({ content: '남에게 하는 답', replyTo: other.id });
    await title(page, `(3) ${PAGE_TITLE}`);
    assert.deepEqual(await bodies(page), []);
    await say({ content: '네게 하는 답 **꼭** ||비밀||', replyTo: own });
    await waitUntil(async () => (await bodies(page)).length === 1, 'a notification');
    const [shown] = (await readRecordedNotifications(page)).shown;
    assert.deepEqual(shown, { title: '지영', body: '네게 하는 답 꼭 ▒▒▒', closed: false });
    await page.evaluate(() => (window as unknown as RecordingWindow).noted.shown[0]?.press());
    await page.locator('.panel').waitFor();
    assert.equal((await readRecordedNotifications(page)).shown[0]?.closed, true);
    await bell(page).click();
    await page.locator('.switch[aria-pressed=false]').waitFor();
    await callChattyApi(page, 'destroy');
    await setPageHidden(page, false);
    await waitUntilRestored(visited);
  });

  it('notifications close when the visitor returns or the chat is removed', async () => {
    const visited = await open({ notifications: 'all' });
    const { page, say } = visited;
    await opened(visited);
    await page.getByRole('button', { name: 'Notify me of new messages' }).click();
    await page.locator('.switch[aria-pressed=true]').waitFor();
    await setPageHidden(page);
    await say('무엇이든');
    await waitUntil(async () => (await bodies(page)).length === 1, 'a notification');
    await setPageHidden(page, false);
    assert.deepEqual(
      (await readRecordedNotifications(page)).shown.map(({ closed }) => closed),
      [true],
    );
  });

  it('the switch reports a browser that blocks notifications, and is hidden where they are not supported', async () => {
    const visited = await open({ notifications: true, sound: true }, { granted: false });
    const { page } = visited;
    await opened(visited);
    await bell(page).click();
    await page.locator('.blocked', { hasText: 'Your browser blocks' }).waitFor();
    assert.equal(await bell(page).getAttribute('aria-pressed'), 'false');
    assert.deepEqual((await readRecordedNotifications(page)).stored, []);
    assert.deepEqual(await findAccessibilityViolations(page, 'blocked'), []);
    await callChattyApi(page, 'destroy');
    await page.evaluate(() => {
      // As Chrome has it on Android.
      window.Notification = class extends Notification {
        constructor(text: string) {
          super(text);
          throw new TypeError('Illegal constructor');
        }
      };
    });
    await callChattyApi(page, 'init');
    await opened(visited);
    await page.getByRole('button', { name: MENTIONS.sound }).waitFor();
    assert.equal(await bell(page).count(), 0);
  });

  it('the switches have a label in each language, and axe finds no violation, light and dark', async () => {
    const visited = await open({ notifications: true, sound: true, mount: '#a' });
    const { page } = visited;
    await liveRegion(page);
    await page.locator('.switch').first().waitFor();
    const seen = new Set<string | null>();
    for (const [index, locale] of ['en', 'ko', 'ja', 'zh-TW', 'es', 'ar'].entries()) {
      const theme = index % 2 ? 'dark' : 'light';
      await page.evaluate(
        ([language, look]) => {
          const { Chatty } = window as unknown as HostWindow;
          Chatty.setLocale(language ?? '');
          Chatty.setTheme(look as 'light' | 'dark');
        },
        [locale, theme],
      );
      await page.locator(`.face[lang="${locale}"]`).waitFor();
      for (const each of await page.locator('.switch').all()) seen.add(await each.getAttribute('aria-label'));
      assert.deepEqual(await findAccessibilityViolations(page, `${locale}, ${theme}`), []);
    }
    assert.equal(seen.size, 12);
  });

  it('no page reported an error', () => assert.deepEqual(suite.pageErrors, []));
});
