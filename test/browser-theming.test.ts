/** Promise: whatever colours a host gives, some or all of them, the rest is made to go with them and can be read. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { faults } from './browser-faults.js';
import { serveHosts } from './browser-host.js';
import { visit, walk } from './browser-states.js';
import { startBrowserSuite } from './browser-suite.js';
import { until } from './kit.js';

type Colours = { accent?: string; background?: string; text?: string };

/** Of hosts as there are: a colour of the house alone, or a whole page of it that knows nothing of light and dark. */
const HOSTS: [name: string, Colours][] = [
  ['a dark colour alone', { accent: '#1b3a57' }],
  ['a pale colour alone', { accent: '#ffd400' }],
  ['red alone', { accent: '#e5002b' }],
  ['green alone', { accent: '#00aa77' }],
  ['a dark page', { accent: '#ffb300', background: '#0b2a3a', text: '#e8f4f8' }],
  ['a soft dark page', { accent: '#61afef', background: '#282c34', text: '#b9c0cc' }],
  ['a grey text', { accent: '#27c', background: '#fff', text: '#4b5563' }],
  ['a page of paper', { accent: '#8c3b1f', background: '#fbf3e4', text: '#3b2a1a' }],
];

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

describe('in the colours of the host', () => {
  const suite = startBrowserSuite({ serve: serveHosts });

  it('nothing in a talk is hard to read, in light and in dark', async () => {
    const visited = await visit(suite, { params: { theme: 'auto' } });
    const { page } = visited;
    const found: string[] = [];
    const met: string[] = [];
    await page.locator('.launcher').click();
    await page.locator('.beside').waitFor();
    await walk(visited, async (state) => {
      if (!TELLING.includes(state)) return;
      met.push(state);
      for (const [name, colours] of HOSTS)
        for (const colorScheme of ['light', 'dark'] as const) {
          await dress(page, colours, colorScheme);
          found.push(...(await faults(page, `${state}, ${name}, ${colorScheme}`, ['color-contrast'])));
        }
    });
    assert.deepEqual(found, []);
    assert.deepEqual(met.sort(), TELLING.toSorted());
  });

  it('the sign of the bubble stands out', async () => {
    const { page } = await visit(suite, {});
    await page.locator('.launcher').waitFor();
    for (const [name, colours] of HOSTS) {
      await dress(page, colours, 'light');
      // The chat, which knows how, comes a moment after its bubble.
      await until(async () => (await contrast(page)) >= 3, `a sign that stands out: ${name}`);
    }
  });

  it('no page complained', () => {
    assert.deepEqual(suite.complaints, []);
  });
});

/** The page of a host, for a visitor who likes it light or dark. */
async function dress(page: Page, colours: Colours, colorScheme: 'light' | 'dark'): Promise<void> {
  await page.emulateMedia({ colorScheme });
  await page.evaluate(
    ([names, colours]) => {
      const { style } = document.documentElement;
      for (const name of names) style.setProperty(`--chatty-${name}`, colours[name] ?? '');
    },
    [['accent', 'background', 'text'], colours] as const,
  );
}

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
