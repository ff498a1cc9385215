/** Promise: the doctor page explains to a host why its visitors are refused, and leaks nothing. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { ADMIN_KEY, callApi, createProject, KEY_SETTINGS } from '../support/projects.js';
import { connectExpectingRefusal, createTestToken } from '../support/server.js';
import { findAccessibilityViolations } from './support/a11y.js';
import { serveHostPages } from './support/host-pages.js';
import { startBrowserSuite } from './support/suite.js';

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

describe('the doctor page', () => {
  const project = { secret: '', key: '' };
  const suite = startBrowserSuite({
    serve: async (_context, chat) => `${chat}/doctor`,
    settings: KEY_SETTINGS,
    fill: async (chatty) => {
      await createProject(chatty, 'kimpga', { origins: ['https://kimpga.com'] });
      await createProject(chatty, 'othershop');
      project.secret = String((await callApi(chatty, 'POST', '/projects/kimpga/secrets', {})).body.secret);
      const { key } = (await callApi(chatty, 'POST', '/projects/kimpga/keys', {})).body as unknown as {
        key: string;
      };
      project.key = key;
    },
  });

  async function open(options: Parameters<typeof suite.openPage>[0] = {}): Promise<Page> {
    const page = await suite.openPage({ locale: 'ko-KR', ...options });
    await page.goto(suite.pageUrl);
    return page;
  }

  type Given = { project?: string; key?: string; token?: string; origin?: string };
  async function examine(page: Page, given: Given): Promise<void> {
    const { token = '', origin = '' } = given;
    const values = { project: 'kimpga', key: project.key, token, origin, ...given };
    for (const [name, value] of Object.entries(values)) await page.locator(`#${name}`).fill(value);
    await page.locator('button[type=submit]').click();
    await page.locator('#answer[aria-busy=false] :is(.examination, .fault)').waitFor();
  }
  const results = (page: Page, result: string) =>
    page
      .locator(`.checks .${result}`)
      .evaluateAll((all) => all.map((each) => each.getAttribute('data-check')));

  it('explains in two languages that a valid token is accepted and how to fix an invalid one (A3)', async () => {
    const page = await open();
    await examine(page, { token: createTestToken('민수', { secret: project.secret, userId: 'u1' }) });
    await page.getByRole('heading', { name: '들어올 수 있습니다', exact: true }).waitFor();
    assert.deepEqual(await results(page, 'failed'), []);
    const token = createTestToken('<img src=x onerror=alert(1)>', {
      secret: 'another secret, with bytes enough for HS256',
      now: Date.now() - 7_200_000,
      expiresIn: 3_600,
    });
    await examine(page, { token, origin: 'https://evil.example' });
    await page.getByRole('heading', { name: '들어올 수 없습니다' }).waitFor();
    assert.deepEqual(await results(page, 'failed'), ['signature', 'expiry', 'origin']);
    await page.getByText('npm run project -- origins kimpga').waitFor();
    await page.getByText('“<img src=x onerror=alert(1)>”').waitFor();
    await page.getByRole('button', { name: 'English' }).click();
    await page.getByRole('heading', { name: 'Refused' }).waitFor();
    assert.equal(await page.locator('html').getAttribute('lang'), 'en');
    await page.getByText('Signed with none of the accepted keys').waitFor();
    assert.equal(await page.locator('#answer img').count(), 0);
  });

  it('shows recent refusals by code and origin; a project key shows only its own project', async (context) => {
    const wrong = createTestToken('민수', { secret: 'another secret, with bytes enough for HS256' });
    await connectExpectingRefusal(
      context,
      suite.server.url,
      { token: wrong },
      { extraHeaders: { origin: 'https://kimpga.com' } },
    );
    await connectExpectingRefusal(context, suite.server.url, { token: 'no token at all' });
    const page = await open();
    await page.locator('#project').fill('kimpga');
    await page.locator('#key').fill(project.key);
    await page.getByRole('button', { name: '최근 거부 보기' }).click();
    const row = page.locator('tbody tr', { hasText: 'token_invalid' });
    await row.waitFor();
    assert.match(await row.innerText(), /https:\/\/kimpga\.com.*서명 없음/s);
    await page.locator('.list li', { hasText: 'signature verification failed' }).waitFor();
    await page.locator('#project').fill('othershop');
    await page.getByRole('button', { name: '최근 거부 보기' }).click();
    await page.getByRole('alert').filter({ hasText: '다른 프로젝트의 키' }).waitFor();
    await page.locator('#project').fill('');
    await page.locator('#key').fill(ADMIN_KEY);
    await page.getByRole('button', { name: '최근 거부 보기' }).click();
    await page.getByText('등록된 프로젝트의 것이 아닌').waitFor();
  });

  it('a wrong key, a missing field and an unreachable server each get a clear message', async () => {
    const page = await open({ locale: 'en-US' });
    await examine(page, { token: '' });
    await page.getByRole('alert').filter({ hasText: 'Enter a project, a key and a token.' }).waitFor();
    await examine(page, { token: 'x', key: 'wrong' });
    await page.getByRole('alert').filter({ hasText: 'The key is wrong.' }).waitFor();
    await page.context().setOffline(true);
    await examine(page, { token: 'x' });
    await page.getByRole('alert').filter({ hasText: 'does not answer' }).waitFor();
  });

  it('stores nothing, contacts no other host, puts nothing into the URL, and clears on demand (X11)', async () => {
    const page = await open();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    const token = createTestToken('민수', { secret: project.secret });
    await examine(page, { token });
    const kept = await page.evaluate(async () => [
      localStorage.length,
      sessionStorage.length,
      document.cookie,
      (await indexedDB.databases()).length,
      (await caches.keys()).length,
    ]);
    assert.deepEqual(kept, [0, 0, '', 0, 0]);
    for (const url of [...asked, page.url()]) {
      assert.ok(url.startsWith(suite.server.url), url);
      for (const part of [...token.split('.'), project.key]) assert.ok(!url.includes(part), url);
    }
    await page.getByRole('button', { name: '모두 지우기' }).click();
    assert.deepEqual(
      await page
        .locator('input, textarea')
        .evaluateAll((all) => all.map((each) => (each as HTMLInputElement).value)),
      ['', '', '', ''],
    );
    assert.equal(await page.locator('.examination').count(), 0);
    await page.reload();
    assert.equal(await page.locator('#key').inputValue(), '');
  });

  it('no other page can frame it or call the administration API through the browser (A1, X10)', async (context) => {
    const answer = await fetch(suite.pageUrl);
    const policy = answer.headers.get('content-security-policy') ?? '';
    assert.match(policy, /default-src 'none'.*frame-ancestors 'none'/);
    assert.ok(!/unsafe|\*|https?:/.test(policy));
    assert.equal(answer.headers.get('x-frame-options'), 'DENY');
    // Its complaints are what is wanted.
    const page = await suite.browser.newPage();
    const site = await serveHostPages(context, suite.server.url);
    await page.goto(site({ params: { mount: 'none' } }));
    const told = await page.evaluate(
      async ({ url, key }) => {
        const headers = { authorization: `Bearer ${key}` };
        const looks: string[] = [];
        for (const options of [{ headers }, { mode: 'no-cors' as const }])
          await fetch(`${url}/api/v1/projects`, options).then(
            () => looks.push('answered'),
            () => looks.push('blocked'),
          );
        const frame = document.createElement('iframe');
        frame.src = `${url}/doctor`;
        document.body.append(frame);
        await new Promise((resolve) => frame.addEventListener('load', resolve));
        return { looks, framed: frame.contentDocument !== null };
      },
      { url: suite.server.url, key: ADMIN_KEY },
    );
    assert.deepEqual(told, { looks: ['blocked', 'blocked'], framed: false });
  });

  for (const [name, options] of [
    ['a desk, light', {}],
    ['a desk, dark', { colorScheme: 'dark' }],
    ['a phone, light', PHONE],
    ['a phone, dark', { ...PHONE, colorScheme: 'dark' }],
  ] as const)
    it(`axe finds no violation, nothing is cut off, and the keyboard is enough: on ${name}`, async () => {
      const page = await open(options);
      const found = await findAccessibilityViolations(page, 'empty');
      await page.locator('#project').focus();
      await page.keyboard.type('kimpga');
      await page.keyboard.press('Tab');
      await page.keyboard.type(project.key);
      await page.keyboard.press('Tab');
      await page.keyboard.type('hello');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await page.locator('.examination').waitFor();
      found.push(...(await findAccessibilityViolations(page, 'bad form')));
      const token = createTestToken('민수', { secret: project.secret, avatar: 'https://kimpga.com/a.png' });
      await examine(page, { token, origin: `https://${'long.'.repeat(30)}example` });
      found.push(...(await findAccessibilityViolations(page, 'wrong origin')));
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `${wide} px too wide`);
      assert.deepEqual(found, []);
    });

  it('no page violated its policy or threw', () => {
    assert.deepEqual(suite.pageErrors, []);
  });
});
