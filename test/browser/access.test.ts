/** Promise: the chat can be used by keyboard alone, without motion, in forced colours, and passes axe before a login. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findAccessibilityViolations } from './support/a11y.js';
import { messageField, serveHostPages } from './support/host-pages.js';
import { openState, STATES_WITHOUT_CHAT } from './support/states.js';
import { startBrowserSuite } from './support/suite.js';

describe('accessibility of the chat', () => {
  const suite = startBrowserSuite({ serve: serveHostPages });

  for (const theme of ['light', 'dark'])
    for (const locale of ['ko', 'ar'])
      it(`axe finds no violation before or in place of a chat: ${theme}, ${locale}`, async () => {
        const found: string[] = [];
        for (const [state, sign, visited] of STATES_WITHOUT_CHAT) {
          const params = { theme, locale, ...visited.params };
          const { page } = await openState(suite, { ...visited, params });
          await page.locator('.launcher').click();
          await page.locator(sign).waitFor();
          found.push(...(await findAccessibilityViolations(page, state)));
        }
        assert.deepEqual(found, []);
      });

  it('Tab reaches every control, and each shows its focus', async () => {
    const { page, otherMember: jiyoung } = await openState(suite);
    await page.locator('.launcher').waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await jiyoung.send('키보드로 https://example.com ||숨김||');
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

  it('reduced motion stops all animation, and forced colours show borders', async () => {
    const options = { reducedMotion: 'reduce', forcedColors: 'active' } as const;
    const held = await openState(suite, { options, networkMode: 'held' });
    await held.page.locator('.launcher').click();
    const bar = held.page.locator('.skeleton > *').first();
    await bar.waitFor();
    const { width, shape } = await bar.evaluate((element) => ({
      width: element.getBoundingClientRect().width,
      shape: getComputedStyle(element).clipPath,
    }));
    assert.equal(shape, 'none');
    assert.ok(width > 150, `${width}px`);
    const { page, otherMember: jiyoung } = await openState(suite, { options });
    await jiyoung.send('움직이지 않는 말');
    await page.locator('.launcher').click();
    await page.locator('.bubble').waitFor();
    for (const each of [held.page, page])
      assert.equal(
        await each.evaluate(() => document.querySelector('chatty-chat')?.shadowRoot?.getAnimations().length),
        0,
      );
    await messageField(page).focus();
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
