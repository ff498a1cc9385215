/** Packets that cost the most to read, within the allowed size: worst texts in every field of every command, and odd shapes. */

import type { ClientEvents } from '@chatty/protocol';
import { MAX_PACKET_BYTES, MAX_RAW_MESSAGE_LENGTH } from '@chatty/protocol';
import fc from 'fast-check';
import { anyWorstText, worstTexts } from './worst-texts.js';

export type WorstPacket = { name: string; event: string; payload: string };

type PayloadBuilder = (text: string) => unknown;
const TEST_EPOCH = '0b0e7a52-6f3e-4c58-9f0e-1f6d1b6f2a11';
const sanctionFields: readonly PayloadBuilder[] = [
  (userId) => ({ userId }),
  (reason) => ({ userId: 'nobody', seconds: 1, reason }),
];

/** Every field of every command that a text may be put in. The type demands an entry for every command there is. */
export const TEXT_FIELDS: Record<keyof ClientEvents, readonly PayloadBuilder[]> = {
  'chat message': [
    (content) => content,
    (content) => ({ content, clientId: `c-${content.length}`, replyTo: 1 }),
    (clientId) => ({ content: 'x', clientId }),
  ],
  'edit message': [(content) => ({ id: 1, content })],
  'delete message': [(id) => ({ id })],
  react: [(emoji) => ({ id: 1, emoji, on: true })],
  history: [(before) => ({ before })],
  sync: [(epoch) => ({ after: { epoch, seq: 1 } }), (seq) => ({ after: { epoch: TEST_EPOCH, seq } })],
  members: [(limit) => ({ limit })],
  typing: [(text) => ({ [text]: text.length })],
  'auth refresh': [(token) => ({ token }), (token) => ({ token: `${token.slice(0, 2_700)}.e30.x` })],
  'mute member': sanctionFields,
  'unmute member': [(userId) => ({ userId })],
  'ban member': sanctionFields,
  'unban member': [(userId) => ({ userId })],
  'kick member': sanctionFields,
  'set rules': [(name) => ({ rules: { [name]: 1 } }), (value) => ({ rules: { read: value } })],
};

/** JSON of the size of a packet that is wide, deep, or full of what a parser has to look up. */
const ODD_SHAPES: Record<string, string> = {
  'an array of zeros': repeatItem('[', () => '0,', '0]'),
  'an array of arrays': repeatItem('[', () => '[],', '0]'),
  'an array of objects': repeatItem('[', () => '{},', '0]'),
  'arrays within arrays, side by side': repeatItem('[', () => '[[[[[[]]]]]],', '0]'),
  'objects of different forms': repeatItem('[', (index) => `{"a${index}":0},`, '0]'),
  'an object of many keys': repeatItem('{', (index) => `"k${index}":0,`, '"k":0}'),
  'an object of keys that are numbers': repeatItem('{', (index) => `"${index * 65_536}":0,`, '"0":0}'),
  'an array of texts that are numbers': repeatItem('[', (index) => `"${index * 16_384}",`, '0]'),
  'one key again and again': repeatItem('{', () => '"content":[],', '"id":1}'),
  'nested brackets': `${'['.repeat(31_000)}${']'.repeat(31_000)}`,
  'nested objects': `${'{"a":'.repeat(10_000)}0${'}'.repeat(10_000)}`,
  'a number of many digits': '9'.repeat(62_000),
  'a fraction of many digits': `0.${'1'.repeat(62_000)}e-5`,
  blanks: `${' '.repeat(62_000)}0`,
  escapes: repeatItem('"', () => '\\u0345\\u0301', '"'),
  'rules nobody knows': repeatItem('{"rules":{', (index) => `"r${index}":0,`, '"frozen":false}}'),
};

/** As many items between head and tail as leave room for the rest of a packet. */
function repeatItem(head: string, item: (index: number) => string, tail: string): string {
  let json = head;
  for (let index = 0; json.length < MAX_PACKET_BYTES - 500; index += 1) json += item(index);
  return json + tail;
}

/** Texts of the largest packet, the longest that are cleaned, and some that are within what a message may have. */
export function worstPacketsOf(event: keyof ClientEvents): WorstPacket[] {
  const bare = (length: number) => worstTexts(length).filter((_, index) => index % 2 === 0);
  const texts = [...bare(MAX_PACKET_BYTES), ...worstTexts(MAX_RAW_MESSAGE_LENGTH), ...bare(1_900)];
  const filled = TEXT_FIELDS[event].flatMap((field, index) =>
    texts.map(([name, text]) => ({
      name: `${event} ${index}: ${name}`,
      event,
      payload: fitTextToPacket(event, field, text),
    })),
  );
  const shaped = Object.entries(ODD_SHAPES).map(([name, payload]) => ({
    name: `${event}: ${name}`,
    event,
    payload,
  }));
  return [...filled, ...shaped];
}

/** Events that are none: long names, names of what every object has, and what no name may be. */
export function worstUnknownPackets(): WorstPacket[] {
  const names = [
    ...worstTexts(MAX_PACKET_BYTES).map(([name, text]) => [name, text] as const),
    ['reserved', 'constructor'],
  ];
  return names.map(([name = '', text = '']) => {
    const event = text.slice(0, fitTextToPacket('', (each) => each, text).length / 6);
    return { name: `an event called ${name}`, event, payload: '{}' };
  });
}

/** Packets that nobody thought of. */
export const anyWorstPacket: fc.Arbitrary<WorstPacket> = fc
  .tuple(
    fc.constantFrom(...(Object.keys(TEXT_FIELDS) as (keyof ClientEvents)[])),
    fc.nat(),
    fc.oneof(anyWorstText(MAX_RAW_MESSAGE_LENGTH), anyWorstText(8_000), anyWorstText(2_000)),
  )
  .map(([event, at, text]) => {
    const field = TEXT_FIELDS[event][at % TEXT_FIELDS[event].length] as PayloadBuilder;
    return { name: event, event, payload: fitTextToPacket(event, field, text) };
  });

/** The payload as JSON, its text cut until the packet is no larger than it may be. */
function fitTextToPacket(event: string, field: PayloadBuilder, text: string): string {
  const json = JSON.stringify(field(text));
  const room = MAX_PACKET_BYTES - 40 - Buffer.byteLength(JSON.stringify(event));
  const size = Buffer.byteLength(json);
  return size <= room
    ? json
    : fitTextToPacket(event, field, text.slice(0, Math.floor((text.length * room) / size) - 1));
}
