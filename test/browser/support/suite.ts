/** What the browser stories of one file begin with: a chat server, a browser, pages of a host, and what pages complained of. */

import { after, afterEach, before, type TestContext } from 'node:test';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { type Chatty, startChatty } from '../../support/server.js';
import { launchBrowser } from './page.js';

type Cleanup = Pick<TestContext, 'after'>;

export type BrowserSuite<Address> = Cleanup & {
  readonly chatty: Chatty;
  readonly browser: Browser;
  /** Gives the address of a page. */
  readonly address: Address;
  /** Errors nobody caught and violations of a policy, of every page so far. */
  readonly complaints: string[];
  /** A visitor with a browser profile of their own; it ends with the test. */
  page(options?: BrowserContextOptions): Promise<Page>;
};

/**
 * @param serve starts the site whose pages hold the widget of a chat server
 * @param settings environment variables of the chat server
 * @param fill says something before the first story
 */
export function startBrowserSuite<Address>(options: {
  serve: (context: Cleanup, chat: string) => Promise<Address>;
  settings?: Record<string, string>;
  fill?: (chatty: Chatty) => Promise<void>;
}): BrowserSuite<Address> {
  const endings: (() => unknown)[] = [];
  const context = { after: (ending: () => unknown) => endings.push(ending) } as unknown as TestContext;
  const complaints: string[] = [];
  let chatty: Chatty;
  let browser: Browser;
  let address: Address;

  before(async () => {
    chatty = await startChatty(context, options.settings);
    await options.fill?.(chatty);
    browser = await launchBrowser(context);
    address = await options.serve(context, chatty.url);
  });
  afterEach(async () => {
    for (const each of browser.contexts()) await each.close();
  });
  after(async () => {
    for (const ending of endings.reverse()) await ending();
  });

  return {
    after: context.after,
    complaints,
    get chatty() {
      return chatty;
    },
    get browser() {
      return browser;
    },
    get address() {
      return address;
    },
    async page(profile) {
      const page = await (await browser.newContext(profile)).newPage();
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('console', (message) => {
        if (/Content Security Policy/.test(message.text())) complaints.push(message.text());
      });
      return page;
    },
  };
}
