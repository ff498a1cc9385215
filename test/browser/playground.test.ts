/** Promise: on the playground each setting changes the chat at once, events are logged, and the code it shows works. */

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { createPlayground } from '@chatty/demo/testing';
import type { Page } from 'playwright-core';
import { SECRET, waitUntil } from '../support/server.js';
import { startBrowserSuite } from './support/suite.js';

describe('the playground', () => {
  const suite = startBrowserSuite({
    settings: { GUEST_PROJECTS: 'playground', SEND_BURST: '500', SEND_PER_SECOND: '500' },
    async serve(context, chattyUrl) {
      const site = createPlayground({ host: '127.0.0.1', port: 0, chattyUrl, jwtSecret: SECRET, pace: 10 });
      context.after(() => site.close());
      return `http://127.0.0.1:${(await site.listen()).port}`;
    },
  });
  const stage = (page: Page) => page.frameLocator('#stage');
  const setting = (page: Page, name: string) => page.locator(`#setting-${name}`);
  const logged = (page: Page, name: string) => page.locator(`#log [data-name="${name}"]`).first();

  async function open(hash = ''): Promise<Page> {
    const page = await suite.openPage();
    await page.goto(`${suite.pageUrl}/?lang=en${hash}`);
    return page;
  }

  async function live(page: Page): Promise<void> {
    await stage(page).locator('.dot.live').waitFor();
  }

  async function choose(page: Page, legend: string, choice: string): Promise<void> {
    const group = page.locator('#settings').getByRole('group', { name: legend });
    await group.getByText(choice, { exact: true }).click();
  }

  it('a setting with a method is applied immediately, and the log shows the call', async () => {
    const page = await open();
    await live(page);
    await stage(page)
      .locator('html')
      .evaluate((root) => root.setAttribute('data-same', 'page'));
    await setting(page, 'locale').selectOption('es');
    await stage(page).locator('chatty-chat [lang="es"]').first().waitFor({ state: 'attached' });
    await page.locator('#log .call', { hasText: 'setLocale("es")' }).waitFor();
    assert.equal(await stage(page).locator('html').getAttribute('data-same'), 'page');
  });

  it('a setting that is read once reloads the site, with the chat in its new place', async () => {
    const page = await open();
    await live(page);
    await choose(page, 'Position', 'Inline');
    await stage(page).locator('#chat chatty-chat').waitFor();
    await live(page);
    assert.match(page.url(), /mount=%23chat/);
  });

  it('colours and CSS rules of the page apply to the chat', async () => {
    const page = await open('#mount=%23chat');
    await live(page);
    await setting(page, '--chatty-background').fill('#102030');
    await setting(page, 'css').fill('chatty-chat::part(header) { color: rgb(1, 2, 3); }');
    const header = stage(page).locator('[part~="header"]');
    await waitUntil(
      async () => (await header.evaluate((each) => getComputedStyle(each).color)) === 'rgb(1, 2, 3)',
      'the rule in the chat',
    );
    await waitUntil(
      () =>
        stage(page)
          .locator('[part~="panel"]')
          .evaluate((each) => getComputedStyle(each).backgroundColor === 'rgb(16, 32, 48)'),
      'the colour in the chat',
    );
  });

  it('a guest can read, and cannot write until they log in', async () => {
    const page = await open('#mount=%23chat');
    await live(page);
    await choose(page, 'Who is it?', 'Guest');
    await stage(page).locator('.composer textarea').waitFor({ state: 'detached' });
    await page.locator('[data-method="identify"]').click();
    await stage(page).locator('.composer textarea').waitFor();
  });

  it('an expired token is reported, and a provider supplies another', async () => {
    const page = await open('#mount=%23chat&kind=expired');
    await logged(page, 'tokenExpired').waitFor();
    await page.getByRole('switch', { name: /Fetch a new token/ }).check();
    await logged(page, 'tokenProvider').waitFor();
    await live(page);
  });

  it('without automatic display the site opens the chat with its own button', async () => {
    const page = await open('#mount=%23chat&autoload=false');
    const button = stage(page).getByRole('button', { name: 'Start the chat' });
    await button.waitFor();
    assert.equal(await stage(page).locator('chatty-chat').count(), 0);
    await waitUntil(
      () => page.evaluate("typeof document.getElementById('stage').contentWindow.Chatty === 'function'"),
      'the script',
    );
    await button.click();
    await live(page);
  });

  it('simulated users join on request, and their messages appear in the log', async () => {
    const page = await open('#mount=%23chat&username=Tester');
    await live(page);
    await page.locator('#crowd').click();
    await stage(page).getByText('First time here').first().waitFor();
    await stage(page).getByText('Have a good one').first().waitFor();
    await logged(page, 'message').waitFor();
    const field = stage(page).locator('.composer textarea');
    await field.fill('Good to see you');
    await field.press('Enter');
    assert.match((await logged(page, 'message:sent').textContent()) ?? '', /Good to see you/);
  });

  it('the generated code shows the same chat on another page', async () => {
    const page = await open(
      '#mount=%23chat&locale=es&username=Carmen&autoload=false&--chatty-accent=%23aa0000',
    );
    await waitUntil(async () => /eyJ/.test((await page.locator('#snippet').textContent()) ?? ''), 'the code');
    const code = (await page.locator('#snippet').textContent()) ?? '';
    const server = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.end(`<!doctype html><html lang="en"><body>${code}`);
    }).listen(0, '127.0.0.1');
    suite.after(() => server.close());
    await waitUntil(() => server.listening, 'the other site');
    const other = await suite.openPage();
    await other.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    assert.equal(await other.locator('chatty-chat').count(), 0);
    await other.getByRole('button', { name: 'Start the chat' }).click();
    await other.locator('#chat .dot.live').waitFor();
    await other.locator('chatty-chat [lang="es"]').first().waitFor();
    assert.equal(
      await other.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--chatty-accent')"),
      '#aa0000',
    );
    await other.locator('.composer textarea').fill('hola');
    await other.locator('.composer textarea').press('Enter');
    await other.locator('.own:not(.waiting)', { hasText: 'hola' }).waitFor();
  });

  it('every control has a name and a large enough target height', async () => {
    const page = await open();
    await live(page);
    const faults =
      await page.evaluate(`[...document.querySelectorAll('button, a, select, textarea, input:not([type=radio]), .segments label')]
      .filter((each) => each.checkVisibility() && !each.matches('.skip'))
      .filter((each) => each.getBoundingClientRect().height < 24
        || !(each.getAttribute('aria-label') || each.labels?.[0]?.textContent || each.textContent).trim())
      .map((each) => each.outerHTML)`);
    assert.deepEqual(faults, []);
  });

  it('no page reported an error', () => {
    assert.deepEqual(suite.pageErrors, []);
  });
});
