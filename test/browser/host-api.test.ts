/** Promise: calls of the host take effect in their order, and the host gets an event for everything that happens in the chat. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { waitUntil } from '../support/server.js';
import { inlineScript } from './support/host-page.js';
import { createSuiteToken, type HostWindow, startHostSuite } from './support/host-suite.js';

const STUB = 'window.Chatty = window.Chatty || function () { (Chatty.q = Chatty.q || []).push(arguments) };';
const A = '<div id="a" class="place"></div>';

describe('the host API', () => {
  const suite = startHostSuite();
  const params = (values: object) => inlineScript(`window.params = ${JSON.stringify(values)}`);
  const title = (page: Page) => page.locator('.panel h2').first();
  const heard = (page: Page) => page.evaluate(() => (window as unknown as HostWindow).heard);
  const live = (page: Page) => page.locator('.dot.live').first().waitFor();
  const call = (page: Page, ...values: unknown[]) =>
    page.evaluate((given) => {
      const [name = '', ...rest] = given as [string, ...unknown[]];
      (window as unknown as HostWindow).Chatty(name, ...rest);
    }, values);

  it('calls queued before the script loads are replayed in order, without opening a chat by themselves', async () => {
    const queue = `${STUB}
      Chatty('on', 'connection', ({ state }) => heard.push([state]));
      Chatty('init', { mount: '#a', token: '${createSuiteToken('first')}', locale: 'ko' });
      Chatty('identify', '${createSuiteToken('second')}');
      Chatty('setLocale', 'ja'); Chatty('setLocale', 'en'); Chatty('nothing'); Chatty('setTheme', 'dark');`;
    for (const autoload of [true, false]) {
      const page = await suite.openPage(A + inlineScript(queue) + params({ autoload }) + suite.script());
      await live(page);
      await suite.room('second');
      assert.equal(await title(page).textContent(), 'Chat');
      assert.equal(await page.locator('#a > chatty-chat').count(), 1);
      assert.equal(await page.locator('chatty-chat').count(), 1);
      assert.equal(await page.locator('chatty-chat .root.dark').count(), 1);
      assert.deepEqual(await heard(page), [['connecting'], ['connected']]);
      await page.context().close();
      await suite.room();
    }
  });

  it('without autoload no chat opens before init; init overrides attributes, attributes override params; markup has no token (X11)', async () => {
    const page = await suite.openPage(
      A +
        params({ autoload: false, locale: 'ko', theme: 'dark', mount: '#nowhere' }) +
        suite.script(`defer data-locale="ja" data-mount="#a" data-token="${createSuiteToken('markup')}"`),
    );
    await page.waitForFunction(() => 'Chatty' in window);
    assert.equal(await page.locator('chatty-chat').count(), 0);
    await call(page, 'boot');
    await page.locator('#a .panel').waitFor();
    assert.equal(await title(page).textContent(), 'チャット');
    assert.equal(await page.locator('#a .root.dark').count(), 1);
    assert.equal(await page.locator('.notice .primary').count(), 1, 'nobody is logged in');
    await call(page, 'destroy');
    await call(page, 'init', { locale: 'en', theme: 'light', token: createSuiteToken('said') });
    await live(page);
    assert.equal(await title(page).textContent(), 'Chat');
    assert.equal(await page.locator('#a .root.dark').count(), 0);
    await suite.room('said');
  });

  it('including the script twice changes nothing', async () => {
    const page = await suite.openPage(
      A + params({ mount: '#a', token: createSuiteToken('said') }) + suite.script() + suite.script(),
    );
    await live(page);
    await call(page, 'identify', createSuiteToken('later'));
    await suite.room('later');
    await again(page, suite.chat);
    await live(page);
    assert.equal(await page.locator('chatty-chat').count(), 1);
    await suite.room('later');
    await call(page, 'destroy');
    const off = await suite.openPage(params({ autoload: false }) + suite.script());
    await again(off, suite.chat);
    assert.equal(await off.locator('chatty-chat').count(), 0, 'what must not appear does not');
  });

  it('on, once, off and DOM events report each event with its detail', async () => {
    const token = createSuiteToken('minsu');
    const names =
      "['ready','open','close','message','message:sent','unread','connection','loginRequired','error']";
    const page = await suite.openPage(
      inlineScript(`${STUB}
        for (const name of ${names}) {
          Chatty('on', name, (detail) => heard.push([name, detail ?? null]));
          document.addEventListener('chatty:' + name, ({ detail }) => heard.push(['dom ' + name, detail ?? null]));
        }
        Chatty('once', 'open', () => heard.push(['once']));
        window.removed = () => heard.push(['removed']);
        Chatty('on', 'open', removed); Chatty('on', 'close', removed); Chatty('off', 'open', removed); Chatty('off', 'close', removed);
      `) +
        params({ token }) +
        suite.script(),
    );
    const saw = async (...wanted: unknown[]) =>
      waitUntil(
        async () => JSON.stringify(await heard(page)).includes(JSON.stringify(wanted)),
        JSON.stringify(wanted),
      );
    await saw('connection', { state: 'connected' });
    await saw('ready', null);
    await suite.roomWatcher().send('안녕');
    await saw('unread', { count: 1 });
    for (const name of ['open', 'close', 'toggle', 'toggle', 'open']) await call(page, name);
    await saw('unread', { count: 0 });
    await page.locator('textarea').fill('반가워');
    await page.locator('textarea').press('Enter');
    await page.locator('.own:not(.waiting)', { hasText: '반가워' }).waitFor();
    await call(page, 'logout');
    await page.locator('.notice .primary').click();
    await saw('loginRequired', null);
    await call(page, 'identify', 'nonsense');
    await page.locator('.notice[role=alert]').waitFor();
    await call(page, 'hide');
    assert.equal(await page.locator('.panel').isVisible(), false);
    await call(page, 'show');
    assert.equal(await page.locator('.panel').isVisible(), true);
    const all = await heard(page);
    const plain = all.filter(([name]) => !String(name).startsWith('dom ') && name !== 'once');
    const dom = all.filter(([name]) => String(name).startsWith('dom '));
    assert.deepEqual(
      dom,
      plain.map(([name, detail]) => [`dom ${name}`, detail]),
      'both ways hear the same',
    );
    const of = (name: string) =>
      plain.filter((each) => each[0] === name).map(([, detail]) => detail as Record<string, unknown>);
    assert.equal(all.filter(([name]) => name === 'once').length, 1);
    assert.equal(of('removed').length, 0);
    assert.equal(of('ready').length, 1, 'once for each mount');
    assert.deepEqual([of('open').length, of('close').length], [3, 2]);
    assert.deepEqual(
      of('message').map(({ username, content }) => [username, content]),
      [['watcher', '안녕']],
    );
    assert.deepEqual(Object.keys(of('message')[0] ?? {}), [
      'id',
      'userId',
      'username',
      'content',
      'created_at',
    ]);
    assert.deepEqual(
      of('message:sent').map(({ content }) => content),
      ['반가워'],
    );
    assert.deepEqual(of('unread'), [{ count: 1 }, { count: 0 }]);
    assert.equal(of('error').at(-1)?.code, 'token_invalid');
    assert.deepEqual(of('connection').at(-1), { state: 'disconnected' });
  });

  it('an expired token is reported, and the token provider is called once for all listeners', async () => {
    const old = createSuiteToken('late', 60, Date.now() - 3_600_000);
    const bare = await suite.openPage(
      A +
        inlineScript(
          `${STUB} for (const name of ['tokenExpired', 'error']) Chatty('on', name, (detail) => heard.push([name, detail?.code ?? null]))`,
        ) +
        params({ mount: '#a', token: old }) +
        suite.script(),
    );
    await waitUntil(async () => (await heard(bare)).length === 2, 'both events');
    assert.deepEqual(await heard(bare), [
      ['tokenExpired', null],
      ['error', 'token_expired'],
    ]);
    await call(bare, 'identify', createSuiteToken('late'));
    await live(bare);
    const page = await suite.openPage(
      A +
        params({ mount: '#a', token: old }) +
        inlineScript(`
        window.running = 0; window.most = 0; window.calls = 0;
        params.tokenProvider = async () => {
          calls += 1; running += 1; most = Math.max(most, running);
          await rest(400);
          running -= 1;
          return '${createSuiteToken('renewed')}';
        };`) +
        suite.script(),
    );
    for (let each = 0; each < 5; each += 1) await page.evaluate(() => dispatchEvent(new Event('online')));
    await live(page);
    await suite.room('late', 'renewed');
    assert.deepEqual(await page.evaluate('[calls, most]'), [1, 1]);
  });

  it('identify switches to another visitor and removes all data of the first', async () => {
    const page = await suite.openPage(
      A + params({ mount: '#a', token: createSuiteToken('minsu') }) + suite.script(),
    );
    await live(page);
    for (const text of ['민수의 말', '쓰다 만 말']) {
      await page.locator('textarea').fill(text);
      if (text === '민수의 말') await page.locator('textarea').press('Enter');
    }
    await page.locator('.own:not(.waiting)', { hasText: '민수의 말' }).waitFor();
    await call(page, 'login', createSuiteToken('minsu', 1_800));
    await live(page);
    await suite.room('minsu');
    assert.equal(
      await page.locator('textarea').inputValue(),
      '쓰다 만 말',
      'a new token of the same person keeps it',
    );
    await call(page, 'identify', createSuiteToken('jiyoung'));
    await suite.room('jiyoung');
    await page.locator('.row:not(.own)', { hasText: '민수의 말' }).waitFor();
    await waitUntil(async () => (await page.locator('textarea').inputValue()) === '', 'an empty composer');
    await call(page, 'logout');
    await page.locator('.notice .primary').waitFor();
    assert.equal(await page.locator('.row').count(), 0);
    await suite.room();
  });

  it('two inline chats and one docked chat are separate, and log in and out together', async () => {
    const page = await suite.openPage(
      `${A}<div id="b" class="place"></div>${params({ token: createSuiteToken('trio') })}${suite.script()}`,
    );
    await page.waitForFunction(() => 'Chatty' in window);
    await page.evaluate(() => {
      const { Chatty, heard } = window as unknown as HostWindow;
      Object.assign(window, {
        a: Chatty.init({ mount: '#a', locale: 'ko' }),
        b: Chatty.init({ mount: '#b' }),
      });
      const { a } = window as unknown as { a: ReturnType<typeof Chatty.init> };
      if (Chatty.init({ mount: '#a' }) !== a) heard.push(['another']);
      a.on('message:sent', ({ content }) => heard.push([content]));
    });
    await page.locator('#b .dot.live').waitFor();
    await call(page, 'open');
    await page.locator('chatty-chat[docked] .dot.live').waitFor();
    assert.equal(await page.locator('.dot').count(), 3);
    assert.deepEqual(
      [await page.locator('#a h2').textContent(), await page.locator('#b h2').textContent()],
      ['채팅', 'Chat'],
    );
    await page.locator('#b textarea').fill('from b');
    await page.locator('#b textarea').press('Enter');
    for (const place of ['#a', '#b', '[docked]'])
      await page.locator(`${place} .own:not(.waiting)`, { hasText: 'from b' }).waitFor();
    assert.deepEqual(await heard(page), [['from b']]);
    await page.evaluate('b.destroy()');
    assert.equal(await page.locator('chatty-chat').count(), 2);
    await call(page, 'logout');
    await suite.room();
    assert.equal(await page.locator('.notice .primary').count(), 2);
  });

  it('calls made while the chat is loading take effect', async () => {
    const page = await suite.openPage(
      A +
        params({ mount: '#a', token: createSuiteToken('early'), locale: 'ko' }) +
        inlineScript("window.addEventListener('load', () => undefined)") +
        suite.script(),
    );
    // The languages come last: between the two the chat is half made.
    await page.route(/\/ko-/, async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 600));
      await route.continue();
    });
    await page.reload();
    await page.waitForRequest(/\/ko-/);
    await call(page, 'identify', createSuiteToken('swift'));
    await call(page, 'setLocale', 'en');
    await live(page);
    await suite.room('swift');
    assert.equal(await title(page).textContent(), 'Chat');
    await page.evaluate('Chatty.setLocale("ja"); Chatty.setLocale("ko"); Chatty.setLocale("en")');
    await page.evaluate('rest(300)');
    assert.equal(await title(page).textContent(), 'Chat');
  });

  it('no page reported an error', () => {
    assert.deepEqual(suite.pageErrors, []);
  });
});

/** Runs the script once more, as a page swap or a careless include does. */
async function again(page: Page, chat: string): Promise<void> {
  await page.evaluate(
    (src) =>
      new Promise((resolve) => {
        const script = document.createElement('script');
        script.src = src;
        script.onload = resolve;
        document.body.append(script);
      }),
    `${chat}/widget.js`,
  );
}
