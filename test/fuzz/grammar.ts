/** Decides what a fuzzing client says next: packets of the protocols' grammar, the packets that once broke servers, and mutations of both. */

import type { ClientEvents } from '@chatty/protocol';
import {
  encodeFragments,
  encodeFrame,
  OPCODE_BINARY,
  OPCODE_CLOSE,
  OPCODE_CONTINUATION,
  OPCODE_PING,
  OPCODE_PONG,
} from '../support/raw/websocket-frames.js';
import { worstTexts } from '../support/worst-texts.js';

/** The same seed says the same; `below(n)` is a whole number from 0 to n - 1. */
export type Random = { integerBelow(limit: number): number; pick<Value>(values: readonly Value[]): Value };

/** Mulberry32: small, and good enough to reach everywhere. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const below = (limit: number) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
  return {
    integerBelow: below,
    pick(values) {
      const value = values[below(values.length)];
      if (value === undefined) throw new Error('nothing to pick from');
      return value;
    },
  };
}

/** Packets that ended or filled a server of this family once; docs of the libraries' advisories name the numbers. */
export const SEED_PACKETS = [
  '450-["x"]', // CVE-2026-69185
  '45999999-["x",{"_placeholder":true,"num":0}]', // CVE-2026-33151
  '451-["a",{"_placeholder":true,"num":"splice"}]', // CVE-2022-2421
  '451-["a",{"_placeholder":true,"num":-1}]',
  '4551-["a"]',
  '461-1[{"_placeholder":true,"num":0}]',
  '42["error","x"]', // CVE-2024-38355
  '42[{"toString":"foo"}]', // CVE-2023-32695
  '42[]',
  '42',
  '42null',
  '42["chat message"]',
  '42["__proto__",{"__proto__":{"ok":true}}]',
  '42["disconnect"]',
  '42["connect"]',
  '42["newListener"]',
  '43999999999999999999[]',
  `42${'9'.repeat(400)}["chat message","x"]`,
  `42["chat message",${'['.repeat(5_000)}${']'.repeat(5_000)}]`,
  `42${'['.repeat(20_000)}`,
  '42["chat message",1e400]',
  '40',
  '40null',
  '40{"token":{"toString":1}}',
  '40/admin,',
  '40/%00,{}',
  '40/../,{}',
  '41',
  '44{"message":"x"}',
  '4',
  '4{',
  '49',
  '0{"sid":"x"}',
  '2',
  '2probe',
  '3',
  '3probe',
  '5',
  '6',
  '7',
  '9',
  '',
  'b4AQID',
  '\ud800',
];

/** Texts that cost the most to read, as long as a packet allows and as long as a message may be. */
const COSTLY_PACKETS = [...worstTexts(20_000), ...worstTexts(1_900)].map(([, text]) => text);
/** One text in so many is one of these. */
const COSTLY_ONE_IN = 6;

function plausibleText(random: Random, text: string): string {
  return random.integerBelow(COSTLY_ONE_IN) === 0 ? random.pick(COSTLY_PACKETS) : text;
}

type FieldGenerator = (id: number, random: Random) => unknown;
/** What each event of the protocol asks for. The type demands an entry for every one there is. */
const PLAUSIBLE_FIELDS: Record<keyof ClientEvents, FieldGenerator> & Record<string, FieldGenerator> = {
  'chat message': (id, random) => ({
    content: plausibleText(random, `말 ${id}`),
    clientId: `f-${random.integerBelow(1_000)}`,
    replyTo: null,
  }),
  'edit message': (id, random) => ({ id, content: plausibleText(random, `고침 ${id}`) }),
  'delete message': (id) => ({ id }),
  react: (id, random) => ({
    id,
    emoji: random.pick(['👍', '❤️', '👨‍👩‍👧‍👦', '🇰🇷', 'x', '👍👍']),
    on: random.integerBelow(3) > 0,
  }),
  history: (id, random) => ({ before: id, limit: 1 + random.integerBelow(100) }),
  sync: (id) => ({ after: { epoch: '0b0e7a52-6f3e-4c58-9f0e-1f6d1b6f2a11', seq: id } }),
  members: (_id, random) => ({ limit: 1 + random.integerBelow(100) }),
  typing: () => ({}),
  'auth refresh': (id, random) => ({ token: plausibleText(random, `a.${id}.c`) }),
  'mute member': (id, random) => ({ userId: `${id}`, seconds: random.pick([null, 1, 60]), messageId: id }),
  'unmute member': (id) => ({ userId: `${id}` }),
  'ban member': (id, random) => ({ userId: `${id}`, seconds: random.integerBelow(3), reason: '도배' }),
  'unban member': (id) => ({ userId: `${id}` }),
  'kick member': (id) => ({ userId: `${id}` }),
  'set rules': (_id, random) => ({
    rules: { slowMode: random.integerBelow(3), [random.pick(SAMPLE_KEYS)]: random.integerBelow(2) },
  }),
};
const plausibleFieldOf = new Map(Object.entries(PLAUSIBLE_FIELDS));

