/** A visitor in Firefox: finds what the chat shows, points at it and waits for it. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { waitUntil } from '../../support/server.js';
import { type FirefoxPage, Keys } from './bidi.js';

const AXE_SOURCE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const AXE_RULES = ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'];

type FoundElement = { text: string; label: string; x: number; y: number; top: number; value: string };

export type FirefoxVisitor = {
  page: FirefoxPage;
  /** All elements of the chat that fit and, where it is said, hold this text. */
  findAll(selector: string, text?: string): Promise<FoundElement[]>;
  waitForVisible(selector: string, text?: string): Promise<FoundElement>;
  waitForHidden(selector: string, text?: string): Promise<void>;
  /** Both wait until it stands still and the pointer reaches it: what is not drawn yet is not there to be pressed. */
  click(selector: string, text?: string): Promise<void>;
  hover(selector: string, text?: string): Promise<void>;
  /** Writes into the composer and sends by Enter. */
  sendMessage(text: string): Promise<void>;
  /** Every rule of axe that the chat breaks. */
  findAxeViolations(): Promise<string[]>;
};

/** Runs in the page. */
function findElements(selector: string, text: string): FoundElement[] {
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

/** Runs in the page: the middle of the last that fits, or null while it moves or the pointer would meet something else. */
async function waitUntilStill(selector: string, text: string): Promise<[x: number, y: number] | null> {
  const root = document.querySelector('chatty-chat')?.shadowRoot;
  const element = [...(root?.querySelectorAll(selector) ?? [])].findLast(
    (each) => each.textContent?.includes(text) || each.getAttribute('aria-label') === text,
  );
  if (!root || !element) return null;
  const before = element.getBoundingClientRect();
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  const { x, y, width, height } = element.getBoundingClientRect();
  const middle: [number, number] = [x + width / 2, y + height / 2];
  const moved = x !== before.x || y !== before.y || width !== before.width || height !== before.height;
  return moved || !element.contains(root.elementFromPoint(...middle)) ? null : middle;
}

export function createFirefoxVisitor(page: FirefoxPage): FirefoxVisitor {
  const all = (selector: string, text = '') => page.evaluate(findElements, selector, text);

  async function see(selector: string, text = ''): Promise<FoundElement> {
    let found: FoundElement | undefined;
    await waitUntil(
      async () => {
        found = (await all(selector, text)).at(-1);
        return found !== undefined;
      },
      `${selector} ${text}`,
      20_000,
    );
    return found as FoundElement;
  }

  async function place(selector: string, text = ''): Promise<[x: number, y: number]> {
    let found: [number, number] | null = null;
    await waitUntil(
      async () => {
        found = await page.evaluate(waitUntilStill, selector, text);
        return found !== null;
      },
      `${selector} ${text} to stand still with nothing over it`,
      20_000,
    );
    return found ?? [0, 0];
  }

  return {
    page,
    findAll: all,
    waitForVisible: see,
    async waitForHidden(selector, text) {
      await waitUntil(async () => (await all(selector, text)).length === 0, `${selector} ${text} to go`);
    },
    async click(selector, text) {
      await page.click(...(await place(selector, text)));
    },
    async hover(selector, text) {
      await page.move(...(await place(selector, text)));
    },
    async sendMessage(text) {
      await page.click(...(await place('.composer textarea')));
      await page.type(`${text}${Keys.enter}`);
      await see('.row.own:not(.waiting) .bubble', text);
    },
    async findAxeViolations() {
      await page.evaluate(`() => { ${AXE_SOURCE} }`);
      const found = (await page.evaluate(
        `(rules) => axe.run(document.querySelector('chatty-chat'), { runOnly: rules, resultTypes: ['violations'] })
          .then(({ violations }) => violations.map(({ id, nodes }) => id + ' ' + nodes.map(({ target }) => target.flat().join(' '))))`,
        AXE_RULES,
      )) as string[];
      return found;
    },
  };
}
