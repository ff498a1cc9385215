/** One client on a WebSocket, to whom Engine.IO 4 and Socket.IO 5 are spoken without either library. */

import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { ServerEvents } from '@chatty/protocol/events';
import { PACKET_BYTES } from '@chatty/protocol/sizes';
import type { WebSocket } from 'ws';
import type { ChatSocket, SocketData } from '../connections/client-socket.js';
import { CommandQueue, type Receiving } from '../connections/command-queue.js';
import { encode, frame } from '../connections/packet-encoder.js';
import { type Engine, hangUp, type Outlet } from '../connections/send-queue.js';
import type { Ack, Gateway } from '../gateway/gateway.js';
import type { Gate } from '../limits/connection-limits.js';
import { type Budget, createMeter, INTRODUCTIONS, WRONG_NAMESPACES } from './packet-guard.js';
import { type ClientPacket, readPacket } from './packet-parser.js';

/** What all lines of a server have in common. */
export type Lines = {
  readonly gate: Gate;
  readonly gateway: Gateway;
  readonly budget: Budget;
  /** Is told once of each line that has ended. */
  ended(line: Line): void;
};

/** Time in milliseconds between two pings, and how long something may take to be heard after one. */
const PING_INTERVAL = 25_000;
const PING_TIMEOUT = 20_000;
/** Engine.IO 4 without its first digit, which `frame` adds: Socket.IO 5's CONNECT, DISCONNECT and CONNECT_ERROR. */
const CONNECT = '0';
const LEFT = frame('1');
const CONNECT_ERROR = '4';
const PING = frame('2', '');
/** What Engine.IO's open packet says to everybody, after the session's id. */
const GREETING = JSON.stringify({
  upgrades: [],
  pingInterval: PING_INTERVAL,
  pingTimeout: PING_TIMEOUT,
  maxPayload: PACKET_BYTES,
}).slice(1);
/** What Engine.IO's own connections keep what waits in; here it waits in the stream. */
const NOTHING: readonly never[] = Object.freeze([]);
const TRANSPORT = Object.freeze({ name: 'websocket' });

/** A class, since there are thousands: one object holds what each needs. */
export class Line implements ChatSocket, Engine {
  readonly id: string = randomUUID();
  readonly stream: Socket;
  data!: SocketData;
  readonly #socket: WebSocket;
  readonly #lines: Lines;
  readonly #isTooMuch;
  readonly #address: string | null;
  /** Of the page. */
  readonly #origin: string | undefined;
  #state: 'strange' | 'introduced' | 'in' | 'closed' = 'strange';
  #outlet: Outlet | null = null;
  #commands: CommandQueue | null = null;
  #leaving: (() => void)[] = [];
  #introductions = 0;
  #wrong = 0;
  /** When it was pinged last, or as if, so that not all who come together are pinged together. */
  #pingedAt: number;
  /** Whether anything was heard since. */
  #heard = true;

