/** Promise: whatever a socket says, it gets an answer or nothing; its session and the server go on. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { cleanContent, hasVisibleText } from '@chatty/protocol';
import naughty from 'big-list-of-naughty-strings' with { type: 'json' };
import {
  assertStored,
  connectClient,
  createTestToken,
  startTestServer,
  waitUntil,
} from '../support/server.js';

const nested = (depth: number) => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`) as unknown;
const wide = Object.fromEntries(Array.from({ length: 2_000 }, (_, index) => [`k${index}`, index]));

const payloads: [string, unknown[], string][] = [
  ['no argument', [], 'invalid'],
  ['null', [null], 'invalid'],
  ['a number', [7], 'invalid'],
  ['a boolean', [true], 'invalid'],
  ['an array', [['hi']], 'invalid'],
  ['an empty object', [{}], 'invalid'],
  ['two arguments', ['hi', 'there'], 'invalid'],
  ['content that is an object', [{ content: { toString: 'x' } }], 'invalid'],
  ['a client id that is a number', [{ content: 'hi', clientId: 5 }], 'invalid'],
  ['a client id of 65 characters', [{ content: 'hi', clientId: 'c'.repeat(65) }], 'invalid'],
  ['a client id with a line feed', [{ content: 'hi', clientId: 'a\nb' }], 'invalid'],
  ['replyTo as a string', [{ content: 'hi', replyTo: '1; drop table messages' }], 'invalid'],
  ['replyTo that is not there', [{ content: 'hi', replyTo: 12 }], 'not_found'],
  ['nesting of 500', [nested(500)], 'invalid'],
  ['nesting beside good content', [{ content: 'hi', extra: nested(50) }], 'invalid'],
  ['2,000 keys', [wide], 'invalid'],
  ['nothing to see', ['  \u200b\u3164\n '], 'empty'],
  ['only controls', ['\u0000\u0007'], 'empty'],
  ['2,001 characters', ['가'.repeat(2_001)], 'too_long'],
  ['2,000 emoji families', ['👨‍👩‍👧‍👦'.repeat(2_000).slice(0, 20_000)], 'too_long'],
];

it('invalid arguments are answered with a code, and the session continues', async (context) => {
  const { url } = await startTestServer(context);
  const minsu = await connectClient(context, url, createTestToken('민수'));
  const session = minsu.socket.id;
  for (const [name, values, code] of payloads) {
    const answer = await minsu.send(...values);
    assert.equal(!answer.ok && answer.code, code, name);
    assert.equal(!answer.ok && typeof answer.message, 'string', name);
  }
  assertStored(await minsu.send('아직 여기'));
  assert.equal(minsu.socket.id, session);
});

it('invalid events, with or without an acknowledgement, do not end the session (D8, S2)', async (context) => {
  const { url } = await startTestServer(context);
  const minsu = await connectClient(context, url, createTestToken('민수'));
  const session = minsu.socket.id;
  // Engine.IO puts the leading 4 in front itself.
  const raw = (packet: string) => minsu.socket.io.engine.write(packet.slice(1));
  for (const event of ['error', 'message', 'toString', '__proto__', 'constructor', 'x'.repeat(10_000)]) {
    minsu.socket.emit(event);
    minsu.socket.emit(event, { a: 1 }, null);
  }
  for (const [, values] of payloads) minsu.socket.emit('chat message', ...values);
  raw('42["error","x"]');
  raw('42["chat message"]');
  // Deeper than a client's own encoder can walk.
  raw(`42["chat message",${'['.repeat(20_000)}${']'.repeat(20_000)}]`);
  const answer = await minsu.socket.timeout(5_000).emitWithAck('unheard of', 1);
  assert.equal(answer.code, 'invalid');
  assertStored(await minsu.send('아직 여기'));
  assert.equal(minsu.socket.id, session);
});

it('binary data closes its own socket, because nothing needs it and it can accumulate (D9)', async (context) => {
  const { url } = await startTestServer(context);
  const bystander = await connectClient(context, url, createTestToken('지영'));
  const minsu = await connectClient(context, url, createTestToken('민수'), { reconnection: false });
  minsu.socket.emit('chat message', Buffer.from('hi'));
  await waitUntil(() => minsu.socket.disconnected, 'the close');
  assertStored(await bystander.send('멀쩡해요'));
});

it('malformed packets close at most their own socket (D6)', async (context) => {
  const { url } = await startTestServer(context);
  const bystander = await connectClient(context, url, createTestToken('지영'));
  for (const packet of [
    '42[{"toString":"foo"}]',
    '451-["a",{"_placeholder":true,"num":"splice"}]',
    '45999999-["x"]',
    '4{',
    '43999999999999999999[]',
    '9',
    `42${'['.repeat(20_000)}`,
  ]) {
    const attacker = await connectClient(context, url, createTestToken('공격'), {
      transports: ['websocket'],
      reconnection: false,
    });
    attacker.socket.io.engine.write(packet.slice(1));
    attacker.socket.disconnect();
  }
  assertStored(await bystander.send('멀쩡해요'));
});

it('a refusal without an acknowledgement arrives as an event', async (context) => {
  const { url } = await startTestServer(context);
  const minsu = await connectClient(context, url, createTestToken('민수'));
  const refused = new Promise<{ event: string; code: string }>((resolve) =>
    minsu.socket.once('refused', resolve),
  );
  minsu.socket.emit('chat message', '');
  const { event, code } = await refused;
  assert.deepEqual([event, code], ['chat message', 'empty']);
});

it('a packet over 64 KB closes only its own socket (D4)', async (context) => {
  const { url } = await startTestServer(context);
  const bystander = await connectClient(context, url, createTestToken('지영'));
  const minsu = await connectClient(context, url, createTestToken('민수'), {
    transports: ['websocket'],
    reconnection: false,
  });
  minsu.socket.emit('chat message', 'a'.repeat(70_000));
  await waitUntil(() => minsu.socket.disconnected, 'the close');
  assertStored(await bystander.send('멀쩡해요'));
});

it('a flood is answered with rate_limited', async (context) => {
  const { url } = await startTestServer(context, { SEND_BURST: '5', SEND_PER_SECOND: '1' });
  const minsu = await connectClient(context, url, createTestToken('민수'));
  const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => minsu.send(`${index}`)));
  const refused = answers.find((answer) => !answer.ok);
  assert.ok(refused && !refused.ok);
  assert.equal(refused.code, 'rate_limited');
  assert.equal(refused.retry, 'later');
  assert.ok(refused.retryAfter && refused.retryAfter > 0 && refused.retryAfter <= 1_000);
});

it('real-world text is identical when stored, acknowledged, delivered and read again (S1, U1, U2)', async (context) => {
  const { url, connection } = await startTestServer(context, { SEND_BURST: '10000' });
  const minsu = await connectClient(context, url, createTestToken('민수'));
  const jiyoung = await connectClient(context, url, createTestToken('지영'));
  const korean = [
    'ㅋㅋㅋㅋ',
    '한글',
    '값이 얼마예요?\n\n두 줄',
    '🏴󠁧󠁢󠁥󠁮󠁧󠁿 🇰🇷 👩🏽‍🚀 1️⃣',
    'שלום עולם',
    '\u202eabc',
    'Z̷̢̛͔̹̼͉̲̯̻͉a̶̡̨lgo',
    '\ud800 홀로',
    '가'.repeat(2_000),
    '"; DROP TABLE messages; --',
  ];
  const texts = [...(naughty as string[]), ...korean];
  assert.ok(texts.length > 400, 'the list of naughty strings was read');
  const sent: string[] = [];
  for (const text of texts) {
    const answer = await minsu.send(text);
    const clean = cleanContent(text);
    if (!hasVisibleText(clean)) {
      assert.equal(!answer.ok && answer.code, 'empty', JSON.stringify(text));
      continue;
    }
    assert.equal(assertStored(answer).content, clean);
    sent.push(clean);
  }
  await waitUntil(() => jiyoung.messages.length === sent.length, 'delivery');
  assert.deepEqual(jiyoung.contents, sent);
  const cold = await startTestServer(context, {}, connection);
  const late = await connectClient(context, cold.url, createTestToken('늦은 사람'));
  assert.deepEqual(
    late.history[0]?.map(({ content }) => content),
    sent.slice(-50),
  );
});
