/** A client that may say anything: WebSocket and HTTP byte by byte over TCP, with nothing in between that would correct it. */

import { createHash, randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import {
  encodeFrame,
  type FrameOptions,
  OPCODE_CLOSE,
  OPCODE_PING,
  OPCODE_PONG,
  OPCODE_TEXT,
  readFrames,
} from './websocket-frames.js';

/** RFC 6455 1.3. */
const KEY_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const ENGINE_IO_PATH = '/socket.io/?EIO=4&transport=websocket';
/** RFC 6455 7.1.5: what a close frame without a code counts as. */
const NO_STATUS_CLOSE_CODE = 1_005;

export type RawOptions = {
  path?: string;
  /** Whole header lines, after the usual ones. */
  headers?: readonly string[];
  key?: string;
  /** Whether received texts are kept; of a flood they are only counted. */
  keepTcpOpen?: boolean;
};

/** One TCP connection that asked for an upgrade. Answers Engine.IO's pings, so that the server keeps it. */
export class RawSocket {
  /** The upgrade was answered with 101. */
  open = false;
  /** The TCP connection has ended, from whichever side. */
  closed = false;
  /** What the server said in its close frame. */
  closeCode: number | null = null;
  /** The status of the answer to the upgrade. */
  status: number | null = null;
  readonly receivedTexts: string[] = [];
  received = 0;
  readonly #tcp: Socket;
  readonly #key: string;
  readonly #keep: boolean;
  #pending: Buffer = Buffer.alloc(0);

  constructor(url: string, options: RawOptions) {
    const {
      path = ENGINE_IO_PATH,
      headers = [],
      key = randomBytes(16).toString('base64'),
      keepTcpOpen: keep = true,
    } = options;
    const { hostname, port, host } = new URL(url);
    this.#key = key;
    this.#keep = keep;
    this.#tcp = connect({ host: hostname, port: Number(port), noDelay: true });
    this.#tcp.on('data', (chunk: Buffer) => this.#read(chunk));
    this.#tcp.once('close', () => {
      this.closed = true;
    });
    // A reset is an end like any other here.
    this.#tcp.on('error', () => undefined);
    const lines = [
      `GET ${path} HTTP/1.1`,
      `Host: ${host}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${key}`,
      ...headers,
    ];
    this.writeBytes(`${lines.join('\r\n')}\r\n\r\n`);
  }

  /** Resolves with true once the condition holds, which is looked at whenever something arrives, or with false. */
  waitFor(condition: (socket: this) => boolean, patience = 20_000): Promise<boolean> {
    return new Promise((resolve) => {
      const finish = (held: boolean) => {
        clearTimeout(timer);
        this.#tcp.off('data', check).off('close', check);
        resolve(held);
      };
      const check = () => {
        if (condition(this)) finish(true);
        // Nothing arrives on what has ended.
        else if (this.closed) finish(false);
      };
      const timer = setTimeout(finish, patience, false);
      this.#tcp.on('data', check).on('close', check);
      check();
    });
  }

  /** Bytes written and not yet taken by the kernel. */
  get backlog(): number {
    return this.#tcp.writableLength;
  }

  writeBytes(bytes: Uint8Array | string): void {
    if (!this.closed && this.#tcp.writable) this.#tcp.write(bytes);
  }

  /** A text frame. */
  sendText(text: string): void {
    this.writeBytes(encodeFrame(text));
  }

  /** A frame of any kind. */
  sendFrame(payload: string | Uint8Array, options?: FrameOptions): void {
    this.writeBytes(encodeFrame(payload, options));
  }

  /** Stops and goes on reading what the server sends. */
  pause(): void {
    this.#tcp.pause();
  }

  resume(): void {
    this.#tcp.resume();
  }

  /** Ends its own side of the TCP connection alone. */
  halfClose(): void {
    this.#tcp.end();
  }

  /** Ends without a word: a reset instead of the closing handshake. */
  resetConnection(): void {
    this.#tcp.resetAndDestroy();
  }

  #read(chunk: Buffer): void {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    if (this.status === null) {
      const end = this.#pending.indexOf('\r\n\r\n');
      if (end < 0) return;
      const head = this.#pending.subarray(0, end).toString('latin1');
      this.#pending = this.#pending.subarray(end + 4);
      this.status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0);
      const accept = createHash('sha1').update(`${this.#key}${KEY_SUFFIX}`).digest('base64');
      this.open = this.status === 101 && head.includes(accept);
    }
    if (this.open)
      this.#pending = readFrames(this.#pending, (opcode, payload) => this.#take(opcode, payload));
  }

  #take(opcode: number, payload: Buffer): void {
    if (opcode === OPCODE_CLOSE) {
      this.closeCode = payload.length >= 2 ? payload.readUInt16BE(0) : NO_STATUS_CLOSE_CODE;
      // Without this half of the closing handshake a server waits 30 s before it lets go.
      this.sendFrame(payload, { opcode: OPCODE_CLOSE });
    }
    if (opcode === OPCODE_PING) this.sendFrame(payload, { opcode: OPCODE_PONG });
    if (opcode !== OPCODE_TEXT) return;
    this.received += 1;
    const text = payload.toString();
    if (this.#keep) this.receivedTexts.push(text);
    if (text === '2') this.sendText('3');
  }
}

/** Asks for the upgrade and waits for the answer, whatever it is. */
export async function openRawSocket(url: string, options: RawOptions = {}): Promise<RawSocket> {
  const socket = new RawSocket(url, options);
  await socket.waitFor(({ status }) => status !== null);
  return socket;
}
