/** What the stories of the host's API begin with: a chat server, a browser, pages, and somebody who watches the room. */

import { before } from 'node:test';
import type { Chatty as Api } from '@chatty/embed';
import type { Page } from 'playwright-core';
import { connectClient, createTestToken, type TestClient, waitUntil } from '../../support/server.js';
import { type Counted, serveHostMarkup } from './host-page.js';
import { startBrowserSuite } from './suite.js';

/** The window of a page, as its scripts see it. */
export type HostWindow = Counted & { Chatty: Api };

export type HostSuite = {
  readonly chat: string;
  readonly pageErrors: string[];
  /** The two lines of the embed, with attributes of the script. */
  script(attributes?: string): string;
  openPage(body: string, head?: string): Promise<Page>;
  roomWatcher(): TestClient;
  /** Who has a connection to the server, beside the watcher. */
  memberCount(): Promise<string[]>;
  /** Waits until exactly these have one. */
  room(...names: string[]): Promise<void>;
};

/** Token of somebody in the project of these stories. */
export const createSuiteToken = (name: string, expiresIn = 3_600, now = Date.now()) =>
  createTestToken(name, { projectId: 'host', expiresIn, now });

export function startHostSuite(): HostSuite {
  const suite = startBrowserSuite({ serve: serveHostMarkup });
  let watcher: TestClient;
  before(async () => {
    watcher = await connectClient(suite, suite.server.url, createSuiteToken('watcher'));
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
      return suite.server.url;
    },
    pageErrors: suite.pageErrors,
    script: (attributes = 'defer') => `<script src="${suite.server.url}/widget.js" ${attributes}></script>`,
    async openPage(body, head) {
      const page = await suite.openPage({ locale: 'en-US' });
      await page.goto(suite.pageUrl(body, head));
      return page;
    },
    roomWatcher: () => watcher,
    memberCount: present,
    room: (...names) =>
      waitUntil(
        async () => (await present()).join() === names.sort().join(),
        `${names.join(' and ')} in the room`,
      ),
  };
}
