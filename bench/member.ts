/** One member on a plain TCP socket: WebSocket and Engine.IO by hand, because a client library would be the limit. */

import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { createFrameReader, encodeClientFrame } from './frame-reader.js';

/** What a member tells the swarm it belongs to. */
type MemberListener = {
  joined(): void;
  /** Messages of the room that arrived in one frame. */
  messagesDelivered(count: number): void;
  /** Their texts; from members that read whole packets. */
  textsRead(contents: string[]): void;
  refused(packet: string): void;
  closed(): void;
};

export type LoadMember = {
  send(content: string): void;
  /** `done` gets whether the server said yes; `packet` is the head of its answer, or all of it from a whole reader. */
  request(event: string, payload: object, done: (ok: boolean, packet: string) => void): void;
  /** Stops reading for ever; with `pongs` it goes on to claim that it is alive. */
  stopReading(pongs: boolean): void;
  /** The local port, by which the kernel's table knows the connection. */
  localPort(): number;
  close(): void;
};

export type MemberOptions = {
  port: number;
  /** What the Socket.IO handshake carries; null: a bare WebSocket. */
  auth: object | null;
  /** Reads packets whole instead of counting by their heads. */
  readWholePackets: boolean;
  listener: MemberListener;
};

const PING_PACKET = '2';
const PONG_FRAME = encodeClientFrame('3');
/** Below the server's ping timeout of 20 s. */
const BLIND_PONG_INTERVAL_MS = 10_000;
const OPCODE_CLOSE = 8;
/** One for all sockets: nothing is kept of it after a read. */
const readBuffer = Buffer.alloc(256 * 1024);

export function openLoadMember({
  port,
  auth,
  readWholePackets: whole,
  listener: sink,
}: MemberOptions): LoadMember {
  const waiting = new Map<number, (ok: boolean, packet: string) => void>();
  let asked = 0;
  let upgraded = false;
  let early = '';
  let pongs: NodeJS.Timeout | undefined;
  const walk = createFrameReader(onFrame, whole);

  const socket: Socket = connect({
    host: '127.0.0.1',
    port,
    noDelay: true,
    onread: {
      buffer: readBuffer,
      callback: (length) => {
        const bytes = readBuffer.subarray(0, length);
        if (upgraded) walk(bytes);
        else upgrade(bytes);
        return true;
      },
    },
  });
  socket.write(
    `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\n` +
      `Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
  );
  socket.on('error', () => undefined);
  socket.once('close', () => {
    clearInterval(pongs);
    sink.closed();
  });

  function upgrade(bytes: Buffer): void {
    early += bytes.toString('latin1');
    const end = early.indexOf('\r\n\r\n');
    if (end < 0) return;
    if (!early.startsWith('HTTP/1.1 101')) throw new Error(`no WebSocket: ${early.slice(0, 100)}`);
    upgraded = true;
    if (auth === null) sink.joined();
    const rest = early.slice(end + 4);
    early = '';
    if (rest) walk(Buffer.from(rest, 'latin1'));
  }

  function onFrame(opcode: number, bytes: Buffer, from: number, to: number): void {
    if (opcode === OPCODE_CLOSE) {
      socket.end();
      return;
    }
    const packet = whole ? bytes.toString('utf8', from, to) : bytes.toString('latin1', from, to);
    if (packet.startsWith('42["')) onEvent(packet);
    else if (packet.startsWith('43')) onAnswer(packet);
    else if (packet === PING_PACKET) socket.write(PONG_FRAME);
    else if (packet.startsWith('0{')) socket.write(encodeClientFrame(`40${JSON.stringify(auth)}`));
    else if (packet.startsWith('44')) sink.refused(packet);
  }

  function onEvent(packet: string): void {
    const name = packet.slice(4, packet.indexOf('"', 4));
    if (name === 'chat message') {
      sink.messagesDelivered(1);
      if (whole) sink.textsRead([JSON.parse(packet.slice(2))[1].content]);
    } else if (name === 'messages') {
      const count = readNumberAfter(packet, '"seq":') - readNumberAfter(packet, '"prev":');
      if (whole) readFrame(packet, count);
      sink.messagesDelivered(count);
    } else if (name === 'history') sink.joined();
    else if (name === 'refused') sink.refused(packet);
  }

  function readFrame(packet: string, count: number): void {
    const { messages } = JSON.parse(packet.slice(2))[1] as { messages: { content: string }[] };
    if (messages.length !== count)
      throw new Error(`a frame of ${count} changes has ${messages.length} messages`);
    sink.textsRead(messages.map(({ content }) => content));
  }

  function onAnswer(packet: string): void {
    const id = Number.parseInt(packet.slice(2, 14), 10);
    const done = waiting.get(id);
    waiting.delete(id);
    done?.(packet.includes('"ok":true'), packet);
  }

  return {
    send: (content) => {
      socket.write(encodeClientFrame(`42${JSON.stringify(['chat message', { content }])}`));
    },
    request: (event, payload, done) => {
      asked += 1;
      waiting.set(asked, done);
      socket.write(encodeClientFrame(`42${asked}${JSON.stringify([event, payload])}`));
    },
    stopReading: (alive) => {
      socket.pause();
      if (alive) pongs = setInterval(() => socket.write(PONG_FRAME), BLIND_PONG_INTERVAL_MS);
    },
    localPort: () => socket.localPort ?? 0,
    close: () => socket.destroy(),
  };
}

function readNumberAfter(packet: string, key: string): number {
  const at = packet.indexOf(key);
  if (at < 0) throw new Error(`no ${key} at the head of ${packet.slice(0, 200)}`);
  return Number.parseInt(packet.slice(at + key.length, at + key.length + 16), 10);
}
