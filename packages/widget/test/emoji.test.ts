/** Promise: every emoji is there once, is found by the word one expects, and is picked with keys, pointer or half a syllable. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename } from 'node:path';
import { before, describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import { launchBrowser } from '../../../test/browser/support/page.js';
import { EMOJI_LANGUAGES, emojiData, emojiText } from '../emoji-data.mjs';
import { CATEGORIES, type EmojiGroup, parseEmojiData } from '../src/emoji/parse-data.js';
import { createSearch } from '../src/emoji/search.js';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
/** Not a literal: the type checker's target does not know the flag. */
const SEQUENCES = 'v';
const recommended = new RegExp('^\\p{RGI_Emoji}$', SEQUENCES);
const MOST_GZIP_BYTES = 21.5 * 1024;

describe('emoji data for each language', () => {
  for (const language of EMOJI_LANGUAGES)
    it(`${language}: each emoji once, grouped, labelled, small`, async () => {
      const text = await emojiText(language);
      const groups = parseEmojiData(text, language);
      assert.deepEqual(
        groups.map(({ category }) => category),
        CATEGORIES,
      );
      for (const { category, emoji } of groups) assert.ok(emoji.length > 80, `${category}: ${emoji.length}`);
      const all = groups.flatMap(({ emoji }) => emoji);
      assert.equal(all.length, 1870);
      assert.equal(new Set(all.map(({ emoji }) => emoji)).size, all.length);
      for (const { emoji, label } of all) {
        assert.match(emoji, recommended);
        assert.doesNotMatch(emoji, /[\u{1F3FB}-\u{1F3FF}]/u, 'no skin tones');
        assert.ok(label.trim(), emoji);
      }
      const bytes = gzipSync(text, { level: 9 }).length;
      assert.ok(bytes <= MOST_GZIP_BYTES, `${bytes} bytes`);
    });

  it('distinguishes the man, the woman and the flag that the text omits', async () => {
    const all = parseEmojiData(await emojiText('ko'), 'ko').flatMap(({ emoji }) => emoji);
    const label = (emoji: string) => all.find((each) => each.emoji === emoji)?.label;
    assert.equal(label('🤷‍♀️'), '어깨를 으쓱하는 사람: 여자');
    assert.equal(label('👨‍🚀'), '우주비행사: 남자');
    assert.equal(label('🇰🇷'), '대한민국');
  });

  it('contains nothing newer than Emoji 15', async () => {
    const text = await emojiText('en');
    assert.deepEqual(
      ['🫨', '🐦‍🔥', '🍋‍🟩', '🫩'].map((each) => text.includes(each)),
      [true, false, false, false],
    );
  });
});

describe('emoji search', () => {
  const groups = new Map<string, EmojiGroup[]>();
  before(async () => {
    for (const language of EMOJI_LANGUAGES)
      groups.set(language, parseEmojiData(await emojiText(language), language));
  });
  const find = (query: string, language = 'ko') =>
    createSearch((groups.get(language) ?? []).flatMap(({ emoji }) => emoji))(query).map(({ emoji }) => emoji);

  for (const [query, first, among] of [
    ['하트', null, ['❤️', '💔', '😍']],
    ['웃음', null, ['😀', '😂', '🤣']],
    ['불', '🔥', []],
    ['로켓', '🚀', []],
    ['눈물', null, ['😂', '😭', '😢']],
    ['최고', null, ['👍']],
    ['박수', null, ['👏']],
    ['커피', null, ['☕']],
    ['축하', null, ['🎉', '🎂']],
  ] as const)
    it(`"${query}"`, () => {
      const found = find(query);
      if (first) assert.equal(found[0], first);
      for (const emoji of among)
        assert.ok(found.slice(0, 60).includes(emoji), `${emoji} in ${found.join('')}`);
    });

  it('searches while a syllable is composed, and by initial consonants', () => {
    for (const query of ['핱', '하트', 'ㅎㅌ', 'ㅃㄱㅅ ㅎㅌ']) assert.ok(find(query).includes('❤️'), query);
    assert.equal(find('로케')[0], '🚀');
    assert.ok(find('ㄹㅋ').includes('🚀'));
  });

  it('searches in the other languages', () => {
    assert.equal(find('rocket', 'en')[0], '🚀');
    assert.equal(find('RED heart', 'en')[0], '❤️');
    assert.equal(find('ロケット', 'ja')[0], '🚀');
    assert.equal(find('火箭', 'zh')[0], '🚀');
    assert.equal(find('cohete', 'es')[0], '🚀');
  });

  it('finds nothing for empty or meaningless queries', () =>
    assert.deepEqual([...find(' '), ...find('뷁뷁')], []));
});

