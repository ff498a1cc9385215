/** One client on a WebSocket, to whom Engine.IO 4 and Socket.IO 5 are spoken without either library. */

import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { ServerEvents } from '@chatty/protocol';
import { MAX_PACKET_BYTES } from '@chatty/protocol';
import type { WebSocket } from 'ws';
import type { ChatSocket, SocketData } from '../connections/client-socket.js';
import { CommandQueue, type ReadControl } from '../connections/command-queue.js';
import { encodeEvent, encodeWebSocketFrame } from '../connections/packet-encoder.js';
import { type SendQueue, type TransportConnection, terminate } from '../connections/send-queue.js';
import type { Ack, Gateway } from '../gateway/gateway.js';
import type { ConnectionLimits } from '../limits/connection-limits.js';
import {
  createPacketMeter,
  MAX_CONNECT_PACKETS,
  MAX_UNKNOWN_NAMESPACES,
  type PacketBudget,
} from './packet-guard.js';
import { type ClientPacket, parsePacket } from './packet-parser.js';

/** What all lines of a server have in common. */
export type ConnectionContext = {
  readonly connectionLimits: ConnectionLimits;
  readonly gateway: Gateway;
  readonly packetBudget: PacketBudget;
  /** Is told once of each line that has ended. */
  onEnded(connection: WebSocketConnection): void;
};

/** Time in milliseconds between two pings, and how long something may take to be heard after one. */
const PING_INTERVAL_MS = 25_000;
const PING_TIMEOUT_MS = 20_000;
/** Engine.IO 4 without its first digit, which `frame` adds: Socket.IO 5's CONNECT, DISCONNECT and CONNECT_ERROR. */
const SIO_CONNECT = '0';
const DISCONNECT_FRAME = encodeWebSocketFrame('1');
const SIO_CONNECT_ERROR = '4';
const PING_FRAME = encodeWebSocketFrame('2', '');
/** What Engine.IO's open packet says to everybody, after the session's id. */
const OPEN_PACKET_FIELDS = JSON.stringify({
  upgrades: [],
  pingInterval: PING_INTERVAL_MS,
  pingTimeout: PING_TIMEOUT_MS,
  maxPayload: MAX_PACKET_BYTES,
}).slice(1);
/** What Engine.IO's own connections keep what waits in; here it waits in the stream. */
const EMPTY_WRITE_BUFFER: readonly never[] = Object.freeze([]);
const WEBSOCKET_TRANSPORT = Object.freeze({ name: 'websocket' });

/** A class, since there are thousands: one object holds what each needs. */
export class WebSocketConnection implements ChatSocket, TransportConnection {
  readonly id: string = randomUUID();
  readonly stream: Socket;
  data!: SocketData;
  readonly #socket: WebSocket;
  readonly #context: ConnectionContext;
  readonly #isOverBudget;
  readonly #address: string | null;
  /** Of the page. */
  readonly #origin: string | undefined;
  #state: 'strange' | 'introduced' | 'in' | 'closed' = 'strange';
  #sendQueue: SendQueue | null = null;
  #commandQueue: CommandQueue | null = null;
  #disconnectListeners: (() => void)[] = [];
  #connectPackets = 0;
  #unknownNamespaces = 0;
  /** When it was pinged last, or as if, so that not all who come together are pinged together. */
  #pingedAt: number;
  /** Whether anything was heard since. */
  #heardSincePing = true;

