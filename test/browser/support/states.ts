/** Brings the widget into each of its states on a real server, for tests that hold in all of them. */

import type { BrowserContextOptions, Page, WebSocketRoute } from 'playwright-core';
import { assertStored, connectClient, createTestToken, type TestClient } from '../../support/server.js';
import { messageField, type serveHostPages } from './host-pages.js';
import type { BrowserSuite } from './suite.js';

/** What passes between the page and the chat: everything, no connection, no word of either or of the page, or empty messages. */
type NetworkMode = 'all' | 'nothing' | 'held' | 'silent' | 'emptied';

export type StateOptions = {
  params?: Record<string, unknown>;
  options?: BrowserContextOptions;
  networkMode?: NetworkMode;
  /** Says something in the project before the page is opened. */
  seedMessages?: (projectId: string) => Promise<void>;
};

/** A page, its network, somebody else in its room, and who keeps order there once they are asked to come. */
export type OpenedState = {
  page: Page;
  network: { networkMode: NetworkMode; routes: Set<WebSocketRoute> };
  otherMember: TestClient;
  connectModerator(): Promise<TestClient>;
};

type Suite = Pick<
  BrowserSuite<Awaited<ReturnType<typeof serveHostPages>>>,
  'after' | 'server' | 'pageUrl' | 'openPage'
>;

let projectCount = 0;

