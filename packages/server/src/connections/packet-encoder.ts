/** Encodes packets once for all their receivers: the Engine.IO text of each, and the WebSocket frames that carry them. */

import type { ServerEvents } from '@chatty/protocol';

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
export function concatPackets(packets: readonly EncodedPacket[]): EncodedPacket {
  const [onlyPacket] = packets;
  if (packets.length === 1 && onlyPacket) return onlyPacket;
  return {
    texts: packets.flatMap(({ texts }) => texts),
    frames: Buffer.concat(packets.map(({ frames }) => frames)),
  };
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
