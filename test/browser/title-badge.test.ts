/** Promise: the page's title shows the number of unread messages where the host wants it, follows the host's own titles, and is restored. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createTestToken, waitUntil } from '../support/server.js';
import {
  callChattyApi,
  liveRegion,
  PAGE_TITLE,
  readRecordedNotifications,
  setPageHidden,
  startNotificationsSuite,
  title,
  waitUntilRestored,
} from './support/notifications-page.js';

describe('the unread count in the title', () => {
  const { suite, open, opened } = startNotificationsSuite();

  it('the title shows the unread count, follows title changes of the host, and is restored when all is read', async () => {
    const visited = await open({ titleBadge: true });
    const { page, say } = visited;
    await opened(visited);
    await waitUntil(visited.loadedScripts, 'the notifications module');
    assert.equal(await page.locator('.switch').count(), 0, 'there is nothing to turn off');
    await callChattyApi(page, 'close');
    await say('하나');
    await title(page, `(1) ${PAGE_TITLE}`);
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
    }, PAGE_TITLE);
    await title(page, `(2) ${PAGE_TITLE}`);
    await callChattyApi(page, 'open');
    await title(page, PAGE_TITLE);
    await setPageHidden(page);
    await say('셋');
    await title(page, `(1) ${PAGE_TITLE}`);
    await setPageHidden(page, false);
    await title(page, PAGE_TITLE);
    await setPageHidden(page);
    await say('넷');
    await title(page, `(1) ${PAGE_TITLE}`);
    await callChattyApi(page, 'destroy');
    assert.equal((await readRecordedNotifications(page)).title, PAGE_TITLE);
    await setPageHidden(page, false);
    await waitUntilRestored(visited);
  });

  it('several chats share the title, and a page without a title still has none afterwards', async () => {
    const visited = await open({ titleBadge: 'true', mount: '#a' }, { head: '' });
    const { page, say, projectId } = visited;
    await liveRegion(page);
    await callChattyApi(page, 'init', { mount: null, token: createTestToken('현우', { projectId }) });
    await page.locator('.launcher').waitFor();
    await setPageHidden(page);
    // The second one connects when the page is idle.
    await waitUntil(async () => {
      await say('또 하나');
      return (await page.locator('.badge').textContent()) !== '';
    }, 'the second chat');
    const badge = async () => Number(await page.locator('.badge').textContent());
    const counted = async () =>
      Number(/^\((\d+)\) $/.exec((await readRecordedNotifications(page)).title)?.[1]);
    await waitUntil(async () => (await counted()) > (await badge()), 'the sum of both');
    await page.evaluate(() => document.querySelector('#a')?.remove());
    await waitUntil(async () => (await counted()) === (await badge()), 'the count of the other');
    await callChattyApi(page, 'destroy');
    assert.equal((await readRecordedNotifications(page)).title, 'none');
  });

  it('two scripts that react to each other in the title do not loop', async () => {
    const visited = await open({ titleBadge: true });
    const { page, say } = visited;
    await opened(visited);
    await waitUntil(visited.loadedScripts, 'the notifications module');
    await setPageHidden(page);
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
    await waitUntil(async () => /\(1\)/.test((await readRecordedNotifications(page)).title), 'the count');
  });

  it('no page reported an error', () => assert.deepEqual(suite.pageErrors, []));
});