const EVENT_NAMES = [
  ...plausibleFieldOf.keys(),
  'session',
  'refused',
  'messages',
  'toString',
  'constructor',
  '__proto__',
  'removeListener',
  'disconnecting',
  '',
  'x'.repeat(3_000),
];
const SAMPLE_TEXTS = [
  '',
  ' ',
  '안녕',
  '\u200b',
  '\u0000',
  '\ud800',
  "'; drop table messages; --",
  'a'.repeat(9_000),
  '𝕏',
];
const SAMPLE_KEYS = [
  'content',
  'clientId',
  'replyTo',
  'id',
  'before',
  'limit',
  'after',
  'epoch',
  'seq',
  'emoji',
  'on',
  'userId',
  'seconds',
  'rules',
  '__proto__',
  'x',
];
const EDGE_NUMBERS = [0, 1, -1, 5, 50, 0.5, 1e9, 2 ** 53, -(2 ** 31), 1e308];

/** Any JSON value, more often a small one. */
function randomValue(random: Random, depth = 3): unknown {
  const kind = random.integerBelow(depth > 0 ? 8 : 5);
  if (kind === 0) return plausibleText(random, random.pick(SAMPLE_TEXTS));
  if (kind === 1) return random.pick(EDGE_NUMBERS);
  if (kind === 2) return random.pick([null, true, false]);
  if (kind === 3) return `f${random.integerBelow(1_000_000)}`;
  if (kind === 4) return random.integerBelow(200);
  const size = random.integerBelow(5);
  if (kind === 5) return Array.from({ length: size }, () => randomValue(random, depth - 1));
  return Object.fromEntries(
    Array.from({ length: size }, () => [random.pick(SAMPLE_KEYS), randomValue(random, depth - 1)]),
  );
}

/** The `auth` of a handshake with a good token; now and then it names a room, mostly one that is not there. */
export function createHandshakePacket(random: Random, token: string): string {
  const room =
    random.integerBelow(8) === 0 ? { room: random.pick([randomValue(random), '__proto__', 'main']) } : {};
  return JSON.stringify({ token, batch: random.integerBelow(2) === 0, ...room });
}

/** The payload an event asks for, often with one field of another kind. */
function plausiblePayload(random: Random, event: string): unknown {
  const id = 1 + random.integerBelow(300);
  const payload = plausibleFieldOf.get(event)?.(id, random);
  if (payload === undefined || random.integerBelow(4) === 0) return randomValue(random);
  return random.integerBelow(2) === 0
    ? payload
    : { ...(payload as object), [random.pick(SAMPLE_KEYS)]: randomValue(random) };
}

/** A packet that the protocols allow, whatever its event and arguments. Leaves the connection open. */
export function createWellFormedPacket(random: Random): string {
  if (random.integerBelow(12) === 0)
    return `43${random.integerBelow(100)}${JSON.stringify([randomValue(random)])}`;
  const event = random.pick(EVENT_NAMES);
  const rest = Array.from({ length: random.integerBelow(8) === 0 ? random.integerBelow(4) : 0 }, () =>
    randomValue(random),
  );
  const values = random.integerBelow(12) === 0 ? rest : [plausiblePayload(random, event), ...rest];
  const ack = random.integerBelow(2) === 0 ? '' : String(random.integerBelow(100_000));
  return `42${ack}${JSON.stringify([event, ...values])}`;
}

/** Changes some bytes of what is well known. */
function createMutatedPacket(random: Random): Buffer {
  const text = random.integerBelow(2) === 0 ? random.pick(SEED_PACKETS) : createWellFormedPacket(random);
  let bytes = Buffer.from(text);
  for (let left = 1 + random.integerBelow(4); left > 0; left -= 1) {
    const at = random.integerBelow(bytes.length + 1);
    const to = at + random.integerBelow(8);
    const piece = random.pick([
      Buffer.from([random.integerBelow(256)]),
      Buffer.from(random.pick(['[', ']', '{', '}', '"', ',', '-', '/', '0', '9', '\\u', '\u0000'])),
      Buffer.from(random.pick(SEED_PACKETS).slice(0, 40)),
      bytes.subarray(at, to),
      Buffer.alloc(0),
    ]);
    bytes = Buffer.concat([
      bytes.subarray(0, at),
      piece,
      bytes.subarray(random.integerBelow(2) === 0 ? at : to),
    ]);
  }
  return bytes;
}

