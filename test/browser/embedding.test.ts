/** Promise: the chat works on pages with strict policies and on hostile pages, and leaves them as they were. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { connectClient, createTestToken, waitUntil } from '../support/server.js';
import { assertChatWorks, type HostPageOptions, messageField, serveHostPages } from './support/host-pages.js';
import { HOSTILE_PAGES } from './support/hostile-pages.js';
import { startBrowserSuite } from './support/suite.js';
import { collectPageTraces, computedStyleOf, installPageWatcher, NO_TRACES } from './support/traces.js';

type Page = { __complain(what: string): void };

/** What is compared with the same on a page without anything of its own. */
const PARTS = [
  ...[
    '.panel',
    '.header',
    '.header h2',
    '.dot',
    '.frame',
    '.row.own .bubble',
    '.row:not(.own) .bubble',
    '.quote',
    '.mention',
  ],
  ...['.composer', '.field', 'textarea', '.beside', '.send'],
];

describe('the widget on a host page', () => {
  const suite = startBrowserSuite({ serve: serveHostPages });
  let projects = 0;

  /** A visitor of a room of its own, and somebody to talk with. */
  async function visit(host: Omit<HostPageOptions, 'params'>, params: Record<string, unknown> = {}) {
    projects += 1;
    const projectId = `guest-${projects}`;
    const complaints: string[] = [];
    const page = await suite.openPage();
    page.setDefaultTimeout(8_000);
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.exposeFunction('__complain', (what: string) => complaints.push(what));
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    page.on('websocket', (socket) => requests.push(socket.url()));
    // The compiler of the tests names functions by it.
    await page.addInitScript('window.__name = (value) => value');
    await page.addInitScript(installPageWatcher);
    await page.addInitScript(() => {
      addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) =>
        (window as unknown as Page).__complain(`${effectiveDirective} ${blockedURI}`),
      );
      addEventListener('chatty:error', (event) =>
        (window as unknown as Page).__complain(`error ${JSON.stringify((event as CustomEvent).detail)}`),
      );
    });
    const token = createTestToken('민수', { projectId });
    const visitor = await connectClient(suite, suite.server.url, createTestToken('지영', { projectId }));
    await page.goto(suite.pageUrl({ ...host, params: { ...params, token } }));
    const other = { name: '지영', sendMessage: (text: string) => visitor.send(text) };
    return { page, token, other, complaints, requests };
  }

  const policies: [string, string][] = [
    ["'nonce-page' 'strict-dynamic'", "; require-trusted-types-for 'script'; trusted-types 'none'"],
    ["'nonce-page'", "; require-trusted-types-for 'script'; trusted-types 'none'"],
    ['CHAT', "; require-trusted-types-for 'script'; trusted-types 'none'"],
    ["'nonce-page' CHAT", ''],
  ];
  const policyOf = (scripts: string, more = '') =>
    `default-src 'none'; script-src ${scripts}; connect-src CHAT WS; img-src data:; style-src 'self'${more}`
      .replaceAll('CHAT', suite.server.url)
      .replace('WS', suite.server.url.replace('http', 'ws'));

  for (const [scripts, more] of policies)
    it(`everything works under script-src ${scripts}${more} (X5)`, async () => {
      const host = { policy: policyOf(scripts.replace(/^CHAT$/, "CHAT 'self'"), more) };
      const { page, other, complaints } = await visit(host, { mount: '#chat' });
      await assertChatWorks(page, other);
      assert.deepEqual(complaints, []);
    });

  it('a policy that allows only the loader is reported to the page', async () => {
    const { page, complaints } = await visit(
      { policy: policyOf("'self' CHAT/widget.js") },
      { mount: '#chat' },
    );
    await waitUntil(() => complaints.length > 1, 'the complaints');
    assert.match(complaints.sort().join(), /^error .*"unavailable".*script-src-elem http.*\/widget\/chat-/);
    assert.equal(await page.locator('.panel').count(), 0);
  });

  it('hostile host pages show the same chat, and stay unchanged (X4)', async (test) => {
    async function look(host: Omit<HostPageOptions, 'params'>, params: Record<string, unknown> = {}) {
      const visited = await visit(host, params);
      const { page, other } = visited;
      // The chat's own styles come with it, when the page is idle.
      await page.locator('.face').waitFor({ state: 'attached' });
      const launcher = await computedStyleOf(page, '.launcher');
      await page.locator('.launcher').click();
      await assertChatWorks(page, other);
      await page.mouse.move(0, 0);
      await messageField(page).focus();
      const seen = { '.launcher': launcher };
      for (const part of PARTS) Object.assign(seen, { [part]: await computedStyleOf(page, part) });
      return { ...visited, seen };
    }
    const clean = await look({});
    for (const { name, params, ...host } of HOSTILE_PAGES)
      await test.test(name, async () => {
        const { page, token, complaints, requests, seen } = await look(host, params);
        assert.deepEqual(seen, clean.seen);
        assert.deepEqual(complaints, []);
        assert.deepEqual(await collectPageTraces(page), NO_TRACES);
        assert.deepEqual(await page.context().cookies(), []);
        const markup = await page.evaluate(
          () =>
            document.documentElement.outerHTML + document.querySelector('chatty-chat')?.shadowRoot?.innerHTML,
        );
        assert.ok(markup.includes('4퍼센트요') && !markup.includes(token), 'no token in the DOM');
        assert.ok(
          requests.length > 4 && !requests.some((url) => url.includes(token)),
          'no token in an address',
        );
      });
  });
});
