/** One member's way out: a prepared packet in one write, and an end to whoever does not read. */

import type { Sending } from './command-queue.js';
import { encodeAnswer, gather, type Packet } from './packet-encoder.js';

/** What is used of an Engine.IO connection, ours or the library's. */
export type Engine = {
  /** The socket below a connection that was a WebSocket from the start. */
  readonly stream?: Stream;
  readonly readyState: string;
  readonly upgrading: boolean;
  readonly transport: { readonly name: string; readonly socket?: unknown };
  readonly writeBuffer: readonly { data?: unknown }[];
  /** Bytes that were handed to requests of long polling and are not sent yet. */
  readonly polled?: number;
  /** Calls once when the write buffer was handed on, or when what was polled has been sent or was cut off. */
  whenPolled?(listener: () => void): void;
  write(text: string, options: { compress: boolean }): unknown;
  close(discard: boolean): unknown;
};

export type Outlet = Sending & {
  send(packet: Packet): void;
  /** Several by one write, without a copy of what others get as well. */
  sendAll(packets: readonly Packet[]): void;
  /** Answers an event by its acknowledgement id. What a flush answers to one member goes in one write. */
  answer(id: number, answer: object): void;
  /** Closes the connection when too much or too old a packet waits in it. To be called about once a second. */
  check(now: number): void;
};

/** What is used of the TCP (or TLS) socket below a WebSocket. */
export type Stream = {
  readonly bytesWritten: number;
  readonly writableLength: number;
  readonly writable: boolean;
  cork(): void;
  uncork(): void;
  write(bytes: Uint8Array, sent?: () => void): boolean;
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
const NO_BYTES = new Uint8Array(0);

/** @param closed is told that the connection had to be closed, and how much waited in it */
export function createOutlet(engine: Engine, closed: (reason: string, bytes: number) => void): Outlet {
  return new MemberOutlet(engine, closed);
}

/** A class, since there are thousands of them, and each is gone through for every frame. */
class MemberOutlet implements Outlet {
  readonly #engine: Engine;
  readonly #closed: (reason: string, bytes: number) => void;
  /** A connection begins with long polling and never leaves a WebSocket again. */
  #stream: Stream | null = null;
  /** What was the last to wait when it was last seen that something waits, and since when. */
  #markedAt = 0;
  #lastByte = 0;
  #firstPacket: unknown;
  /** Answers of this turn of the event loop. */
  #answers: string[] | null = null;
  #answerBytes = 0;

  constructor(engine: Engine, closed: (reason: string, bytes: number) => void) {
    this.#engine = engine;
    this.#closed = closed;
  }

  send({ texts, frames }: Packet): void {
    const engine = this.#engine;
    if (engine.readyState !== 'open') return;
    const short = this.#way();
    // What Engine.IO still holds goes first; then the bytes may take the short way and keep the order.
    if (short?.writable && engine.writeBuffer.length === 0 && !engine.upgrading) {
      short.write(frames);
      if (short.writableLength > QUEUED_BYTES) this.#cut('bytes', short.writableLength);
      return;
    }
    for (const text of texts) engine.write(text, { compress: false });
    if (engine.writeBuffer.length > QUEUED_PACKETS) this.#cut('packets', queuedBytes(engine));
  }

  sendAll(packets: readonly Packet[]): void {
    const short = this.#way();
    short?.cork();
    for (const packet of packets) this.send(packet);
    short?.uncork();
  }

  answer(id: number, answer: object): void {
    if (this.#answers === null) {
      this.#answers = [];
      // After the promises of this turn, among them those of all messages that were stored together.
      process.nextTick(sendAnswers, this);
    }
    const text = encodeAnswer(id, answer);
    this.#answerBytes += Buffer.byteLength(text);
    this.#answers.push(text);
  }

  sendAnswers(): void {
    const answers = this.#answers ?? [];
    this.#answers = null;
    this.#answerBytes = 0;
    this.send(gather(answers));
  }

  get waiting(): number {
    const { polled = 0 } = this.#engine;
    return this.#answerBytes + (this.#way()?.writableLength ?? 0) + queuedBytes(this.#engine) + polled;
  }

  whenSent(listener: () => void): void {
    // The answers of this turn are on their way by then.
    setImmediate(() => {
      const engine = this.#engine;
      const short = this.#way();
      if (engine.readyState === 'open' && (engine.writeBuffer.length > 0 || engine.polled))
        engine.whenPolled?.(listener);
      // Written when all before it are, or when it is known that none will be.
      else if (short?.writable) short.write(NO_BYTES, listener);
      else listener();
    });
  }

  check(now: number): void {
    const engine = this.#engine;
    if (engine.readyState !== 'open') return;
    const short = this.#way();
    const inStream = short?.writableLength ?? 0;
    const { waiting } = this;
    if (waiting === 0) {
      this.#markedAt = 0;
      return;
    }
    if (waiting > QUEUED_BYTES) {
      this.#cut('bytes', waiting);
      return;
    }
    const sent = short ? short.bytesWritten - inStream : 0;
    const bytesGone = short === null || sent >= this.#lastByte;
    const packetGone = this.#firstPacket === undefined || engine.writeBuffer[0] !== this.#firstPacket;
    if (this.#markedAt === 0 || (bytesGone && packetGone)) this.#mark(now, sent + inStream);
    else if (now - this.#markedAt > QUEUED_TIME) this.#cut('time', waiting);
  }

  #way(): Stream | null {
    this.#stream ??= streamOf(this.#engine);
    return this.#stream;
  }

  #mark(now: number, lastByte: number): void {
    this.#markedAt = now;
    this.#lastByte = lastByte;
    this.#firstPacket = this.#engine.writeBuffer[0];
  }

  #cut(reason: string, bytes: number): void {
    this.#closed(reason, bytes);
    hangUp(this.#engine);
  }
}

function sendAnswers(outlet: MemberOutlet): void {
  outlet.sendAnswers();
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

export function queuedBytes({ writeBuffer }: Pick<Engine, 'writeBuffer'>): number {
  let bytes = 0;
  for (const { data } of writeBuffer) if (typeof data === 'string') bytes += Buffer.byteLength(data);
  return bytes;
}

/**
 * The socket below the WebSocket, or null while the member polls. The library's connections have it in a field of ws's own;
 * without it the long way is taken.
 */
function streamOf({ stream, transport }: Engine): Stream | null {
  if (stream !== undefined) return stream;
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
