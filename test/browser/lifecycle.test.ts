/** Promise: chats are created and destroyed with the page, in any order of calls, and leave nothing behind. */

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import { waitUntil } from '../support/server.js';
import { inlineScript, type PageResources } from './support/host-page.js';
import { createSuiteToken, type HostWindow, startHostSuite } from './support/host-suite.js';

const A = '<div id="a" class="place"></div>';
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

describe('the lifecycle of a chat', () => {
  const suite = startHostSuite();
  const params = (values: object) => inlineScript(`window.params = ${JSON.stringify(values)}`);
  const live = (page: Page) => page.locator('.dot.live').first().waitFor();
  const left = (page: Page) => page.evaluate(() => (window as unknown as HostWindow).left());
  /** Waits until no more is left than there was. */
  const settles = (page: Page, before: PageResources) =>
    waitUntil(
      async () => JSON.stringify(await left(page)) === JSON.stringify(before),
      'nothing to be left',
    ).catch(async () => assert.deepEqual(await left(page), before));
  /** Puts another body in place of the page's, as Turbo and Astro do; `script` runs the two lines again. */
  const swap = (page: Page, token?: string, script = false) =>
    page.evaluate(
      ({ place, said, src }) => {
        const body = document.createElement('body');
        if (place) body.append(Object.assign(document.createElement('div'), { id: 'a', className: 'place' }));
        document.body.replaceWith(body);
        if (said !== undefined) Object.assign(window, { params: { token: said } });
        if (!src) return undefined;
        const element = Object.assign(document.createElement('script'), { src });
        return new Promise((resolve) => {
          element.onload = resolve;
          body.append(element);
        });
      },
      { place: true, said: token, src: script ? `${suite.chat}/widget.js` : '' },
    );

  for (const mount of ['#a', null])
    it(`init, identify, logout and destroy, in all orders up to four calls, leave nothing ${mount ? 'in the page' : 'docked'}`, async () => {
      const page = await suite.openPage(A + params({ autoload: false, mount }) + suite.script());
      await page.waitForFunction(() => 'Chatty' in window);
      const before = await left(page);
      const faults = await page.evaluate(
        async ([tokens, wanted]) => {
          const { Chatty, left: count, rest } = window as unknown as HostWindow;
          const chats: { destroy(): void; identify(token: string | null): void; open(): void }[] = [];
          const calls = {
            init: () => {
              chats.push(Chatty.init({ token: tokens[0] }));
              Chatty.open();
            },
            identify: () => Chatty.identify(tokens[1] ?? null),
            logout: () => Chatty.logout(),
            destroy: () => Chatty.destroy(),
          };
          const names = Object.keys(calls) as (keyof typeof calls)[];
          const orders: (keyof typeof calls)[][] = names.map((name) => [name]);
          for (const order of orders)
            if (order.length < 4) orders.push(...names.map((name) => [...order, name]));
          const bad: string[] = [];
          for (const [index, order] of orders.entries()) {
            if (bad.length === 3) break;
            for (const name of order) {
              calls[name]();
              // At once, after a turn, or after the chat may have connected.
              if (index % 3 > 0) await rest(index % 3 === 1 ? 0 : 40);
            }
            Chatty.destroy();
            // A chat that is gone does nothing any more, whoever still holds it.
            for (const chat of chats.splice(0)) {
              chat.identify(tokens[1] ?? null);
              chat.open();
              chat.destroy();
            }
            let now = '';
            for (let tries = 0; tries < 400 && now !== wanted; tries += 1) {
              await rest(10);
              now = JSON.stringify(count());
            }
            if (now !== wanted) bad.push(`${order.join()}: ${now}`);
          }
          return { bad, count: orders.length };
        },
        [[createSuiteToken('one'), createSuiteToken('two')], JSON.stringify(before)] as const,
      );
      assert.deepEqual(faults, { bad: [], count: 340 });
      await suite.room();
    });

  it('a docked chat with its draft survives a replaced body element', async () => {
    const page = await suite.openPage(params({ token: createSuiteToken('turbo') }) + suite.script());
    for (let each = 0; each < 30; each += 1) await suite.roomWatcher().send(`line ${each}`);
    await page.locator('.launcher').click();
    await page.locator('.bubble', { hasText: 'line 29' }).waitFor();
    await page.locator('textarea').fill('half written');
    await page.evaluate('window.kept = document.querySelector("chatty-chat")');
    await swap(page);
    await page.locator('.panel').waitFor();
    assert.equal(await page.evaluate('kept === document.querySelector("body > chatty-chat")'), true);
    assert.equal(await page.locator('textarea').inputValue(), 'half written');
    await suite.room('turbo');
    await page.evaluate((token) => {
      document.body.replaceWith(document.createElement('body'));
      (window as unknown as HostWindow).Chatty.identify(token);
    }, createSuiteToken('astro'));
    await suite.room('astro');
    await live(page);
    assert.equal(await page.locator('chatty-chat').count(), 1);
  });

  it('after a page swap the two-line snippet restores the chat for the current visitor', async () => {
    const page = await suite.openPage(
      A + params({ mount: '#a', token: createSuiteToken('first') }) + suite.script(),
    );
    await live(page);
    await swap(page, createSuiteToken('first', 1_800), true);
    await suite.room('first');
    await page.locator('#a .dot.live').waitFor();
    await swap(page, createSuiteToken('second'), true);
    await suite.room('second');
    await swap(page, '', true);
    await suite.room();
    await page.locator('.notice .primary').waitFor();
    assert.equal(await page.locator('chatty-chat').count(), 1);
  });

  it('a <chatty-chat> element is a chat; moving it keeps the chat, removing ends it, and adding it again starts another', async () => {
    const page = await suite.openPage(
      `${A}<chatty-chat id="talk" locale="ko"></chatty-chat>${inlineScript(`document.querySelector('#talk').token = '${createSuiteToken('markup')}'`)}${suite.script()}`,
    );
    await live(page);
    await suite.room('markup');
    assert.equal(await page.locator('chatty-chat').count(), 1, 'no bubble beside it');
    assert.equal(await page.locator('#talk h2').textContent(), '채팅');
    await page.evaluate(
      'const talk = document.querySelector("#talk"); talk.setAttribute("locale", "en"); talk.setAttribute("theme", "dark")',
    );
    await page.locator('#talk h2', { hasText: 'Chat' }).waitFor();
    assert.equal(await page.locator('#talk .root.dark').count(), 1);
    await page.locator('textarea').fill('half written');
    await page.evaluate('document.querySelector("#a").append(document.querySelector("#talk"))');
    await page.evaluate('rest(50)');
    assert.equal(await page.locator('#a textarea').inputValue(), 'half written');
    await page.evaluate((token) => {
      Object.assign(document.querySelector('#talk') ?? {}, { token });
    }, createSuiteToken('other'));
    await suite.room('other');
    await page.evaluate('window.talk = document.querySelector("#talk"); talk.remove()');
    await suite.room();
    await waitUntil(async () => (await left(page)).sockets === 0, 'the socket to be gone');
    await page.evaluate('document.body.append(talk)');
    await suite.room('other');
    await page.evaluate('talk.remove()');
    await suite.room();
  });

  it('the React example of the documentation mounts and unmounts cleanly under StrictMode', async () => {
    const page = await suite.openPage(`<div id="app"></div>${inlineScript(await react(suite.chat))}`);
    const show = (token: string | null) =>
      page.evaluate((value) => (window as unknown as { show(it: unknown): void }).show(value), token);
    await show(createSuiteToken('react'));
    await live(page);
    await suite.room('react');
    assert.equal(await page.locator('chatty-chat').count(), 1);
    await page.locator('textarea').fill('hello');
    await page.locator('textarea').press('Enter');
    await page.locator('.own:not(.waiting)', { hasText: 'hello' }).waitFor();
    assert.deepEqual(await page.evaluate('heard'), [['ready'], ['sent', 'hello']]);
    await show(createSuiteToken('hooks'));
    await suite.room('hooks');
    await show(null);
    await suite.room();
    await page.locator('.notice .primary').waitFor();
    await page.evaluate('hide()');
    await page.locator('chatty-chat').waitFor({ state: 'detached' });
    const before = { ...(await left(page)), timers: 0, sockets: 0, observers: 0 };
    for (let each = 0; each < 3; each += 1) {
      await show(createSuiteToken('react'));
      if (each > 0) await live(page);
      await page.evaluate('hide()');
    }
    await settles(page, before);
    assert.equal(await page.locator('script[src$="/widget.js"]').count(), 1);
    await suite.room();
  });

  it('no page reported an error', () => {
    assert.deepEqual(suite.pageErrors, []);
  });
});

/** The example as a page would have it, beside React for development. */
async function react(chat: string): Promise<string> {
  const text = await readFile(here('../../docs/embed/embedding.md'), 'utf8');
  const example = text.match(/```tsx\n(.*?)```/s)?.[1] ?? '';
  const contents = `${example
    .replace('https://chat.example.com', chat)
    .replaceAll('console.log(', 'window.heard.push([')
    .replaceAll(/(heard\.push\(\[[^)]*)\)/g, '$1])')}
    import { renderInStrictMode } from './support/react-page.ts';
    const { show, hide } = renderInStrictMode(document.querySelector('#app'), Talk);
    Object.assign(window, { show: (token) => show({ token }), hide });`;
  const { outputFiles } = await build({
    stdin: { contents, loader: 'tsx', resolveDir: here('.') },
    bundle: true,
    write: false,
    format: 'iife',
    jsx: 'automatic',
    conditions: ['source'],
    define: { 'process.env.NODE_ENV': '"development"' },
  });
  return outputFiles[0]?.text ?? '';
}
