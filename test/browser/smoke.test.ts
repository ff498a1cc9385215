/** Promise: three people on two sites, in a real browser, see the messages of their own site and no others. */

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { createToken } from '@chatty/token';
import type { Browser, Page } from 'playwright-core';
import { startDemo } from '../support/processes.js';
import { createTemporaryFolder, waitUntil } from '../support/server.js';
import { launchBrowser } from './support/page.js';

describe('in the browser', () => {
  const endings: (() => unknown)[] = [];
  const suite = { after: (ending: () => unknown) => endings.push(ending) } as unknown as TestContext;
  /** What pages complained about: errors, and violations of their content security policy. */
  const complaints: string[] = [];
  let browser: Browser;
  let demo: Awaited<ReturnType<typeof startDemo>>;

  before(async () => {
    const data = join(createTemporaryFolder(), 'data');
    demo = await startDemo(suite, data);
    browser = await launchBrowser(suite);
  });
  after(async () => {
    for (const ending of endings.reverse()) await ending();
  });

  async function openPage(address: string): Promise<Page> {
    const page = await (await browser.newContext()).newPage();
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => {
      if (/Content Security Policy/.test(message.text())) complaints.push(message.text());
    });
    await page.goto(address);
    return page;
  }

  async function logIn(site: string, id: string, password: string): Promise<Page> {
    const page = await openPage(`${site}/login`);
    await page.fill('[name=id]', id);
    await page.fill('[name=password]', password);
    await page.click('main button[type=submit]');
    await page.waitForURL(`${site}/`);
    return page;
  }

  async function say(page: Page, text: string): Promise<void> {
    await page.locator('textarea').fill(text);
    await page.locator('textarea').press('Enter');
  }

  const bubbles = (page: Page) => page.locator('.bubble').allTextContents();
  const shows = (page: Page, text: string) => page.locator('.bubble', { hasText: text }).waitFor();

  it('two Kimpga members chat in Korean, and Othershop receives nothing', async () => {
    const minsu = await logIn(demo.kimpga, 'minsu', 'kimpga-minsu');
    const jiyoung = await logIn(demo.kimpga, 'jiyoung', 'kimpga-jiyoung');
    const alice = await logIn(demo.othershop, 'alice', 'othershop-alice');
    await alice.locator('.launcher').click();
    await say(minsu, '안녕하세요, 지영님!');
    await shows(jiyoung, '안녕하세요, 지영님!');
    await say(jiyoung, '<img src=x onerror=alert(1)> 반가워요 👩🏽‍🚀');
    await shows(minsu, '반가워요');
    await say(alice, 'Only for the shop');
    await shows(alice, 'Only for the shop');
    const talk = ['안녕하세요, 지영님!', '<img src=x onerror=alert(1)> 반가워요 👩🏽‍🚀'];
    assert.deepEqual(
      [await bubbles(minsu), await bubbles(jiyoung), await bubbles(alice)],
      [talk, talk, ['Only for the shop']],
    );
    assert.deepEqual(await minsu.locator('.own .bubble').allTextContents(), [talk[0]]);
    assert.equal(await jiyoung.locator('.row:not(.own) .name').first().textContent(), '민수');
    // Only the two that stand for lines not drawn have a height, set by script, which no policy forbids.
    assert.equal(await minsu.locator('chatty-chat [style]:not(.frame > div), chatty-chat style').count(), 0);
  });

  it('Enter during Hangul composition sends once', async () => {
    const page = await logIn(demo.kimpga, 'minsu', 'kimpga-minsu');
    const input = await page.context().newCDPSession(page);
    await page.locator('textarea').click();
    for (const text of ['ㄱ', '기', '김', '김ㅍ', '김프'])
      await input.send('Input.imeSetComposition', {
        text,
        selectionStart: text.length,
        selectionEnd: text.length,
      });
    await input.send('Input.dispatchKeyEvent', {
      type: 'keyDown',
      windowsVirtualKeyCode: 229,
      key: 'Enter',
      code: 'Enter',
    });
    await input.send('Input.insertText', { text: '김프' });
    await input.send('Input.dispatchKeyEvent', {
      type: 'keyDown',
      windowsVirtualKeyCode: 13,
      key: 'Enter',
      code: 'Enter',
    });
    await input.send('Input.dispatchKeyEvent', {
      type: 'keyUp',
      windowsVirtualKeyCode: 13,
      key: 'Enter',
      code: 'Enter',
    });
    await shows(page, '김프');
    await say(page, '다음 줄');
    await shows(page, '다음 줄');
    assert.deepEqual(
      (await bubbles(page)).filter((text) => text.includes('김프')),
      ['김프'],
    );
    assert.equal(await page.locator('textarea').inputValue(), '');
  });

  it('Enter on a Japanese candidate confirms without sending; Shift+Enter inserts a line break', async () => {
    const page = await logIn(demo.othershop, 'bob', 'othershop-bob');
    await page.locator('.launcher').click();
    const input = await page.context().newCDPSession(page);
    await page.locator('textarea').click();
    await input.send('Input.imeSetComposition', { text: 'にほん', selectionStart: 3, selectionEnd: 3 });
    await input.send('Input.dispatchKeyEvent', {
      type: 'keyDown',
      windowsVirtualKeyCode: 229,
      key: 'Enter',
      code: 'Enter',
    });
    await input.send('Input.insertText', { text: '日本' });
    await input.send('Input.dispatchKeyEvent', {
      type: 'keyUp',
      windowsVirtualKeyCode: 13,
      key: 'Enter',
      code: 'Enter',
    });
    assert.equal(await page.locator('textarea').inputValue(), '日本');
    await page.locator('textarea').press('Shift+Enter');
    await page.keyboard.type('two');
    assert.equal(await page.locator('textarea').inputValue(), '日本\ntwo');
    await page.locator('textarea').press('Enter');
    await shows(page, 'two');
    assert.deepEqual((await bubbles(page)).at(-1), '日本\ntwo');
  });

  it('a visitor without a login is asked to log in, in the language of the page', async () => {
    const page = await openPage(demo.kimpga);
    await page.getByRole('button', { name: '로그인하고 채팅하기' }).click();
    await page.waitForURL(`${demo.kimpga}/login`);
    assert.deepEqual(await bubbles(page), []);
  });

  it('a forged token shows a readable reason and its code', async () => {
    const forged = createToken({
      secret: 'somebody-elses-secret-of-32-bytes-or-more',
      projectId: 'kimpga',
      username: '가짜',
    });
    const site = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.end(
        `<!doctype html><html lang="ko"><body><div id="chat"></div><script>window.params = { token: "${forged}", mount: "#chat" }</script><script src="${demo.chat}/widget.js" defer></script><script src="${demo.chat}/widget.js" defer></script>`,
      );
    }).listen(0, '127.0.0.1');
    suite.after(() => site.close());
    await waitUntil(() => site.listening, 'the page');
    const page = await openPage(`http://127.0.0.1:${(site.address() as AddressInfo).port}`);
    await page.getByText('token_invalid').waitFor();
    assert.match((await page.getByRole('alert').textContent()) ?? '', /로그인 정보를 확인하지 못했어요/);
    assert.equal(await page.locator('chatty-chat').count(), 1, 'a second inclusion does nothing');
  });

  it('a message written offline is sent once after the reconnect', async () => {
    const minsu = await logIn(demo.kimpga, 'minsu', 'kimpga-minsu');
    const jiyoung = await logIn(demo.kimpga, 'jiyoung', 'kimpga-jiyoung');
    await minsu.locator('.dot.live').waitFor();
    await jiyoung.locator('.dot.live').waitFor();
    await minsu.context().setOffline(true);
    await minsu.evaluate(() => dispatchEvent(new Event('offline')));
    await say(minsu, '터널 안에서');
    await minsu.locator('.row.waiting .bubble', { hasText: '터널 안에서' }).waitFor();
    await minsu.context().setOffline(false);
    await shows(jiyoung, '터널 안에서');
    await minsu.locator('.row.waiting').waitFor({ state: 'detached' });
    assert.equal((await bubbles(jiyoung)).filter((text) => text === '터널 안에서').length, 1);
  });

  it('no page reported an error, and the browser stored nothing', async () => {
    const page = await logIn(demo.kimpga, 'minsu', 'kimpga-minsu');
    await page.locator('.dot.live').waitFor();
    assert.equal(await page.evaluate(() => localStorage.length + sessionStorage.length), 0);
    assert.deepEqual(complaints, []);
  });
});
