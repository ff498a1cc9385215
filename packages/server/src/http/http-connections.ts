/** Decides when an HTTP connection is destroyed: slow headers or body, a response that is not read, a close that is not answered. */

import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Log } from '../runtime/logger.js';

/** All in milliseconds. */
export type HttpDeadlines = {
  /** From the first byte of a request, or the beginning of a connection, to the end of its head. */
  headersMs: number;
  /** The same to the end of its body. */
  requestMs: number;
  /** For the peer to close after the server has: a shorter time could take the last answer from a slow reader. */
  closeMs: number;
  /** Without one byte of a waiting answer being taken. */
  unreadMs: number;
  /** How often connections are checked. A deadline may be late by as much. */
  sweepIntervalMs: number;
};

export const HTTP_DEADLINES: HttpDeadlines = {
  headersMs: 8_000,
  requestMs: 30_000,
  closeMs: 2_000,
  unreadMs: 15_000,
  sweepIntervalMs: 1_000,
};

/** Requests of one connection that may wait for their answers. No browser asks for a second one before the first is answered. */
const MAX_PIPELINED_REQUESTS = 16;

export type HttpConnections = {
  /** The connection was upgraded. Its new owner closes it. */
  release(socket: Socket): void;
  close(): void;
};

type ConnectionProgress = {
  unansweredRequests: number;
  /** When the server was first seen to have ended its side; null: it has not. */
  endedAt: number | null;
  /** Bytes that wait to be taken by the system, and when that was last seen to change or to be none. */
  unsentBytes: number;
  unsentSince: number;
};

/**
 * Node ends connections that are late with `clientError`; whether the peer reads and closes is left to the peer. Here each of
 * these connections is destroyed in the end. To be called when everybody who answers requests does so already.
 */
export function enforceHttpDeadlines(options: {
  server: HttpServer;
  log: Log;
  deadlines?: HttpDeadlines;
  now?: () => number;
}): HttpConnections {
  const { server, log, deadlines = HTTP_DEADLINES, now = () => performance.now() } = options;
  const connections = new Map<Socket, ConnectionProgress>();

  server.on('connection', (socket: Socket) => {
    connections.set(socket, { unansweredRequests: 0, endedAt: null, unsentBytes: 0, unsentSince: now() });
    socket.once('close', () => connections.delete(socket));
  });

  const requestListeners = server.listeners('request') as ((...request: HttpExchange) => void)[];
  server.removeAllListeners('request');
  server.on('request', (...exchange: HttpExchange) => {
    const [request, response] = exchange;
    const connection = connections.get(request.socket);
    // Node reads on in what has come, although the connection has gone.
    if (request.socket.destroyed) return;
    if (connection !== undefined) {
      if (connection.unansweredRequests >= MAX_PIPELINED_REQUESTS) {
        request.socket.destroy();
        return;
      }
      connection.unansweredRequests += 1;
      response.once('close', () => {
        connection.unansweredRequests -= 1;
      });
    }
    for (const listener of requestListeners) listener.apply(server, exchange);
  });
  // With no file left for a new connection, the system refuses it; the others go on.
  const onServerError = (error: Error) =>
    log.warn({ reason: String(error) }, 'a connection could not be accepted');
  server.once('listening', () => server.on('error', onServerError));

  function isOverdue(socket: Socket, connection: ConnectionProgress, timeMs: number): boolean {
    if (socket.writableEnded) connection.endedAt ??= timeMs;
    if (connection.endedAt !== null && timeMs - connection.endedAt >= deadlines.closeMs) return true;
    const unsentBytes = unsentBytesOf(socket);
    if (unsentBytes === 0 || unsentBytes !== connection.unsentBytes) {
      connection.unsentBytes = unsentBytes;
      connection.unsentSince = timeMs;
    }
    return timeMs - connection.unsentSince >= deadlines.unreadMs;
  }

  const sweepTimer = setInterval(() => {
    const timeMs = now();
    for (const [socket, connection] of connections)
      if (isOverdue(socket, connection, timeMs)) socket.destroy();
  }, deadlines.sweepIntervalMs);

  return {
    release: (socket) => connections.delete(socket),
    close: () => clearInterval(sweepTimer),
  };
}

/** Node counts a chunk until all of it is taken; its handle, which Node's own timeouts ask, sees it become less. */
function unsentBytesOf(socket: Socket): number {
  if (socket.writableLength === 0) return 0;
  const { _handle: handle } = socket as Socket & { _handle?: { writeQueueSize?: number } | null };
  return handle?.writeQueueSize ?? socket.writableLength;
}

type HttpExchange = [request: IncomingMessage, response: ServerResponse];
