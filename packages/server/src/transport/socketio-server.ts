/** The way in by Socket.IO itself: long polling, and whoever moves from there to a WebSocket. */

import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import type { ClientEvents, ServerEvents } from '@chatty/protocol';
import { MAX_PACKET_BYTES } from '@chatty/protocol';
import { Server, type Socket } from 'socket.io';
import type { ChatSocket, SocketData } from '../connections/client-socket.js';
import { CommandQueue, type ReadControl } from '../connections/command-queue.js';
import { queuedBytes, type SendQueue, type TransportConnection } from '../connections/send-queue.js';
import type { Ack, Gateway } from '../gateway/gateway.js';
import type { ClientAddressResolver } from '../http/client-address.js';
import type { ConnectionLimits } from '../limits/connection-limits.js';
import type { Log } from '../runtime/logger.js';
import { chainMaybePromise } from '../runtime/maybe-promise.js';
import { ChatWebSocketServer } from './close-timeout.js';
import { guardPackets, guardUpgrade, type PacketBudget } from './packet-guard.js';

type NoEvents = Record<string, never>;
type SocketIoSocket = Socket<ClientEvents, ServerEvents, NoEvents, SocketData>;

/** What is used of the library's connections, which it shows more of than its types do. */
type EngineIoConnection = TransportConnection & {
  readonly request: IncomingMessage;
  /** Of long polling: the request that waits for what comes next. */
  readonly transport: TransportConnection['transport'] & { readonly res?: ServerResponse };
  on(name: 'packet', listener: (packet: { type: string; data?: unknown }) => void): unknown;
  on(name: 'flush', listener: (packets: TransportConnection['writeBuffer']) => void): unknown;
  on(name: 'drain', listener: () => void): unknown;
  once(name: 'close', listener: () => void): unknown;
};

/** A socket that has not said who it is by then is closed, in milliseconds. */
const HANDSHAKE_TIMEOUT_MS = 5_000;
/** One for all members. */
const EMPTY_OBJECT = Object.freeze({});

/**
 * @param knowsOrigin whether pages of this origin may read the server's answers
 * @param budget packets that a connection may send
 */
export function attachSocketIo(options: {
  server: HttpServer;
  addressResolver: ClientAddressResolver;
  connectionLimits: ConnectionLimits;
  gateway: Gateway;
  packetBudget: PacketBudget;
  knowsOrigin: (origin: string) => boolean;
  log: Log;
}): { close(): Promise<void> } {
  const { server, addressResolver, connectionLimits, gateway, packetBudget, knowsOrigin, log } = options;
  const io: Server<ClientEvents, ServerEvents, NoEvents, SocketData> = new Server(server, {
    serveClient: false,
    // What a page may ask of its project is decided once it has said which; no cookie is ever read.
    cors: { origin: (origin, answer) => answer(null, origin === undefined || knowsOrigin(origin)) },
    maxHttpBufferSize: MAX_PACKET_BYTES,
    connectTimeout: HANDSHAKE_TIMEOUT_MS,
    // Compression costs 246 KiB of memory a member.
    perMessageDeflate: false,
    wsEngine: ChatWebSocketServer,
    allowRequest: (request, answer) =>
      answer(null, connectionLimits.allowsConnection(addressResolver.resolve(request))),
  });
  // Rooms are ours; the adapter would keep a room of its own for each socket.
  io.of('/').adapter.addAll = () => undefined;

  io.engine.on('connection', (connection: EngineIoConnection) => {
    connectionLimits.opened(connection, addressResolver.resolve(connection.request));
    connection.once('close', () => connectionLimits.closed(connection));
    guardPackets(connection, packetBudget, () => connectionLimits.reportFlood(connection));
    trackPolledBytes(connection);
  });
  // A request becomes a WebSocket right after its headers were written.
  io.engine.on('headers', (_headers: object, request: IncomingMessage) => {
    if (request.headers.upgrade !== undefined)
      process.nextTick(guardUpgrade, request, packetBudget, (channel: unknown) =>
        connectionLimits.reportFlood({ channel }),
      );
  });

  io.use((socket, next) => {
    const { auth, headers } = socket.handshake;
    const address = addressResolver.resolve(socket.request);
    const answer = gateway.authenticate(asChatSocket(socket), { auth, origin: headers.origin, address });
    void chainMaybePromise(answer, (connectError) =>
      next(
        connectError
          ? Object.assign(new Error(connectError.message), { data: connectError.data })
          : undefined,
      ),
    );
  });

  io.on('connection', (socket) => {
    const chatSocket = asChatSocket(socket);
    // A packet named "error" reaches this listener; without one it would end the process.
    socket.on('error', (error) => log.debug({ reason: String(error) }, 'a socket reported an error'));
    // Without a member it would be a connection that nobody counts.
    socket.once('disconnect', () => socket.conn.close());
    dropHandshakeData(socket);
    const sendQueue = gateway.join(chatSocket);
    routeAcksThrough(socket, sendQueue);
    const commandQueue = new CommandQueue(sendQueue, readControlOf(chatSocket));
    socket.onAny((event: unknown, ...values: unknown[]) => {
      const ack = typeof values.at(-1) === 'function' ? (values.pop() as Ack) : null;
      const size = sizeOf([event, ...values]);
      const run = () => gateway.dispatch(chatSocket, { event, values, size }, ack);
      if (!commandQueue.add(event, size, run)) gateway.refuseOverflow(chatSocket, event, ack);
    });
    socket.once('disconnect', () => commandQueue.close());
  });

  return { close: () => io.close() };
}

