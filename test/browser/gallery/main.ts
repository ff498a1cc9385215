/** Pictures of every state of the widget in docs/gallery, so that a change of look is seen in review. */

import { mkdir, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import type { Page } from 'playwright-core';
import { startTestServer, type TestServer } from '../../support/server.js';
import { applyTheme, HOST_THEMES, type ThemeColours } from '../support/colours.js';
import { serveHostPages } from '../support/host-pages.js';
import { launchBrowser } from '../support/page.js';
import {
  type OpenedState,
  openState,
  STATES_WITHOUT_CHAT,
  type StateOptions,
  visitChatStates,
  visitStatesWithoutChat,
} from '../support/states.js';

const GALLERY_FOLDER = fileURLToPath(new URL('../../../docs/gallery/', import.meta.url));
const PHONE_VIEWPORT = { viewport: { width: 390, height: 760 }, hasTouch: true, isMobile: true };
const DESKTOP_VIEWPORT = { viewport: { width: 900, height: 760 } };
/** What is shown around the docked panel, in pixels. */
const MARGIN_PX = 24;
const MINUTE_MS = 60_000;

type Appearance = { name: string; title: string; stateOptions: StateOptions; colours?: ThemeColours };

/** Every state is pictured with these; between them both themes, both widths, touch and mouse. */
const APPEARANCES: Appearance[] = [
  {
    name: 'phone-dark',
    title: 'Phone, dark',
    stateOptions: { params: { theme: 'dark' }, options: PHONE_VIEWPORT },
  },
  {
    name: 'docked-light',
    title: 'Docked, light',
    stateOptions: { params: { theme: 'light' }, options: DESKTOP_VIEWPORT },
  },
];

/** The talk alone. */
const CHAT_SAMPLES: Appearance[] = [
  {
    name: 'phone-light',
    title: 'Phone, light',
    stateOptions: { params: { theme: 'light' }, options: PHONE_VIEWPORT },
  },
  {
    name: 'docked-dark',
    title: 'Docked, dark',
    stateOptions: { params: { theme: 'dark' }, options: DESKTOP_VIEWPORT },
  },
  {
    name: 'inline',
    title: 'Inline, light',
    stateOptions: { params: { theme: 'light', mount: '#chat' }, options: DESKTOP_VIEWPORT },
  },
  ...['en', 'ja', 'zh', 'es', 'ar'].map((locale, index) => ({
    name: locale,
    title: new Intl.DisplayNames('en', { type: 'language' }).of(locale) ?? locale,
    stateOptions: { params: { theme: index % 2 ? 'dark' : 'light', locale }, options: PHONE_VIEWPORT },
  })),
  ...HOST_THEMES.map(([name, colours], index) => ({
    name: name.replaceAll(' ', '-'),
    title: `Host: ${name}`,
    stateOptions: { params: { theme: index % 2 ? 'dark' : 'light' }, options: DESKTOP_VIEWPORT },
    colours,
  })),
  {
    name: 'forced-colors',
    title: 'Forced colours',
    stateOptions: { options: { ...DESKTOP_VIEWPORT, forcedColors: 'active' } },
  },
];

/** Said before: minutes ago, or a time of yesterday. */
const EARLIER_MESSAGES: [who: string, when: number | string, text: string][] = [
  ['하준', '21:14', '오늘 비트코인 김프 왜 이렇게 높아요?'],
  ['서연', '21:15', '해외 거래소 점검 때문이래요'],
  ['서연', '21:15', '점검 끝나면 내려올 것 같아요'],
  ['민수', '21:16', '그럼 내일까지 기다려 볼게요'],
  ['하준', 43, '점검 끝났네요'],
  [
    '서연',
    25,
    '오 그러네요. 그런데 환율도 같이 봐야 해요. 원달러가 오르면 김프가 그대로여도 원화 가격은 오르니까, 둘을 따로 보지 않으면 헷갈려요.',
  ],
];

const cleanups: (() => unknown)[] = [];
const context = { after: (ending: () => unknown) => void cleanups.push(ending) };
const screenshots = new Map<string, Map<string, string>>();
try {
  await rm(GALLERY_FOLDER, { recursive: true, force: true });
  await mkdir(GALLERY_FOLDER, { recursive: true });
  const chatty = await startTestServer(context, { SEND_BURST: '500', SEND_PER_SECOND: '500' });
  const browser = await launchBrowser(context);
  const suite = {
    after: context.after,
    server: chatty,
    pageUrl: await serveHostPages(context, chatty.url),
    openPage: async (options?: StateOptions['options']) => (await browser.newContext(options)).newPage(),
  };
  const fill = (projectId: string) => insertEarlierMessages(chatty, projectId);
  for (const face of APPEARANCES) {
    for (const [state, sign, instead] of STATES_WITHOUT_CHAT) {
      const { page } = await openState(suite, {
        ...face.stateOptions,
        ...instead,
        params: { ...face.stateOptions.params, ...instead.params },
      });
      await page.locator('.launcher').click();
      await page.locator(sign).waitFor();
      await captureScreenshot(page, state, face);
      await page.context().close();
    }
    const empty = await openAppearance(await openState(suite, face.stateOptions));
    await captureScreenshot(empty.page, 'empty', face);
    await empty.page.context().close();
    const visited = await openAppearance(
      await openState(suite, { ...face.stateOptions, seedMessages: fill }),
    );
    await visitStatesWithoutChat(visited, (state) => captureScreenshot(visited.page, state, face));
    await captureUnread(visited, face);
    await visited.page.context().close();
  }
  for (const face of CHAT_SAMPLES) {
    const visited = await openAppearance(
      await openState(suite, { ...face.stateOptions, seedMessages: fill }),
    );
    if (face.colours) await applyTheme(visited.page, face.colours, 'light');
    await visitChatStates(visited, (state) => captureScreenshot(visited.page, state, face));
    await visited.page.context().close();
  }
  await writeFile(`${GALLERY_FOLDER}README.md`, renderGalleryPage());
  process.stdout.write(
    `${[...screenshots.values()].reduce((sum, { size }) => sum + size, 0)} pictures in docs/gallery\n`,
  );
} finally {
  for (const ending of cleanups.reverse()) await ending();
}

/** Opens the panel where there is one to open, and waits for the extras. */
async function openAppearance(visited: OpenedState): Promise<OpenedState> {
  const { page } = visited;
  await page.locator('.launcher, .panel').first().waitFor();
  if (await page.locator('.launcher').isVisible()) await page.locator('.launcher').click();
  await page.locator('.beside').waitFor({ state: 'attached' });
  return visited;
}

/** After the connection was lost: it is back, the panel closed, and somebody speaks. */
async function captureUnread(
  { page, network, otherMember: jiyoung }: OpenedState,
  face: Appearance,
): Promise<void> {
  network.networkMode = 'all';
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await page.locator('.dot.live').waitFor({ timeout: 20_000 });
  await page.keyboard.press('Escape');
  for (let said = 0; said < 12; said += 1) await jiyoung.send(`자리를 비운 사이의 말 ${said + 1}`);
  await page.locator('.badge', { hasText: '12' }).waitFor();
  await captureScreenshot(page, 'bubble with a count', face);
  await page.locator('.launcher').click();
  await page.locator('.pill.up').waitFor();
  await captureScreenshot(page, 'missed messages', face);
}

/** Of the whole phone, or of the panel in its corner, once everything has come to rest. */
async function captureScreenshot(page: Page, state: string, { name, title }: Appearance): Promise<void> {
  const path = `${state.replaceAll(' ', '-')}-${name}.png`;
  await page.evaluate(async () => {
    const moving = document.querySelector('chatty-chat')?.shadowRoot?.getAnimations() ?? [];
    await Promise.race([
      Promise.allSettled(moving.map(({ finished }) => finished)),
      new Promise((done) => setTimeout(done, 1_000)),
    ]);
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 100)));
  });
  const panel = await page.locator('chatty-chat :is(.panel, .launcher):visible').first().boundingBox();
  const size = page.viewportSize();
  if (!panel || !size) throw new Error(`${state}: nothing to picture`);
  const [x, y] = [Math.max(0, panel.x - MARGIN_PX), Math.max(0, panel.y - MARGIN_PX)];
  await page.screenshot({
    path: GALLERY_FOLDER + path,
    caret: 'hide',
    ...(size.width > 500 && { clip: { x, y, width: size.width - x, height: size.height - y } }),
  });
  const row = screenshots.get(state) ?? new Map<string, string>();
  screenshots.set(state, row.set(title, path));
  process.stdout.write(`${path}\n`);
}

