/** Encodes what a room says once for all who hear it: the text of each packet and the WebSocket frames that carry it. */

import type { Message, ServerEvents } from '@chatty/protocol';
import type { Change } from '../rooms/room-log.js';

/** Ready to send: Engine.IO messages one by one, and all of them as WebSocket frames in one buffer. */
export type EncodedPacket = { texts: string[]; frames: Buffer };

/** Socket.IO protocol 5: an EVENT and an ACK packet of the main namespace. */
const SIO_EVENT = '2';
const SIO_ACK = '3';
/** Engine.IO protocol 4: a message packet. */
const EIO_MESSAGE = '4';
/** RFC 6455 section 5.2: the last frame of a message, of text. Servers do not mask. */
const FIN_TEXT = 0x81;
const LENGTH_IN_2_BYTES = 126;
const LENGTH_IN_8_BYTES = 127;

export function encodeEvent<Name extends keyof ServerEvents>(
  event: Name,
  ...values: Parameters<ServerEvents[Name]>
): EncodedPacket {
  const text = SIO_EVENT + JSON.stringify([event, ...values]);
  return { texts: [text], frames: encodeWebSocketFrame(text) };
}

/** The answer to an event that carried an acknowledgement id. */
export function encodeAck(id: number, answer: object): string {
  return `${SIO_ACK}${id}${JSON.stringify([answer])}`;
}

/** Packets that were encoded one by one, for one member, by one write. */
export function encodeBatch(texts: string[]): EncodedPacket {
  const [onlyText] = texts;
  const frames =
    texts.length === 1 && onlyText
      ? encodeWebSocketFrame(onlyText)
      : Buffer.concat(texts.map((text) => encodeWebSocketFrame(text)));
  return { texts, frames };
}

/** Several packets as one. */
function concatPackets(packets: readonly EncodedPacket[]): EncodedPacket {
  const [onlyPacket] = packets;
  if (packets.length === 1 && onlyPacket) return onlyPacket;
  return {
    texts: packets.flatMap(({ texts }) => texts),
    frames: Buffer.concat(packets.map(({ frames }) => frames)),
  };
}

/** What plain members hear of these changes: new messages in the order of their ids, then what became of older ones. */
export function encodeAsEvents(changes: readonly Change[]): EncodedPacket {
  const created = changes.filter((change) => change.created).sort((a, b) => a.message.id - b.message.id);
  const changed = changes.filter((change) => !change.created);
  const packets = [
    ...created.map(({ message }) => encodeEvent('chat message', message)),
    ...changed.map(({ message }) =>
      encodeEvent(message.deleted_at === undefined ? 'message updated' : 'message deleted', message),
    ),
  ];
  return concatPackets(packets);
}

/** Each message once, in its latest state, ascending by seq. */
export function latestStates(changes: readonly Change[]): Message[] {
  const byId = new Map<number, Message>();
  for (const { message } of changes) {
    // Deleted first, so that a message changed twice stands where its newest change belongs.
    byId.delete(message.id);
    byId.set(message.id, message);
  }
  return [...byId.values()];
}

/** @param packetType of Engine.IO packet; '' where the text begins with it */
export function encodeWebSocketFrame(text: string, packetType = EIO_MESSAGE): Buffer {
  const payloadBytes = Buffer.byteLength(text) + packetType.length;
  const headerBytes = payloadBytes < LENGTH_IN_2_BYTES ? 2 : payloadBytes < 65_536 ? 4 : 10;
  const buffer = Buffer.allocUnsafe(headerBytes + payloadBytes);
  buffer[0] = FIN_TEXT;
  if (headerBytes === 2) buffer[1] = payloadBytes;
  else if (headerBytes === 4) {
    buffer[1] = LENGTH_IN_2_BYTES;
    buffer.writeUInt16BE(payloadBytes, 2);
  } else {
    buffer[1] = LENGTH_IN_8_BYTES;
    buffer.writeBigUInt64BE(BigInt(payloadBytes), 2);
  }
  buffer.write(packetType + text, headerBytes, 'utf8');
  return buffer;
}