/** `waits`: the server may rightly wait for more before it answers anything. */
export type RawFrame = { bytes: Buffer; expectsClose: boolean };
const createRawFrame = (bytes: Buffer, waits = false): RawFrame => ({ bytes, expectsClose: waits });

/** Frames that break a rule of WebSocket itself, or use what nobody needs. */
const MALFORMED_FRAMES: readonly ((random: Random) => RawFrame)[] = [
  (random) =>
    createRawFrame(encodeFrame(createWellFormedPacket(random), { rsv: 1 + random.integerBelow(7) })), // CVE-2022-21676
  (random) => createRawFrame(encodeFrame('x', { opcode: random.pick([3, 4, 7, 11, 15]) })),
  (random) => createRawFrame(encodeFrame(createWellFormedPacket(random), { masked: false })),
  () => createRawFrame(encodeFrame(Buffer.from([0x34, 0x32, 0xc3, 0x28]))),
  (random) => createRawFrame(encodeFrame(createWellFormedPacket(random), { opcode: OPCODE_BINARY })),
  () => createRawFrame(encodeFrame(Buffer.alloc(2_000, 7), { opcode: OPCODE_BINARY })),
  (random) => {
    const code = Buffer.alloc(2);
    code.writeUInt16BE(random.pick([0, 999, 1_000, 1_004, 1_005, 1_006, 1_015, 5_000, 65_535]));
    return createRawFrame(encodeFrame(Buffer.concat([code, Buffer.from('이유')]), { opcode: OPCODE_CLOSE }));
  },
  () => createRawFrame(encodeFrame('x', { opcode: OPCODE_CLOSE })),
  (random) =>
    createRawFrame(
      encodeFrame('p'.repeat(126), { opcode: random.pick([OPCODE_PING, OPCODE_PONG, OPCODE_CLOSE]) }),
    ),
  () => createRawFrame(encodeFrame('x', { opcode: OPCODE_PING, fin: false })),
  () => createRawFrame(encodeFrame('tail', { opcode: OPCODE_CONTINUATION })),
  () => createRawFrame(Buffer.concat([encodeFrame('42', { fin: false }), encodeFrame('["x"]')])),
  // CVE-2026-62389 and CVE-2026-48779: a message that never ends, in pieces of one byte and of none.
  (random) =>
    createRawFrame(
      encodeFragments(`42["${'f'.repeat(200 + random.integerBelow(2_000))}"]`, 1, { open: true }),
      true,
    ),
  () =>
    createRawFrame(
      Buffer.concat([
        encodeFrame('42', { fin: false }),
        ...Array.from({ length: 500 }, () => encodeFrame('', { opcode: OPCODE_CONTINUATION, fin: false })),
      ]),
      true,
    ),
  (random) => createRawFrame(encodeFragments(createWellFormedPacket(random), 1 + random.integerBelow(5))),
  (random) =>
    createRawFrame(
      encodeFrame('42', {
        declaredLength: random.pick([126, 60_000, 70_000, 2 ** 31, 2 ** 40, 2 ** 53 - 1]),
      }),
      true,
    ),
  () => createRawFrame(encodeFrame(`42["chat message","${'a'.repeat(70_000)}"]`)),
  () => createRawFrame(encodeFrame(`42["chat message",${'['.repeat(20_000)}${']'.repeat(20_000)}]`)),
  () => createRawFrame(encodeFrame(`42["chat message",[${'0,'.repeat(30_000)}0]]`)),
  (random) => createRawFrame(Buffer.from(Array.from({ length: 40 }, () => random.integerBelow(256))), true),
];

/** A frame that may well end its connection. */
export function pickMalformedFrame(random: Random): RawFrame {
  const kind = random.integerBelow(10);
  if (kind < 3) return createRawFrame(encodeFrame(random.pick(SEED_PACKETS)));
  if (kind < 6) return createRawFrame(encodeFrame(createMutatedPacket(random)));
  return random.pick(MALFORMED_FRAMES)(random);
}
