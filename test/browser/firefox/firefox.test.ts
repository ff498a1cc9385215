/** Promise: what is promised in Chromium holds in Firefox. Only what a browser can make a difference to is told again here. */

import assert from 'node:assert/strict';
import { type AddressInfo, createServer } from 'node:net';
import { after, before, describe, it, type TestContext } from 'node:test';
import { runProgram, SERVER_ENTRY } from '../../support/processes.js';
import {
  assertStored,
  connectClient,
  createTestToken,
  SECRET,
  startTestServer,
  type TestServer,
  waitUntil,
} from '../../support/server.js';
import { serveHostPages } from '../support/host-pages.js';
import { serveHostSite } from '../support/page.js';
import { Keys, launchFirefox } from './bidi.js';
import { type CompositionEvents, dispatchComposition } from './compose.js';
import { createFirefoxVisitor, type FirefoxVisitor } from './visitor.js';

const path = process.env.FIREFOX_PATH;
const missing = path ? false : 'there is no Firefox on this machine';

// The runner's summary counts no suite that is skipped, only a test.
if (missing) it('the chat in Firefox', { skip: missing });

describe('in Firefox', { skip: missing }, () => {
  const endings: (() => unknown)[] = [];
  const context = { after: (ending: () => unknown) => endings.push(ending) } as unknown as TestContext;
  let chatty: TestServer;
  let firefox: Awaited<ReturnType<typeof launchFirefox>>;
  let address: Awaited<ReturnType<typeof serveHostSite>>;

  before(async () => {
    chatty = await startTestServer(context);
    firefox = await launchFirefox(context, path ?? '');
    address = await serveHostSite(context, chatty.url);
  });
  after(async () => {
    for (const ending of endings.reverse()) await ending();
  });

  async function open(
    token: string,
    params: object = {},
    [width, height] = [900, 640],
  ): Promise<FirefoxVisitor> {
    const visitor = createFirefoxVisitor(await firefox.page());
    await visitor.page.setViewportSize(width ?? 0, height ?? 0);
    await visitor.page.goto(address(token, { ...params }));
    return visitor;
  }
  /** The page itself has no icon, and may load none. */
  const complaintsOf = ({ page }: FirefoxVisitor) =>
    page.errors.filter((text) => !text.includes('/favicon.ico'));
  const tokenIn = (projectId: string, username: string) => createTestToken(username, { projectId });

  it('the two-line snippet works under a strict policy: history, Korean, multi-line messages, live messages, no errors', async () => {
    const jiyoung = await connectClient(context, chatty.url, tokenIn('talk', '지영'));
    assertStored(await jiyoung.send('먼저 한 말'));
    const visitor = await open(tokenIn('talk', '민수'));
    await visitor.waitForVisible('.bubble', '먼저 한 말');
    await visitor.sendMessage('안녕하세요, 김프 3%');
    await visitor.page.type('첫 줄');
    await visitor.page.holdKeys(Keys.shift, Keys.enter);
    await visitor.page.type(`둘째 줄${Keys.enter}`);
    await waitUntil(() => jiyoung.messages.length === 3, 'the message of two lines');
    assert.equal(jiyoung.contents.at(-1), '첫 줄\n둘째 줄');
    assertStored(await jiyoung.send('**굵게** https://kimpga.com'));
    await visitor.waitForVisible('.bubble strong', '굵게');
    await visitor.waitForVisible('.bubble a', 'https://kimpga.com');
    assert.deepEqual(complaintsOf(visitor), []);
  });

  it('Enter during Hangul composition sends once, in every event order; during Japanese composition it sends nothing', async () => {
    const jiyoung = await connectClient(context, chatty.url, tokenIn('compose', '지영'));
    const visitor = await open(tokenIn('compose', '민수'));
    await visitor.waitForVisible('.dot.live');
    const orders: [string, CompositionEvents[]][] = [
      ['한글', ['taken', 'ended', 'plain']],
      ['김프', ['taken', 'ended']],
      ['환율', ['ended', 'plain']],
      ['시세', ['ended', 'late']],
    ];
    for (const [text, order] of orders) {
      await visitor.page.evaluate(dispatchComposition, text, order);
      await visitor.waitForVisible('.row.own:not(.waiting) .bubble', text);
    }
    await visitor.page.evaluate(dispatchComposition, '日本', ['taken', 'ended']);
    await visitor.page.type('語');
    await waitUntil(
      async () => (await visitor.waitForVisible('.composer textarea')).value === '日本語',
      'the text to stay',
    );
    await visitor.page.type(Keys.enter);
    await waitUntil(() => jiyoung.contents.includes('日本語'), 'the last message');
    assert.deepEqual(jiyoung.contents, [...orders.map(([text]) => text), '日本語']);
  });

  it('where scripts cannot write markup: style sheets are constructed, no style is inline, an emoji is found and sent', async () => {
    const { url } = chatty;
    const policy = `default-src 'none'; script-src 'nonce-page' ${url}; connect-src ${url} ${url.replace('http', 'ws')}; style-src 'self'; img-src data:; require-trusted-types-for 'script'; trusted-types chatty`;
    const page = await serveHostPages(context, url);
    const visitor = createFirefoxVisitor(await firefox.page());
    const params = { locale: 'ko', token: tokenIn('strict', '민수') };
    await visitor.page.goto(page({ policy, params }));
    await visitor.click('.launcher');
    await visitor.waitForVisible('.dot.live');
    await visitor.click('.composer .beside');
    await visitor.click('.popup input');
    await visitor.page.type('로켓');
    await visitor.waitForHidden('.popup [role=gridcell]:not([hidden] *)', '😀');
    await visitor.click('.popup [role=gridcell]:not([hidden] *)', '로켓');
    await waitUntil(
      async () => (await visitor.waitForVisible('.composer textarea')).value === '🚀',
      'the emoji in the field',
    );
    await visitor.page.type(Keys.escape);
    await visitor.waitForHidden('.popup');
    await visitor.click('.composer textarea');
    await visitor.page.type(Keys.enter);
    await visitor.waitForVisible('.row.own:not(.waiting) .bubble', '🚀');
    const styles = await visitor.page.evaluate(() => {
      const root = document.querySelector('chatty-chat')?.shadowRoot;
      return [(root?.adoptedStyleSheets.length ?? 0) > 0, root?.querySelectorAll('style, link').length];
    });
    assert.deepEqual(styles, [true, 0]);
    assert.deepEqual(visitor.page.errors, []);
  });

  it('messages can be replied to, edited, deleted and reacted to with the mouse', async () => {
    const jiyoung = await connectClient(context, chatty.url, tokenIn('deeds', '지영'));
    assertStored(await jiyoung.send('질문이요'));
    const visitor = await open(tokenIn('deeds', '민수'), { locale: 'ko' });
    await visitor.hover('.row', '질문이요');
    await visitor.click('.row .tools button', '답장');
    await visitor.waitForVisible('.replying');
    await visitor.sendMessage('대답');
    await visitor.waitForVisible('.row.own .quote', '질문이요');
    await visitor.hover('.row.own .bubble', '대답');
    await visitor.click('.row.own .tools button', '수정');
    await visitor.waitForVisible('.editor textarea');
    await visitor.page.type(' 고침');
    await visitor.click('.editor button', '저장');
    await visitor.waitForVisible('.row.own .bubble', '대답 고침 (수정됨)');
    await visitor.sendMessage('지울 말');
    await visitor.hover('.row.own .bubble', '지울 말');
    await visitor.click('.row.own:last-child .tools button, li:last-child .tools button', '삭제');
    await visitor.click('.removal button', '삭제');
    await visitor.waitForVisible('.bubble.gone');
    await visitor.hover('.row .bubble', '질문이요');
    await visitor.click('li:first-child .tools button', '반응 남기기');
    await visitor.click('.tools.feeling button', '👍');
    await visitor.waitForVisible('.reactions button', '👍');
    assert.deepEqual(complaintsOf(visitor), []);
  });

  it('further up the reading position stays through loads and new messages; at the end the view stays at the end', async () => {
    const jiyoung = await connectClient(context, chatty.url, tokenIn('scroll', '지영'));
    for (let each = 1; each <= 120; each += 1) assertStored(await jiyoung.send(`말 ${each} 끝`));
    const visitor = await open(tokenIn('scroll', '민수'));
    await visitor.waitForVisible('.bubble', '말 120 끝');
    await visitor.page.evaluate(() => {
      const frame = document.querySelector('chatty-chat')?.shadowRoot?.querySelector('.frame');
      if (frame) frame.scrollTop = 900;
    });
    await visitor.waitForVisible('.pill');
    await waitUntil(async () => !(await visitor.page.evaluate(moving)), 'the talk to stand still');
    const [reading] = (await visitor.findAll('.bubble')).filter(({ top }) => top > 200);
    assert.ok(reading);
    for (let each = 121; each <= 130; each += 1) assertStored(await jiyoung.send(`말 ${each} 끝`));
    await visitor.waitForVisible('.pill', '10');
    const same = await visitor.waitForVisible('.bubble', reading.text);
    assert.ok(
      Math.abs(same.top - reading.top) < 2,
      `${reading.text} was at ${reading.top}, is at ${same.top}`,
    );
    await visitor.click('.pill');
    await visitor.waitForHidden('.pill');
    assertStored(await jiyoung.send('마지막'));
    const { top } = await visitor.waitForVisible('.bubble', '마지막');
    assert.ok(top > 300 && top < 640, `the last line is at ${top}`);
  });

  it('docked: the launcher counts, opens and closes, and a message written during a server outage is sent once', async () => {
    const own = await startTestServer(context);
    const page = await serveHostSite(context, own.url);
    const jiyoung = await connectClient(context, own.url, createTestToken('지영'));
    const visitor = createFirefoxVisitor(await firefox.page());
    await visitor.page.goto(page(createTestToken('민수'), { mount: null }));
    await waitUntil(async () => {
      const answer = await jiyoung.socket.timeout(8_000).emitWithAck('members', {});
      return answer.ok && answer.count === 2;
    }, 'the visitor');
    assertStored(await jiyoung.send('거기 있어요?'));
    await visitor.waitForVisible('.launcher .badge', '1');
    await visitor.click('.launcher');
    await visitor.waitForVisible('.bubble', '거기 있어요?');
    await visitor.waitForVisible('.composer textarea');
    const { port } = new URL(own.url);
    await own.app.close();
    await visitor.waitForVisible('.banner');
    await visitor.click('.composer textarea');
    await visitor.page.type(`나중에 갈 말${Keys.enter}`);
    await visitor.waitForVisible('.row.waiting', '나중에 갈 말');
    const again = await startTestServer(context, { PORT: port }, own.connection);
    await visitor.waitForVisible('.row.own:not(.waiting)', '나중에 갈 말');
    const late = await connectClient(context, again.url, createTestToken('하늘'));
    assert.deepEqual(
      late.history[0]?.map(({ content }) => content),
      ['거기 있어요?', '나중에 갈 말'],
    );
    await visitor.page.type(Keys.escape);
    await visitor.waitForHidden('.panel');
    assert.deepEqual(await visitor.findAxeViolations(), []);
  });

  it('after kill -9 and a restart of the server the chat reconnects by itself, without duplicates', async () => {
    const { connection } = chatty;
    const free = createServer().listen(0, '127.0.0.1');
    await waitUntil(() => free.listening, 'a free port');
    const { port } = free.address() as AddressInfo;
    free.close();
    const url = `http://127.0.0.1:${port}`;
    const start = async () => {
      const program = runProgram(context, SERVER_ENTRY, {
        HOST: '127.0.0.1',
        PORT: String(port),
        JWT_SECRET: SECRET,
        DB_HOST: connection.host,
        DB_PORT: String(connection.port),
        POSTGRES_USER: connection.user,
        POSTGRES_PASSWORD: connection.password,
        POSTGRES_DB: connection.database,
      });
      const ready = () =>
        fetch(`${url}/readyz`)
          .then(({ ok }) => ok)
          .catch(() => false);
      await waitUntil(ready, 'the server');
      return program;
    };
    const first = await start();
    const visitor = createFirefoxVisitor(await firefox.page());
    await visitor.page.goto((await serveHostSite(context, url))(tokenIn('killed', '민수')));
    await visitor.sendMessage('그 전에');
    first.child.kill('SIGKILL');
    await first.exited;
    await visitor.waitForHidden('.dot.live');
    await start();
    await visitor.waitForVisible('.dot.live');
    await visitor.sendMessage('그 뒤에');
    const texts = (await visitor.findAll('.row.own .bubble')).map(({ text }) => text);
    assert.deepEqual(texts, ['그 전에', '그 뒤에']);
  });

  const faces: [string, object, [number, number]][] = [
    ['light, at desktop width', { theme: 'light' }, [900, 640]],
    ['dark, on a phone', { theme: 'dark' }, [390, 760]],
    ['dark, in Arabic', { theme: 'dark', locale: 'ar' }, [900, 640]],
  ];
  for (const [name, params, size] of faces)
    it(`axe finds no violation in a chat: ${name}`, async () => {
      const project = `axe-${faces.findIndex(([each]) => each === name)}`;
      const jiyoung = await connectClient(context, chatty.url, tokenIn(project, '지영'));
      assertStored(await jiyoung.send('긴 말입니다. '.repeat(30)));
      assertStored(await jiyoung.send('||숨김|| `코드` @민수'));
      const visitor = await open(tokenIn(project, '민수'), params, size);
      await visitor.sendMessage('내 말');
      assert.equal(await visitor.page.evaluate(overhang), 0, 'the hint lies in the field');
      await visitor.click('.composer .beside');
      await visitor.waitForVisible('.popup [role=gridcell]');
      assert.deepEqual(await visitor.findAxeViolations(), []);
      if (process.env.FIREFOX_PICTURES)
        await visitor.page.screenshot(`${process.env.FIREFOX_PICTURES}/${project}.png`);
    });
});

/** Runs in the page: whether the talk is still being scrolled or drawn. */
async function moving(): Promise<boolean> {
  const frame = document.querySelector('chatty-chat')?.shadowRoot?.querySelector('.frame');
  const place = () => `${frame?.scrollTop} ${frame?.scrollHeight}`;
  const before = place();
  await new Promise((resolve) => setTimeout(resolve, 200));
  return before !== place();
}

/** Runs in the page: how far what is in the field reaches out of it to the side, in pixels. */
function overhang(): number {
  const field = document.querySelector('chatty-chat')?.shadowRoot?.querySelector('textarea');
  return (field?.scrollWidth ?? 0) - (field?.clientWidth ?? 0);
}
