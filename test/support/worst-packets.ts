/** Packets that cost the most to read, within the allowed size: worst texts in every field of every command, and odd shapes. */

import type { ClientEvents } from '@chatty/protocol/events';
import { PACKET_BYTES, RAW_MESSAGE_LENGTH } from '@chatty/protocol/sizes';
import fc from 'fast-check';
import { anyWorstText, worstTexts } from './worst-texts.js';

export type WorstPacket = { name: string; event: string; payload: string };

type WithText = (text: string) => unknown;
const EPOCH = '0b0e7a52-6f3e-4c58-9f0e-1f6d1b6f2a11';
const sanctions: readonly WithText[] = [
  (userId) => ({ userId }),
  (reason) => ({ userId: 'nobody', seconds: 1, reason }),
];

/** Every field of every command that a text may be put in. The type demands an entry for every command there is. */
export const FIELDS: Record<keyof ClientEvents, readonly WithText[]> = {
  'chat message': [
    (content) => content,
    (content) => ({ content, clientId: `c-${content.length}`, replyTo: 1 }),
    (clientId) => ({ content: 'x', clientId }),
  ],
  'edit message': [(content) => ({ id: 1, content })],
  'delete message': [(id) => ({ id })],
  react: [(emoji) => ({ id: 1, emoji, on: true })],
  history: [(before) => ({ before })],
  sync: [(epoch) => ({ after: { epoch, seq: 1 } }), (seq) => ({ after: { epoch: EPOCH, seq } })],
  members: [(limit) => ({ limit })],
  typing: [(text) => ({ [text]: text.length })],
  'auth refresh': [(token) => ({ token }), (token) => ({ token: `${token.slice(0, 2_700)}.e30.x` })],
  'mute member': sanctions,
  'unmute member': [(userId) => ({ userId })],
  'ban member': sanctions,
  'unban member': [(userId) => ({ userId })],
  'kick member': sanctions,
  'set rules': [(name) => ({ rules: { [name]: 1 } }), (value) => ({ rules: { read: value } })],
};

/** JSON of the size of a packet that is wide, deep, or full of what a parser has to look up. */
const SHAPES: Record<string, string> = {
  'an array of zeros': repeated('[', () => '0,', '0]'),
  'an array of arrays': repeated('[', () => '[],', '0]'),
  'an array of objects': repeated('[', () => '{},', '0]'),
  'arrays within arrays, side by side': repeated('[', () => '[[[[[[]]]]]],', '0]'),
  'objects of different forms': repeated('[', (index) => `{"a${index}":0},`, '0]'),
  'an object of many keys': repeated('{', (index) => `"k${index}":0,`, '"k":0}'),
  'an object of keys that are numbers': repeated('{', (index) => `"${index * 65_536}":0,`, '"0":0}'),
  'an array of texts that are numbers': repeated('[', (index) => `"${index * 16_384}",`, '0]'),
  'one key again and again': repeated('{', () => '"content":[],', '"id":1}'),
  'nested brackets': `${'['.repeat(31_000)}${']'.repeat(31_000)}`,
  'nested objects': `${'{"a":'.repeat(10_000)}0${'}'.repeat(10_000)}`,
  'a number of many digits': '9'.repeat(62_000),
  'a fraction of many digits': `0.${'1'.repeat(62_000)}e-5`,
  blanks: `${' '.repeat(62_000)}0`,
  escapes: repeated('"', () => '\\u0345\\u0301', '"'),
  'rules nobody knows': repeated('{"rules":{', (index) => `"r${index}":0,`, '"frozen":false}}'),
};

/** As many items between head and tail as leave room for the rest of a packet. */
function repeated(head: string, item: (index: number) => string, tail: string): string {
  let json = head;
  for (let index = 0; json.length < PACKET_BYTES - 500; index += 1) json += item(index);
  return json + tail;
}

/** Texts of the largest packet, the longest that are cleaned, and some that are within what a message may have. */
export function worstPacketsOf(event: keyof ClientEvents): WorstPacket[] {
  const bare = (length: number) => worstTexts(length).filter((_, index) => index % 2 === 0);
  const texts = [...bare(PACKET_BYTES), ...worstTexts(RAW_MESSAGE_LENGTH), ...bare(1_900)];
  const filled = FIELDS[event].flatMap((field, index) =>
    texts.map(([name, text]) => ({
      name: `${event} ${index}: ${name}`,
      event,
      payload: fit(event, field, text),
    })),
  );
  const shaped = Object.entries(SHAPES).map(([name, payload]) => ({
    name: `${event}: ${name}`,
    event,
    payload,
  }));
  return [...filled, ...shaped];
}

/** Events that are none: long names, names of what every object has, and what no name may be. */
export function unknownPackets(): WorstPacket[] {
  const names = [
    ...worstTexts(PACKET_BYTES).map(([name, text]) => [name, text] as const),
    ['reserved', 'constructor'],
  ];
  return names.map(([name = '', text = '']) => {
    const event = text.slice(0, fit('', (each) => each, text).length / 6);
    return { name: `an event called ${name}`, event, payload: '{}' };
  });
}

/** Packets that nobody thought of. */
export const anyWorstPacket: fc.Arbitrary<WorstPacket> = fc
  .tuple(
    fc.constantFrom(...(Object.keys(FIELDS) as (keyof ClientEvents)[])),
    fc.nat(),
    fc.oneof(anyWorstText(RAW_MESSAGE_LENGTH), anyWorstText(8_000), anyWorstText(2_000)),
  )
  .map(([event, at, text]) => {
    const field = FIELDS[event][at % FIELDS[event].length] as WithText;
    return { name: event, event, payload: fit(event, field, text) };
  });

/** The payload as JSON, its text cut until the packet is no larger than it may be. */
function fit(event: string, field: WithText, text: string): string {
  const json = JSON.stringify(field(text));
  const room = PACKET_BYTES - 40 - Buffer.byteLength(JSON.stringify(event));
  const size = Buffer.byteLength(json);
  return size <= room ? json : fit(event, field, text.slice(0, Math.floor((text.length * room) / size) - 1));
}