async function insertEarlierMessages({ connection }: TestServer, projectId: string): Promise<void> {
  const client = new pg.Client(connection);
  await client.connect();
  try {
    await client.query("INSERT INTO rooms (project_id, room_id, last_seq) VALUES ($1, 'main', $2)", [
      projectId,
      EARLIER_MESSAGES.length,
    ]);
    await client.query(
      `INSERT INTO messages (project_id, room_id, id, seq, user_id, username, content, created_at)
       SELECT $1, 'main', n, n, who, who, said, at
       FROM unnest($2::text[], $3::timestamptz[], $4::text[]) WITH ORDINALITY AS t(who, at, said, n)`,
      [
        projectId,
        EARLIER_MESSAGES.map(([who]) => who),
        EARLIER_MESSAGES.map(([, when]) => timeOf(when)),
        EARLIER_MESSAGES.map(([, , text]) => text),
      ],
    );
  } finally {
    await client.end();
  }
}

function timeOf(when: number | string): Date {
  if (typeof when === 'number') return new Date(Date.now() - when * MINUTE_MS);
  const [hour = 0, minute = 0] = when.split(':').map(Number);
  const day = new Date(Date.now() - 24 * 60 * MINUTE_MS);
  day.setHours(hour, minute, 0, 0);
  return day;
}

function renderGalleryPage(): string {
  const cell = (path?: string) => (path ? `<img src="${path}" width="320" alt="">` : '');
  const titles = APPEARANCES.map(({ title }) => title);
  const rows = [...screenshots].map(
    ([state, row]) => `| ${state} | ${titles.map((title) => cell(row.get(title))).join(' | ')} |`,
  );
  const talks = CHAT_SAMPLES.map(
    ({ title }) => `### ${title}\n\n${cell(screenshots.get('talk')?.get(title))}\n`,
  );
  return `# Gallery

Every state of the widget, as captured by \`npm run gallery\` on a running server in Chromium. After a visual change, run it and
commit the differences, so that reviewers see them.

| state | ${titles.join(' | ')} |
|---|${titles.map(() => '---|').join('')}
${rows.join('\n')}

## The same conversation in other settings

${talks.join('\n')}`;
}
