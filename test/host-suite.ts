/** What the stories of the host's API begin with: a chat server, a browser, pages, and somebody who watches the room. */

import { after, afterEach, before, type TestContext } from 'node:test';
import type { Chatty as Api } from '@chatty/embed';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from './browser-page.js';
import { type Counted, serveMarkup } from './host-page.js';
import { type Chatty, join, startChatty, tokenOf, until, type Visitor } from './kit.js';

/** The window of a page, as its scripts see it. */
export type HostWindow = Counted & { Chatty: Api };

export type Suite = {
  readonly chat: string;
  readonly complaints: string[];
  /** The two lines of the embed, with attributes of the script. */
  script(attributes?: string): string;
  open(body: string, head?: string): Promise<Page>;
  watcher(): Visitor;
  /** Who has a connection to the server, beside the watcher. */
  present(): Promise<string[]>;
  /** Waits until exactly these have one. */
  room(...names: string[]): Promise<void>;
};

/** Token of somebody in the project of these stories. */
export const tokenFor = (name: string, expiresIn = 3_600, now = Date.now()) =>
  tokenOf(name, { projectId: 'host', expiresIn, now });

export function startSuite(): Suite {
  const endings: (() => unknown)[] = [];
  const context = { after: (ending: () => unknown) => endings.push(ending) } as unknown as TestContext;
  const complaints: string[] = [];
  let browser: Browser;
  let chatty: Chatty;
  let watcher: Visitor;
  let address: Awaited<ReturnType<typeof serveMarkup>>;

  before(async () => {
    chatty = await startChatty(context);
    browser = await launchBrowser(context);
    address = await serveMarkup(context, chatty.url);
    watcher = await join(context, chatty.url, tokenFor('watcher'));
  });
  afterEach(async () => {
    for (const each of browser.contexts()) await each.close();
  });
  after(async () => {
    for (const ending of endings.reverse()) await ending();
  });

  async function present(): Promise<string[]> {
    const answer = await watcher.socket.timeout(8_000).emitWithAck('members', {});
    // Who asks too often is refused, and asks again.
    if (!answer.ok) return ['nobody knows'];
    const names: string[] = answer.members.map(({ username }: { username: string }) => username);
    return names.filter((name) => name !== 'watcher').sort();
  }

  return {
    get chat() {
      return chatty.url;
    },
    complaints,
    script: (attributes = 'defer') => `<script src="${chatty.url}/widget.js" ${attributes}></script>`,
    async open(body, head) {
      const page = await (await browser.newContext({ locale: 'en-US' })).newPage();
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('console', (message) => {
        if (/Content Security Policy/.test(message.text())) complaints.push(message.text());
      });
      await page.goto(address(body, head));
      return page;
    },
    watcher: () => watcher,
    present,
    room: (...names) =>
      until(
        async () => (await present()).join() === names.sort().join(),
        `${names.join(' and ')} in the room`,
      ),
  };
}
