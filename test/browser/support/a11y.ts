/** Finds accessibility violations of a page: broken rules of axe, and targets that are too small. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Frame, Page } from 'playwright-core';

const AXE_SOURCE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const AXE_RULES = ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** Smallest side of what is pressed, in pixels (WCAG 2.2, 2.5.8). */
const MIN_TARGET_SIZE_PX = 24;

/**
 * Every broken rule with its elements, and every target too small.
 * @param rules tags or names of axe's rules
 */
export async function findAccessibilityViolations(
  page: Page | Frame,
  state: string,
  rules = AXE_RULES,
): Promise<string[]> {
  await page.evaluate(AXE_SOURCE);
  // What comes into view has not its colours yet. A skeleton never rests.
  await page.locator('chatty-chat').evaluateAll((chats) =>
    Promise.all(
      chats
        .flatMap((chat) => chat.shadowRoot?.getAnimations() ?? [])
        .filter((each) => each.effect?.getComputedTiming().endTime !== Number.POSITIVE_INFINITY)
        .map((each) => each.finished.catch(() => undefined)),
    ),
  );
  const { violations } = (await page.evaluate(
    `axe.run(document, { runOnly: ${JSON.stringify(rules)}, resultTypes: ['violations'] })`,
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
      MIN_TARGET_SIZE_PX,
    );
  const covered = (await page.locator('.popup').count()) > 0;
  const broken = violations.flatMap(({ id, nodes }) =>
    nodes
      .map(
        ({ target, failureSummary }) =>
          `${id}: ${target.flat().join(' ')} ${failureSummary?.replace(/\s+/g, ' ').slice(0, 300)}`,
      )
      // What a popup covers in part is to be pressed when the popup is gone.
      .filter((fault) => !covered || !/^target-size: (?!.*\.popup).* partially obscured/.test(fault)),
  );
  return [...broken, ...small].map((fault) => `${state}: ${fault}`);
}
