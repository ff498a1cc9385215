/** A Firefox of its own, driven by WebDriver BiDi: pages, their scripts, keys, pointer and pictures. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join as joinPath } from 'node:path';
import type { TestContext } from 'node:test';
import WebSocket from 'ws';
import { createTemporaryFolder, waitUntil } from '../../support/server.js';

type CleanupContext = Pick<TestContext, 'after'>;

export type FirefoxPage = {
  goto(url: string): Promise<void>;
  /** Runs a function of the page, with values that JSON can say; so is its answer. */
  evaluate<Value, Given extends unknown[]>(
    script: ((...given: Given) => Value) | string,
    ...given: Given
  ): Promise<Awaited<Value>>;
  /** Presses and lets go of keys one by one; `Keys` has those without a character. */
  type(keys: string): Promise<void>;
  /** Presses a key while another is held down. */
  holdKeys(held: string, key: string): Promise<void>;
  move(x: number, y: number): Promise<void>;
  click(x: number, y: number): Promise<void>;
  /** In CSS pixels. */
  setViewportSize(width: number, height: number): Promise<void>;
  /** A PNG of what can be seen. */
  screenshot(file: string): Promise<void>;
  /** Errors that nobody caught, and what the page logged as one. */
  readonly errors: string[];
};

/** WebDriver, "Keyboard Actions". */
export const Keys = { enter: '\uE007', shift: '\uE008', escape: '\uE00C' };

/** No update, no first-run page, nothing asked of anybody in the world. */
const FIREFOX_PREFERENCES = {
  'app.update.disabledForTesting': true,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.homepage_override.mstone': 'ignore',
  'browser.aboutwelcome.enabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'toolkit.telemetry.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'services.settings.server': 'data:,',
  'extensions.systemAddon.update.enabled': false,
};
const START_TIMEOUT_MS = 30_000;
const COMMAND_TIMEOUT_MS = 30_000;

type BidiMessage = {
  id?: number;
  type: string;
  method?: string;
  params?: unknown;
  result?: unknown;
  message?: string;
};
type SendCommand = (method: string, params: object) => Promise<never>;

export async function launchFirefox(
  context: CleanupContext,
  path: string,
): Promise<{ page(): Promise<FirefoxPage> }> {
  const profile = createTemporaryFolder();
  const lines = Object.entries(FIREFOX_PREFERENCES).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`,
  );
  writeFileSync(joinPath(profile, 'user.js'), lines.join('\n'));
  const child = spawn(
    path,
    ['--headless', '--no-remote', '--remote-debugging-port', '0', '--profile', profile, 'about:blank'],
    { env: { PATH: process.env.PATH, HOME: profile, MOZ_CRASHREPORTER_DISABLE: '1' } },
  );
  const ended = once(child, 'close');
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
  context.after(async () => {
    child.kill('SIGTERM');
    await ended;
    rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
  });
  const address = () => /WebDriver BiDi listening on (ws:\S+)/.exec(said)?.[1];
  await waitUntil(() => address() !== undefined || child.exitCode !== null, 'Firefox', START_TIMEOUT_MS);
  if (!address()) throw new Error(`Firefox did not start:\n${said}`);

  const socket = new WebSocket(`${address()}/session`);
  await once(socket, 'open');
  context.after(() => socket.terminate());
  const complaints = new Map<string, string[]>();
  const waiting = new Map<number, (answer: BidiMessage) => void>();
  socket.on('message', (data) => {
    const answer = JSON.parse(String(data)) as BidiMessage;
    if (answer.id !== undefined) waiting.get(answer.id)?.(answer);
    else if (answer.method === 'log.entryAdded') note(answer.params as Entry);
  });

  type Entry = { level: string; text: string; source: { context?: string } };
  function note({ level, text, source }: Entry): void {
    if (level === 'error') complaints.get(source.context ?? '')?.push(text);
  }

  let last = 0;
  const send: SendCommand = async (method, params) => {
    last += 1;
    const id = last;
    socket.send(JSON.stringify({ id, method, params }));
    const answer = await new Promise<BidiMessage>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`Firefox did not answer ${method}`)),
        COMMAND_TIMEOUT_MS,
      );
      waiting.set(id, (given) => {
        clearTimeout(timer);
        waiting.delete(id);
        resolve(given);
      });
    });
    if (answer.type === 'error') throw new Error(`${method}: ${answer.message}`);
    return answer.result as never;
  };

  await send('session.new', { capabilities: {} });
  await send('session.subscribe', { events: ['log.entryAdded'] });
  return {
    async page() {
      const { context: id } = (await send('browsingContext.create', { type: 'tab' })) as { context: string };
      complaints.set(id, []);
      return createPage(id, send, complaints.get(id) ?? []);
    },
  };
}

const POINTER_PRESS = [
  { type: 'pointerDown', button: 0 },
  { type: 'pointerUp', button: 0 },
];
const pointerMoveAction = (x: number, y: number) => ({
  type: 'pointerMove',
  x: Math.round(x),
  y: Math.round(y),
});

function createPage(id: string, send: SendCommand, complaints: string[]): FirefoxPage {
  const perform = async (actions: object[]): Promise<void> => {
    await send('input.performActions', { context: id, actions });
  };
  return {
    errors: complaints,
    async goto(url) {
      await send('browsingContext.navigate', { context: id, url, wait: 'complete' });
    },
    async evaluate(script, ...given) {
      // The functions of these files name others by this, which is not there in a page.
      const call = `((__name) => (${script})(...${JSON.stringify(given)}))((named) => named)`;
      const answer = (await send('script.evaluate', {
        // As text: the protocol's own form of values has a type beside each.
        expression: `Promise.resolve(${call}).then((value) => JSON.stringify(value))`,
        target: { context: id },
        awaitPromise: true,
      })) as { type: string; result: { value?: string }; exceptionDetails?: { text: string } };
      if (answer.type === 'exception') throw new Error(answer.exceptionDetails?.text);
      return (answer.result.value === undefined ? undefined : JSON.parse(answer.result.value)) as never;
    },
    async type(keys) {
      const actions = Array.from(keys).flatMap((value) => [
        { type: 'keyDown', value },
        { type: 'keyUp', value },
      ]);
      await perform([{ type: 'key', id: 'keys', actions }]);
    },
    async holdKeys(held, value) {
      const down = (key: string) => ({ type: 'keyDown', value: key });
      const up = (key: string) => ({ type: 'keyUp', value: key });
      await perform([{ type: 'key', id: 'keys', actions: [down(held), down(value), up(value), up(held)] }]);
    },
    move: (x, y) => perform([{ type: 'pointer', id: 'mouse', actions: [pointerMoveAction(x, y)] }]),
    click: (x, y) =>
      perform([{ type: 'pointer', id: 'mouse', actions: [pointerMoveAction(x, y), ...POINTER_PRESS] }]),
    async setViewportSize(width, height) {
      await send('browsingContext.setViewport', { context: id, viewport: { width, height } });
    },
    async screenshot(file) {
      const { data } = (await send('browsingContext.captureScreenshot', { context: id })) as { data: string };
      writeFileSync(file, Buffer.from(data, 'base64'));
    },
  };
}
