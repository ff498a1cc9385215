/** A page that remembers what reached its visitor beyond the chat: notifications, tones, what was asked and stored; and can be hidden. */

import assert from 'node:assert/strict';
import type { Frame, Page } from 'playwright-core';
import { join, stored, tokenOf, until } from '../../support/server.js';
import { inline, type Left, serveMarkup } from './host-page.js';
import type { HostWindow } from './host-suite.js';
import { startBrowserSuite } from './suite.js';

export const TITLE = ' A  shop ';
const HEAD = `<title>${TITLE}</title><meta http-equiv="content-security-policy" content="require-trusted-types-for 'script'">`;
const BODY = '<main><h1>A shop</h1><div id="a" class="place"></div></main>';

type Shown = { title: string; body: string; closed: boolean; press(): void };

type Noted = {
  shown: Shown[];
  asked: number;
  tones: number;
  /** States of the audio contexts there have been. */
  audio(): string[];
};

/** The window of such a page. */
export type NotedWindow = { noted: Noted };

/** Runs in the page, before any other script. */
function note(): void {
  const contexts: AudioContext[] = [];
  const noted: Noted = { shown: [], asked: 0, tones: 0, audio: () => contexts.map(({ state }) => state) };
  const asking = Notification.requestPermission.bind(Notification);
  window.Notification = class extends Notification {
    readonly #shown: Shown;
    constructor(title: string, options: NotificationOptions = {}) {
      super(title, options);
      const press = () => void this.onclick?.call(this, new Event('click'));
      this.#shown = { title, body: options.body ?? '', closed: false, press };
      // One without words asks only whether there can be any.
      if (title) noted.shown.push(this.#shown);
    }
    static override requestPermission() {
      noted.asked += 1;
      return asking();
    }
    override close() {
      this.#shown.closed = true;
      super.close();
    }
  };
  window.AudioContext = class extends AudioContext {
    constructor() {
      super();
      contexts.push(this);
    }
  };
  const { start } = OscillatorNode.prototype;
  OscillatorNode.prototype.start = function (when) {
    noted.tones += 1;
    start.call(this, when);
  };
  Object.assign(window, { noted });
}

export async function takeNotes(page: Page): Promise<void> {
  await page.addInitScript({ content: `var __name = (it) => it; (${note})();` });
}

/** As when the visitor turns to another tab, or comes back. */
export function hide(page: Page | Frame, hidden = true): Promise<void> {
  return page.evaluate((now) => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => now });
    Object.defineProperty(document, 'visibilityState', {
      configurable: true,
      get: () => (now ? 'hidden' : 'visible'),
    });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);
}

/** What has been noted so far; what can be called has to be called there. */
export function notesOf(page: Page | Frame): Promise<{
  shown: Omit<Shown, 'press'>[];
  asked: number;
  tones: number;
  audio: string[];
  stored: string[];
  title: string;
}> {
  return page.evaluate(() => {
    const { shown, asked, tones, audio } = (window as unknown as NotedWindow).noted;
    return {
      shown: shown.map(({ title, body, closed }) => ({ title, body, closed })),
      asked,
      tones,
      audio: audio(),
      stored: [
        ...Object.keys(localStorage),
        ...Object.keys(sessionStorage),
        ...document.cookie.split(';'),
      ].filter(Boolean),
      title: document.querySelector('head > title')?.textContent ?? 'none',
    };
  });
}

/** A visitor's page: what was there before the chat, somebody else in its room, and whether the notices were brought. */
type Opened = {
  page: Page;
  projectId: string;
  before: Left;
  say(said: string | { content: string; replyTo: number }): Promise<{ id: number }>;
  brought(): boolean;
};

export const live = (page: Page) => page.locator('.dot.live').first().waitFor();

const left = (page: Page) => page.evaluate(() => (window as unknown as HostWindow).left());

export const call = (page: Page, name: string, given?: object) =>
  page.evaluate(([method, value]) => void (window as unknown as HostWindow).Chatty(method, value), [
    name,
    given,
  ] as const);

export const title = (page: Page, wanted: string) =>
  until(async () => (await notesOf(page)).title === wanted, `the title ${JSON.stringify(wanted)}`);

export async function write(page: Page, text: string): Promise<void> {
  await page.locator('.composer textarea').fill(text);
  await page.locator('.composer textarea').press('Enter');
  await page.locator('.own:not(.waiting)', { hasText: text }).waitFor();
}

/** Waits until no more is left than there was before the chat. */
export const settles = ({ page, before }: Opened) =>
  until(async () => JSON.stringify(await left(page)) === JSON.stringify(before), 'nothing to be left').catch(
    async () => assert.deepEqual(await left(page), before),
  );

/** What the visitor's browser says when it is asked for notifications. */
export async function answer(page: Page, setting: 'granted' | 'denied'): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const { targetInfo } = await session.send('Target.getTargetInfo');
  const { browserContextId } = targetInfo;
  const permission = { name: 'notifications' };
  const browser = await page.context().browser()?.newBrowserCDPSession();
  await browser?.send('Browser.setPermission', {
    permission,
    setting,
    ...(browserContextId && { browserContextId }),
  });
}

export function startNoticesSuite() {
  const suite = startBrowserSuite({
    serve: serveMarkup,
    settings: { SEND_BURST: '500', SEND_PER_SECOND: '500' },
  });
  let projects = 0;

  /** Minsu's page, with these settings of its host, and Jiyoung in his room. */
  async function open(
    settings: object,
    { granted = true, head = HEAD }: { granted?: boolean; head?: string } = {},
  ): Promise<Opened> {
    projects += 1;
    const projectId = `notices-${projects}`;
    const page = await suite.page({ locale: 'en-US' });
    await answer(page, granted ? 'granted' : 'denied');
    await takeNotes(page);
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    const token = tokenOf('민수', { projectId });
    const params = inline(`window.params = ${JSON.stringify({ token, autoload: false, ...settings })}`);
    const script = `<script src="${suite.chatty.url}/widget.js"></script>`;
    await page.goto(suite.address(BODY + params + script, head));
    const before = await left(page);
    await call(page, 'init');
    const jiyoung = await join(suite, suite.chatty.url, tokenOf('지영', { projectId }));
    return {
      page,
      projectId,
      before,
      say: async (said) => stored(await jiyoung.say(said)),
      brought: () => requests.some((address) => /\/notices-/.test(address)),
    };
  }

  async function opened({ page }: Opened): Promise<void> {
    await call(page, 'open');
    await live(page);
  }

  return { suite, open, opened };
}
