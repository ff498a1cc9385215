/** Starts what the browser tests of a file share: a chat server, a browser, host pages, and a list of page errors. */

import { after, afterEach, before, type TestContext } from 'node:test';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { startTestServer, type TestServer } from '../../support/server.js';
import { launchBrowser } from './page.js';

type CleanupContext = Pick<TestContext, 'after'>;

export type BrowserSuite<Address> = CleanupContext & {
  readonly server: TestServer;
  readonly browser: Browser;
  /** Gives the address of a page. */
  readonly pageUrl: Address;
  /** Errors nobody caught and violations of a policy, of every page so far. */
  readonly pageErrors: string[];
  /** A visitor with a browser profile of their own; it ends with the test. */
  openPage(options?: BrowserContextOptions): Promise<Page>;
};

/**
 * @param serve starts the site whose pages hold the widget of a chat server
 * @param settings environment variables of the chat server
 * @param fill says something before the first story
 */
export function startBrowserSuite<Address>(options: {
  serve: (context: CleanupContext, chat: string) => Promise<Address>;
  settings?: Record<string, string>;
  fill?: (chatty: TestServer) => Promise<void>;
}): BrowserSuite<Address> {
  const endings: (() => unknown)[] = [];
  const context = { after: (ending: () => unknown) => endings.push(ending) } as unknown as TestContext;
  const complaints: string[] = [];
  let chatty: TestServer;
  let browser: Browser;
  let address: Address;

  before(async () => {
    chatty = await startTestServer(context, options.settings);
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
    pageErrors: complaints,
    get server() {
      return chatty;
    },
    get browser() {
      return browser;
    },
    get pageUrl() {
      return address;
    },
    async openPage(profile) {
      const page = await (await browser.newContext(profile)).newPage();
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('console', (message) => {
        if (/Content Security Policy/.test(message.text())) complaints.push(message.text());
      });
      return page;
    },
  };
}
