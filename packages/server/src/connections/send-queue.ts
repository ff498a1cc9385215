/** One member's way out: a prepared packet in one write, and an end to whoever does not read. */

import type { SendBacklog } from './command-queue.js';
import { type EncodedPacket, encodeAck, encodeBatch } from './packet-encoder.js';

/** What is used of an Engine.IO connection, ours or the library's. */
export type TransportConnection = {
  /** The socket below a connection that was a WebSocket from the start. */
  readonly stream?: TcpStream;
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

export type SendQueue = SendBacklog & {
  send(packet: EncodedPacket): void;
  /** Several by one write, without a copy of what others get as well. */
  sendAll(packets: readonly EncodedPacket[]): void;
  /** Answers an event by its acknowledgement id. What a flush answers to one member goes in one write. */
  ack(id: number, ack: object): void;
  /** Closes the connection when too much or too old a packet waits in it. To be called about once a second. */
  checkBackpressure(now: number): void;
};

/** What is used of the TCP (or TLS) socket below a WebSocket. */
export type TcpStream = {
  readonly bytesWritten: number;
  readonly writableLength: number;
  readonly writable: boolean;
  cork(): void;
  uncork(): void;
  write(bytes: Uint8Array, sent?: () => void): boolean;
  destroy(): void;
};

/** Most bytes that may wait for one member. */
const MAX_QUEUED_BYTES = 1024 * 1024;
/** Most packets that may wait for a long-polling member to ask. */
const MAX_QUEUED_PACKETS = 1_000;
/** Longest time in milliseconds that a byte may wait. */
const MAX_QUEUED_MS = 15_000;
/** Time in milliseconds to take what was still on its way. */
const CLOSE_GRACE_MS = 2_000;
const NO_BYTES = new Uint8Array(0);

/** @param onClosed is told that the connection had to be closed, and how much waited in it */
export function createSendQueue(
  connection: TransportConnection,
  onClosed: (reason: string, bytes: number) => void,
): SendQueue {
  return new ConnectionSendQueue(connection, onClosed);
}

/** A class, since there are thousands of them, and each is gone through for every frame. */
class ConnectionSendQueue implements SendQueue {
  readonly #connection: TransportConnection;
  readonly #onClosed: (reason: string, bytes: number) => void;
  /** A connection begins with long polling and never leaves a WebSocket again. */
  #stream: TcpStream | null = null;
  /** What was the last to wait when it was last seen that something waits, and since when. */
  #progressAt = 0;
  #lastWaitingByte = 0;
  #firstWaitingPacket: unknown;
  /** Answers of this turn of the event loop. */
  #acks: string[] | null = null;
  #ackBytes = 0;

  constructor(connection: TransportConnection, onClosed: (reason: string, bytes: number) => void) {
    this.#connection = connection;
    this.#onClosed = onClosed;
  }

  send({ texts, frames }: EncodedPacket): void {
    const connection = this.#connection;
    if (connection.readyState !== 'open') return;
    const directStream = this.#directStream();
    // What Engine.IO still holds goes first; then the bytes may take the short way and keep the order.
    if (directStream?.writable && connection.writeBuffer.length === 0 && !connection.upgrading) {
      directStream.write(frames);
      if (directStream.writableLength > MAX_QUEUED_BYTES)
        this.#closeSlow('bytes', directStream.writableLength);
      return;
    }
    for (const text of texts) connection.write(text, { compress: false });
    if (connection.writeBuffer.length > MAX_QUEUED_PACKETS)
      this.#closeSlow('packets', queuedBytes(connection));
  }

  sendAll(packets: readonly EncodedPacket[]): void {
    const directStream = this.#directStream();
    directStream?.cork();
    for (const packet of packets) this.send(packet);
    directStream?.uncork();
  }

  ack(id: number, ack: object): void {
    if (this.#acks === null) {
      this.#acks = [];
      // After the promises of this turn, among them those of all messages that were stored together.
      process.nextTick(sendAcks, this);
    }
    const text = encodeAck(id, ack);
    this.#ackBytes += Buffer.byteLength(text);
    this.#acks.push(text);
  }

  sendAcks(): void {
    const acks = this.#acks ?? [];
    this.#acks = null;
    this.#ackBytes = 0;
    this.send(encodeBatch(acks));
  }

  get waitingBytes(): number {
    const { polled = 0 } = this.#connection;
    return (
      this.#ackBytes + (this.#directStream()?.writableLength ?? 0) + queuedBytes(this.#connection) + polled
    );
  }

  whenDrained(listener: () => void): void {
    // The answers of this turn are on their way by then.
    setImmediate(() => {
      const connection = this.#connection;
      const directStream = this.#directStream();
      if (connection.readyState === 'open' && (connection.writeBuffer.length > 0 || connection.polled))
        connection.whenPolled?.(listener);
      // Written when all before it are, or when it is known that none will be.
      else if (directStream?.writable) directStream.write(NO_BYTES, listener);
      else listener();
    });
  }

  checkBackpressure(now: number): void {
    const connection = this.#connection;
    if (connection.readyState !== 'open') return;
    const directStream = this.#directStream();
    const streamBytes = directStream?.writableLength ?? 0;
    const { waitingBytes } = this;
    if (waitingBytes === 0) {
      this.#progressAt = 0;
      return;
    }
    if (waitingBytes > MAX_QUEUED_BYTES) {
      this.#closeSlow('bytes', waitingBytes);
      return;
    }
    const sentBytes = directStream ? directStream.bytesWritten - streamBytes : 0;
    const haveBytesMoved = directStream === null || sentBytes >= this.#lastWaitingByte;
    const hasPacketMoved =
      this.#firstWaitingPacket === undefined || connection.writeBuffer[0] !== this.#firstWaitingPacket;
    if (this.#progressAt === 0 || (haveBytesMoved && hasPacketMoved))
      this.#markProgress(now, sentBytes + streamBytes);
    else if (now - this.#progressAt > MAX_QUEUED_MS) this.#closeSlow('time', waitingBytes);
  }

  #directStream(): TcpStream | null {
    this.#stream ??= streamOf(this.#connection);
    return this.#stream;
  }

  #markProgress(now: number, lastWaitingByte: number): void {
    this.#progressAt = now;
    this.#lastWaitingByte = lastWaitingByte;
    this.#firstWaitingPacket = this.#connection.writeBuffer[0];
  }

  #closeSlow(reason: string, bytes: number): void {
    this.#onClosed(reason, bytes);
    terminate(this.#connection);
  }
}

function sendAcks(sendQueue: ConnectionSendQueue): void {
  sendQueue.sendAcks();
}

/** Ends a connection whose other end is not trusted to answer a close, which WebSockets wait for up to 30 s. */
export function terminate(engine: TransportConnection): void {
  streamOf(engine)?.destroy();
  engine.close(true);
}

/** After a close: whoever does not answer it would keep the connection for another 30 s. */
export function terminateAfterGrace(engine: TransportConnection): void {
  const stream = streamOf(engine);
  if (stream?.writable) setTimeout(() => stream.destroy(), CLOSE_GRACE_MS).unref();
}

export function queuedBytes({ writeBuffer }: Pick<TransportConnection, 'writeBuffer'>): number {
  let bytes = 0;
  for (const { data } of writeBuffer) if (typeof data === 'string') bytes += Buffer.byteLength(data);
  return bytes;
}

/**
 * The socket below the WebSocket, or null while the member polls. The library's connections have it in a field of ws's own;
 * without it the long way is taken.
 */
function streamOf({ stream, transport }: TransportConnection): TcpStream | null {
  if (stream !== undefined) return stream;
  if (transport.name !== 'websocket') return null;
  const { socket } = transport;
  if (typeof socket !== 'object' || socket === null || !('_socket' in socket)) return null;
  return isStream(socket._socket) ? socket._socket : null;
}

function isStream(value: unknown): value is TcpStream {
  return (
    typeof value === 'object' &&
    value !== null &&
    'writableLength' in value &&
    'bytesWritten' in value &&
    'destroy' in value
  );
}
