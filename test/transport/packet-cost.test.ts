/** Promise: no packet, token or poll within the allowed sizes keeps the event loop for more than 50 ms, whoever sends it (R15). */

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, it, type TestContext } from 'node:test';
import type { ClientEvents, Role } from '@chatty/protocol';
import { MAX_PACKET_BYTES, MAX_TOKEN_LENGTH } from '@chatty/protocol';
import fc from 'fast-check';
import { assertNoLongPause } from '../support/event-loop-lag.js';
import { callApi, createProject, KEY_SETTINGS } from '../support/projects.js';
import { openPollingSession, pollingRequest, sendRawRequest } from '../support/raw/http.js';
import { openRawSocket, type RawSocket } from '../support/raw/websocket.js';
import { encodeFragments, encodeFrame } from '../support/raw/websocket-frames.js';
import { createTestToken, SECRET, startTestServer } from '../support/server.js';
import {
  anyWorstPacket,
  TEXT_FIELDS,
  type WorstPacket,
  worstPacketsOf,
  worstUnknownPackets,
} from '../support/worst-packets.js';
import { worstTexts } from '../support/worst-texts.js';

/** Whoever sends these is to reach what lies behind the limits. */
const MOST = '1000000';
const NO_LIMITS = Object.fromEntries(
  ['SEND_BURST', 'READ_BURST', 'PACKET_BURST', 'RATE_LIMIT_STRIKES', 'INVALID_TOKENS_PER_MINUTE']
    .concat('ADDRESS_EVENT_BURST', 'ADDRESS_EVENTS_PER_SECOND', 'PROJECT_EVENTS_PER_SECOND')
    .map((name) => [name, MOST]),
);
const PROJECT = 'kimpga';
const WORDS = ['나쁜말', 'ass', 'ㅅㅂ', 'a b c', ...Array.from({ length: 50 }, (_, index) => `욕설${index}`)];
const settings = { guests: true, words: WORDS, wordAction: 'mask', lookAlikes: 'mark' };

const endings: (() => unknown)[] = [];
after(async () => {
  for (const ending of endings.reverse()) await ending();
});
const suite = { after: (ending: () => unknown) => endings.push(ending) } as unknown as TestContext;
const chatty = await startTestServer(suite, { ...KEY_SETTINGS, ...NO_LIMITS });
const { url } = chatty;
await createProject(chatty, PROJECT, { settings });
const rules = { linksAfter: 1_000, duplicatesWithin: 60 };
assert.equal((await callApi(chatty, 'PATCH', `/projects/${PROJECT}/rooms/main/rules`, rules)).status, 200);

/** Somebody who has been let in. @param role null: a guest */
async function enter(context: TestContext, role: Role | null): Promise<RawSocket> {
  const socket = await openRawSocket(url);
  context.after(() => socket.resetConnection());
  const auth =
    role === null
      ? { projectId: PROJECT }
      : { token: createTestToken(`공격 ${role}`, { role }), batch: true };
  socket.sendText(`40${JSON.stringify(auth)}`);
  assert.ok(
    await socket.waitFor(({ receivedTexts: texts }) => texts.some((text) => text.startsWith('42["history"'))),
  );
  return socket;
}

let id = 0;
/** A packet, and the wait for what becomes of it. */
function sending(socket: RawSocket, { event, payload }: WorstPacket): () => Promise<void> {
  return async () => {
    id += 1;
    socket.sendText(`42${id}[${JSON.stringify(event)},${payload}]`);
    const isAnswer = (text: string) => text.startsWith(`43${id}[`);
    assert.ok(await socket.waitFor(() => socket.receivedTexts.some(isAnswer)), `${event} was answered`);
    socket.receivedTexts.length = 0;
  };
}

for (const role of [null, 'member', 'moderator'] as const)
  it(`no packet of a ${role ?? 'guest'} blocks the event loop, whatever its command and fields (D6, D20)`, async (context) => {
    const socket = await enter(context, role);
    const known = (Object.keys(TEXT_FIELDS) as (keyof ClientEvents)[]).flatMap(worstPacketsOf);
    const packets = [...known, ...worstUnknownPackets()];
    // Of the same texts the others send a part.
    for (const packet of role === 'member' ? packets : packets.filter((_, index) => index % 3 === 0))
      await assertNoLongPause(packet.name, sending(socket, packet));
  });

it('no random packet blocks the event loop (D6, D20)', async (context) => {
  const socket = await enter(context, 'member');
  await fc.assert(
    fc.asyncProperty(anyWorstPacket, (packet) => assertNoLongPause(packet.name, sending(socket, packet))),
    { numRuns: 300, endOnFailure: true },
  );
});

