/** Promise: axe finds no violation in any state of a conversation. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findAccessibilityViolations } from './support/a11y.js';
import { serveHostPages } from './support/host-pages.js';
import { openState, type StateOptions, visitStatesWithoutChat } from './support/states.js';
import { startBrowserSuite } from './support/suite.js';

describe('accessibility of messages', () => {
  const suite = startBrowserSuite({ serve: serveHostPages });

  const faces: [string, StateOptions][] = [
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
    it(`axe finds no violation in a chat: ${name}`, async () => {
      const visited = await openState(suite, face);
      const { page } = visited;
      const found: string[] = [];
      const look = async (state: string) =>
        void found.push(...(await findAccessibilityViolations(page, state)));
      await look('closed');
      await page.locator('.launcher').click();
      await page.locator('.beside').waitFor({ state: 'attached' });
      await look('empty');
      await visitStatesWithoutChat(visited, look);
      visited.network.networkMode = 'all';
      await page.evaluate(() => dispatchEvent(new Event('online')));
      await page.locator('.dot.live').waitFor({ timeout: 20_000 });
      await page.keyboard.press('Escape');
      await visited.otherMember.send('아직 안 읽은 말');
      await page.locator('.badge', { hasText: '1' }).waitFor();
      await look('unread');
      assert.deepEqual(found, []);
    });
});