const PAGE = `
import { h, render } from 'preact';
import { EmojiPicker } from '../src/emoji/picker.js';
import styles from '../src/panel/styles.css';

const shadow = document.querySelector('main').attachShadow({ mode: 'open' });
const sheet = new CSSStyleSheet();
sheet.replaceSync(styles);
shadow.adoptedStyleSheets = [sheet];
const root = document.createElement('div');
root.className = 'root ' + document.documentElement.className;
root.addEventListener('keydown', ({ key }) => key === 'Escape' && window.log.push('panel closed'));
shadow.append(root);
window.log = [];
const words = WORDS;
const draw = (open) => render(h('div', null,
  h('button', { onClick: () => draw(true) }, 'open'),
  open && h(EmojiPicker, {
    words, locale: document.documentElement.lang,
    pick: (emoji) => window.log.push(emoji),
    close: () => { window.log.push('closed'); draw(false); shadow.querySelector('button').focus(); },
  })), root);
draw(false);
`;

const WORDS = {
  emoji: '이모지',
  searchEmoji: '이모지 검색',
  noEmojiFound: '찾는 이모지가 없어요',
  cancel: '취소',
  categories: Object.fromEntries(['recent', ...CATEGORIES].map((name) => [name, `갈래 ${name}`])),
};

/** A page with a strict policy, an opener, and the picker in a shadow root; `log` says what the picker said. */
async function openPage(context: TestContext, { dir = 'ltr' }: { dir?: string } = {}) {
  const { outputFiles } = await build({
    stdin: {
      contents: PAGE.replace('WORDS', JSON.stringify(WORDS)),
      resolveDir: here('.'),
      sourcefile: 'page.ts',
    },
    bundle: true,
    write: false,
    outdir: '/page',
    format: 'esm',
    splitting: true,
    conditions: ['source', 'browser'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    loader: { '.css': 'text' },
    charset: 'utf8',
    plugins: [emojiData],
  });
  const files = new Map(outputFiles.map(({ path, text }) => [basename(path), text]));
  const site = createServer(({ url = '/' }, response) => {
    const script = files.get(basename(url));
    response.setHeader('content-type', `text/${script ? 'javascript' : 'html'}; charset=utf-8`);
    response.setHeader(
      'content-security-policy',
      "default-src 'none'; script-src 'self'; img-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'",
    );
    response.end(
      script ??
        `<!doctype html><html lang="ko" dir="${dir}"><title>page</title><main></main><script type="module" src="/stdin.js"></script>`,
    );
  }).listen(0, '127.0.0.1');
  context.after(() => {
    site.closeAllConnections();
    site.close();
  });
  await once(site, 'listening');
  const browser = await launchBrowser(context);
  const page = await browser.newPage({ viewport: { width: 372, height: 580 } });
  const faults: string[] = [];
  page.on('pageerror', ({ message }) => faults.push(message));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  await page.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`);
  await page.getByRole('button', { name: 'open' }).click();
  await cells(page, '[aria-label="대한민국"]').waitFor({ state: 'attached' });
  return { page, faults };
}

/** Asked by attribute: to compute 1,900 names anew for each question takes seconds. */
const cells = (page: Page, which = '') =>
  page.locator(`.emoji-frame > :not([hidden]) [role=gridcell]${which}`);

/** Of the element that has the focus inside the shadow root: what it says. */
const focused = (page: Page) =>
  page.evaluate(() => {
    const element = document.querySelector('main')?.shadowRoot?.activeElement;
    return element?.getAttribute('aria-label') ?? element?.textContent ?? null;
  });
const logOf = (page: Page) => page.evaluate(() => (window as unknown as { log: string[] }).log);
async function press(page: Page, ...keys: string[]) {
  for (const key of keys) await page.keyboard.press(key);
}

describe('the emoji picker', () => {
  it('supports arrow keys, and Escape closes only the picker', async (context) => {
    const { page, faults } = await openPage(context);
    assert.equal(await focused(page), '이모지 검색');
    // They are drawn in several turns.
    await cells(page).nth(1869).waitFor({ state: 'attached' });
    assert.equal(await cells(page).count(), 1870);
    await press(page, 'Tab');
    assert.equal(await focused(page), '활짝 웃는 얼굴');
    await press(page, 'ArrowRight', 'ArrowDown', 'ArrowLeft', 'ArrowLeft');
    assert.equal(await focused(page), await labelAt(page, 7), 'back over the end of a row');
    await press(page, 'End', 'Home', 'PageDown', 'PageUp', 'Enter');
    assert.deepEqual(await logOf(page), ['😀']);
    await press(page, 'Tab');
    assert.equal(await focused(page), '갈래 smileys');
    await press(page, 'ArrowLeft', 'Enter');
    assert.equal(await focused(page), '갈래 flags');
    await page.locator('[aria-current][aria-label="갈래 flags"]').waitFor();
    await press(page, 'Tab');
    assert.equal(await focused(page), '취소');
    await press(page, 'Escape');
    assert.deepEqual(await logOf(page), ['😀', 'closed']);
    assert.equal(await focused(page), 'open');
    assert.deepEqual(faults, []);
  });

  it('remembers recent emoji in memory only', async (context) => {
    const { page } = await openPage(context);
    await cells(page, '[aria-label="불"]').click();
    await press(page, 'Escape', 'Enter');
    await page.locator('[role=grid][aria-label="갈래 recent"]').waitFor();
    const recent = page.locator('[aria-label="갈래 recent"] [role=gridcell]');
    assert.deepEqual(await recent.allTextContents(), ['🔥']);
    assert.equal(await page.evaluate(() => localStorage.length + sessionStorage.length), 0);
  });

  it('searches during Hangul composition; that Enter picks nothing, the next one does', async (context) => {
    const { page } = await openPage(context);
    const session = await page.context().newCDPSession(page);
    const compose = (text: string) =>
      session.send('Input.imeSetComposition', {
        text,
        selectionStart: text.length,
        selectionEnd: text.length,
      });
    const found = async () => (await cells(page).allTextContents()).join(' ');
    await compose('ㄹ');
    await compose('로');
    await compose('롴');
    assert.match(await found(), /🚀/);
    await session.send('Input.insertText', { text: '로' });
    await compose('케');
    await session.send('Input.dispatchKeyEvent', {
      type: 'rawKeyDown',
      key: 'Process',
      code: 'Enter',
      windowsVirtualKeyCode: 229,
    });
    assert.deepEqual(await logOf(page), []);
    await compose('켓');
    assert.match(await found(), /^🚀/);
    await session.send('Input.insertText', { text: '켓' });
    await press(page, 'Enter');
    assert.deepEqual(await logOf(page), ['🚀']);
    await page.keyboard.insertText('뷁');
    await page.getByRole('status').getByText('찾는 이모지가 없어요').waitFor();
    assert.equal(await cells(page).count(), 0);
  });

  it('arrow keys follow the visual direction in right-to-left layouts', async (context) => {
    const { page } = await openPage(context, { dir: 'rtl' });
    await press(page, 'ArrowDown', 'ArrowLeft', 'ArrowLeft', 'ArrowRight');
    assert.equal(await focused(page), await labelAt(page, 1));
  });

  it('fits 360 px with targets of at least 32 px', async (context) => {
    const { page } = await openPage(context);
    await page.setViewportSize({ width: 360, height: 640 });
    const dialog = await page.getByRole('dialog', { name: '이모지' }).boundingBox();
    assert.ok(dialog && dialog.x >= 0 && dialog.x + dialog.width <= 360);
    // The cells after the first rows are like these.
    const buttons = page.locator('.emoji-row:nth-child(-n + 2) button, .emoji-bar button, .emoji-close');
    const small = await buttons.evaluateAll((all) =>
      all
        .map((each) => each.getBoundingClientRect())
        .filter(({ width, height }) => width < 32 || height < 32),
    );
    assert.deepEqual(small, []);
    assert.ok((await buttons.count()) > 100);
  });
});
const labelAt = (page: Page, index: number) => cells(page).nth(index).getAttribute('aria-label');
