/** Promise: a WebSocket from the start is answered as Socket.IO itself answers one that a session has moved to. */

import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { io } from 'socket.io-client';
import { openPollingSession } from '../support/raw/http.js';
import { openRawSocket, type RawSocket } from '../support/raw/websocket.js';
import { encodeFragments, encodeFrame, OPCODE_CLOSE } from '../support/raw/websocket-frames.js';
import {
  assertStored,
  connectClient,
  createTestToken,
  startTestServer,
  type TestServer,
  waitUntil,
} from '../support/server.js';

const token = (name: string) => JSON.stringify({ token: createTestToken(name) });
const MEMBERS = '4277["members",{}]';
/** What neither way answers to is over when this is answered, or the connection has ended. */
const LAST = '429999["members",{"limit":1}]';
const isLast = (text: string) => text.startsWith('439999');

describe('WebSocket parity with Socket.IO', () => {
  let chatty: TestServer;
  const endings: (() => unknown)[] = [];
  before(async () => {
    const suite = { after: (ending: () => unknown) => endings.push(ending) } as unknown as TestContext;
    chatty = await startTestServer(suite, { LOG_LEVEL: 'error' });
  });
  after(async () => {
    for (const ending of endings.reverse()) await ending();
  });

  async function openOurs(): Promise<RawSocket> {
    const socket = await openRawSocket(chatty.url);
    assert.ok(await socket.waitFor(({ receivedTexts: texts }) => texts.length > 0));
    return socket;
  }

  /** A session that began with long polling, moved to a WebSocket by the library. */
  async function openTheirs(): Promise<RawSocket> {
    const path = `/socket.io/?EIO=4&transport=websocket&sid=${await openPollingSession(chatty.url)}`;
    const socket = await openRawSocket(chatty.url, { path });
    socket.sendText('2probe');
    assert.ok(await socket.waitFor(({ receivedTexts: texts }) => texts.includes('3probe')));
    socket.sendText('5');
    return socket;
  }

  /** Somebody new each time: who looks again and again is asked to wait. */
  let people = 0;
  const next = () => {
    people += 1;
    return `사람 ${people}`;
  };
  /** Without what differs between any two connections, and without the head counts, which come when they come. */
  const heard = ({ receivedTexts: texts }: RawSocket) =>
    texts
      .filter((text) => /^4/.test(text) && !text.startsWith('42["presence"'))
      .map((text) => text.replace(/"sid":"[\w-]+"/g, '"sid":""').replace(/"epoch":"[\w-]+"/g, '"epoch":""'));

  type Story = (socket: RawSocket, name: string) => unknown;
  const say =
    (...packets: string[]): Story =>
    (socket) => {
      for (const packet of packets) socket.sendText(packet);
    };
  const inside =
    (...packets: string[]): Story =>
    async (socket, name) => {
      socket.sendText(`40${token(name)}`);
      await socket.waitFor(({ receivedTexts: texts }) =>
        texts.some((text) => text.startsWith('42["history"')),
      );
      await say(...packets)(socket, name);
    };

  const stories: [string, Story][] = [
    ['a question', inside(MEMBERS)],
    ['a question without an answer', inside('42["members",{}]')],
    ['an event that is none, asked and unasked', inside('421["nothing",{}]', '42["nothing",{}]')],
    ['an event by a number', inside('421[5,{}]')],
    ['too few values, and too many', inside('421["members"]', '422["members",{},{}]')],
    ['what is refused without a number', inside('42["chat message",{"content":5}]')],
    ['0 as a number', inside('420["members",{}]')],
    ['a number with zeros before it', inside('42007["members",{}]')],
    ['an empty event', inside('42[]')],
    ['an event that is no list', inside('42{"members":1}')],
    ['an event by an object', inside('42[{}]')],
    ['an event by null', inside('42[null]')],
    ['an event by true', inside('42[true]')],
    ['JSON that does not end', inside('42["members"')],
    ['JSON that ends twice', inside('42["members",{}]]')],
    ['an answer nobody asked for', inside('435["x"]')],
    ['saying who one is twice', (socket, name) => inside(`40${token(name)}`)(socket, name)],
    ['leaving', inside('41')],
    ['leaving with a value', inside('41{}')],
    ['CONNECT_ERROR from a client', inside('44{"message":"x"}')],
    ['a binary event', inside('451-["x",{"_placeholder":true,"num":0}]')],
    ['a packet that is none', inside('47')],
    ['an empty packet', inside('4')],
    ['an empty frame', inside('')],
    ['a ping', inside('2')],
    ['a pong nobody waited for', inside('3', MEMBERS)],
    ['a noop', inside('6', MEMBERS)],
    ['an engine packet that is none', inside('9')],
    ['a binary packet in base64', inside('bAAAA')],
    ['the main namespace by its name', (socket, name) => say(`40/,${token(name)}`)(socket, name)],
    ['the main namespace by its name, without auth', say('40/')],
    ['an event in it by its name', inside('42/,["members",{}]', '42/,7["members",{}]')],
    ['an answer in it by its name', inside('43/,7["x"]')],
    ['leaving it by its name', inside('41/,')],
    ['an answer that is no list', inside('43{"a":1}')],
    ['an answer that is nothing', inside('437xyz')],
    ['an answer without values', inside('437')],
    ['another namespace', inside('40/admin,{"token":"x"}', MEMBERS)],
    ['another namespace without auth', inside('40/admin', MEMBERS)],
    ['an event in another namespace', inside('42/admin,["members",{}]')],
    ['leaving another namespace', inside('41/admin')],
    ['an event before saying who one is', say(MEMBERS)],
    ['an event right behind the token', (socket, name) => say(`40${token(name)}`, MEMBERS)(socket, name)],
    ['leaving before saying who one is', say('41')],
    ['an answer before saying who one is', say('431["x"]')],
    ['no auth', say('40')],
    ['auth that is null', say('40null')],
    ['auth that is a list', say('40[]')],
    ['auth that is a text', say('40"x"')],
    ['auth that is no JSON', say('40{"token":')],
    ['an empty auth', say('40{}')],
    ['a forged token', say('40{"token":"a.b.c"}')],
    [
      'a forged token, then a good one',
      async (socket, name) => {
        socket.sendText('40{"token":"a.b.c"}');
        await socket.waitFor(({ receivedTexts: texts }) => texts.some((text) => text.startsWith('44')));
        await inside(MEMBERS)(socket, name);
      },
    ],
    [
      'a message in fragments',
      async (socket, name) => {
        await inside()(socket, name);
        socket.writeBytes(encodeFragments(MEMBERS, 3));
      },
    ],
    [
      'a closing frame',
      async (socket, name) => {
        await inside()(socket, name);
        socket.sendFrame(Buffer.from([0x03, 0xe8]), { opcode: OPCODE_CLOSE });
      },
    ],
  ];

  for (const [name, story] of stories) {
    it(`${name}: the same answers and the same ending`, async (context) => {
      const who = next();
      const [ours, theirs] = await Promise.all(
        [openOurs(), openTheirs()].map(async (opening) => {
          const socket = await opening;
          context.after(() => socket.resetConnection());
          await story(socket, who);
          socket.sendText(LAST);
          await socket.waitFor(({ receivedTexts: texts, closed }) => closed || texts.some(isLast), 8_000);
          return { heard: heard(socket), closed: socket.closed || socket.closeCode !== null };
        }),
      );
      assert.ok(ours?.closed || ours?.heard.some(isLast), 'it neither ended nor went on');
      assert.deepEqual(ours, theirs);
    });
  }

  it('an event that is not an array, and an unknown engine packet, close it where Socket.IO allows them', async (context) => {
    for (const packet of ['42', '42 5', '0{}', '5', '4']) {
      const socket = await openOurs();
      context.after(() => socket.resetConnection());
      await inside(packet)(socket, next());
      await waitUntil(() => socket.closed, `the end after ${packet}`);
    }
  });

  it('an acknowledgement id that cannot be represented exactly gets no answer', async (context) => {
    const socket = await openOurs();
    context.after(() => socket.resetConnection());
    await inside(`42${'9'.repeat(20)}["members",{}]`, MEMBERS)(socket, next());
    assert.ok(
      await socket.waitFor(({ receivedTexts: texts }) => texts.some((text) => text.startsWith('4377['))),
    );
    assert.equal(socket.receivedTexts.filter((text) => text.startsWith('43')).length, 1);
  });

  it('event names reserved by Socket.IO are treated like any unknown event', async (context) => {
    const socket = await openOurs();
    context.after(() => socket.resetConnection());
    await inside('421["connect"]', '422["disconnect",{}]', '423["newListener",{}]', MEMBERS)(socket, next());
    assert.ok(
      await socket.waitFor(({ receivedTexts: texts }) => texts.some((text) => text.startsWith('4377['))),
    );
    const answers = socket.receivedTexts.filter((text) => /^43[123]\[/.test(text));
    assert.equal(answers.length, 3);
    for (const answer of answers) assert.match(answer, /"code":"invalid"/);
  });

  it('packets in one segment are handled in order, and the answers keep that order', async (context) => {
    const socket = await openOurs();
    context.after(() => socket.resetConnection());
    await inside()(socket, next());
    const said = Array.from({ length: 20 }, (_, index) => `42${index}["members",{"limit":${index + 1}}]`);
    socket.writeBytes(Buffer.concat(said.map((packet) => encodeFrame(packet))));
    assert.ok(
      await socket.waitFor(
        ({ receivedTexts: texts }) => texts.filter((text) => text.startsWith('43')).length === 20,
      ),
    );
    const order = socket.receivedTexts.flatMap((text) => /^43(\d+)\[/.exec(text)?.[1] ?? []);
    assert.deepEqual(order.map(Number), [...said.keys()]);
  });

  it('socket.io-client, on WebSocket or upgraded to it, reconnects by itself after a lost connection', async (context) => {
    for (const transports of [['websocket'], ['polling', 'websocket']]) {
      const visitor = await connectClient(context, chatty.url, createTestToken('지영'), { transports });
      const came = new Promise((resolve) => visitor.socket.once('session', resolve));
      // The connection breaks below, as when a network goes away.
      visitor.socket.io.engine.close();
      await came;
      assertStored(await visitor.send(`다시 왔어요 ${transports[0]}`));
    }
  });

  it('a refused token keeps the connection open, and a better one succeeds on it', async (context) => {
    let shown = 'a.b.c';
    const socket = io(chatty.url, {
      auth: (give) => give({ token: shown }),
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
    });
    context.after(() => socket.disconnect());
    const reason = await new Promise<Error>((resolve) => socket.once('connect_error', resolve));
    assert.equal(reason.message, 'Authentication error');
    shown = createTestToken('하나');
    socket.connect();
    await waitUntil(() => socket.connected, 'the second try');
  });
});
