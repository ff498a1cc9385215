/** Promise: the chat takes the focus when the visitor asks for it, gives it back, and takes it from no field of the page. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { waitUntil } from '../support/server.js';
import { inlineScript } from './support/host-page.js';
import { createSuiteToken, type HostWindow, startHostSuite } from './support/host-suite.js';

describe('keyboard focus', () => {
  const suite = startHostSuite();

  it('the focus follows the visitor, and stays in a host field where the visitor types', async () => {
    const page = await suite.openPage(
      `<input id="own"><button id="call">?</button>${inlineScript(
        `params = { token: '${createSuiteToken('focus')}' }; document.querySelector('#call').onclick = () => Chatty('toggle')`,
      )}${suite.script()}`,
    );
    const focused = () =>
      page.evaluate(() => {
        const { activeElement } = document;
        return (activeElement?.shadowRoot?.activeElement ?? activeElement)?.className || activeElement?.id;
      });
    const has = (what: string) => waitUntil(async () => (await focused()) === what, `the focus at ${what}`);
    await page.locator('#call').click();
    await page.locator('.dot.live').waitFor();
    await has('');
    assert.equal(await page.evaluate('document.activeElement.shadowRoot.activeElement.tagName'), 'TEXTAREA');
    await page.keyboard.press('Escape');
    await has('launcher');
    // The page opens and closes it while the visitor writes elsewhere.
    await page.locator('#own').focus();
    for (const [name, letter] of [
      ['open', 'a'],
      ['close', 'b'],
    ] as const) {
      await page.evaluate((name) => (window as unknown as HostWindow).Chatty(name), name);
      await page.locator('.panel').waitFor({ state: name === 'open' ? 'attached' : 'detached' });
      assert.equal(await focused(), 'own', name);
      await page.keyboard.press(letter);
    }
    assert.equal(await page.locator('#own').inputValue(), 'ab');
  });

  it('no page reported an error', () => {
    assert.deepEqual(suite.pageErrors, []);
  });
});
