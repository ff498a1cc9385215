/** A visitor in Firefox: finds what the chat shows, points at it and waits for it. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type FirefoxPage, Keys } from './firefox-bidi.js';
import { until } from './kit.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'];

type Found = { text: string; label: string; x: number; y: number; top: number; value: string };

export type FirefoxVisitor = {
  page: FirefoxPage;
  /** All elements of the chat that fit and, where it is said, hold this text. */
  all(selector: string, text?: string): Promise<Found[]>;
  see(selector: string, text?: string): Promise<Found>;
  gone(selector: string, text?: string): Promise<void>;
  /** Points at it, and presses once it stands still. */
  press(selector: string, text?: string): Promise<void>;
  point(selector: string, text?: string): Promise<void>;
  /** Writes into the composer and sends by Enter. */
  say(text: string): Promise<void>;
  /** Every rule of axe that the chat breaks. */
  broken(): Promise<string[]>;
};

/** Runs in the page. */
function find(selector: string, text: string): Found[] {
  const root = document.querySelector('chatty-chat')?.shadowRoot;
  return [...(root?.querySelectorAll<HTMLElement>(selector) ?? [])]
    .filter((each) => each.textContent?.includes(text) || each.getAttribute('aria-label') === text)
    .map((each) => {
      const { x, y, width, height } = each.getBoundingClientRect();
      return {
        text: each.textContent ?? '',
        label: each.getAttribute('aria-label') ?? '',
        value: 'value' in each ? String(each.value) : '',
        x: x + width / 2,
        y: y + height / 2,
        top: y,
      };
    });
}

export function visitorOf(page: FirefoxPage): FirefoxVisitor {
  const all = (selector: string, text = '') => page.run(find, selector, text);

  async function see(selector: string, text = ''): Promise<Found> {
    let found: Found | undefined;
    await until(
      async () => {
        found = (await all(selector, text)).at(-1);
        return found !== undefined;
      },
      `${selector} ${text}`,
      20_000,
    );
    return found as Found;
  }

  async function still(selector: string, text?: string): Promise<Found> {
    let place = await see(selector, text);
    await until(async () => {
      const before = place;
      place = await see(selector, text);
      return before.x === place.x && before.y === place.y;
    }, `${selector} to stand still`);
    return place;
  }

  return {
    page,
    all,
    see,
    async gone(selector, text) {
      await until(async () => (await all(selector, text)).length === 0, `${selector} ${text} to go`);
    },
    async press(selector, text) {
      const { x, y } = await still(selector, text);
      await page.click(x, y);
    },
    async point(selector, text) {
      const { x, y } = await still(selector, text);
      await page.move(x, y);
    },
    async say(text) {
      const { x, y } = await see('.composer textarea');
      await page.click(x, y);
      await page.type(`${text}${Keys.enter}`);
      await see('.row.own:not(.waiting) .bubble', text);
    },
    async broken() {
      await page.run(`() => { ${AXE} }`);
      const found = (await page.run(
        `(rules) => axe.run(document.querySelector('chatty-chat'), { runOnly: rules, resultTypes: ['violations'] })
          .then(({ violations }) => violations.map(({ id, nodes }) => id + ' ' + nodes.map(({ target }) => target.flat().join(' '))))`,
        RULES,
      )) as string[];
      return found;
    },
  };
}
