/** What the stories of the host's API begin with: a chat server, a browser, pages, and somebody who watches the room. */

import { before } from 'node:test';
import type { Chatty as Api } from '@chatty/embed';
import type { Page } from 'playwright-core';
import { join, tokenOf, until, type Visitor } from '../../support/server.js';
import { type Counted, serveMarkup } from './host-page.js';
import { startBrowserSuite } from './suite.js';

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
  const suite = startBrowserSuite({ serve: serveMarkup });
  let watcher: Visitor;
  before(async () => {
    watcher = await join(suite, suite.chatty.url, tokenFor('watcher'));
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
      return suite.chatty.url;
    },
    complaints: suite.complaints,
    script: (attributes = 'defer') => `<script src="${suite.chatty.url}/widget.js" ${attributes}></script>`,
    async open(body, head) {
      const page = await suite.page({ locale: 'en-US' });
      await page.goto(suite.address(body, head));
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
