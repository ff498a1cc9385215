/** One member's way out: a prepared packet in one write, and an end to whoever does not read. */

import { encodeAnswer, gather, type Packet } from './frames.js';

/** What is used of an Engine.IO connection. */
export type Engine = {
  readonly readyState: string;
  readonly upgrading: boolean;
  readonly transport: { readonly name: string; readonly socket?: unknown };
  readonly writeBuffer: readonly { data?: unknown }[];
  write(text: string, options: { compress: boolean }): unknown;
  close(discard: boolean): unknown;
};

export type Outlet = {
  send(packet: Packet): void;
  /** Answers an event by its acknowledgement id. What a flush answers to one member goes in one write. */
  answer(id: number, answer: object): void;
  /** Closes the connection when too much or too old a packet waits in it. To be called about once a second. */
  check(now: number): void;
};

/** What is used of the TCP (or TLS) socket below a WebSocket. */
type Stream = {
  readonly bytesWritten: number;
  readonly writableLength: number;
  readonly writable: boolean;
  write(bytes: Uint8Array): boolean;
  destroy(): void;
};

/** Most bytes that may wait for one member. */
const QUEUED_BYTES = 1024 * 1024;
/** Most packets that may wait for a long-polling member to ask. */
const QUEUED_PACKETS = 1_000;
/** Longest time in milliseconds that a byte may wait. */
const QUEUED_TIME = 15_000;
/** Time in milliseconds to take what was still on its way. */
const LAST_WORDS = 2_000;

/** @param closed is told that the connection had to be closed, and how much waited in it */
export function createOutlet(engine: Engine, closed: (reason: string, bytes: number) => void): Outlet {
  let stream: Stream | null = null;
  /** What was the last to wait when it was last seen that something waits, and since when. */
  let markedAt = 0;
  let lastByte = 0;
  let firstPacket: unknown;
  /** Answers of this turn of the event loop. */
  let answers: string[] = [];

  /** A connection begins with long polling and never leaves a WebSocket again. */
  const way = () => {
    stream ??= streamOf(engine);
    return stream;
  };

  function cut(reason: string, bytes: number): void {
    closed(reason, bytes);
    hangUp(engine);
  }

  function mark(now: number, sent: number, waiting: number): void {
    markedAt = now;
    lastByte = sent + waiting;
    firstPacket = engine.writeBuffer[0];
  }

  function send({ texts, frames }: Packet): void {
    if (engine.readyState !== 'open') return;
    const short = way();
    // What Engine.IO still holds goes first; then the bytes may take the short way and keep the order.
    if (short?.writable && engine.writeBuffer.length === 0 && !engine.upgrading) {
      short.write(frames);
      if (short.writableLength > QUEUED_BYTES) cut('bytes', short.writableLength);
      return;
    }
    for (const text of texts) engine.write(text, { compress: false });
    if (engine.writeBuffer.length > QUEUED_PACKETS) cut('packets', queuedBytes(engine));
  }

  function sendAnswers(): void {
    const packet = gather(answers);
    answers = [];
    send(packet);
  }

  return {
    send,
    answer(id, answer) {
      // After the promises of this turn, among them those of all messages that were stored together.
      if (answers.push(encodeAnswer(id, answer)) === 1) process.nextTick(sendAnswers);
    },
    check(now) {
      if (engine.readyState !== 'open') return;
      const short = way();
      const inStream = short?.writableLength ?? 0;
      const waiting = inStream + queuedBytes(engine);
      if (waiting === 0) {
        markedAt = 0;
        return;
      }
      if (waiting > QUEUED_BYTES) return cut('bytes', waiting);
      const sent = short ? short.bytesWritten - inStream : 0;
      const bytesGone = short === null || sent >= lastByte;
      const packetGone = firstPacket === undefined || engine.writeBuffer[0] !== firstPacket;
      if (markedAt === 0 || (bytesGone && packetGone)) mark(now, sent, inStream);
      else if (now - markedAt > QUEUED_TIME) cut('time', waiting);
    },
  };
}

/** Ends a connection whose other end is not trusted to answer a close, which WebSockets wait for up to 30 s. */
export function hangUp(engine: Engine): void {
  streamOf(engine)?.destroy();
  engine.close(true);
}

/** After a close: whoever does not answer it would keep the connection for another 30 s. */
export function letGo(engine: Engine): void {
  const stream = streamOf(engine);
  if (stream?.writable) setTimeout(() => stream.destroy(), LAST_WORDS).unref();
}

function queuedBytes({ writeBuffer }: Engine): number {
  let bytes = 0;
  for (const { data } of writeBuffer) if (typeof data === 'string') bytes += data.length;
  return bytes;
}

/** The socket below the WebSocket, or null while the member polls. It is ws's own field; without it the long way is taken. */
function streamOf({ transport }: Engine): Stream | null {
  if (transport.name !== 'websocket') return null;
  const { socket } = transport;
  if (typeof socket !== 'object' || socket === null || !('_socket' in socket)) return null;
  return isStream(socket._socket) ? socket._socket : null;
}

function isStream(value: unknown): value is Stream {
  return (
    typeof value === 'object' &&
    value !== null &&
    'writableLength' in value &&
    'bytesWritten' in value &&
    'destroy' in value
  );
}
