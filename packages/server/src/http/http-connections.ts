/** Decides when an HTTP connection is destroyed: a head or a body that takes too long, an answer that nobody reads, an end that nobody answers. */

import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Log } from '../runtime/logger.js';

/** All in milliseconds. */
export type HttpDeadlines = {
  /** From the first byte of a request, or the beginning of a connection, to the end of its head. */
  head: number;
  /** The same to the end of its body. */
  request: number;
  /** For the peer to close after the server has: a shorter time could take the last answer from a slow reader. */
  close: number;
  /** Without one byte of a waiting answer being taken. */
  unread: number;
  /** How often connections are looked at: each deadline may be late by as much. */
  sweep: number;
};

export const HTTP_DEADLINES: HttpDeadlines = {
  head: 8_000,
  request: 30_000,
  close: 2_000,
  unread: 15_000,
  sweep: 1_000,
};

/** Requests of one connection that may wait for their answers. No browser asks for a second one before the first is answered. */
const PIPELINED_REQUESTS = 16;

export type HttpConnections = {
  /** The connection is no longer one of HTTP: whoever has taken it over closes it. */
  release(socket: Socket): void;
  close(): void;
};

type Connection = {
  unanswered: number;
  /** When the server was first seen to have ended its side; null: it has not. */
  endedAt: number | null;
  /** Bytes that wait to be taken by the system, and when that was last seen to change or to be none. */
  waiting: number;
  waitingSince: number;
};

/**
 * Node ends connections that are late with `clientError`; whether the peer reads and closes is left to the peer. Here each of
 * these connections is destroyed in the end. To be called when everybody who answers requests does so already.
 */
export function guardHttpConnections(options: {
  server: HttpServer;
  log: Log;
  deadlines?: HttpDeadlines;
  now?: () => number;
}): HttpConnections {
  const { server, log, deadlines = HTTP_DEADLINES, now = () => performance.now() } = options;
  const connections = new Map<Socket, Connection>();

  server.on('connection', (socket: Socket) => {
    connections.set(socket, { unanswered: 0, endedAt: null, waiting: 0, waitingSince: now() });
    socket.once('close', () => connections.delete(socket));
  });

  const answering = server.listeners('request') as ((...request: Exchange) => void)[];
  server.removeAllListeners('request');
  server.on('request', (...exchange: Exchange) => {
    const [request, response] = exchange;
    const connection = connections.get(request.socket);
    // Node reads on in what has come, although the connection has gone.
    if (request.socket.destroyed) return;
    if (connection !== undefined) {
      if (connection.unanswered >= PIPELINED_REQUESTS) {
        request.socket.destroy();
        return;
      }
      connection.unanswered += 1;
      response.once('close', () => {
        connection.unanswered -= 1;
      });
    }
    for (const answer of answering) answer.apply(server, exchange);
  });
  // With no file left for a new connection, the system refuses it; the others go on.
  const onFault = (error: Error) => log.warn({ reason: String(error) }, 'a connection could not be accepted');
  server.once('listening', () => server.on('error', onFault));

  function isOverdue(socket: Socket, connection: Connection, time: number): boolean {
    if (socket.writableEnded) connection.endedAt ??= time;
    if (connection.endedAt !== null && time - connection.endedAt >= deadlines.close) return true;
    const waiting = waitingBytes(socket);
    if (waiting === 0 || waiting !== connection.waiting) {
      connection.waiting = waiting;
      connection.waitingSince = time;
    }
    return time - connection.waitingSince >= deadlines.unread;
  }

  const sweeping = setInterval(() => {
    const time = now();
    for (const [socket, connection] of connections) if (isOverdue(socket, connection, time)) socket.destroy();
  }, deadlines.sweep);

  return {
    release: (socket) => connections.delete(socket),
    close: () => clearInterval(sweeping),
  };
}

/** Node counts a chunk until all of it is taken; its handle, which Node's own timeouts ask, sees it become less. */
function waitingBytes(socket: Socket): number {
  if (socket.writableLength === 0) return 0;
  const { _handle: handle } = socket as Socket & { _handle?: { writeQueueSize?: number } | null };
  return handle?.writeQueueSize ?? socket.writableLength;
}

type Exchange = [request: IncomingMessage, response: ServerResponse];
