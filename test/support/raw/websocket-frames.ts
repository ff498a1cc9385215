/** Decides which bytes a WebSocket frame is, also one that breaks every rule, and reads the frames of a server. */

import { randomBytes } from 'node:crypto';

/** RFC 6455 5.2. */
export const OPCODE_CONTINUATION = 0;
export const OPCODE_TEXT = 1;
export const OPCODE_BINARY = 2;
export const OPCODE_CLOSE = 8;
export const OPCODE_PING = 9;
export const OPCODE_PONG = 10;

export type FrameOptions = {
  opcode?: number;
  fin?: boolean;
  /** The reserved bits, 0-7; only extensions may set them. */
  rsv?: number;
  /** Clients must mask. */
  masked?: boolean;
  /** The length the header claims, where it is not the payload's. */
  declaredLength?: number;
};

export function encodeFrame(payload: string | Uint8Array, options: FrameOptions = {}): Buffer {
  const { opcode = OPCODE_TEXT, fin = true, rsv = 0, masked = true } = options;
  const body = Buffer.from(payload);
  const length = options.declaredLength ?? body.length;
  const mask = masked ? randomBytes(4) : Buffer.alloc(4);
  const size = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const head = Buffer.alloc(2 + size);
  head[0] = (fin ? 0x80 : 0) | ((rsv & 7) << 4) | (opcode & 15);
  head[1] = (masked ? 0x80 : 0) | (size === 0 ? length : size === 2 ? 126 : 127);
  if (size === 2) head.writeUInt16BE(length, 2);
  if (size === 8) head.writeBigUInt64BE(BigInt(length), 2);
  for (let index = 0; index < body.length; index += 1)
    body[index] = (body[index] ?? 0) ^ (mask[index & 3] ?? 0);
  return Buffer.concat(masked ? [head, mask, body] : [head, body]);
}

/** One text in many frames of `size` bytes, the last with FIN unless `open`. */
export function encodeFragments(payload: string, size: number, { open = false } = {}): Buffer {
  const bytes = Buffer.from(payload);
  const count = Math.max(1, Math.ceil(bytes.length / size));
  const parts = Array.from({ length: count }, (_, index) =>
    encodeFrame(bytes.subarray(index * size, (index + 1) * size), {
      opcode: index === 0 ? OPCODE_TEXT : OPCODE_CONTINUATION,
      fin: !open && index === count - 1,
    }),
  );
  return Buffer.concat(parts);
}

/** Hands over each whole frame and returns the bytes of the one that is not whole yet. Servers do not mask. */
export function readFrames(bytes: Buffer, take: (opcode: number, payload: Buffer) => void): Buffer {
  let rest = bytes;
  while (rest.length >= 2) {
    const short = (rest[1] ?? 0) & 127;
    const size = short === 126 ? 2 : short === 127 ? 8 : 0;
    if (rest.length < 2 + size) break;
    const length = size === 0 ? short : size === 2 ? rest.readUInt16BE(2) : Number(rest.readBigUInt64BE(2));
    const end = 2 + size + length;
    if (rest.length < end) break;
    take((rest[0] ?? 0) & 15, rest.subarray(2 + size, end));
    rest = rest.subarray(end);
  }
  return rest;
}
