/** Promise: no text, name or picture of a user becomes more than text and a picture, also on a page without a policy. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { assertStored, connectClient, SECRET, waitUntil } from '../support/server.js';
import { createClaims, writeToken } from '../support/token-server.js';
import { serveHostSite } from './support/page.js';
import { startBrowserSuite } from './support/suite.js';

const WATCH = 'window.hits = []; window.hit = (what) => window.hits.push(what ?? "a script");';
/** Each would call `hit` if it were taken for what it looks like. */
const SCRIPTS = [
  '<script>hit()</script>',
  '<img src=x onerror=hit()>',
  '<svg/onload=hit()>',
  '</textarea><svg/onload=hit()>',
  '</style></script><img src=x onerror=hit()>',
  '"><img src=x onerror=hit()>',
  "' onmouseover='hit()' autofocus onfocus='hit()",
  'javascript:hit()',
  '[x](javascript:hit())',
  'https://x.example/"onmouseover="hit()',
  '{{constructor.constructor("hit()")()}}',
  '<a href=javascript:hit()>x</a>',
  '<iframe srcdoc="<script>parent.hit()</script>"></iframe>',
  '<details open ontoggle=hit()>',
  '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=hit()&gt;">',
  '<noscript><p title="</noscript><img src=x onerror=hit()>">',
  '&lt;img src=x onerror=hit()&gt;',
  '**<img src=x onerror=hit()>**',
  '||<img src=x onerror=hit()>||',
  '```\n</pre><img src=x onerror=hit()>\n```',
  '@<img src=x onerror=hit()>',
];
const PICTURES = [
  'javascript:hit()',
  'JaVaScRiPt:hit()',
  '\u0001javascript:hit()',
  'data:text/html,<script>parent.hit()</script>',
  'data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg" onload="hit()"/>',
  'vbscript:hit()',
  'blob:https://x.example/1',
  'file:///etc/passwd',
  '//x.example/a.png',
  'http://x.example/a.png',
  'https://user:word@x.example/a.png',
  'x" onerror="hit()',
  '"><script>hit()</script>',
  { toString: 'https://x.example/a.png' },
];
/** What the widget draws of its own accord; anything else came from a message. */
const STRANGE =
  'script, iframe, object, embed, link, form:not(.composer), math, details, noscript, img:not(.avatar *), [onload], [onerror], [onfocus], [onmouseover], [ontoggle]';

const tokenFor = (more: object) =>
  writeToken({ claims: { ...createClaims('kimpga'), ...more }, secret: SECRET });

describe('script injection', () => {
  const suite = startBrowserSuite({
    serve: serveHostSite,
    settings: { SEND_BURST: '1000', ADDRESS_EVENT_BURST: '100000' },
  });

  async function open(token: string): Promise<Page> {
    // What a policy would stop has to be stopped without one.
    const page = await suite.openPage({ bypassCSP: true });
    page.on('dialog', (dialog) => suite.pageErrors.push(`a dialog: ${dialog.message()}`));
    await page.addInitScript(WATCH);
    await page.goto(suite.pageUrl(token));
    await page.locator('.dot.live').waitFor();
    return page;
  }

  async function assertQuiet(page: Page, what: string): Promise<void> {
    assert.deepEqual(await page.evaluate('window.hits'), [], what);
    assert.equal(page.frames().length, 1, what);
    const strange = await page
      .locator('chatty-chat')
      .locator(STRANGE)
      .evaluateAll((all) => all.map((each) => each.outerHTML));
    assert.deepEqual(strange, [], what);
    for (const link of await page
      .locator('chatty-chat a')
      .evaluateAll((all) => all.map((each) => (each as HTMLAnchorElement).href)))
      assert.match(link, /^https?:/, what);
    assert.doesNotMatch(await page.title(), /hit\(/, what);
  }

  it('injected scripts in messages, names, replies, mentions and avatars stay plain text, live and in history (X1, X2)', async (context) => {
    const viewer = await open(tokenFor({ sub: 'viewer', username: '<svg/onload=hit("own")>' }));
    const names = SCRIPTS.filter((text) => text.length <= 40 && !text.includes('\n'));
    let last = 0;
    for (const [index, username] of names.entries()) {
      const picture = PICTURES[index % PICTURES.length];
      const claims = {
        sub: username,
        username,
        avatar: picture,
        url: picture,
        badges: [username],
        role: index % 3 ? 'member' : 'moderator',
      };
      const member = await connectClient(context, suite.server.url, tokenFor(claims), {
        transports: ['websocket'],
      });
      member.socket.emit('typing', {});
      const { id } = assertStored(
        await member.send({ content: `${index} ${username}`, ...(last > 0 && { replyTo: last }) }),
      );
      last = id;
      member.socket.disconnect();
    }
    const author = await connectClient(
      context,
      suite.server.url,
      tokenFor({ sub: 'author', username: '민수' }),
    );
    for (const text of SCRIPTS) assertStored(await author.send(text));
    assertStored(await author.send('@<svg/onload=hit("own")> 끝'));
    for (const again of [false, true]) {
      if (again) await viewer.reload();
      await viewer.locator('.bubble', { hasText: '끝' }).waitFor();
      await waitUntil(
        async () => (await viewer.locator('.name').allTextContents()).includes('민수'),
        'the name',
      );
      await assertQuiet(viewer, again ? 'history' : 'live');
      const shown = (await viewer.locator('.bubble').allTextContents()).join('\n');
      for (const text of ['<img src=x onerror=hit()>', '</textarea><svg/onload=hit()>', '&lt;img src=x'])
        assert.ok(shown.includes(text), text);
    }
    // What is shown of a message that is answered, beside the field and in the line.
    const row = viewer.locator('.row', { hasText: '끝' });
    await row.hover();
    await row.getByRole('button', { name: '답장', exact: true }).click();
    await viewer.locator('.composer textarea').fill('<img src=x onerror=hit()> 답');
    await viewer.locator('.composer textarea').press('Enter');
    await viewer.locator('.row.own:not(.waiting)', { hasText: '답' }).waitFor();
    await assertQuiet(viewer, 'a reply');
    for (const name of await viewer.locator('.quote').allTextContents()) assert.ok(name.length > 0);
    // Scrolled through, so that every line has been drawn once.
    for (let step = 0; step < 12; step += 1) {
      await viewer.locator('.row').first().scrollIntoViewIfNeeded();
      await assertQuiet(viewer, `scrolled ${step}`);
    }
  });

  it('the test detects a script that runs', async () => {
    const page = await open(tokenFor({ sub: 'control' }));
    await page.evaluate('document.body.insertAdjacentHTML("beforeend", "<img src=x onerror=hit()>")');
    await page.waitForFunction('window.hits.length > 0');
    await assert.rejects(assertQuiet(page, 'the control'));
  });

  it('no page reported an error', () => assert.deepEqual(suite.pageErrors, []));
});
