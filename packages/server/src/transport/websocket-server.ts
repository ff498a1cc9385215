/** The way in by a WebSocket from the start, which nearly everybody takes; the upgrades of all others go on to the library. */

import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { MAX_PACKET_BYTES } from '@chatty/protocol';
import type { ClientAddressResolver } from '../http/client-address.js';
import type { HttpConnections } from '../http/http-connections.js';
import { ChatWebSocketServer } from './close-timeout.js';
import { type ConnectionContext, WebSocketConnection } from './websocket-connection.js';

const SOCKET_IO_PATH = '/socket.io/?';
/** As Socket.IO's own client asks, and so nearly everybody. */
const COMMON_URL = `${SOCKET_IO_PATH}EIO=4&transport=websocket`;
const FORBIDDEN_RESPONSE = 'HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';
/** How often it is looked whether somebody is to be pinged or has fallen silent, in milliseconds. */
const HEARTBEAT_CHECK_INTERVAL_MS = 1_000;
/** A look that comes later than this after the last one, in milliseconds, says that the process was held up. */
const BLOCKED_AFTER_MS = 3 * HEARTBEAT_CHECK_INTERVAL_MS;

/** @param options.server whoever else answers its upgrades does so already */
export function attachWebSockets(options: {
  server: HttpServer;
  httpConnections: HttpConnections;
  addressResolver: ClientAddressResolver;
  context: Omit<ConnectionContext, 'onEnded'>;
}): { close(): void } {
  const { server, httpConnections, addressResolver } = options;
  const openConnections = new Set<WebSocketConnection>();
  const context: ConnectionContext = {
    ...options.context,
    onEnded: (connection) => void openConnections.delete(connection),
  };
  const webSocketServer = new ChatWebSocketServer({
    noServer: true,
    clientTracking: false,
    // Compression costs 246 KiB of memory a member.
    perMessageDeflate: false,
    maxPayload: MAX_PACKET_BYTES,
  });

  const otherListeners = server.listeners('upgrade') as ((...upgrade: UpgradeArguments) => void)[];
  server.removeAllListeners('upgrade');
  server.on('upgrade', (...upgrade: UpgradeArguments) => {
    if (isDirectWebSocket(upgrade[0])) accept(...upgrade);
    else for (const listener of otherListeners) listener.apply(server, upgrade);
  });

  function accept(request: IncomingMessage, duplex: Duplex, head: Buffer): void {
    // Node's HTTP servers have no other kind.
    const stream = duplex as Socket;
    const address = addressResolver.resolve(request);
    if (!context.connectionLimits.allowsConnection(address)) {
      stream.on('error', () => undefined);
      stream.end(FORBIDDEN_RESPONSE, () => stream.destroy());
      return;
    }
    // The answer to the upgrade and the first packet go together.
    stream.cork();
    webSocketServer.handleUpgrade(request, stream, head, (socket) => {
      httpConnections.release(stream);
      const { origin } = request.headers;
      openConnections.add(
        new WebSocketConnection({ socket, stream, address, origin, context, now: performance.now() }),
      );
    });
    stream.uncork();
  }

  let lastCheckAt = performance.now();
  const heartbeatTimer = setInterval(() => {
    const now = performance.now();
    // What was said to it meanwhile a process that was held up has not heard yet.
    const wasBlocked = now - lastCheckAt > BLOCKED_AFTER_MS;
    lastCheckAt = now;
    for (const connection of openConnections) connection.checkHeartbeat(now, wasBlocked);
  }, HEARTBEAT_CHECK_INTERVAL_MS);

  return {
    close() {
      clearInterval(heartbeatTimer);
      webSocketServer.close();
      for (const connection of openConnections) connection.close();
    },
  };
}

type UpgradeArguments = [request: IncomingMessage, stream: Duplex, head: Buffer];

/** Engine.IO 4, a WebSocket, and no session that began elsewhere; what is odd is for the library to refuse. */
function isDirectWebSocket({ url = '' }: IncomingMessage): boolean {
  if (url === COMMON_URL) return true;
  if (!url.startsWith(SOCKET_IO_PATH)) return false;
  const query = new URLSearchParams(url.slice(SOCKET_IO_PATH.length));
  const isOnly = (name: string, value: string) =>
    query.get(name) === value && query.getAll(name).length === 1;
  return isOnly('EIO', '4') && isOnly('transport', 'websocket') && !query.has('sid');
}