  constructor(options: {
    socket: WebSocket;
    stream: Socket;
    address: string | null;
    origin: string | undefined;
    lines: Lines;
    now: number;
  }) {
    const { socket, stream, address, origin, lines, now } = options;
    this.stream = stream;
    this.#socket = socket;
    this.#lines = lines;
    this.#address = address;
    this.#origin = origin;
    this.#isTooMuch = createMeter(lines.budget);
    this.#pingedAt = now - Math.floor(Math.random() * PING_INTERVAL);
    lines.gate.begins(this, address);
    const end = () => this.#end();
    const count = () => this.#count(0);
    socket.on('message', (data, isBinary) => this.#take(String(data), isBinary));
    socket.on('ping', count);
    socket.on('pong', count);
    socket.on('close', end);
    socket.on('error', end);
    stream.write(frame(`0{"sid":"${this.id}",${GREETING}`, ''));
  }

  get conn(): Engine {
    return this;
  }
  get connected(): boolean {
    return this.#state === 'in';
  }
  get readyState(): string {
    return this.#state === 'closed' ? 'closed' : 'open';
  }
  get upgrading(): boolean {
    return false;
  }
  get transport(): Engine['transport'] {
    return TRANSPORT;
  }
  get writeBuffer(): Engine['writeBuffer'] {
    return NOTHING;
  }

  emit<Name extends keyof ServerEvents>(event: Name, ...values: Parameters<ServerEvents[Name]>): void {
    this.#write(encode(event, ...values).frames);
  }

  once(_event: 'disconnect', listener: () => void): void {
    // Whoever listens later than that would wait for ever, and be kept.
    if (this.#state === 'closed') listener();
    else this.#leaving.push(listener);
  }

  write(text: string): void {
    if (this.stream.writable) this.#write(frame(text));
  }

  disconnect(): void {
    this.#write(LEFT);
    this.close();
  }

  close(): void {
    if (this.#state === 'closed') return;
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.close();
    // The other end has closed its side, and ws waits without end for it to read what it was sent before.
    else this.stream.destroy();
    this.#end();
  }

  /**
   * Pings, and ends a line that has been silent since the last ping. To be called about once a second.
   * @param now clock in milliseconds
   * @param heldUp the process could not listen lately, so that silence says nothing of the other end
   */
  look(now: number, heldUp: boolean): void {
    const since = now - this.#pingedAt;
    // Whoever is not listened to cannot be heard: of those that do not read either the way out sees to it.
    const isDeaf = heldUp || this.#commands?.isPaused;
    if (since >= PING_TIMEOUT && !this.#heard && !isDeaf) hangUp(this);
    if (since < PING_INTERVAL) return;
    this.#pingedAt = now;
    this.#heard = false;
    this.#write(PING);
  }

  #write(bytes: Uint8Array): void {
    if (this.#state !== 'closed' && this.stream.writable) this.stream.write(bytes);
  }

  /** Answers whether it is within what a connection may send. */
  #count(bytes: number): boolean {
    if (!this.#isTooMuch(bytes)) return true;
    this.#lines.gate.flooded(this);
    hangUp(this);
    return false;
  }

  #take(text: string, isBinary: boolean): void {
    // Counted after its end as well: until the other end lets go, what it sends has to be read.
    if (!this.#count(text.length) || this.#state === 'closed') return;
    this.#heard = true;
    if (isBinary) hangUp(this);
    else this.#follow(readPacket(text), text.length);
  }

  #follow(packet: ClientPacket, size: number): void {
    if (packet.type === 'alive') return;
    if (packet.type === 'connect') void this.#introduce(packet.auth);
    else if (packet.type === 'wrong namespace') this.#turnAway(packet.name);
    else if (packet.type === 'event' && this.#outlet !== null) this.#pass(packet, size, this.#outlet);
    else if (packet.type !== 'answer' || !this.connected) this.close();
  }

  #turnAway(namespace: string): void {
    if (++this.#wrong > WRONG_NAMESPACES) hangUp(this);
    else this.write(`${CONNECT_ERROR}${namespace},{"message":"Invalid namespace"}`);
  }

  async #introduce(auth: unknown): Promise<void> {
    if (this.#state !== 'strange') return this.close();
    if (++this.#introductions > INTRODUCTIONS) return hangUp(this);
    this.#state = 'introduced';
    const introduction = { auth, origin: this.#origin, address: this.#address };
    const denial = await this.#lines.gateway.admit(this, introduction);
    // What may have come while it was looked at.
    if (this.readyState === 'closed') return;
    if (denial === null) return this.#enter();
    this.#state = 'strange';
    this.write(CONNECT_ERROR + JSON.stringify(denial));
  }

  #enter(): void {
    this.#state = 'in';
    // The answer and the welcome of the room go together.
    this.stream.cork();
    try {
      this.write(`${CONNECT}{"sid":"${this.id}"}`);
      this.#outlet = this.#lines.gateway.enter(this);
    } finally {
      this.stream.uncork();
    }
  }

  #pass({ id, values }: ClientPacket & { type: 'event' }, size: number, outlet: Outlet): void {
    const [event, ...rest] = values;
    const { gateway } = this.#lines;
    const ack: Ack | null = id === null ? null : (answer) => outlet.answer(id, answer);
    this.#commands ??= new CommandQueue(outlet, this.#receiving());
    const work = () => gateway.hear(this, { event, values: rest, size }, ack);
    if (!this.#commands.add(event, size, work)) gateway.refuse(this, event, ack);
  }

  #receiving(): Receiving {
    return {
      pause: () => {
        this.#socket.pause();
        return this.#socket.isPaused;
      },
      resume: () => this.#socket.resume(),
    };
  }

  #end(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#commands?.close();
    this.#lines.gate.ends(this);
    this.#lines.ended(this);
    for (const listener of this.#leaving.splice(0)) listener();
  }
}
