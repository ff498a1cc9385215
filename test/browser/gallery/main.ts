/** Pictures of every state of the widget in docs/gallery, so that a change of look is seen in review. */

import { mkdir, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import type { Page } from 'playwright-core';
import { type Chatty, startChatty } from '../../support/server.js';
import { type Colours, dress, HOSTS } from '../support/colours.js';
import { serveHosts } from '../support/host-pages.js';
import { launchBrowser } from '../support/page.js';
import { INSTEAD, talk, type Visit, type Visited, visit, walk } from '../support/states.js';

const FOLDER = fileURLToPath(new URL('../../../docs/gallery/', import.meta.url));
const PHONE = { viewport: { width: 390, height: 760 }, hasTouch: true, isMobile: true };
const DESKTOP = { viewport: { width: 900, height: 760 } };
/** What is shown around the docked panel, in pixels. */
const MARGIN = 24;
const MINUTE = 60_000;

type Face = { name: string; title: string; visit: Visit; colours?: Colours };

/** Every state is pictured with these; between them both themes, both widths, touch and mouse. */
const FACES: Face[] = [
  { name: 'phone-dark', title: 'Phone, dark', visit: { params: { theme: 'dark' }, options: PHONE } },
  { name: 'docked-light', title: 'Docked, light', visit: { params: { theme: 'light' }, options: DESKTOP } },
];

/** The talk alone. */
const TALKS: Face[] = [
  { name: 'phone-light', title: 'Phone, light', visit: { params: { theme: 'light' }, options: PHONE } },
  { name: 'docked-dark', title: 'Docked, dark', visit: { params: { theme: 'dark' }, options: DESKTOP } },
  {
    name: 'inline',
    title: 'Inline, light',
    visit: { params: { theme: 'light', mount: '#chat' }, options: DESKTOP },
  },
  ...['en', 'ja', 'zh', 'es', 'ar'].map((locale, index) => ({
    name: locale,
    title: new Intl.DisplayNames('en', { type: 'language' }).of(locale) ?? locale,
    visit: { params: { theme: index % 2 ? 'dark' : 'light', locale }, options: PHONE },
  })),
  ...HOSTS.map(([name, colours], index) => ({
    name: name.replaceAll(' ', '-'),
    title: `Host: ${name}`,
    visit: { params: { theme: index % 2 ? 'dark' : 'light' }, options: DESKTOP },
    colours,
  })),
  {
    name: 'forced-colors',
    title: 'Forced colours',
    visit: { options: { ...DESKTOP, forcedColors: 'active' } },
  },
];

/** Said before: minutes ago, or a time of yesterday. */
const EARLIER: [who: string, when: number | string, text: string][] = [
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

const endings: (() => unknown)[] = [];
const context = { after: (ending: () => unknown) => void endings.push(ending) };
const pictures = new Map<string, Map<string, string>>();
try {
  await rm(FOLDER, { recursive: true, force: true });
  await mkdir(FOLDER, { recursive: true });
  const chatty = await startChatty(context, { SEND_BURST: '500', SEND_PER_SECOND: '500' });
  const browser = await launchBrowser(context);
  const suite = {
    after: context.after,
    chatty,
    address: await serveHosts(context, chatty.url),
    page: async (options?: Visit['options']) => (await browser.newContext(options)).newPage(),
  };
  const fill = (projectId: string) => sayEarlier(chatty, projectId);
  for (const face of FACES) {
    for (const [state, sign, instead] of INSTEAD) {
      const { page } = await visit(suite, {
        ...face.visit,
        ...instead,
        params: { ...face.visit.params, ...instead.params },
      });
      await page.locator('.launcher').click();
      await page.locator(sign).waitFor();
      await picture(page, state, face);
      await page.context().close();
    }
    const empty = await enter(await visit(suite, face.visit));
    await picture(empty.page, 'empty', face);
    await empty.page.context().close();
    const visited = await enter(await visit(suite, { ...face.visit, fill }));
    await walk(visited, (state) => picture(visited.page, state, face));
    await unread(visited, face);
    await visited.page.context().close();
  }
  for (const face of TALKS) {
    const visited = await enter(await visit(suite, { ...face.visit, fill }));
    if (face.colours) await dress(visited.page, face.colours, 'light');
    await talk(visited, (state) => picture(visited.page, state, face));
    await visited.page.context().close();
  }
  await writeFile(`${FOLDER}README.md`, pageOf());
  process.stdout.write(
    `${[...pictures.values()].reduce((sum, { size }) => sum + size, 0)} pictures in docs/gallery\n`,
  );
} finally {
  for (const ending of endings.reverse()) await ending();
}

/** Opens the panel where there is one to open, and waits for the extras. */
async function enter(visited: Visited): Promise<Visited> {
  const { page } = visited;
  await page.locator('.launcher, .panel').first().waitFor();
  if (await page.locator('.launcher').isVisible()) await page.locator('.launcher').click();
  await page.locator('.beside').waitFor({ state: 'attached' });
  return visited;
}

/** After the connection was lost: it is back, the panel closed, and somebody speaks. */
async function unread({ page, network, jiyoung }: Visited, face: Face): Promise<void> {
  network.passing = 'all';
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await page.locator('.dot.live').waitFor({ timeout: 20_000 });
  await page.keyboard.press('Escape');
  for (let said = 0; said < 12; said += 1) await jiyoung.say(`자리를 비운 사이의 말 ${said + 1}`);
  await page.locator('.badge', { hasText: '12' }).waitFor();
  await picture(page, 'bubble with a count', face);
  await page.locator('.launcher').click();
  await page.locator('.pill.up').waitFor();
  await picture(page, 'missed messages', face);
}

/** Of the whole phone, or of the panel in its corner, once everything has come to rest. */
async function picture(page: Page, state: string, { name, title }: Face): Promise<void> {
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
  const [x, y] = [Math.max(0, panel.x - MARGIN), Math.max(0, panel.y - MARGIN)];
  await page.screenshot({
    path: FOLDER + path,
    caret: 'hide',
    ...(size.width > 500 && { clip: { x, y, width: size.width - x, height: size.height - y } }),
  });
  const row = pictures.get(state) ?? new Map<string, string>();
  pictures.set(state, row.set(title, path));
  process.stdout.write(`${path}\n`);
}

async function sayEarlier({ connection }: Chatty, projectId: string): Promise<void> {
  const client = new pg.Client(connection);
  await client.connect();
  try {
    await client.query("INSERT INTO rooms (project_id, room_id, last_seq) VALUES ($1, 'main', $2)", [
      projectId,
      EARLIER.length,
    ]);
    await client.query(
      `INSERT INTO messages (project_id, room_id, id, seq, user_id, username, content, created_at)
       SELECT $1, 'main', n, n, who, who, said, at
       FROM unnest($2::text[], $3::timestamptz[], $4::text[]) WITH ORDINALITY AS t(who, at, said, n)`,
      [
        projectId,
        EARLIER.map(([who]) => who),
        EARLIER.map(([, when]) => timeOf(when)),
        EARLIER.map(([, , text]) => text),
      ],
    );
  } finally {
    await client.end();
  }
}

function timeOf(when: number | string): Date {
  if (typeof when === 'number') return new Date(Date.now() - when * MINUTE);
  const [hour = 0, minute = 0] = when.split(':').map(Number);
  const day = new Date(Date.now() - 24 * 60 * MINUTE);
  day.setHours(hour, minute, 0, 0);
  return day;
}

function pageOf(): string {
  const cell = (path?: string) => (path ? `<img src="${path}" width="320" alt="">` : '');
  const titles = FACES.map(({ title }) => title);
  const rows = [...pictures].map(
    ([state, row]) => `| ${state} | ${titles.map((title) => cell(row.get(title))).join(' | ')} |`,
  );
  const talks = TALKS.map(({ title }) => `### ${title}\n\n${cell(pictures.get('talk')?.get(title))}\n`);
  return `# Gallery

Every state of the widget, as \`npm run gallery\` found it on a running server in Chromium. Run it after a change of look and
commit what differs, so that it is seen in review.

| state | ${titles.join(' | ')} |
|---|${titles.map(() => '---|').join('')}
${rows.join('\n')}

## The same talk elsewhere

${talks.join('\n')}`;
}