/** A visitor in a project of their own. */
export async function openState(suite: Suite, visited: StateOptions = {}): Promise<OpenedState> {
  const { params = {}, options = {}, networkMode = 'all', seedMessages: fill } = visited;
  projectCount += 1;
  const projectId = `states-${projectCount}`;
  await fill?.(projectId);
  const page = await suite.openPage(options);
  page.setDefaultTimeout(8_000);
  const network = { networkMode, routes: new Set<WebSocketRoute>() };
  await page.routeWebSocket(/socket\.io/, (route) => {
    if (network.networkMode === 'nothing') return void route.close();
    if (network.networkMode === 'held') return;
    const server = route.connectToServer();
    network.routes.add(route);
    route.onMessage((text) => {
      if (network.networkMode === 'emptied')
        server.send(String(text).replace(/"content":"[^"]*"/, '"content":""'));
      else if (network.networkMode !== 'silent' || !String(text).startsWith('42')) server.send(text);
    });
  });
  // Where no WebSocket gets through, the client polls.
  await page.route(/socket\.io/, (route) =>
    network.networkMode === 'nothing' ? route.abort() : route.continue(),
  );
  await page.goto(
    suite.pageUrl({
      root: `lang="${params.locale ?? 'ko'}"`,
      params: { token: createTestToken('민수', { projectId }), ...params },
    }),
  );
  const jiyoung = await connectClient(suite, suite.server.url, createTestToken('지영', { projectId }));
  const moderator = () =>
    connectClient(suite, suite.server.url, createTestToken('하늘', { projectId, role: 'moderator' }));
  return { page, network, otherMember: jiyoung, connectModerator: moderator };
}

/** What can be there instead of a talk: its name, what shows that it is there, and how one gets it. */
export const STATES_WITHOUT_CHAT: [state: string, sign: string, StateOptions][] = [
  ['skeleton', '.skeleton', { networkMode: 'held' }],
  ['refused', '.notice code', { params: { token: 'none.at.all' } }],
  ['not logged in', '.notice .primary', { params: { token: null } }],
];

/** Leads through all that a talk can look like, from an open panel with the extras loaded to a lost connection. */
export async function visitStatesWithoutChat(
  visited: OpenedState,
  checkState: (state: string) => Promise<void>,
): Promise<void> {
  await visitChatStates(visited, checkState);
  await visitOwnMessageStates(visited, checkState);
  await visitComposerStates(visited, checkState);
  await visitOtherMemberStates(visited, checkState);
  await visitModerationStates(visited, checkState);
  await visitFailureStates(visited, checkState);
}

type StateCheck = (state: string) => Promise<void>;

/** Presses a tool of the last row that matches; a negative place counts from the end. */
async function openRowAction(page: Page, row: string, place: number): Promise<void> {
  const found = page.locator(row).last();
  await found.hover();
  await found.locator('.tools button').nth(place).click();
}

async function sendMessage(page: Page, text: string, seen?: string): Promise<void> {
  await messageField(page).fill(text);
  await messageField(page).press('Enter');
  if (seen) await page.locator('.own:not(.waiting)', { hasText: seen }).waitFor();
}

/** A short talk with everything that text can be. */
export async function visitChatStates(
  { page, otherMember: jiyoung }: OpenedState,
  look: StateCheck,
): Promise<void> {
  const question = assertStored(await jiyoung.send('오늘 김프 몇 퍼센트예요? https://example.com/a'));
  await jiyoung.send('@민수 **굵게** `코드` ||숨김|| ~~아님~~');
  await jiyoung.send('```\n여러 줄\n코드\n```');
  const gone = assertStored(await jiyoung.send('지울 말'));
  await jiyoung.socket.emitWithAck('delete message', { id: gone.id });
  await jiyoung.send({ content: '그 답이에요', replyTo: question.id });
  await jiyoung.send('👍🎉');
  await page.locator('.jumbo').waitFor();
  await sendMessage(page, '제 말이에요 @지영 `코드` ||숨김||', '제 말이에요');
  await look('talk');
}

async function visitOwnMessageStates({ page }: OpenedState, look: StateCheck): Promise<void> {
  await page.locator('.spoiler button').last().click();
  await page.locator('.row.own').last().hover();
  await look('tools');
  await openRowAction(page, '.row.own', -2);
  await page.locator('.editor textarea').waitFor();
  await look('editing');
  await page.keyboard.press('End');
  await page.keyboard.type('!');
  await page.keyboard.press('Enter');
  await page.locator('.edited').waitFor();
  await openRowAction(page, '.row.own', -1);
  await page.locator('.removal').waitFor();
  await look('delete question');
  await page.keyboard.press('Escape');
}

async function visitComposerStates({ page }: OpenedState, look: StateCheck): Promise<void> {
  await page.locator('.row:not(.own) .bubble', { hasText: '그 답' }).hover();
  await page.locator('.row:not(.own)', { hasText: '그 답' }).last().locator('.tools button').last().click();
  await page.locator('.replying').waitFor();
  await messageField(page).fill('김프는 3퍼센트쯤이에요.\n어제보다 조금 내렸네요.');
  await look('replying');
  await messageField(page).fill('');
  await messageField(page).press('Escape');
  await messageField(page).fill('@');
  await page.locator('.person').first().waitFor();
  await look('mention list');
  await messageField(page).fill('가'.repeat(1_990));
  await page.locator('.hint').waitFor();
  await look('nearly too long');
  await messageField(page).fill('');
  if (!(await page.locator('.beside').isVisible())) return;
  await page.locator('.beside').click();
  await page.locator('.popup [role=gridcell]').nth(100).waitFor({ state: 'attached' });
  await look('emoji picker');
  await page.locator('.popup input').fill('없는이모지');
  await look('emoji not found');
  await page.keyboard.press('Escape');
}

async function visitOtherMemberStates(
  { page, otherMember: jiyoung }: OpenedState,
  look: StateCheck,
): Promise<void> {
  const answered = '.row:not(.own):has(.quote)';
  await openRowAction(page, answered, 0);
  await page.locator('.feeling button').first().waitFor();
  await look('reactions to choose');
  await page.locator('.feeling button').first().click();
  await page.locator('.reactions button').first().waitFor();
  await look('reacted');
  await openRowAction(page, answered, 0);
  await page.locator('.feeling button').last().click();
  await page.locator('.popup [role=gridcell]').nth(100).waitFor({ state: 'attached' });
  await look('reaction picker');
  await page.keyboard.press('Escape');
  await jiyoung.socket.emitWithAck('typing', {});
  await page.locator('.typing').getByText('지영').waitFor();
  await look('somebody types');
  await jiyoung.send('길게\n'.repeat(30));
  await page.locator('.bubble', { hasText: '길게' }).waitFor();
  await page.locator('.frame').hover();
  await page.mouse.wheel(0, -2_000);
  await page.locator('.pill').waitFor();
  await jiyoung.send('아래에서 새 소식');
  await page.locator('.pill:not(.quiet)').waitFor();
  await look('new messages below');
  await page.locator('.pill').click();
  await page.locator('.pill').waitFor({ state: 'detached' });
}

async function visitModerationStates(
  { page, connectModerator: moderator }: OpenedState,
  look: StateCheck,
): Promise<void> {
  const { socket } = await moderator();
  await socket.emitWithAck('chat message', '잠깐 천천히 이야기할게요');
  await page.locator('.staff').waitFor();
  await socket.emitWithAck('set rules', { rules: { slowMode: 90 } });
  await page.locator('.slow').waitFor({ state: 'attached' });
  await sendMessage(page, '네, 알겠어요', '알겠어요');
  await page.locator('.seconds').waitFor();
  await messageField(page).fill('다음에 쓸 말');
  await look('slow mode');
  await socket.emitWithAck('mute member', { userId: '민수', seconds: 86_400, reason: '도배' });
  await page.locator('.join').waitFor();
  await look('muted');
  await socket.emitWithAck('unmute member', { userId: '민수' });
  await socket.emitWithAck('set rules', { rules: { slowMode: null } });
  await messageField(page).waitFor();
  await page.locator('.seconds').waitFor({ state: 'detached' });
}

async function visitFailureStates({ page, network }: OpenedState, look: StateCheck): Promise<void> {
  network.networkMode = 'emptied';
  await sendMessage(page, '못 보낸 말');
  await page.locator('.failed').waitFor();
  await look('failed');
  network.networkMode = 'silent';
  await sendMessage(page, '가는 중');
  await page.locator('.waiting').waitFor();
  await look('pending');
  network.networkMode = 'nothing';
  for (const route of network.routes) await route.close();
  await page.evaluate(() => dispatchEvent(new Event('offline')));
  await page.locator('.banner').waitFor();
  await look('connection lost');
}
