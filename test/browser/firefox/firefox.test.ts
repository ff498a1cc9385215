/** Promise: what is promised in Chromium holds in Firefox. Only what a browser can make a difference to is told again here. */

import assert from 'node:assert/strict';
import { type AddressInfo, createServer } from 'node:net';
import { after, before, describe, it, type TestContext } from 'node:test';
import { runProgram, SERVE } from '../../support/processes.js';
import { type Chatty, join, SECRET, startChatty, stored, tokenOf, until } from '../../support/server.js';
import { serveHosts } from '../support/host-pages.js';
import { serveSite } from '../support/page.js';
import { Keys, launchFirefox } from './bidi.js';
import { compose, type Told } from './compose.js';
import { type FirefoxVisitor, visitorOf } from './visitor.js';

const path = process.env.FIREFOX_PATH;
const missing = path ? false : 'there is no Firefox on this machine';

// The runner's summary counts no suite that is skipped, only a test.
if (missing) it('the chat in Firefox', { skip: missing });

describe('in Firefox', { skip: missing }, () => {
  const endings: (() => unknown)[] = [];
  const context = { after: (ending: () => unknown) => endings.push(ending) } as unknown as TestContext;
  let chatty: Chatty;
  let firefox: Awaited<ReturnType<typeof launchFirefox>>;
  let address: Awaited<ReturnType<typeof serveSite>>;

  before(async () => {
    chatty = await startChatty(context);
    firefox = await launchFirefox(context, path ?? '');
    address = await serveSite(context, chatty.url);
  });
  after(async () => {
    for (const ending of endings.reverse()) await ending();
  });

  async function open(
    token: string,
    params: object = {},
    [width, height] = [900, 640],
  ): Promise<FirefoxVisitor> {
    const visitor = visitorOf(await firefox.page());
    await visitor.page.size(width ?? 0, height ?? 0);
    await visitor.page.goto(address(token, { ...params }));
    return visitor;
  }
  /** The page itself has no icon, and may load none. */
  const complaintsOf = ({ page }: FirefoxVisitor) =>
    page.complaints.filter((text) => !text.includes('/favicon.ico'));
  const tokenIn = (projectId: string, username: string) => tokenOf(username, { projectId });

  it('two lines on a strict page: history, Korean, lines of one message, what others say, nothing to complain of', async () => {
    const jiyoung = await join(context, chatty.url, tokenIn('talk', '지영'));
    stored(await jiyoung.say('먼저 한 말'));
    const visitor = await open(tokenIn('talk', '민수'));
    await visitor.see('.bubble', '먼저 한 말');
    await visitor.say('안녕하세요, 김프 3%');
    await visitor.page.type('첫 줄');
    await visitor.page.hold(Keys.shift, Keys.enter);
    await visitor.page.type(`둘째 줄${Keys.enter}`);
    await until(() => jiyoung.messages.length === 3, 'the message of two lines');
    assert.equal(jiyoung.contents.at(-1), '첫 줄\n둘째 줄');
    stored(await jiyoung.say('**굵게** https://kimpga.com'));
    await visitor.see('.bubble strong', '굵게');
    await visitor.see('.bubble a', 'https://kimpga.com');
    assert.deepEqual(complaintsOf(visitor), []);
  });

  it('Enter while Hangul is composed sends once, in each order of events there is; of Japanese it sends nothing', async () => {
    const jiyoung = await join(context, chatty.url, tokenIn('compose', '지영'));
    const visitor = await open(tokenIn('compose', '민수'));
    await visitor.see('.dot.live');
    const orders: [string, Told[]][] = [
      ['한글', ['taken', 'ended', 'plain']],
      ['김프', ['taken', 'ended']],
      ['환율', ['ended', 'plain']],
      ['시세', ['ended', 'late']],
    ];
    for (const [text, order] of orders) {
      await visitor.page.run(compose, text, order);
      await visitor.see('.row.own:not(.waiting) .bubble', text);
    }
    await visitor.page.run(compose, '日本', ['taken', 'ended']);
    await visitor.page.type('語');
    await until(async () => (await visitor.see('.composer textarea')).value === '日本語', 'the text to stay');
    await visitor.page.type(Keys.enter);
    await until(() => jiyoung.contents.includes('日本語'), 'the last message');
    assert.deepEqual(jiyoung.contents, [...orders.map(([text]) => text), '日本語']);
  });

  it('where scripts may write no markup: sheets are constructed, no style is inline, an emoji is found and sent', async () => {
    const { url } = chatty;
    const policy = `default-src 'none'; script-src 'nonce-page' ${url}; connect-src ${url} ${url.replace('http', 'ws')}; style-src 'self'; img-src data:; require-trusted-types-for 'script'; trusted-types chatty`;
    const page = await serveHosts(context, url);
    const visitor = visitorOf(await firefox.page());
    const params = { locale: 'ko', token: tokenIn('strict', '민수') };
    await visitor.page.goto(page({ policy, params }));
    await visitor.press('.launcher');
    await visitor.see('.dot.live');
    await visitor.press('.composer .beside');
    await visitor.press('.popup input');
    await visitor.page.type('로켓');
    await visitor.gone('.popup [role=gridcell]:not([hidden] *)', '😀');
    await visitor.press('.popup [role=gridcell]:not([hidden] *)', '로켓');
    await until(
      async () => (await visitor.see('.composer textarea')).value === '🚀',
      'the emoji in the field',
    );
    await visitor.page.type(Keys.escape);
    await visitor.gone('.popup');
    await visitor.press('.composer textarea');
    await visitor.page.type(Keys.enter);
    await visitor.see('.row.own:not(.waiting) .bubble', '🚀');
    const styles = await visitor.page.run(() => {
      const root = document.querySelector('chatty-chat')?.shadowRoot;
      return [(root?.adoptedStyleSheets.length ?? 0) > 0, root?.querySelectorAll('style, link').length];
    });
    assert.deepEqual(styles, [true, 0]);
    assert.deepEqual(visitor.page.complaints, []);
  });

  it('messages are answered, changed, deleted and felt about with the mouse', async () => {
    const jiyoung = await join(context, chatty.url, tokenIn('deeds', '지영'));
    stored(await jiyoung.say('질문이요'));
    const visitor = await open(tokenIn('deeds', '민수'), { locale: 'ko' });
    await visitor.point('.row', '질문이요');
    await visitor.press('.row .tools button', '답장');
    await visitor.see('.replying');
    await visitor.say('대답');
    await visitor.see('.row.own .quote', '질문이요');
    await visitor.point('.row.own .bubble', '대답');
    await visitor.press('.row.own .tools button', '수정');
    await visitor.see('.editor textarea');
    await visitor.page.type(' 고침');
    await visitor.press('.editor button', '저장');
    await visitor.see('.row.own .bubble', '대답 고침 (수정됨)');
    await visitor.say('지울 말');
    await visitor.point('.row.own .bubble', '지울 말');
    await visitor.press('.row.own:last-child .tools button, li:last-child .tools button', '삭제');
    await visitor.press('.removal button', '삭제');
    await visitor.see('.bubble.gone');
    await visitor.point('.row .bubble', '질문이요');
    await visitor.press('li:first-child .tools button', '반응 남기기');
    await visitor.press('.tools.feeling button', '👍');
    await visitor.see('.reactions button', '👍');
    assert.deepEqual(complaintsOf(visitor), []);
  });

  it('further up the reader keeps their line, whatever loads or arrives; at the end the talk stays at the end', async () => {
    const jiyoung = await join(context, chatty.url, tokenIn('scroll', '지영'));
    for (let each = 1; each <= 120; each += 1) stored(await jiyoung.say(`말 ${each} 끝`));
    const visitor = await open(tokenIn('scroll', '민수'));
    await visitor.see('.bubble', '말 120 끝');
    await visitor.page.run(() => {
      const frame = document.querySelector('chatty-chat')?.shadowRoot?.querySelector('.frame');
      if (frame) frame.scrollTop = 900;
    });
    await visitor.see('.pill');
    await until(async () => !(await visitor.page.run(moving)), 'the talk to stand still');
    const [reading] = (await visitor.all('.bubble')).filter(({ top }) => top > 200);
    assert.ok(reading);
    for (let each = 121; each <= 130; each += 1) stored(await jiyoung.say(`말 ${each} 끝`));
    await visitor.see('.pill', '10');
    const same = await visitor.see('.bubble', reading.text);
    assert.ok(
      Math.abs(same.top - reading.top) < 2,
      `${reading.text} was at ${reading.top}, is at ${same.top}`,
    );
    await visitor.press('.pill');
    await visitor.gone('.pill');
    stored(await jiyoung.say('마지막'));
    const { top } = await visitor.see('.bubble', '마지막');
    assert.ok(top > 300 && top < 640, `the last line is at ${top}`);
  });

  it('docked: the bubble counts, opens and closes, and what is written while the server is away goes out once', async () => {
    const own = await startChatty(context);
    const page = await serveSite(context, own.url);
    const jiyoung = await join(context, own.url, tokenOf('지영'));
    const visitor = visitorOf(await firefox.page());
    await visitor.page.goto(page(tokenOf('민수'), { mount: null }));
    await until(async () => {
      const answer = await jiyoung.socket.timeout(8_000).emitWithAck('members', {});
      return answer.ok && answer.count === 2;
    }, 'the visitor');
    stored(await jiyoung.say('거기 있어요?'));
    await visitor.see('.launcher .badge', '1');
    await visitor.press('.launcher');
    await visitor.see('.bubble', '거기 있어요?');
    await visitor.see('.composer textarea');
    const { port } = new URL(own.url);
    await own.app.close();
    await visitor.see('.banner');
    await visitor.press('.composer textarea');
    await visitor.page.type(`나중에 갈 말${Keys.enter}`);
    await visitor.see('.row.waiting', '나중에 갈 말');
    const again = await startChatty(context, { PORT: port }, own.connection);
    await visitor.see('.row.own:not(.waiting)', '나중에 갈 말');
    const late = await join(context, again.url, tokenOf('하늘'));
    assert.deepEqual(
      late.history[0]?.map(({ content }) => content),
      ['거기 있어요?', '나중에 갈 말'],
    );
    await visitor.page.type(Keys.escape);
    await visitor.gone('.panel');
    assert.deepEqual(await visitor.broken(), []);
  });

  it('a server that is killed and started again is found by itself, and nothing is there twice', async () => {
    const { connection } = chatty;
    const free = createServer().listen(0, '127.0.0.1');
    await until(() => free.listening, 'a free port');
    const { port } = free.address() as AddressInfo;
    free.close();
    const url = `http://127.0.0.1:${port}`;
    const start = async () => {
      const program = runProgram(context, SERVE, {
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
      await until(ready, 'the server');
      return program;
    };
    const first = await start();
    const visitor = visitorOf(await firefox.page());
    await visitor.page.goto((await serveSite(context, url))(tokenIn('killed', '민수')));
    await visitor.say('그 전에');
    first.child.kill('SIGKILL');
    await first.ended;
    await visitor.gone('.dot.live');
    await start();
    await visitor.see('.dot.live');
    await visitor.say('그 뒤에');
    const texts = (await visitor.all('.row.own .bubble')).map(({ text }) => text);
    assert.deepEqual(texts, ['그 전에', '그 뒤에']);
  });

  const faces: [string, object, [number, number]][] = [
    ['light, at desktop width', { theme: 'light' }, [900, 640]],
    ['dark, on a phone', { theme: 'dark' }, [390, 760]],
    ['dark, in Arabic', { theme: 'dark', locale: 'ar' }, [900, 640]],
  ];
  for (const [name, params, size] of faces)
    it(`axe finds nothing in a talk: ${name}`, async () => {
      const project = `axe-${faces.findIndex(([each]) => each === name)}`;
      const jiyoung = await join(context, chatty.url, tokenIn(project, '지영'));
      stored(await jiyoung.say('긴 말입니다. '.repeat(30)));
      stored(await jiyoung.say('||숨김|| `코드` @민수'));
      const visitor = await open(tokenIn(project, '민수'), params, size);
      await visitor.say('내 말');
      assert.equal(await visitor.page.run(overhang), 0, 'the hint lies in the field');
      await visitor.press('.composer .beside');
      await visitor.see('.popup [role=gridcell]');
      assert.deepEqual(await visitor.broken(), []);
      if (process.env.FIREFOX_PICTURES)
        await visitor.page.picture(`${process.env.FIREFOX_PICTURES}/${project}.png`);
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
