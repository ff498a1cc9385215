/** Promise: chats of one page can be in different rooms, each with its own messages and members. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { createProject, KEY_SETTINGS } from '../support/projects.js';
import { createTestToken, waitUntil } from '../support/server.js';
import { inlineScript, serveHostMarkup } from './support/host-page.js';
import type { HostWindow } from './support/host-suite.js';
import { startBrowserSuite } from './support/suite.js';

const PLACES = '<div id="a" class="place"></div><div id="b" class="place"></div>';

describe('several rooms on a page', () => {
  const suite = startBrowserSuite({
    serve: serveHostMarkup,
    settings: KEY_SETTINGS,
    fill: (chatty) => createProject(chatty, 'host', { settings: { rooms: ['btc', 'eth'], guests: true } }),
  });
  const params = (name: string, more: object = {}) =>
    inlineScript(
      `window.params = ${JSON.stringify({ token: createTestToken(name, { projectId: 'host' }), autoload: false, ...more })}`,
    );
  const script = (attributes = 'defer') =>
    `<script src="${suite.server.url}/widget.js" ${attributes}></script>`;

  async function open(body: string): Promise<Page> {
    const page = await suite.openPage({ locale: 'en-US' });
    await page.goto(suite.pageUrl(body));
    await page.waitForFunction(() => 'Chatty' in window);
    return page;
  }
  async function say(page: Page, place: string, text: string): Promise<void> {
    await page.locator(`${place} textarea`).fill(text);
    await page.locator(`${place} textarea`).press('Enter');
    await page.locator(`${place} .own:not(.waiting)`, { hasText: text }).waitFor();
  }
  const bubbles = (page: Page, place: string) => page.locator(`${place} .bubble`).allTextContents();

  it('two chats in two rooms keep messages, unread counts and drafts apart', async () => {
    const page = await open(PLACES + params('both') + script());
    await page.evaluate(() => {
      const { Chatty, heard } = window as unknown as HostWindow;
      for (const [mount, room] of [
        ['#a', 'btc'],
        ['#b', 'eth'],
      ] as const)
        Chatty.init({ mount, room }).on('message:sent', ({ content }) => heard.push([room, content]));
    });
    for (const place of ['#a', '#b']) await page.locator(`${place} .dot.live`).waitFor();
    await say(page, '#a', 'of btc');
    await say(page, '#b', 'of eth');
    await page.locator('#b textarea').fill('half written');
    assert.deepEqual(await bubbles(page, '#a'), ['of btc']);
    assert.deepEqual(await bubbles(page, '#b'), ['of eth']);
    assert.equal(await page.locator('#a textarea').inputValue(), '');
    assert.deepEqual(await page.evaluate('heard'), [
      ['btc', 'of btc'],
      ['eth', 'of eth'],
    ]);
    const other = await open(PLACES + params('other') + script());
    await other.evaluate(() => {
      (window as unknown as HostWindow).Chatty.init({ mount: '#a' });
      (window as unknown as HostWindow).Chatty.init({ mount: '#b', room: 'eth' });
    });
    await other.locator('#a .dot.live').waitFor();
    await say(other, '#a', 'of the main room');
    await say(other, '#b', 'also of eth');
    await page.locator('#b .bubble', { hasText: 'also of eth' }).waitFor();
    assert.deepEqual(await bubbles(other, '#a'), ['of the main room']);
    assert.deepEqual(await bubbles(other, '#b'), ['of eth', 'also of eth']);
    assert.deepEqual(await bubbles(page, '#a'), ['of btc']);
    // Another visitor of the page finds nothing of the first, in either room.
    await page.evaluate(
      (token) => (window as unknown as HostWindow).Chatty.identify(token),
      createTestToken('next', { projectId: 'host' }),
    );
    await waitUntil(async () => (await page.locator('#b textarea').inputValue()) === '', 'an empty field');
    await page.locator('#b .row:not(.own)', { hasText: 'of eth' }).first().waitFor();
    assert.deepEqual(await bubbles(page, '#b'), ['of eth', 'also of eth']);
    assert.deepEqual(await bubbles(page, '#a'), ['of btc']);
  });

  it('a script attribute, an element attribute or window.params also sets the room', async () => {
    const speaker = await open(PLACES + params('speaker') + script());
    await speaker.evaluate(() => (window as unknown as HostWindow).Chatty.init({ mount: '#a', room: 'eth' }));
    await speaker.locator('#a .dot.live').waitFor();
    await say(speaker, '#a', 'heard by all three');
    const inPage = { autoload: true, mount: '#a' };
    for (const body of [
      PLACES + params('script', inPage) + script('defer data-room="eth"'),
      PLACES + params('params', { ...inPage, room: 'eth' }) + script(),
      `<chatty-chat room="eth"></chatty-chat>${params('element', { autoload: true })}${script()}`,
    ]) {
      const page = await open(body);
      await page.locator('.bubble', { hasText: 'heard by all three' }).waitFor();
    }
  });

  it('an unknown room is reported to the visitor and to the page', async () => {
    const page = await open(PLACES + params('lost') + script());
    await page.evaluate(() => {
      const { Chatty, heard } = window as unknown as HostWindow;
      Chatty.on('error', ({ code }) => heard.push([code]));
      Chatty.init({ mount: '#a', room: 'doge' });
    });
    await page.locator('.notice[role=alert]', { hasText: 'There is no such room.' }).waitFor();
    assert.deepEqual(await page.evaluate('heard'), [['room_unknown']]);
    // A guest as well, whom no login would help.
    await page.evaluate(() =>
      (window as unknown as HostWindow).Chatty.init({
        mount: '#b',
        room: 'doge',
        projectId: 'host',
        token: null,
      }),
    );
    await page.locator('#b .notice[role=alert]', { hasText: 'There is no such room.' }).waitFor();
    assert.deepEqual(await page.evaluate('heard'), [['room_unknown'], ['room_unknown']]);
  });

  it('after a page swap the chat opens the room currently set in window.params', async () => {
    const said = { autoload: true, mount: '#a', room: 'btc' };
    const page = await open(PLACES + params('swapped', said) + script());
    await say(page, '#a', 'before the swap');
    const swap = (room: string) =>
      page.evaluate(
        ({ src, next }) => {
          const body = document.createElement('body');
          body.innerHTML = '<div id="a" class="place"></div>';
          document.body.replaceWith(body);
          Object.assign((window as unknown as { params: object }).params, { room: next });
          body.append(Object.assign(document.createElement('script'), { src }));
        },
        { src: `${suite.server.url}/widget.js`, next: room },
      );
    await swap('eth');
    await page.locator('#a .dot.live').waitFor();
    await say(page, '#a', 'after the swap');
    assert.equal((await bubbles(page, '#a')).includes('before the swap'), false);
    await swap('btc');
    await page.locator('#a .bubble', { hasText: 'before the swap' }).waitFor();
    assert.equal(await page.locator('chatty-chat').count(), 1);
  });

  it('no page reported an error', () => assert.deepEqual(suite.pageErrors, []));
});
