/** Encodes what a room says once for all who hear it: the text of each packet and the WebSocket frames that carry it. */

import type { Message, ServerEvents } from '@chatty/protocol/events';
import type { Change } from '../rooms/room-log.js';

/** Ready to send: Engine.IO messages one by one, and all of them as WebSocket frames in one buffer. */
export type Packet = { texts: string[]; frames: Buffer };

/** Socket.IO protocol 5: an EVENT and an ACK packet of the main namespace. */
const EVENT = '2';
const ACK = '3';
/** Engine.IO protocol 4: a message packet. */
const MESSAGE = '4';
/** RFC 6455 section 5.2: the last frame of a message, of text. Servers do not mask. */
const FIN_TEXT = 0x81;
const TWO_BYTES = 126;
const EIGHT_BYTES = 127;

export function encode<Name extends keyof ServerEvents>(
  event: Name,
  ...values: Parameters<ServerEvents[Name]>
): Packet {
  const text = EVENT + JSON.stringify([event, ...values]);
  return { texts: [text], frames: frame(text) };
}

/** The answer to an event that carried an acknowledgement id. */
export function encodeAnswer(id: number, answer: object): string {
  return `${ACK}${id}${JSON.stringify([answer])}`;
}

/** Packets that were encoded one by one, for one member, by one write. */
export function gather(texts: string[]): Packet {
  const [only] = texts;
  const frames = texts.length === 1 && only ? frame(only) : Buffer.concat(texts.map((text) => frame(text)));
  return { texts, frames };
}

/** Several packets as one. */
function join(packets: readonly Packet[]): Packet {
  const [only] = packets;
  if (packets.length === 1 && only) return only;
  return {
    texts: packets.flatMap(({ texts }) => texts),
    frames: Buffer.concat(packets.map(({ frames }) => frames)),
  };
}

/** What plain members hear of these changes: new messages in the order of their ids, then what became of older ones. */
export function encodePlain(changes: readonly Change[]): Packet {
  const created = changes.filter((change) => change.created).sort((a, b) => a.message.id - b.message.id);
  const changed = changes.filter((change) => !change.created);
  const packets = [
    ...created.map(({ message }) => encode('chat message', message)),
    ...changed.map(({ message }) =>
      encode(message.deleted_at === undefined ? 'message updated' : 'message deleted', message),
    ),
  ];
  return join(packets);
}

/** Each message once, in its latest state, ascending by seq. */
export function latest(changes: readonly Change[]): Message[] {
  const byId = new Map<number, Message>();
  for (const { message } of changes) {
    // Deleted first, so that a message changed twice stands where its newest change belongs.
    byId.delete(message.id);
    byId.set(message.id, message);
  }
  return [...byId.values()];
}

/** @param kind of Engine.IO packet; '' where the text begins with it */
export function frame(text: string, kind = MESSAGE): Buffer {
  const length = Buffer.byteLength(text) + kind.length;
  const head = length < TWO_BYTES ? 2 : length < 65_536 ? 4 : 10;
  const buffer = Buffer.allocUnsafe(head + length);
  buffer[0] = FIN_TEXT;
  if (head === 2) buffer[1] = length;
  else if (head === 4) {
    buffer[1] = TWO_BYTES;
    buffer.writeUInt16BE(length, 2);
  } else {
    buffer[1] = EIGHT_BYTES;
    buffer.writeBigUInt64BE(BigInt(length), 2);
  }
  buffer.write(kind + text, head, 'utf8');
  return buffer;
}