function asChatSocket(socket: SocketIoSocket): ChatSocket {
  return socket as unknown as ChatSocket;
}

/** Of an event in characters, as the client may have written it: the library does not say. */
function sizeOf(values: readonly unknown[]): number {
  try {
    return JSON.stringify(values).length;
  } catch {
    // It nests deeper than can be written again.
    return MAX_PACKET_BYTES;
  }
}

/** The token and the request have served; kept for thousands of members they would cost, and a token could leak. */
function dropHandshakeData({ handshake, conn }: SocketIoSocket): void {
  Object.assign(handshake, { auth: EMPTY_OBJECT, headers: EMPTY_OBJECT, query: EMPTY_OBJECT });
  Object.assign(conn, { request: null });
}

/**
 * Socket.IO asks this method of its own for the function that answers an event, and writes each answer by itself; ours
 * go together. A version that no longer asks answers its own way.
 */
function routeAcksThrough(socket: SocketIoSocket, sendQueue: SendQueue): void {
  const ack =
    (id: number): Ack =>
    (answer) =>
      sendQueue.ack(id, answer);
  Object.assign(socket, { ack });
}

/** A poll that was answered is not sent yet: a client that does not read its answers would have any number of them wait. */
function trackPolledBytes(connection: EngineIoConnection): void {
  let polledBytes = 0;
  let listeners: (() => void)[] = [];
  const notifyListeners = () => {
    const currentListeners = listeners;
    listeners = [];
    for (const listener of currentListeners) listener();
  };
  connection.on('drain', notifyListeners);
  connection.on('flush', (writeBuffer) => {
    const { res } = connection.transport;
    if (!res) return;
    const bytes = queuedBytes({ writeBuffer });
    polledBytes += bytes;
    // Follows `finish`, when the system has taken the last byte, and comes without it where the client has gone.
    res.once('close', () => {
      polledBytes -= bytes;
      notifyListeners();
    });
  });
  Object.defineProperty(connection, 'polled', { get: () => polledBytes });
  Object.assign(connection, { whenPolled: (listener: () => void) => void listeners.push(listener) });
}

/** What a client sends can be stopped on a WebSocket. Long polling brings one request at a time. */
function readControlOf({ conn }: ChatSocket): ReadControl {
  const webSocketOf = () => conn.transport.socket as Partial<ReadControl> | undefined;
  return {
    pause() {
      webSocketOf()?.pause?.();
      return webSocketOf()?.pause !== undefined;
    },
    resume: () => webSocketOf()?.resume?.(),
  };
}
