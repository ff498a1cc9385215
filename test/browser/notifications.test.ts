/** Promise: beyond the panel a chat tells of messages only as the host asked and the visitor chose, of what is their business, and leaves no trace. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { tokenOf, until } from '../support/server.js';
import { faults } from './support/a11y.js';
import type { HostWindow } from './support/host-suite.js';
import {
  call,
  hide,
  live,
  type NotedWindow,
  notesOf,
  settles,
  startNoticesSuite,
  TITLE,
  title,
  write,
} from './support/notifications-page.js';

const MENTIONS = { sound: 'Sound for mentions and replies', bell: 'Notify me of mentions and replies' };

describe('what tells of messages beyond the panel', () => {
  const { suite, open, opened } = startNoticesSuite();
  const bell = (page: Page) => page.getByRole('button', { name: MENTIONS.bell });
  const bodies = async (page: Page) => (await notesOf(page)).shown.map(({ body }) => body);

  it('nothing is brought, asked, stored, played or written while the host does not ask for it', async () => {
    const visited = await open({ sound: false, titleBadge: null, notifications: '' });
    const { page } = visited;
    await opened(visited);
    await hide(page);
    await visited.say('@민수 안녕');
    await page.locator('.bubble', { hasText: '안녕' }).waitFor();
    assert.equal(await page.locator('.switches').count(), 0);
    assert.equal(visited.brought(), false);
    assert.deepEqual(await notesOf(page), {
      shown: [],
      asked: 0,
      tones: 0,
      audio: [],
      stored: [],
      title: TITLE,
    });
  });

  it('the title counts what is unread, follows what the host writes there, and is as it was once all is read', async () => {
    const visited = await open({ titleBadge: true });
    const { page, say } = visited;
    await opened(visited);
    await until(visited.brought, 'the notices');
    assert.equal(await page.locator('.switch').count(), 0, 'there is nothing to turn off');
    await call(page, 'close');
    await say('하나');
    await title(page, `(1) ${TITLE}`);
    await page.evaluate(() => {
      document.title = 'Another page';
    });
    await title(page, '(1) Another page');
    await say('둘');
    await title(page, '(2) Another page');
    await page.evaluate(() => {
      document.title = `${document.title} *`;
    });
    await title(page, '(2) Another page *');
    await page.evaluate((text) => {
      const node = document.querySelector('title')?.firstChild;
      if (node) node.nodeValue = text;
    }, TITLE);
    await title(page, `(2) ${TITLE}`);
    await call(page, 'open');
    await title(page, TITLE);
    await hide(page);
    await say('셋');
    await title(page, `(1) ${TITLE}`);
    await hide(page, false);
    await title(page, TITLE);
    await hide(page);
    await say('넷');
    await title(page, `(1) ${TITLE}`);
    await call(page, 'destroy');
    assert.equal((await notesOf(page)).title, TITLE);
    await hide(page, false);
    await settles(visited);
  });

  it('several chats share the title, and a page without one has none afterwards', async () => {
    const visited = await open({ titleBadge: 'true', mount: '#a' }, { head: '' });
    const { page, say, projectId } = visited;
    await live(page);
    await call(page, 'init', { mount: null, token: tokenOf('현우', { projectId }) });
    await page.locator('.launcher').waitFor();
    await hide(page);
    // The second one connects when the page is idle.
    await until(async () => {
      await say('또 하나');
      return (await page.locator('.badge').textContent()) !== '';
    }, 'the second chat');
    const badge = async () => Number(await page.locator('.badge').textContent());
    const counted = async () => Number(/^\((\d+)\) $/.exec((await notesOf(page)).title)?.[1]);
    await until(async () => (await counted()) > (await badge()), 'the sum of both');
    await page.evaluate(() => document.querySelector('#a')?.remove());
    await until(async () => (await counted()) === (await badge()), 'the count of the other');
    await call(page, 'destroy');
    assert.equal((await notesOf(page)).title, 'none');
  });

  it('two scripts that answer each other at the title do not stop the page', async () => {
    const visited = await open({ titleBadge: true });
    const { page, say } = visited;
    await opened(visited);
    await until(visited.brought, 'the notices');
    await hide(page);
    await page.evaluate(() => {
      const mark = () => {
        if (!document.title.startsWith('*')) document.title = `* ${document.title}`.slice(0, 60);
      };
      new MutationObserver(mark).observe(document.head, {
        childList: true,
        subtree: true,
        characterData: true,
      });
    });
    await say('하나');
    await until(async () => /\(1\)/.test((await notesOf(page)).title), 'the count');
  });

  it('the sound waits for an act of the visitor, tells of their business alone, not too often, and can be muted', async () => {
    const visited = await open({ sound: true, titleBadge: true });
    const { page, say } = visited;
    const told = async (said: Parameters<typeof say>[0], unread: number) => {
      await say(said);
      await title(page, `(${unread}) ${TITLE}`);
    };
    await opened(visited);
    await page.locator('.switch').waitFor();
    await call(page, 'close');
    await told('@민수 아직', 1);
    assert.deepEqual((await notesOf(page)).audio, [], 'no sound before an act');
    await page.locator('.launcher').click();
    await until(async () => (await notesOf(page)).audio.join() === 'suspended', 'a sound that sleeps');
    await write(page, '@민수 내가 하는 말');
    await say('@민수 보고 있는 말');
    await page.locator('.bubble', { hasText: '보고 있는 말' }).waitFor();
    await call(page, 'close');
    await told('아무에게나 하는 말', 1);
    assert.equal((await notesOf(page)).tones, 0);
    await told('@민수 부르는 말', 2);
    await until(async () => (await notesOf(page)).tones === 2, 'two tones');
    await told('@민수 바로 또', 3);
    await until(async () => (await notesOf(page)).audio.join() === 'suspended', 'silence again');
    const { tones, stored: kept } = await notesOf(page);
    assert.equal(tones, 2, 'not too often');
    assert.deepEqual(kept, [], 'nothing is stored before the visitor chooses');
    await page.locator('.launcher').click();
    const button = page.getByRole('button', { name: MENTIONS.sound });
    assert.equal(await button.getAttribute('aria-pressed'), 'true');
    await button.click();
    assert.equal(await button.getAttribute('aria-pressed'), 'false');
    assert.deepEqual((await notesOf(page)).stored, ['chatty-notices']);
    await call(page, 'destroy');
    await until(async () => (await notesOf(page)).audio.join() === 'closed', 'the sound to end');
    await settles(visited);
    await call(page, 'init');
    await opened(visited);
    assert.equal(await button.getAttribute('aria-pressed'), 'false', 'the choice is kept');
  });

  it('a muted chat is silent', async () => {
    const visited = await open({ sound: 'all', titleBadge: true });
    const { page, say } = visited;
    await opened(visited);
    const button = page.getByRole('button', { name: 'Sound for new messages' });
    await button.click();
    await hide(page);
    await say('무엇이든');
    await title(page, `(1) ${TITLE}`);
    assert.equal((await notesOf(page)).tones, 0);
    await hide(page, false);
    await button.click();
    await hide(page);
    await say('무엇이든');
    await until(async () => (await notesOf(page)).tones === 2, 'two tones');
  });

  it('notifications are asked for by the bell alone, and tell of calls and answers while the page is hidden', async () => {
    const visited = await open({ notifications: true, titleBadge: true });
    const { page, say } = visited;
    await opened(visited);
    await bell(page).waitFor();
    assert.equal(
      await bell(page).getAttribute('aria-pressed'),
      'false',
      'granted to the site is not asked of the chat',
    );
    await write(page, '내가 한 말');
    // The first of its project.
    const own = 1;
    await hide(page);
    await say('@민수 벨을 누르기 전');
    await title(page, `(1) ${TITLE}`);
    await hide(page, false);
    assert.deepEqual(await bodies(page), []);
    assert.equal((await notesOf(page)).asked, 0);
    await bell(page).click();
    await page.locator('.switch[aria-pressed=true]').waitFor();
    assert.equal((await notesOf(page)).asked, 1);
    const other = await say('@민수 보고 있는 말');
    await page.locator('.bubble', { hasText: '보고 있는 말' }).waitFor();
    await call(page, 'close');
    await say('@민수 닫혀 있지만 보이는 쪽');
    await title(page, `(1) ${TITLE}`);
    await hide(page);
    await say('아무에게나');
    await say({ content: '남에게 하는 답', replyTo: other.id });
    await title(page, `(3) ${TITLE}`);
    assert.deepEqual(await bodies(page), []);
    await say({ content: '네게 하는 답 **꼭** ||비밀||', replyTo: own });
    await until(async () => (await bodies(page)).length === 1, 'a notification');
    const [shown] = (await notesOf(page)).shown;
    assert.deepEqual(shown, { title: '지영', body: '네게 하는 답 꼭 ▒▒▒', closed: false });
    await page.evaluate(() => (window as unknown as NotedWindow).noted.shown[0]?.press());
    await page.locator('.panel').waitFor();
    assert.equal((await notesOf(page)).shown[0]?.closed, true);
    await bell(page).click();
    await page.locator('.switch[aria-pressed=false]').waitFor();
    await call(page, 'destroy');
    await hide(page, false);
    await settles(visited);
  });

  it('what is shown goes once the visitor has come, or the chat has gone', async () => {
    const visited = await open({ notifications: 'all' });
    const { page, say } = visited;
    await opened(visited);
    await page.getByRole('button', { name: 'Notify me of new messages' }).click();
    await page.locator('.switch[aria-pressed=true]').waitFor();
    await hide(page);
    await say('무엇이든');
    await until(async () => (await bodies(page)).length === 1, 'a notification');
    await hide(page, false);
    assert.deepEqual(
      (await notesOf(page)).shown.map(({ closed }) => closed),
      [true],
    );
  });

  it('a browser that blocks them says so at the bell, and one that has none has no bell', async () => {
    const visited = await open({ notifications: true, sound: true }, { granted: false });
    const { page } = visited;
    await opened(visited);
    await bell(page).click();
    await page.locator('.blocked', { hasText: 'Your browser blocks' }).waitFor();
    assert.equal(await bell(page).getAttribute('aria-pressed'), 'false');
    assert.deepEqual((await notesOf(page)).stored, []);
    assert.deepEqual(await faults(page, 'blocked'), []);
    await call(page, 'destroy');
    await page.evaluate(() => {
      // As Chrome has it on Android.
      window.Notification = class extends Notification {
        constructor(text: string) {
          super(text);
          throw new TypeError('Illegal constructor');
        }
      };
    });
    await call(page, 'init');
    await opened(visited);
    await page.getByRole('button', { name: MENTIONS.sound }).waitFor();
    assert.equal(await bell(page).count(), 0);
  });

  it('the switches have a name in each language, and axe finds nothing, light and dark', async () => {
    const visited = await open({ notifications: true, sound: true, mount: '#a' });
    const { page } = visited;
    await live(page);
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
      assert.deepEqual(await faults(page, `${locale}, ${theme}`), []);
    }
    assert.equal(seen.size, 12);
  });

  it('no page complained', () => assert.deepEqual(suite.complaints, []));
});
