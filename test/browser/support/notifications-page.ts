/** A page that records notifications, tones, permission requests and stored values, and that can be hidden. */

import assert from 'node:assert/strict';
import type { Frame, Page } from 'playwright-core';
import { assertStored, connectClient, createTestToken, waitUntil } from '../../support/server.js';
import { inlineScript, type PageResources, serveHostMarkup } from './host-page.js';
import type { HostWindow } from './host-suite.js';
import { startBrowserSuite } from './suite.js';

export const PAGE_TITLE = ' A  shop ';
const PAGE_HEAD = `<title>${PAGE_TITLE}</title><meta http-equiv="content-security-policy" content="require-trusted-types-for 'script'">`;
const PAGE_BODY = '<main><h1>A shop</h1><div id="a" class="place"></div></main>';

type ShownNotification = { title: string; body: string; closed: boolean; press(): void };

type RecordedNotifications = {
  shown: ShownNotification[];
  asked: number;
  tones: number;
  /** States of the audio contexts there have been. */
  audio(): string[];
};

/** The window of such a page. */
export type RecordingWindow = { noted: RecordedNotifications };

/** Runs in the page, before any other script. */
function installNotificationRecorder(): void {
  const contexts: AudioContext[] = [];
  const noted: RecordedNotifications = {
    shown: [],
    asked: 0,
    tones: 0,
    audio: () => contexts.map(({ state }) => state),
  };
  const asking = Notification.requestPermission.bind(Notification);
  window.Notification = class extends Notification {
    readonly #shown: ShownNotification;
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

export async function recordNotifications(page: Page): Promise<void> {
  await page.addInitScript({ content: `var __name = (it) => it; (${installNotificationRecorder})();` });
}

/** As when the visitor turns to another tab, or comes back. */
export function setPageHidden(page: Page | Frame, hidden = true): Promise<void> {
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
export function readRecordedNotifications(page: Page | Frame): Promise<{
  shown: Omit<ShownNotification, 'press'>[];
  asked: number;
  tones: number;
  audio: string[];
  stored: string[];
  title: string;
}> {
  return page.evaluate(() => {
    const { shown, asked, tones, audio } = (window as unknown as RecordingWindow).noted;
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
type NotificationPage = {
  page: Page;
  projectId: string;
  before: PageResources;
  say(said: string | { content: string; replyTo: number }): Promise<{ id: number }>;
  loadedScripts(): boolean;
};

export const liveRegion = (page: Page) => page.locator('.dot.live').first().waitFor();

const leftoverOf = (page: Page) => page.evaluate(() => (window as unknown as HostWindow).left());

export const callChattyApi = (page: Page, name: string, options?: object) =>
  page.evaluate(([method, value]) => void (window as unknown as HostWindow).Chatty(method, value), [
    name,
    options,
  ] as const);

export const title = (page: Page, wanted: string) =>
  waitUntil(
    async () => (await readRecordedNotifications(page)).title === wanted,
    `the title ${JSON.stringify(wanted)}`,
  );

export async function setTitle(page: Page, text: string): Promise<void> {
  await page.locator('.composer textarea').fill(text);
  await page.locator('.composer textarea').press('Enter');
  await page.locator('.own:not(.waiting)', { hasText: text }).waitFor();
}

/** Waits until no more is left than there was before the chat. */
export const waitUntilRestored = ({ page, before }: NotificationPage) =>
  waitUntil(
    async () => JSON.stringify(await leftoverOf(page)) === JSON.stringify(before),
    'nothing to be left',
  ).catch(async () => assert.deepEqual(await leftoverOf(page), before));

/** What the visitor's browser says when it is asked for notifications. */
export async function answerPermission(page: Page, setting: 'granted' | 'denied'): Promise<void> {
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

export function startNotificationsSuite() {
  const suite = startBrowserSuite({
    serve: serveHostMarkup,
    settings: { SEND_BURST: '500', SEND_PER_SECOND: '500' },
  });
  let projects = 0;

  /** Minsu's page, with these settings of its host, and Jiyoung in his room. */
  async function open(
    settings: object,
    { granted = true, head = PAGE_HEAD }: { granted?: boolean; head?: string } = {},
  ): Promise<NotificationPage> {
    projects += 1;
    const projectId = `notices-${projects}`;
    const page = await suite.openPage({ locale: 'en-US' });
    await answerPermission(page, granted ? 'granted' : 'denied');
    await recordNotifications(page);
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    const token = createTestToken('민수', { projectId });
    const params = inlineScript(`window.params = ${JSON.stringify({ token, autoload: false, ...settings })}`);
    const script = `<script src="${suite.server.url}/widget.js"></script>`;
    await page.goto(suite.pageUrl(PAGE_BODY + params + script, head));
    const before = await leftoverOf(page);
    await callChattyApi(page, 'init');
    const jiyoung = await connectClient(suite, suite.server.url, createTestToken('지영', { projectId }));
    return {
      page,
      projectId,
      before,
      say: async (said) => assertStored(await jiyoung.send(said)),
      loadedScripts: () => requests.some((address) => /\/notifications-/.test(address)),
    };
  }

  async function opened({ page }: NotificationPage): Promise<void> {
    await callChattyApi(page, 'open');
    await liveRegion(page);
  }

  return { suite, open, opened };
}
