/** Promise: bytes that are no packet of the protocol end their own connection, soon, and nobody else's. */

import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { PACKET_BYTES } from '@chatty/protocol/sizes';
import { openPolling, pollingRequest, sendRaw } from '../support/raw/http.js';
import { openRaw, type RawSocket } from '../support/raw/websocket.js';
import { BINARY, CLOSE, CONTINUATION, fragments, frame, PING } from '../support/raw/websocket-frames.js';
import { type Chatty, join, startChatty, stored, tokenOf, until, type Visitor } from '../support/server.js';

const MEMBERS = '4277["members",{}]';
const answered = ({ texts }: RawSocket) => texts.some((text) => text.startsWith('4377['));

describe('bytes at the door', () => {
  let chatty: Chatty;
  let bystander: Visitor;
  let session: string | undefined;
  const endings: (() => unknown)[] = [];
  before(async () => {
    const suite = { after: (ending: () => unknown) => endings.push(ending) } as unknown as TestContext;
    chatty = await startChatty(suite);
    bystander = await join(suite, chatty.url, tokenOf('지영'));
    session = bystander.socket.id;
  });
  after(async () => {
    for (const ending of endings.reverse()) await ending();
  });

  /** A raw connection of a member who has been let in. */
  async function enter(context: TestContext): Promise<RawSocket> {
    const socket = await openRaw(chatty.url);
    context.after(() => socket.reset());
    socket.say(`40${JSON.stringify({ token: tokenOf('공격') })}`);
    assert.ok(await socket.when(({ texts }) => texts.some((text) => text.startsWith('42["history"'))));
    return socket;
  }

  /** The same by long polling first. */
  async function upgrade(context: TestContext): Promise<RawSocket> {
    const query = `EIO=4&sid=${await openPolling(chatty.url)}`;
    const body = `40${JSON.stringify({ token: tokenOf('공격') })}`;
    const posted = { method: 'POST', query: `${query}&transport=polling`, body };
    assert.equal((await sendRaw(chatty.url, pollingRequest(chatty.url, posted)))?.status, 200);
    const socket = await openRaw(chatty.url, { path: `/socket.io/?${query}&transport=websocket` });
    context.after(() => socket.reset());
    socket.say('2probe');
    assert.ok(await socket.when(({ texts }) => texts.includes('3probe')));
    socket.say('5');
    return socket;
  }

  async function nobodyNoticed(): Promise<void> {
    stored(await bystander.say('멀쩡해요'));
    assert.equal(bystander.socket.id, session);
  }

  const closing: [string, Uint8Array][] = [
    ['a binary frame', frame('x', { opcode: BINARY })],
    ['a binary event', frame('451-["x",{"_placeholder":true,"num":0}]')],
    ['a binary event without attachments', frame('450-["x"]')],
    ['a binary event with 999,999 attachments', frame('45999999-["x",{"_placeholder":true,"num":0}]')],
    ['a placeholder that names a property', frame('451-["a",{"_placeholder":true,"num":"splice"}]')],
    ['a binary acknowledgement', frame('461-1[{"_placeholder":true,"num":0}]')],
    ['an event name that is an object', frame('42[{"toString":"foo"}]')],
    ['an event without a name', frame('42[]')],
    ['JSON that does not end', frame('4{')],
    ['20,000 open brackets', frame(`42${'['.repeat(20_000)}`)],
    ['a packet type that is none', frame('49')],
    ['an engine packet that is none', frame('9')],
    ['a ping, which only the server sends', frame('2')],
    ['a packet over the limit', frame(`42["chat message","${'a'.repeat(PACKET_BYTES)}"]`)],
    ['a length of 2 GB that is only claimed', frame('42', { claims: 2 ** 31 })],
    ['a packet over the limit in fragments', fragments(`42["x","${'a'.repeat(PACKET_BYTES)}"]`, 4_096)],
    [
      '65,000 fragments of a byte without an end',
      fragments(`42["x","${'a'.repeat(64_990)}"]`, 1, { open: true }),
    ],
    ['a continuation of nothing', frame('x', { opcode: CONTINUATION })],
    ['a message inside another', Buffer.concat([frame('42', { fin: false }), frame('["x"]')])],
    ['RSV1', frame(MEMBERS, { rsv: 4 })],
    ['RSV2 and RSV3', frame(MEMBERS, { rsv: 3 })],
    ['an opcode that is none', frame('x', { opcode: 11 })],
    ['no mask', frame(MEMBERS, { masked: false })],
    ['bad UTF-8', frame(Buffer.from([0x34, 0x32, 0xc3, 0x28]))],
    ['a close code of 999', frame(Buffer.from([0x03, 0xe7]), { opcode: CLOSE })],
    ['a ping of 126 bytes', frame('p'.repeat(126), { opcode: PING })],
    ['a fragmented ping', frame('p', { opcode: PING, fin: false })],
  ];
  for (const [name, bytes] of closing) {
    it(`${name} closes its connection (D10, D11)`, async (context) => {
      const socket = await enter(context);
      socket.write(bytes);
      await until(() => socket.closed, 'the close');
      await nobodyNoticed();
    });
  }

  const harmless: [string, Uint8Array][] = [
    ['20,000 nested brackets', frame(`42["chat message",${'['.repeat(20_000)}${']'.repeat(20_000)}]`)],
    ['an array of 30,000', frame(`42["chat message",[${'0,'.repeat(29_999)}0]]`)],
    ['a number beyond all', frame('42["history",{"before":1e400}]')],
    ['an acknowledgement id of 400 digits', frame(`42${'9'.repeat(400)}["members",{}]`)],
    ['acknowledgements nobody waits for', frame('43999999["x"]')],
    ['an event called "error"', frame('42["error","x"]')],
    ['an event called "__proto__"', frame('42["__proto__",{"__proto__":{"polluted":true}}]')],
    ['a member in fragments of one byte', fragments('42["members",{}]', 1)],
  ];
  for (const [name, bytes] of harmless) {
    it(`${name}: the session goes on (D6, S2)`, async (context) => {
      const socket = await enter(context);
      socket.write(bytes);
      socket.say(MEMBERS);
      assert.ok(await socket.when(answered));
      assert.equal(({} as { polluted?: boolean }).polluted, undefined);
      await nobodyNoticed();
    });
  }

  it('three unknown namespaces are refused by name, the fourth closes the connection (T3)', async (context) => {
    const socket = await enter(context);
    const token = JSON.stringify({ token: tokenOf('공격') });
    const names = ['/admin', '/../', '/%00'];
    for (const name of names) socket.say(`40${name},${token}`);
    const refusals = () => socket.texts.filter((text) => text.startsWith('44/'));
    assert.ok(await socket.when(() => refusals().length === names.length));
    for (const text of refusals()) assert.match(text, /\{"message":"Invalid namespace"\}$/);
    socket.say(MEMBERS);
    assert.ok(await socket.when(answered));
    socket.say(`40/one-more,${token}`);
    await until(() => socket.closed, 'the close');
    await nobodyNoticed();
  });

  it('a connection that does not say who it is, is closed; one that does, stays', async (context) => {
    const member = await enter(context);
    const silent = await openRaw(chatty.url);
    const stranger = await openRaw(chatty.url);
    stranger.say('40{"token":"no"}');
    assert.ok(await stranger.when(({ texts }) => texts.some((text) => text.startsWith('44'))));
    const lost = await openRaw(chatty.url);
    lost.say('40/elsewhere,');
    await until(() => silent.closed && stranger.closed && lost.closed, 'the closes');
    member.say(MEMBERS);
    assert.ok(await member.when(answered));
  });

  for (const way of ['from the start', 'after polling'])
    it(`who says farewell on a WebSocket ${way} and keeps TCP open has left`, async (context) => {
      // Not so often that the bystander is sent away.
      const count = async () => {
        await new Promise((resolve) => setTimeout(resolve, 200));
        return (await bystander.socket.emitWithAck('members', {})).count as number;
      };
      await until(async () => (await count()) === 1, 'the others to have left');
      const socket = await (way === 'from the start' ? enter(context) : upgrade(context));
      await until(async () => (await count()) === 2, 'both to be there');
      // What is not read does not end either.
      socket.pause();
      socket.frame('', { opcode: CLOSE });
      await until(async () => (await count()) === 1, 'one to have left');
      assert.equal(socket.closed, false);
    });

  const version = (query: string) => ({ path: `/socket.io/?${query}` });
  it('Engine.IO 3 is refused, on polling, on WebSocket, and on the upgrade of a session', async () => {
    const polling = await sendRaw(
      chatty.url,
      pollingRequest(chatty.url, { query: 'EIO=3&transport=polling' }),
    );
    assert.equal(polling?.status, 400);
    const socket = await openRaw(chatty.url, version('EIO=3&transport=websocket'));
    await until(() => socket.closed, 'the close');
    for (const eio of ['EIO=3&', '']) {
      const sid = await openPolling(chatty.url);
      const upgrade = await openRaw(chatty.url, version(`${eio}transport=websocket&sid=${sid}`));
      upgrade.write(Buffer.concat([frame('2probe'), frame('5'), frame('2')]));
      await until(() => upgrade.closed, 'the close of the upgrade');
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
      const answer = await sendRaw(chatty.url, pollingRequest(chatty.url, { query }));
      assert.equal(answer?.status, 400);
      const socket = await openRaw(chatty.url, version(query));
      await until(() => socket.closed, 'the end of the upgrade');
      assert.equal(socket.open, false);
      await nobodyNoticed();
    });
  }

  it('a poll with a binary body is answered, and its session ended', async () => {
    const query = `EIO=4&transport=polling&sid=${await openPolling(chatty.url)}`;
    const headers = ['Content-Type: application/octet-stream'];
    const post = pollingRequest(chatty.url, { method: 'POST', query, body: 'bytes', headers });
    await sendRaw(chatty.url, post);
    const next = await sendRaw(chatty.url, pollingRequest(chatty.url, { query }));
    assert.equal(next?.status, 400);
    await nobodyNoticed();
  });

  it('a poll over the limit is refused, and 2,001 headers are not read', async () => {
    const query = `EIO=4&transport=polling&sid=${await openPolling(chatty.url)}`;
    const body = `4${'a'.repeat(PACKET_BYTES)}`;
    const large = await sendRaw(chatty.url, pollingRequest(chatty.url, { method: 'POST', query, body }));
    assert.ok(large === null || large.status === 413);
    const headers = Array.from({ length: 2_001 }, (_, index) => `x-${index}: 1`);
    const socket = await openRaw(chatty.url, { headers: [...headers, 'Upgrade: websocket'] });
    await until(() => socket.closed || socket.open, 'an answer');
    socket.reset();
    const spaces = `Sec-WebSocket-Protocol: ${' '.repeat(10_000)}x`;
    (await openRaw(chatty.url, { headers: [spaces] })).reset();
    const names = 'Sec-WebSocket-Extensions: constructor; __proto__=1';
    (await openRaw(chatty.url, { headers: [names] })).reset();
    await nobodyNoticed();
  });

  it('a reset in the middle of an upgrade that fails ends nothing', async () => {
    for (const path of ['/socket.io/?EIO=4&transport=x', '/socket.io/?EIO=4&transport=websocket&sid=none']) {
      const socket = await openRaw(chatty.url, { path, key: 'short' });
      socket.write(frame('2probe'));
      socket.reset();
    }
    await nobodyNoticed();
  });
});
