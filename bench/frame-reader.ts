/** Walks the frames of a WebSocket stream, looking at no more of each than its reader asks for. */

/** Bytes of a packet that are enough to tell what it is and how many messages it carries. */
const MAX_HEAD_BYTES = 160;
const LENGTH_16_BIT = 126;
const LENGTH_64_BIT = 127;

/** `from` to `to` are the bytes of the payload at hand: all of them for a whole reader, else at most `HEAD`. */
export type FrameHandler = (opcode: number, bytes: Buffer, from: number, to: number) => void;

/** The answer takes what arrived, in order; the bytes may be reused after the call. */
export function createFrameReader(onFrame: FrameHandler, readWholeFrames: boolean): (bytes: Buffer) => void {
  let kept: Buffer | null = null;
  let skip = 0;

  return (arrived) => {
    const bytes = kept ? Buffer.concat([kept, arrived]) : arrived;
    kept = null;
    let at = Math.min(skip, bytes.length);
    skip -= at;
    while (at < bytes.length) {
      const header = parseFrameHeader(bytes, at);
      const wanted = header
        ? header.from + (readWholeFrames ? header.length : Math.min(header.length, MAX_HEAD_BYTES))
        : Infinity;
      if (!header || wanted > bytes.length) {
        kept = Buffer.from(bytes.subarray(at));
        return;
      }
      onFrame((bytes[at] ?? 0) & 0x0f, bytes, header.from, wanted);
      const end = header.from + header.length;
      skip = Math.max(0, end - bytes.length);
      at = Math.min(end, bytes.length);
    }
  };
}

/** Where the payload of the frame begins and how long it is; null while the header is not all there. */
function parseFrameHeader(bytes: Buffer, at: number): { from: number; length: number } | null {
  const second = bytes[at + 1];
  if (second === undefined) return null;
  if (second < LENGTH_16_BIT) return { from: at + 2, length: second };
  if (second === LENGTH_16_BIT)
    return bytes.length < at + 4 ? null : { from: at + 4, length: bytes.readUInt16BE(at + 2) };
  if (second !== LENGTH_64_BIT) throw new Error('a server must not mask');
  return bytes.length < at + 10 ? null : { from: at + 10, length: Number(bytes.readBigUInt64BE(at + 2)) };
}

/** A text frame as a client must send it; a key of zeros leaves the text as it is. */
export function encodeClientFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const header = length < LENGTH_16_BIT ? 2 : 4;
  const frame = Buffer.alloc(header + 4 + length);
  frame[0] = 0x81;
  frame[1] = 0x80 | (length < LENGTH_16_BIT ? length : LENGTH_16_BIT);
  if (length >= LENGTH_16_BIT) frame.writeUInt16BE(length, 2);
  frame.write(text, header + 4);
  return frame;
}
