/** The states a visitor meets, one after the other on a real server, for everything that has to hold in each of them. */

import type { BrowserContextOptions, Page, WebSocketRoute } from 'playwright-core';
import { join, stored, tokenOf, type Visitor } from '../../support/server.js';
import { field, type serveHosts } from './host-pages.js';
import type { BrowserSuite } from './suite.js';

/** What passes between the page and the chat: everything, no connection, no word of either or of the page, or empty messages. */
type Passing = 'all' | 'nothing' | 'held' | 'silent' | 'emptied';

export type Visit = {
  params?: Record<string, unknown>;
  options?: BrowserContextOptions;
  passing?: Passing;
  /** Says something in the project before the page is opened. */
  fill?: (projectId: string) => Promise<void>;
};

/** A page, its network, somebody else in its room, and who keeps order there once they are asked to come. */
export type Visited = {
  page: Page;
  network: { passing: Passing; routes: Set<WebSocketRoute> };
  jiyoung: Visitor;
  moderator(): Promise<Visitor>;
};

type Suite = Pick<
  BrowserSuite<Awaited<ReturnType<typeof serveHosts>>>,
  'after' | 'chatty' | 'address' | 'page'
>;

let projects = 0;

/** A visitor in a project of their own. */
export async function visit(suite: Suite, visited: Visit = {}): Promise<Visited> {
  const { params = {}, options = {}, passing = 'all', fill } = visited;
  projects += 1;
  const projectId = `states-${projects}`;
  await fill?.(projectId);
  const page = await suite.page(options);
  page.setDefaultTimeout(8_000);
  const network = { passing, routes: new Set<WebSocketRoute>() };
  await page.routeWebSocket(/socket\.io/, (route) => {
    if (network.passing === 'nothing') return void route.close();
    if (network.passing === 'held') return;
    const server = route.connectToServer();
    network.routes.add(route);
    route.onMessage((text) => {
      if (network.passing === 'emptied')
        server.send(String(text).replace(/"content":"[^"]*"/, '"content":""'));
      else if (network.passing !== 'silent' || !String(text).startsWith('42')) server.send(text);
    });
  });
  // Where no WebSocket gets through, the client polls.
  await page.route(/socket\.io/, (route) =>
    network.passing === 'nothing' ? route.abort() : route.continue(),
  );
  await page.goto(
    suite.address({
      root: `lang="${params.locale ?? 'ko'}"`,
      params: { token: tokenOf('민수', { projectId }), ...params },
    }),
  );
  const jiyoung = await join(suite, suite.chatty.url, tokenOf('지영', { projectId }));
  const moderator = () => join(suite, suite.chatty.url, tokenOf('하늘', { projectId, role: 'moderator' }));
  return { page, network, jiyoung, moderator };
}

/** What can be there instead of a talk: its name, what shows that it is there, and how one gets it. */
export const INSTEAD: [state: string, sign: string, Visit][] = [
  ['skeleton', '.skeleton', { passing: 'held' }],
  ['refused', '.notice code', { params: { token: 'none.at.all' } }],
  ['not logged in', '.notice .primary', { params: { token: null } }],
];

/** Leads through all that a talk can look like, from an open panel with the extras loaded to a lost connection. */
export async function walk(visited: Visited, look: (state: string) => Promise<void>): Promise<void> {
  await talk(visited, look);
  await ownMessages(visited, look);
  await composing(visited, look);
  await others(visited, look);
  await restrained(visited, look);
  await failing(visited, look);
}

type Look = (state: string) => Promise<void>;

/** Presses a tool of the last row that matches; a negative place counts from the end. */
async function press(page: Page, row: string, place: number): Promise<void> {
  const found = page.locator(row).last();
  await found.hover();
  await found.locator('.tools button').nth(place).click();
}

async function say(page: Page, text: string, seen?: string): Promise<void> {
  await field(page).fill(text);
  await field(page).press('Enter');
  if (seen) await page.locator('.own:not(.waiting)', { hasText: seen }).waitFor();
}

/** A short talk with everything that text can be. */
export async function talk({ page, jiyoung }: Visited, look: Look): Promise<void> {
  const question = stored(await jiyoung.say('오늘 김프 몇 퍼센트예요? https://example.com/a'));
  await jiyoung.say('@민수 **굵게** `코드` ||숨김|| ~~아님~~');
  await jiyoung.say('```\n여러 줄\n코드\n```');
  const gone = stored(await jiyoung.say('지울 말'));
  await jiyoung.socket.emitWithAck('delete message', { id: gone.id });
  await jiyoung.say({ content: '그 답이에요', replyTo: question.id });
  await jiyoung.say('👍🎉');
  await page.locator('.jumbo').waitFor();
  await say(page, '제 말이에요 @지영 `코드` ||숨김||', '제 말이에요');
  await look('talk');
}

async function ownMessages({ page }: Visited, look: Look): Promise<void> {
  await page.locator('.spoiler button').last().click();
  await page.locator('.row.own').last().hover();
  await look('tools');
  await press(page, '.row.own', -2);
  await page.locator('.editor textarea').waitFor();
  await look('editing');
  await page.keyboard.press('End');
  await page.keyboard.type('!');
  await page.keyboard.press('Enter');
  await page.locator('.edited').waitFor();
  await press(page, '.row.own', -1);
  await page.locator('.removal').waitFor();
  await look('delete question');
  await page.keyboard.press('Escape');
}

async function composing({ page }: Visited, look: Look): Promise<void> {
  await page.locator('.row:not(.own) .bubble', { hasText: '그 답' }).hover();
  await page.locator('.row:not(.own)', { hasText: '그 답' }).last().locator('.tools button').last().click();
  await page.locator('.replying').waitFor();
  await field(page).fill('김프는 3퍼센트쯤이에요.\n어제보다 조금 내렸네요.');
  await look('replying');
  await field(page).fill('');
  await field(page).press('Escape');
  await field(page).fill('@');
  await page.locator('.person').first().waitFor();
  await look('mention list');
  await field(page).fill('가'.repeat(1_990));
  await page.locator('.hint').waitFor();
  await look('nearly too long');
  await field(page).fill('');
  if (!(await page.locator('.beside').isVisible())) return;
  await page.locator('.beside').click();
  await page.locator('.popup [role=gridcell]').nth(100).waitFor({ state: 'attached' });
  await look('emoji picker');
  await page.locator('.popup input').fill('없는이모지');
  await look('emoji not found');
  await page.keyboard.press('Escape');
}

async function others({ page, jiyoung }: Visited, look: Look): Promise<void> {
  const answered = '.row:not(.own):has(.quote)';
  await press(page, answered, 0);
  await page.locator('.feeling button').first().waitFor();
  await look('reactions to choose');
  await page.locator('.feeling button').first().click();
  await page.locator('.reactions button').first().waitFor();
  await look('reacted');
  await press(page, answered, 0);
  await page.locator('.feeling button').last().click();
  await page.locator('.popup [role=gridcell]').nth(100).waitFor({ state: 'attached' });
  await look('reaction picker');
  await page.keyboard.press('Escape');
  await jiyoung.socket.emitWithAck('typing', {});
  await page.locator('.typing').getByText('지영').waitFor();
  await look('somebody types');
  await jiyoung.say('길게\n'.repeat(30));
  await page.locator('.bubble', { hasText: '길게' }).waitFor();
  await page.locator('.frame').hover();
  await page.mouse.wheel(0, -2_000);
  await page.locator('.pill').waitFor();
  await jiyoung.say('아래에서 새 소식');
  await page.locator('.pill:not(.quiet)').waitFor();
  await look('new messages below');
  await page.locator('.pill').click();
  await page.locator('.pill').waitFor({ state: 'detached' });
}

async function restrained({ page, moderator }: Visited, look: Look): Promise<void> {
  const { socket } = await moderator();
  await socket.emitWithAck('chat message', '잠깐 천천히 이야기할게요');
  await page.locator('.staff').waitFor();
  await socket.emitWithAck('set rules', { rules: { slowMode: 90 } });
  await page.locator('.slow').waitFor({ state: 'attached' });
  await say(page, '네, 알겠어요', '알겠어요');
  await page.locator('.seconds').waitFor();
  await field(page).fill('다음에 쓸 말');
  await look('slow mode');
  await socket.emitWithAck('mute member', { userId: '민수', seconds: 86_400, reason: '도배' });
  await page.locator('.join').waitFor();
  await look('muted');
  await socket.emitWithAck('unmute member', { userId: '민수' });
  await socket.emitWithAck('set rules', { rules: { slowMode: null } });
  await field(page).waitFor();
  await page.locator('.seconds').waitFor({ state: 'detached' });
}

async function failing({ page, network }: Visited, look: Look): Promise<void> {
  network.passing = 'emptied';
  await say(page, '못 보낸 말');
  await page.locator('.failed').waitFor();
  await look('failed');
  network.passing = 'silent';
  await say(page, '가는 중');
  await page.locator('.waiting').waitFor();
  await look('pending');
  network.passing = 'nothing';
  for (const route of network.routes) await route.close();
  await page.evaluate(() => dispatchEvent(new Event('offline')));
  await page.locator('.banner').waitFor();
  await look('connection lost');
}
