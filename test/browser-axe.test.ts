/** Promise: the chat can be used by everybody: no rule of axe is broken in any state, and the keyboard reaches all of it. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, afterEach, before, describe, it, type TestContext } from 'node:test';
import type { AxeResults } from 'axe-core';
import type { Browser, BrowserContextOptions, Page, WebSocketRoute } from 'playwright-core';
import { field, serveHosts } from './browser-host.js';
import { launchBrowser } from './browser-page.js';
import { type Chatty, join, startChatty, stored, tokenOf } from './kit.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** Smallest side of what is pressed, in pixels (WCAG 2.2, 2.5.8). */
const TARGET = 24;

/** What passes between the page and the chat: everything, no connection, no word of either or of the page, or empty messages. */
type Passing = 'all' | 'nothing' | 'held' | 'silent' | 'emptied';

describe('for everybody', () => {
  const endings: (() => unknown)[] = [];
  const suite = { after: (ending: () => unknown) => endings.push(ending) } as unknown as TestContext;
  let browser: Browser;
  let chatty: Chatty;
  let address: Awaited<ReturnType<typeof serveHosts>>;
  let projects = 0;

  before(async () => {
    chatty = await startChatty(suite);
    browser = await launchBrowser(suite);
    address = await serveHosts(suite, chatty.url);
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
  });
  after(async () => {
    for (const ending of endings.reverse()) await ending();
  });

  type Visit = { params?: Record<string, unknown>; options?: BrowserContextOptions; passing?: Passing };

  async function visit({ params = {}, options = {}, passing = 'all' }: Visit) {
    projects += 1;
    const projectId = `axe-${projects}`;
    const page = await (await browser.newContext(options)).newPage();
    page.setDefaultTimeout(8_000);
    const network = { passing, routes: new Set<WebSocketRoute>() };
    await page.routeWebSocket(/socket\.io/, (route) => {
      if (network.passing === 'nothing') return void route.close();
      if (network.passing === 'held') return;
      const server = route.connectToServer();
      network.routes.add(route);
      route.onMessage((text) => {
        if (network.passing === 'emptied')
          server.send(String(text).replace(/"content":"[^"]*"/, '"content":""'));
        else if (network.passing !== 'silent' || !String(text).startsWith('42')) server.send(text);
      });
    });
    await page.goto(
      address({
        root: `lang="${params.locale ?? 'ko'}"`,
        params: { token: tokenOf('민수', { projectId }), ...params },
      }),
    );
    const jiyoung = await join(suite, chatty.url, tokenOf('지영', { projectId }));
    return { page, network, jiyoung };
  }

  /** Every broken rule with its elements, and every target too small. */
  async function faults(page: Page, state: string): Promise<string[]> {
    await page.evaluate(AXE);
    const { violations } = (await page.evaluate(
      `axe.run(document, { runOnly: ${JSON.stringify(RULES)}, resultTypes: ['violations'] })`,
    )) as AxeResults;
    const small = await page
      .locator('chatty-chat :is(button, a, input, textarea, [role=option]):visible')
      .evaluateAll(
        (all, least) =>
          all
            // Links stand in a text; a button may go while this looks.
            .filter((element) => element.isConnected && !element.matches('.bubble a'))
            .map((element) => ({ element, box: element.getBoundingClientRect() }))
            .filter(({ box }) => box.width < least || box.height < least)
            .map(({ element, box }) => `${element.outerHTML.slice(0, 120)} is ${box.width} x ${box.height}`),
        TARGET,
      );
    const broken = violations.flatMap(({ id, nodes }) =>
      nodes.map(
        ({ target, failureSummary }) =>
          `${id}: ${target.flat().join(' ')} ${failureSummary?.replace(/\s+/g, ' ').slice(0, 300)}`,
      ),
    );
    return [...broken, ...small].map((fault) => `${state}: ${fault}`);
  }

  /** Walks one page through what a talk can look like; answers all that is wrong. */
  async function walk({ page, network, jiyoung }: Awaited<ReturnType<typeof visit>>): Promise<string[]> {
    const found: string[] = [];
    const look = async (state: string) => void found.push(...(await faults(page, state)));
    const tool = async (row: string, place: number) => {
      const buttons = page.locator(row).last().locator('.tools button');
      await page.locator(row).last().hover();
      await buttons.nth((place + (await buttons.count())) % (await buttons.count())).click();
    };
    await page.locator('.beside').waitFor({ state: 'attached' });
    await look('empty');
    const question = stored(await jiyoung.say('오늘 김프 몇 퍼센트예요? https://example.com/a'));
    await jiyoung.say('@민수 **굵게** `코드` ||숨김|| ~~아님~~');
    await jiyoung.say('```\n여러 줄\n코드\n```');
    const gone = stored(await jiyoung.say('지울 말'));
    await jiyoung.socket.emitWithAck('delete message', { id: gone.id });
    await jiyoung.say({ content: '그 답이에요', replyTo: question.id });
    await jiyoung.say('👍🎉');
    await page.locator('.jumbo').waitFor();
    const say = async (text: string, seen?: string) => {
      await field(page).fill(text);
      await field(page).press('Enter');
      if (seen) await page.locator('.own:not(.waiting)', { hasText: seen }).waitFor();
    };
    await say('제 말이에요 @지영 `코드` ||숨김||', '제 말이에요');
    await look('talk');
    await page.locator('.spoiler button').last().click();
    await tool('.row.own', -2);
    await page.locator('.editor textarea').waitFor();
    await look('editing');
    await page.keyboard.press('End');
    await page.keyboard.type('!');
    await page.keyboard.press('Enter');
    await page.locator('.edited').waitFor();
    await look('edited');
    await tool('.row.own', -1);
    await page.locator('.removal').waitFor();
    await look('delete question');
    await page.keyboard.press('Escape');
    await page.locator('.row:not(.own) .bubble', { hasText: '그 답' }).hover();
    await page.locator('.row:not(.own)', { hasText: '그 답' }).last().locator('.tools button').last().click();
    await page.locator('.replying').waitFor();
    await look('replying');
    await field(page).press('Escape');
    await field(page).fill('@');
    await page.locator('.person').first().waitFor();
    await look('mention list');
    await field(page).fill('가'.repeat(1_990));
    await page.locator('.hint').waitFor();
    await look('nearly too long');
    await field(page).fill('');
    if (await page.locator('.beside').isVisible()) {
      await page.locator('.beside').click();
      await page.locator('.popup [role=gridcell]').nth(100).waitFor({ state: 'attached' });
      await look('emoji picker');
      await page.locator('.popup input').fill('없는이모지');
      await look('emoji not found');
      await page.keyboard.press('Escape');
    }
    network.passing = 'emptied';
    await say('못 보낸 말');
    await page.locator('.failed').waitFor();
    await look('failed');
    network.passing = 'silent';
    await say('가는 중');
    await page.locator('.waiting').waitFor();
    await look('pending');
    network.passing = 'nothing';
    for (const route of network.routes) await route.close();
    await page.evaluate(() => dispatchEvent(new Event('offline')));
    await page.locator('.banner').waitFor();
    await look('connection lost');
    return found;
  }

  const faces: [string, Visit][] = [
    ['docked, light, Korean', {}],
    ['docked, dark, Arabic', { params: { theme: 'dark', locale: 'ar' } }],
    [
      'on a phone, dark, Korean',
      {
        params: { theme: 'dark' },
        options: { viewport: { width: 390, height: 760 }, hasTouch: true, isMobile: true },
      },
    ],
  ];
  for (const [name, face] of faces)
    it(`axe finds nothing in a talk: ${name}`, async () => {
      const visited = await visit(face);
      const { page } = visited;
      const found: string[] = [];
      found.push(...(await faults(page, 'closed')));
      await page.locator('.launcher').click();
      found.push(...(await walk(visited)));
      visited.network.passing = 'all';
      await page.evaluate(() => dispatchEvent(new Event('online')));
      await page.locator('.dot.live').waitFor({ timeout: 20_000 });
      await page.keyboard.press('Escape');
      await visited.jiyoung.say('아직 안 읽은 말');
      await page.locator('.badge', { hasText: '1' }).waitFor();
      found.push(...(await faults(page, 'unread')));
      assert.deepEqual(found, []);
    });

  for (const theme of ['light', 'dark'])
    for (const locale of ['ko', 'ar'])
      it(`axe finds nothing before and instead of a talk: ${theme}, ${locale}`, async () => {
        const states: [string, string, Visit][] = [
          ['skeleton', '.skeleton', { passing: 'held' }],
          ['refused', '.notice code', { params: { token: 'none.at.all' } }],
          ['not logged in', '.notice .primary', { params: { token: null } }],
        ];
        const found: string[] = [];
        for (const [state, sign, visited] of states) {
          const params = { theme, locale, ...visited.params };
          const { page } = await visit({ ...visited, params });
          await page.locator('.launcher').click();
          await page.locator(sign).waitFor();
          found.push(...(await faults(page, state)));
        }
        assert.deepEqual(found, []);
      });

  it('Tab reaches all there is to press, and each shows that it has the focus', async () => {
    const { page, jiyoung } = await visit({});
    await page.locator('.launcher').waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await jiyoung.say('키보드로 https://example.com ||숨김||');
    await page.locator('.beside').waitFor();
    await page.keyboard.type('제 말');
    await page.keyboard.press('Enter');
    await page.locator('.own:not(.waiting)').waitFor();
    await page.keyboard.type('쓰던 말');
    const faint: string[] = [];
    const reached = new Set<string>();
    for (let step = 0; step < 30; step += 1) {
      await page.keyboard.press('Tab');
      const { name, shown } = await page.evaluate(focusOf);
      if (name !== '' && !shown) faint.push(name);
      reached.add(name);
    }
    assert.deepEqual(faint, []);
    const all = await page
      .locator('.panel :is(button:enabled, a, textarea, [tabindex="0"])')
      .evaluateAll((elements) =>
        elements
          .filter((element) => (element as HTMLElement).tabIndex >= 0)
          .map((element) => element.outerHTML),
      );
    assert.ok(all.length > 8, `${all.length} to press`);
    assert.deepEqual(
      all.filter((each) => !reached.has(each)),
      [],
    );
    assert.equal(await page.locator('.frame[role=log]').getAttribute('aria-live'), 'polite');
  });

  it('nothing moves for who wants no motion, and the system colours have edges', async () => {
    const options = { reducedMotion: 'reduce', forcedColors: 'active' } as const;
    const held = await visit({ options, passing: 'held' });
    await held.page.locator('.launcher').click();
    await held.page.locator('.skeleton').waitFor();
    const { page, jiyoung } = await visit({ options });
    await jiyoung.say('움직이지 않는 말');
    await page.locator('.launcher').click();
    await page.locator('.bubble').waitFor();
    for (const each of [held.page, page])
      assert.equal(
        await each.evaluate(() => document.querySelector('chatty-chat')?.shadowRoot?.getAnimations().length),
        0,
      );
    await field(page).focus();
    const outline = await page.locator('.field').evaluate((element) => getComputedStyle(element).outline);
    assert.match(outline, /solid 2px/);
    for (const part of ['.panel', '.bubble', '.send', '.field'])
      assert.match(
        await page
          .locator(part)
          .first()
          .evaluate((element) => getComputedStyle(element).border),
        /^[1-9].*solid/,
      );
  });
});

/** Runs in the page: what has the focus in the chat, and whether an eye sees it. */
function focusOf(): { name: string; shown: boolean } {
  const active = document.querySelector('chatty-chat')?.shadowRoot?.activeElement;
  if (!active) return { name: '', shown: false };
  const { outlineStyle, outlineWidth } = getComputedStyle(active);
  const field = active.closest('.field');
  const border = field ? getComputedStyle(field).borderColor : '';
  const outlined = outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2;
  return { name: active.outerHTML, shown: outlined || /^rgb\(/.test(border) };
}