it('no packet in one-byte fragments and no packet that is not an event blocks the event loop (D6)', async (context) => {
  for (const [name, bytes] of [
    ['fragments', encodeFragments(`42["chat message","${'가'.repeat(20_000)}"]`, 1)],
    ['an answer', encodeFrame(`431[${'[],'.repeat(20_000)}0]`)],
    ['an answer of many digits', encodeFrame(`43${'9'.repeat(65_000)}`)],
    ['a namespace', encodeFrame(`40/${'a'.repeat(65_000)},{}`)],
    ['a namespace of commas', encodeFrame(`42/${','.repeat(65_000)}`)],
    ['brackets without an end', encodeFrame(`42${'['.repeat(65_000)}`)],
    ['an introduction that is none', encodeFrame(`40{"token":"","a":[${'{},'.repeat(20_000)}0]}`)],
    ['pongs', Buffer.concat(Array.from({ length: 10_000 }, () => encodeFrame('3')))],
  ] as const) {
    const work = async () => {
      const socket = await enter(context, 'member');
      socket.writeBytes(bytes);
      socket.sendText('42999["members",{}]');
      await socket.waitFor(({ receivedTexts: texts }) => texts.some((text) => text.startsWith('43999[')));
    };
    await assertNoLongPause(name, work);
  }
});

it('no token blocks the event loop, whatever its parts, claims and extra fields (D20)', async (context) => {
  for (const [name, auth] of worstIntroductions()) {
    const sockets = await Promise.all([openRawSocket(url), openRawSocket(url), openRawSocket(url)]);
    for (const socket of sockets) context.after(() => socket.resetConnection());
    const bytes = encodeFrame(`40${JSON.stringify(auth)}`);
    await assertNoLongPause(name, async () => {
      const socket = sockets.pop();
      socket?.writeBytes(bytes);
      assert.ok(
        await socket?.waitFor(({ receivedTexts: texts }) => texts.some((text) => /^4[04]/.test(text))),
        name,
      );
    });
    for (const socket of sockets) socket.resetConnection();
  }
});

it('no poll blocks the event loop, whatever packets it contains (D6)', async () => {
  const event = (payload: string) => `42["chat message",${payload}]`;
  const bodies = [
    ...worstPacketsOf('chat message').map(({ name, payload }) => [name, event(payload)] as const),
    ['packets of one letter', Array.from({ length: 30_000 }, () => '3').join('\u001e')] as const,
    ['separators', '\u001e'.repeat(60_000)] as const,
    ['many small events', Array.from({ length: 2_000 }, () => event('"x"')).join('\u001e')] as const,
  ];
  for (const [name, body] of bodies.filter((_, index) => index % 3 === 0 || index > bodies.length - 20)) {
    const post = async () => {
      const query = `EIO=4&transport=polling&sid=${await openPollingSession(url)}`;
      const introduction = `40${JSON.stringify({ token: createTestToken('폴링') })}`;
      await sendRawRequest(url, pollingRequest(url, { method: 'POST', query, body: introduction }));
      await sendRawRequest(url, pollingRequest(url, { method: 'POST', query, body }));
      await sendRawRequest(url, pollingRequest(url, { method: 'POST', query, body: '1' }));
    };
    await assertNoLongPause(`a poll with ${name}`, post);
  }
});

const base64 = (text: string) => Buffer.from(text).toString('base64url');

/** A token with a good signature. */
function sign(claims: object, header: object = {}): string {
  const signed = `${base64(JSON.stringify({ alg: 'HS256', ...header }))}.${base64(JSON.stringify(claims))}`;
  return `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`;
}

/** What a connection says of itself, at its worst: good tokens as long as they may be, bad ones, and what stands beside. */
function worstIntroductions(): [name: string, auth: object][] {
  const claims = { projectId: PROJECT, username: 'x', exp: Math.floor(Date.now() / 1_000) + 600 };
  const cut = (make: (text: string) => string, text: string): string => {
    const token = make(text);
    return token.length <= MAX_TOKEN_LENGTH ? token : cut(make, text.slice(0, Math.floor(text.length * 0.8)));
  };
  const tokens = worstTexts(6_000).flatMap(([name, text]) =>
    Object.entries({
      username: (given: string) => sign({ ...claims, username: given.slice(0, 1_000) }),
      sub: (given: string) => sign({ ...claims, sub: given }),
      badges: (given: string) => sign({ ...claims, badges: [given, given.slice(0, 900), given] }),
      addresses: (given: string) =>
        sign({
          ...claims,
          avatar: `https://${given.slice(0, 1_500)}`,
          url: `https://a.test/${given.slice(0, 1_500)}`,
        }),
      header: (given: string) => sign(claims, { kid: given }),
      'no signature': (given: string) =>
        `${base64('{"alg":"HS256"}')}.${base64(JSON.stringify(claims))}.${given}`,
      'no token': (given: string) => given,
    }).map(([part, make]): [string, object] => [
      `a token with ${part} of ${name}`,
      { token: cut(make, text) },
    ]),
  );
  const beside = worstTexts(MAX_PACKET_BYTES / 8).flatMap(([name, text]): [string, object][] => [
    [`a room of ${name}`, { token: createTestToken('방'), room: text }],
    [`a project of ${name}`, { projectId: text }],
    [`a position of ${name}`, { token: createTestToken('방'), after: { epoch: text, seq: 1 } }],
  ]);
  const nested = JSON.parse(`${'['.repeat(2_500)}${']'.repeat(2_500)}`);
  return [
    ...tokens,
    ...beside,
    ['nested claims', { token: sign({ ...claims, user: nested, badges: nested }) }],
  ];
}
