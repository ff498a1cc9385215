/** The way in by Socket.IO itself: long polling, and whoever moves from there to a WebSocket. */

import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import type { ClientEvents, ServerEvents } from '@chatty/protocol/events';
import { PACKET_BYTES } from '@chatty/protocol/sizes';
import { Server, type Socket } from 'socket.io';
import type { ChatSocket, SocketData } from '../connections/client-socket.js';
import { CommandQueue, type Receiving } from '../connections/command-queue.js';
import { type Engine, type Outlet, queuedBytes } from '../connections/send-queue.js';
import type { Ack, Gateway } from '../gateway/gateway.js';
import type { Addresses } from '../http/client-address.js';
import type { Gate } from '../limits/connection-limits.js';
import type { Log } from '../runtime/logger.js';
import { andThen } from '../runtime/maybe-promise.js';
import { WebSockets } from './close-timeout.js';
import { type Budget, guard, guardChannel } from './packet-guard.js';

type Nothing = Record<string, never>;
type LibrarySocket = Socket<ClientEvents, ServerEvents, Nothing, SocketData>;

/** What is used of the library's connections, which it shows more of than its types do. */
type Connection = Engine & {
  readonly request: IncomingMessage;
  /** Of long polling: the request that waits for what comes next. */
  readonly transport: Engine['transport'] & { readonly res?: ServerResponse };
  on(name: 'packet', listener: (packet: { type: string; data?: unknown }) => void): unknown;
  on(name: 'flush', listener: (packets: Engine['writeBuffer']) => void): unknown;
  on(name: 'drain', listener: () => void): unknown;
  once(name: 'close', listener: () => void): unknown;
};

/** A socket that has not said who it is by then is closed, in milliseconds. */
const HANDSHAKE_TIMEOUT = 5_000;
/** One for all members. */
const NOTHING = Object.freeze({});

/**
 * @param knowsOrigin whether pages of this origin may read the server's answers
 * @param budget packets that a connection may send
 */
export function openSocketIo(options: {
  server: HttpServer;
  addresses: Addresses;
  gate: Gate;
  gateway: Gateway;
  budget: Budget;
  knowsOrigin: (origin: string) => boolean;
  log: Log;
}): { close(): Promise<void> } {
  const { server, addresses, gate, gateway, budget, knowsOrigin, log } = options;
  const io: Server<ClientEvents, ServerEvents, Nothing, SocketData> = new Server(server, {
    serveClient: false,
    // What a page may ask of its project is decided once it has said which; no cookie is ever read.
    cors: { origin: (origin, answer) => answer(null, origin === undefined || knowsOrigin(origin)) },
    maxHttpBufferSize: PACKET_BYTES,
    connectTimeout: HANDSHAKE_TIMEOUT,
    // Compression costs 246 KiB of memory a member.
    perMessageDeflate: false,
    wsEngine: WebSockets,
    allowRequest: (request, answer) => answer(null, gate.admits(addresses.of(request))),
  });
  // Rooms are ours; the adapter would keep a room of its own for each socket.
  io.of('/').adapter.addAll = () => undefined;

  io.engine.on('connection', (connection: Connection) => {
    gate.begins(connection, addresses.of(connection.request));
    connection.once('close', () => gate.ends(connection));
    guard(connection, budget, () => gate.flooded(connection));
    watchPolls(connection);
  });
  // A request becomes a WebSocket right after its headers were written.
  io.engine.on('headers', (_headers: object, request: IncomingMessage) => {
    if (request.headers.upgrade !== undefined)
      process.nextTick(guardChannel, request, budget, (channel: unknown) => gate.flooded({ channel }));
  });

  io.use((socket, next) => {
    const { auth, headers } = socket.handshake;
    const address = addresses.of(socket.request);
    const answer = gateway.admit(asChatSocket(socket), { auth, origin: headers.origin, address });
    void andThen(answer, (denied) =>
      next(denied ? Object.assign(new Error(denied.message), { data: denied.data }) : undefined),
    );
  });

  io.on('connection', (socket) => {
    const member = asChatSocket(socket);
    // A packet named "error" reaches this listener; without one it would end the process.
    socket.on('error', (error) => log.debug({ reason: String(error) }, 'a socket reported an error'));
    // Without a member it would be a connection that nobody counts.
    socket.once('disconnect', () => socket.conn.close());
    forget(socket);
    const outlet = gateway.enter(member);
    answerThrough(socket, outlet);
    const commands = new CommandQueue(outlet, channelOf(member));
    socket.onAny((event: unknown, ...values: unknown[]) => {
      const ack = typeof values.at(-1) === 'function' ? (values.pop() as Ack) : null;
      const size = sizeOf([event, ...values]);
      const work = () => gateway.hear(member, { event, values, size }, ack);
      if (!commands.add(event, size, work)) gateway.refuse(member, event, ack);
    });
    socket.once('disconnect', () => commands.close());
  });

  return { close: () => io.close() };
}

function asChatSocket(socket: LibrarySocket): ChatSocket {
  return socket as unknown as ChatSocket;
}

/** Of an event in characters, as the client may have written it: the library does not say. */
function sizeOf(values: readonly unknown[]): number {
  try {
    return JSON.stringify(values).length;
  } catch {
    // It nests deeper than can be written again.
    return PACKET_BYTES;
  }
}

/** The token and the request have served; kept for thousands of members they would cost, and a token could leak. */
function forget({ handshake, conn }: LibrarySocket): void {
  Object.assign(handshake, { auth: NOTHING, headers: NOTHING, query: NOTHING });
  Object.assign(conn, { request: null });
}

/**
 * Socket.IO asks this method of its own for the function that answers an event, and writes each answer by itself; ours
 * go together. A version that no longer asks answers its own way.
 */
function answerThrough(socket: LibrarySocket, outlet: Outlet): void {
  const ack =
    (id: number): Ack =>
    (answer) =>
      outlet.answer(id, answer);
  Object.assign(socket, { ack });
}

/** A poll that was answered is not sent yet: a client that does not read its answers would have any number of them wait. */
function watchPolls(connection: Connection): void {
  let polled = 0;
  let listeners: (() => void)[] = [];
  const tell = () => {
    const told = listeners;
    listeners = [];
    for (const listener of told) listener();
  };
  connection.on('drain', tell);
  connection.on('flush', (writeBuffer) => {
    const { res } = connection.transport;
    if (!res) return;
    const bytes = queuedBytes({ writeBuffer });
    polled += bytes;
    // Follows `finish`, when the system has taken the last byte, and comes without it where the client has gone.
    res.once('close', () => {
      polled -= bytes;
      tell();
    });
  });
  Object.defineProperty(connection, 'polled', { get: () => polled });
  Object.assign(connection, { whenPolled: (listener: () => void) => void listeners.push(listener) });
}

/** What a client sends can be stopped on a WebSocket. Long polling brings one request at a time. */
function channelOf({ conn }: ChatSocket): Receiving {
  const channel = () => conn.transport.socket as Partial<Receiving> | undefined;
  return {
    pause() {
      channel()?.pause?.();
      return channel()?.pause !== undefined;
    },
    resume: () => channel()?.resume?.(),
  };
}