  constructor(options: {
    socket: WebSocket;
    stream: Socket;
    address: string | null;
    origin: string | undefined;
    context: ConnectionContext;
    now: number;
  }) {
    const { socket, stream, address, origin, context, now } = options;
    this.stream = stream;
    this.#socket = socket;
    this.#context = context;
    this.#address = address;
    this.#origin = origin;
    this.#isOverBudget = createPacketMeter(context.packetBudget);
    this.#pingedAt = now - Math.floor(Math.random() * PING_INTERVAL_MS);
    context.connectionLimits.opened(this, address);
    const end = () => this.#end();
    const countControlFrame = () => this.#countPacket(0);
    socket.on('message', (data, isBinary) => this.#receive(String(data), isBinary));
    socket.on('ping', countControlFrame);
    socket.on('pong', countControlFrame);
    socket.on('close', end);
    socket.on('error', end);
    stream.write(encodeWebSocketFrame(`0{"sid":"${this.id}",${OPEN_PACKET_FIELDS}`, ''));
  }

  get conn(): TransportConnection {
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
  get transport(): TransportConnection['transport'] {
    return WEBSOCKET_TRANSPORT;
  }
  get writeBuffer(): TransportConnection['writeBuffer'] {
    return EMPTY_WRITE_BUFFER;
  }

  emit<Name extends keyof ServerEvents>(event: Name, ...values: Parameters<ServerEvents[Name]>): void {
    this.#write(encodeEvent(event, ...values).frames);
  }

  once(_event: 'disconnect', listener: () => void): void {
    // Whoever listens later than that would wait for ever, and be kept.
    if (this.#state === 'closed') listener();
    else this.#disconnectListeners.push(listener);
  }

  write(text: string): void {
    if (this.stream.writable) this.#write(encodeWebSocketFrame(text));
  }

  disconnect(): void {
    this.#write(DISCONNECT_FRAME);
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
   * @param wasBlocked the process could not listen lately, so that silence says nothing of the other end
   */
  checkHeartbeat(now: number, wasBlocked: boolean): void {
    const sincePingMs = now - this.#pingedAt;
    // Whoever is not listened to cannot be heard: of those that do not read either the way out sees to it.
    const isUnheard = wasBlocked || this.#commandQueue?.isPaused;
    if (sincePingMs >= PING_TIMEOUT_MS && !this.#heardSincePing && !isUnheard) terminate(this);
    if (sincePingMs < PING_INTERVAL_MS) return;
    this.#pingedAt = now;
    this.#heardSincePing = false;
    this.#write(PING_FRAME);
  }

  #write(bytes: Uint8Array): void {
    if (this.#state !== 'closed' && this.stream.writable) this.stream.write(bytes);
  }

  /** Answers whether it is within what a connection may send. */
  #countPacket(bytes: number): boolean {
    if (!this.#isOverBudget(bytes)) return true;
    this.#context.connectionLimits.reportFlood(this);
    terminate(this);
    return false;
  }

  #receive(text: string, isBinary: boolean): void {
    // Counted after its end as well: until the other end lets go, what it sends has to be read.
    if (!this.#countPacket(text.length) || this.#state === 'closed') return;
    this.#heardSincePing = true;
    if (isBinary) terminate(this);
    else this.#handlePacket(parsePacket(text), text.length);
  }

  #handlePacket(packet: ClientPacket, size: number): void {
    if (packet.type === 'alive') return;
    if (packet.type === 'connect') void this.#authenticate(packet.auth);
    else if (packet.type === 'wrong namespace') this.#rejectNamespace(packet.name);
    else if (packet.type === 'event' && this.#sendQueue !== null)
      this.#dispatch(packet, size, this.#sendQueue);
    else if (packet.type !== 'answer' || !this.connected) this.close();
  }

  #rejectNamespace(namespace: string): void {
    if (++this.#unknownNamespaces > MAX_UNKNOWN_NAMESPACES) terminate(this);
    else this.write(`${SIO_CONNECT_ERROR}${namespace},{"message":"Invalid namespace"}`);
  }

  async #authenticate(auth: unknown): Promise<void> {
    if (this.#state !== 'strange') return this.close();
    if (++this.#connectPackets > MAX_CONNECT_PACKETS) return terminate(this);
    this.#state = 'introduced';
    const request = { auth, origin: this.#origin, address: this.#address };
    const connectError = await this.#context.gateway.authenticate(this, request);
    // What may have come while it was looked at.
    if (this.readyState === 'closed') return;
    if (connectError === null) return this.#join();
    this.#state = 'strange';
    this.write(SIO_CONNECT_ERROR + JSON.stringify(connectError));
  }

  #join(): void {
    this.#state = 'in';
    // The answer and the welcome of the room go together.
    this.stream.cork();
    try {
      this.write(`${SIO_CONNECT}{"sid":"${this.id}"}`);
      this.#sendQueue = this.#context.gateway.join(this);
    } finally {
      this.stream.uncork();
    }
  }

  #dispatch({ id, values }: ClientPacket & { type: 'event' }, size: number, sendQueue: SendQueue): void {
    const [event, ...rest] = values;
    const { gateway } = this.#context;
    const ack: Ack | null = id === null ? null : (answer) => sendQueue.ack(id, answer);
    this.#commandQueue ??= new CommandQueue(sendQueue, this.#readControl());
    const run = () => gateway.dispatch(this, { event, values: rest, size }, ack);
    if (!this.#commandQueue.add(event, size, run)) gateway.refuseOverflow(this, event, ack);
  }

  #readControl(): ReadControl {
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
    this.#commandQueue?.close();
    this.#context.connectionLimits.closed(this);
    this.#context.onEnded(this);
    for (const listener of this.#disconnectListeners.splice(0)) listener();
  }
}
