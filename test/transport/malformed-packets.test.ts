/** Promise: bytes that are no packet of the protocol end their own connection, soon, and nobody else's. */

import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { MAX_PACKET_BYTES } from '@chatty/protocol';
import { openPollingSession, pollingRequest, sendRawRequest } from '../support/raw/http.js';
import { openRawSocket, type RawSocket } from '../support/raw/websocket.js';
import {
  encodeFragments,
  encodeFrame,
  OPCODE_BINARY,
  OPCODE_CLOSE,
  OPCODE_CONTINUATION,
  OPCODE_PING,
} from '../support/raw/websocket-frames.js';
import {
  assertStored,
  connectClient,
  createTestToken,
  startTestServer,
  type TestClient,
  type TestServer,
  waitUntil,
} from '../support/server.js';

const MEMBERS = '4277["members",{}]';
const answered = ({ receivedTexts: texts }: RawSocket) => texts.some((text) => text.startsWith('4377['));

describe('malformed bytes on a connection', () => {
  let chatty: TestServer;
  let bystander: TestClient;
  let session: string | undefined;
  const endings: (() => unknown)[] = [];
  before(async () => {
    const suite = { after: (ending: () => unknown) => endings.push(ending) } as unknown as TestContext;
    chatty = await startTestServer(suite);
    bystander = await connectClient(suite, chatty.url, createTestToken('지영'));
    session = bystander.socket.id;
  });
  after(async () => {
    for (const ending of endings.reverse()) await ending();
  });

  /** A raw connection of a member who has been let in. */
  async function enter(context: TestContext): Promise<RawSocket> {
    const socket = await openRawSocket(chatty.url);
    context.after(() => socket.resetConnection());
    socket.sendText(`40${JSON.stringify({ token: createTestToken('공격') })}`);
    assert.ok(
      await socket.waitFor(({ receivedTexts: texts }) =>
        texts.some((text) => text.startsWith('42["history"')),
      ),
    );
    return socket;
  }

  /** The same by long polling first. */
  async function upgrade(context: TestContext): Promise<RawSocket> {
    const query = `EIO=4&sid=${await openPollingSession(chatty.url)}`;
    const body = `40${JSON.stringify({ token: createTestToken('공격') })}`;
    const posted = { method: 'POST', query: `${query}&transport=polling`, body };
    assert.equal((await sendRawRequest(chatty.url, pollingRequest(chatty.url, posted)))?.status, 200);
    const socket = await openRawSocket(chatty.url, { path: `/socket.io/?${query}&transport=websocket` });
    context.after(() => socket.resetConnection());
    socket.sendText('2probe');
    assert.ok(await socket.waitFor(({ receivedTexts: texts }) => texts.includes('3probe')));
    socket.sendText('5');
    return socket;
  }

  async function nobodyNoticed(): Promise<void> {
    assertStored(await bystander.send('멀쩡해요'));
    assert.equal(bystander.socket.id, session);
  }

  const closing: [string, Uint8Array][] = [
    ['a binary frame', encodeFrame('x', { opcode: OPCODE_BINARY })],
    ['a binary event', encodeFrame('451-["x",{"_placeholder":true,"num":0}]')],
    ['a binary event without attachments', encodeFrame('450-["x"]')],
    ['a binary event with 999,999 attachments', encodeFrame('45999999-["x",{"_placeholder":true,"num":0}]')],
    ['a placeholder that names a property', encodeFrame('451-["a",{"_placeholder":true,"num":"splice"}]')],
    ['a binary acknowledgement', encodeFrame('461-1[{"_placeholder":true,"num":0}]')],
    ['an event name that is an object', encodeFrame('42[{"toString":"foo"}]')],
    ['an event without a name', encodeFrame('42[]')],
    ['JSON that does not end', encodeFrame('4{')],
    ['20,000 open brackets', encodeFrame(`42${'['.repeat(20_000)}`)],
    ['a packet type that is none', encodeFrame('49')],
    ['an engine packet that is none', encodeFrame('9')],
    ['a ping, which only the server sends', encodeFrame('2')],
    ['a packet over the limit', encodeFrame(`42["chat message","${'a'.repeat(MAX_PACKET_BYTES)}"]`)],
    ['a length of 2 GB that is only claimed', encodeFrame('42', { declaredLength: 2 ** 31 })],
    [
      'a packet over the limit in fragments',
      encodeFragments(`42["x","${'a'.repeat(MAX_PACKET_BYTES)}"]`, 4_096),
    ],
    [
      '65,000 fragments of a byte without an end',
      encodeFragments(`42["x","${'a'.repeat(64_990)}"]`, 1, { open: true }),
    ],
    ['a continuation of nothing', encodeFrame('x', { opcode: OPCODE_CONTINUATION })],
    ['a message inside another', Buffer.concat([encodeFrame('42', { fin: false }), encodeFrame('["x"]')])],
    ['RSV1', encodeFrame(MEMBERS, { rsv: 4 })],
    ['RSV2 and RSV3', encodeFrame(MEMBERS, { rsv: 3 })],
    ['an opcode that is none', encodeFrame('x', { opcode: 11 })],
    ['no mask', encodeFrame(MEMBERS, { masked: false })],
    ['bad UTF-8', encodeFrame(Buffer.from([0x34, 0x32, 0xc3, 0x28]))],
    ['a close code of 999', encodeFrame(Buffer.from([0x03, 0xe7]), { opcode: OPCODE_CLOSE })],
    ['a ping of 126 bytes', encodeFrame('p'.repeat(126), { opcode: OPCODE_PING })],
    ['a fragmented ping', encodeFrame('p', { opcode: OPCODE_PING, fin: false })],
  ];
  for (const [name, bytes] of closing) {
    it(`${name} closes its connection (D10, D11)`, async (context) => {
      const socket = await enter(context);
      socket.writeBytes(bytes);
      await waitUntil(() => socket.closed, 'the close');
      await nobodyNoticed();
    });
  }

  const harmless: [string, Uint8Array][] = [
    ['20,000 nested brackets', encodeFrame(`42["chat message",${'['.repeat(20_000)}${']'.repeat(20_000)}]`)],
    ['an array of 30,000', encodeFrame(`42["chat message",[${'0,'.repeat(29_999)}0]]`)],
    ['a number beyond all', encodeFrame('42["history",{"before":1e400}]')],
    ['an acknowledgement id of 400 digits', encodeFrame(`42${'9'.repeat(400)}["members",{}]`)],
    ['acknowledgements nobody waits for', encodeFrame('43999999["x"]')],
    ['an event called "error"', encodeFrame('42["error","x"]')],
    ['an event called "__proto__"', encodeFrame('42["__proto__",{"__proto__":{"polluted":true}}]')],
    ['a member in fragments of one byte', encodeFragments('42["members",{}]', 1)],
  ];
  for (const [name, bytes] of harmless) {
    it(`${name}: the session continues (D6, S2)`, async (context) => {
      const socket = await enter(context);
      socket.writeBytes(bytes);
      socket.sendText(MEMBERS);
      assert.ok(await socket.waitFor(answered));
      assert.equal(({} as { polluted?: boolean }).polluted, undefined);
      await nobodyNoticed();
    });
  }

  it('three unknown namespaces are refused by name, the fourth closes the connection (T3)', async (context) => {
    const socket = await enter(context);
    const token = JSON.stringify({ token: createTestToken('공격') });
    const names = ['/admin', '/../', '/%00'];
    for (const name of names) socket.sendText(`40${name},${token}`);
    const refusals = () => socket.receivedTexts.filter((text) => text.startsWith('44/'));
    assert.ok(await socket.waitFor(() => refusals().length === names.length));
    for (const text of refusals()) assert.match(text, /\{"message":"Invalid namespace"\}$/);
    socket.sendText(MEMBERS);
    assert.ok(await socket.waitFor(answered));
    socket.sendText(`40/one-more,${token}`);
    await waitUntil(() => socket.closed, 'the close');
    await nobodyNoticed();
  });

  it('a connection without authentication is closed, an authenticated one stays', async (context) => {
    const member = await enter(context);
    const silent = await openRawSocket(chatty.url);
    const stranger = await openRawSocket(chatty.url);
    stranger.sendText('40{"token":"no"}');
    assert.ok(
      await stranger.waitFor(({ receivedTexts: texts }) => texts.some((text) => text.startsWith('44'))),
    );
    const lost = await openRawSocket(chatty.url);
    lost.sendText('40/elsewhere,');
    await waitUntil(() => silent.closed && stranger.closed && lost.closed, 'the closes');
    member.sendText(MEMBERS);
    assert.ok(await member.waitFor(answered));
  });

  for (const way of ['from the start', 'after polling'])
    it(`a member that sends a disconnect on a WebSocket ${way} and keeps TCP open counts as left`, async (context) => {
      // Not so often that the bystander is sent away.
      const count = async () => {
        await new Promise((resolve) => setTimeout(resolve, 200));
        return (await bystander.socket.emitWithAck('members', {})).count as number;
      };
      await waitUntil(async () => (await count()) === 1, 'the others to have left');
      const socket = await (way === 'from the start' ? enter(context) : upgrade(context));
      await waitUntil(async () => (await count()) === 2, 'both to be there');
      // What is not read does not end either.
      socket.pause();
      socket.sendFrame('', { opcode: OPCODE_CLOSE });
      await waitUntil(async () => (await count()) === 1, 'one to have left');
      assert.equal(socket.closed, false);
    });

  const version = (query: string) => ({ path: `/socket.io/?${query}` });
  it('Engine.IO 3 is refused on polling, on WebSocket, and on a session upgrade', async () => {
    const polling = await sendRawRequest(
      chatty.url,
      pollingRequest(chatty.url, { query: 'EIO=3&transport=polling' }),
    );
    assert.equal(polling?.status, 400);
    const socket = await openRawSocket(chatty.url, version('EIO=3&transport=websocket'));
    await waitUntil(() => socket.closed, 'the close');
    for (const eio of ['EIO=3&', '']) {
      const sid = await openPollingSession(chatty.url);
      const upgrade = await openRawSocket(chatty.url, version(`${eio}transport=websocket&sid=${sid}`));
      upgrade.writeBytes(Buffer.concat([encodeFrame('2probe'), encodeFrame('5'), encodeFrame('2')]));
      await waitUntil(() => upgrade.closed, 'the close of the upgrade');
    }
    await nobodyNoticed();
  });

  const queries = [
    'EIO=4&transport=polling&sid=__proto__',
    'EIO=4&transport=polling&sid=constructor',
    'EIO=4&transport=__proto__',
    'EIO=4&transport=webtransport',
    'EIO=4',
    '%',
  ];
  for (const query of queries) {
    it(`the query "${query}" is refused, as a request and as an upgrade`, async () => {
      const answer = await sendRawRequest(chatty.url, pollingRequest(chatty.url, { query }));
      assert.equal(answer?.status, 400);
      const socket = await openRawSocket(chatty.url, version(query));
      await waitUntil(() => socket.closed, 'the end of the upgrade');
      assert.equal(socket.open, false);
      await nobodyNoticed();
    });
  }

  it('a poll with a binary body is answered, and its session ends', async () => {
    const query = `EIO=4&transport=polling&sid=${await openPollingSession(chatty.url)}`;
    const headers = ['Content-Type: application/octet-stream'];
    const post = pollingRequest(chatty.url, { method: 'POST', query, body: 'bytes', headers });
    await sendRawRequest(chatty.url, post);
    const next = await sendRawRequest(chatty.url, pollingRequest(chatty.url, { query }));
    assert.equal(next?.status, 400);
    await nobodyNoticed();
  });

  it('a poll over the size limit is refused, and so are 2,001 headers', async () => {
    const query = `EIO=4&transport=polling&sid=${await openPollingSession(chatty.url)}`;
    const body = `4${'a'.repeat(MAX_PACKET_BYTES)}`;
    const large = await sendRawRequest(
      chatty.url,
      pollingRequest(chatty.url, { method: 'POST', query, body }),
    );
    assert.ok(large === null || large.status === 413);
    const headers = Array.from({ length: 2_001 }, (_, index) => `x-${index}: 1`);
    const socket = await openRawSocket(chatty.url, { headers: [...headers, 'Upgrade: websocket'] });
    await waitUntil(() => socket.closed || socket.open, 'an answer');
    socket.resetConnection();
    const spaces = `Sec-WebSocket-Protocol: ${' '.repeat(10_000)}x`;
    (await openRawSocket(chatty.url, { headers: [spaces] })).resetConnection();
    const names = 'Sec-WebSocket-Extensions: constructor; __proto__=1';
    (await openRawSocket(chatty.url, { headers: [names] })).resetConnection();
    await nobodyNoticed();
  });

  it('a connection reset during a failed upgrade does not crash the server', async () => {
    for (const path of ['/socket.io/?EIO=4&transport=x', '/socket.io/?EIO=4&transport=websocket&sid=none']) {
      const socket = await openRawSocket(chatty.url, { path, key: 'short' });
      socket.writeBytes(encodeFrame('2probe'));
      socket.resetConnection();
    }
    await nobodyNoticed();
  });
});
