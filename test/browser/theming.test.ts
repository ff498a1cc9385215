/** Promise: with any colours a host sets, the remaining ones match and all text is readable. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { waitUntil } from '../support/server.js';
import { findAccessibilityViolations } from './support/a11y.js';
import { applyTheme, HOST_THEMES } from './support/colours.js';
import { serveHostPages } from './support/host-pages.js';
import { openState, visitChatStates, visitStatesWithoutChat } from './support/states.js';
import { startBrowserSuite } from './support/suite.js';

/** Between them they show all there is in a talk. */
const TELLING = [
  'talk',
  'delete question',
  'nearly too long',
  'reacted',
  'emoji picker',
  'muted',
  'failed',
  'pending',
];

describe('host theming', () => {
  const suite = startBrowserSuite({ serve: serveHostPages });

  it('all chat text has enough contrast, in light and in dark', async () => {
    const visited = await openState(suite, { params: { theme: 'auto' } });
    const { page } = visited;
    const found: string[] = [];
    const met: string[] = [];
    await page.locator('.launcher').click();
    await page.locator('.beside').waitFor();
    await visitStatesWithoutChat(visited, async (state) => {
      if (!TELLING.includes(state)) return;
      met.push(state);
      for (const [name, colours] of HOST_THEMES)
        for (const colorScheme of ['light', 'dark'] as const) {
          await applyTheme(page, colours, colorScheme);
          found.push(
            ...(await findAccessibilityViolations(page, `${state}, ${name}, ${colorScheme}`, [
              'color-contrast',
            ])),
          );
        }
    });
    assert.deepEqual(found, []);
    assert.deepEqual(met.sort(), TELLING.toSorted());
  });

  it('the launcher icon has enough contrast', async () => {
    const { page } = await openState(suite, {});
    await page.locator('.launcher').waitFor();
    for (const [name, colours] of HOST_THEMES) {
      await applyTheme(page, colours, 'light');
      // The chat, which knows how, comes a moment after its bubble.
      await waitUntil(async () => (await contrast(page)) >= 3, `a sign that stands out: ${name}`);
    }
  });

  it('with visitor colours, spoilers and mentions also have enough contrast', async () => {
    const visited = await openState(suite, { options: { forcedColors: 'active' } });
    const { page } = visited;
    await page.locator('.launcher').click();
    await page.locator('.beside').waitFor();
    await visitChatStates(visited, async () => undefined);
    const answer = page.locator('.row:not(.own)', { hasText: '그 답' }).last();
    await answer.hover();
    await answer.getByRole('button', { name: '반응 남기기' }).click();
    await answer.locator('.feeling').getByText('👍').click();
    const colourOf = (selector: string) =>
      page
        .locator(selector)
        .first()
        .evaluate((element) => getComputedStyle(element).backgroundColor);
    const ground = await colourOf('.bubble');
    for (const selector of ['.spoiler > button', '.mention.own', '.reactions [aria-pressed=true]'])
      assert.notEqual(await colourOf(selector), ground, selector);
  });

  it('no page reported an error', () => {
    assert.deepEqual(suite.pageErrors, []);
  });
});

/** Of the sign in the bubble with the bubble, as WCAG counts it: 1 to 21. */
async function contrast(page: Page): Promise<number> {
  const colours = await page.locator('.launcher').evaluate((bubble) => {
    const { color, backgroundColor } = getComputedStyle(bubble);
    return [color, backgroundColor].map((colour) => {
      const canvas = new OffscreenCanvas(1, 1).getContext('2d');
      if (!canvas) throw new Error('no canvas');
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
      return Array.from(canvas.getImageData(0, 0, 1, 1).data);
    });
  });
  const [dark = 0, light = 0] = colours.map(luminance).sort((one, other) => one - other);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: number[]): number {
  const [r = 0, g = 0, b = 0] = colour
    .map((value) => value / 255)
    .map((value) => (value <= 0.04 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
