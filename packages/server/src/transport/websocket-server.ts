/** The way in by a WebSocket from the start, which nearly everybody takes; the upgrades of all others go on to the library. */

import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { PACKET_BYTES } from '@chatty/protocol/sizes';
import type { Addresses } from '../http/client-address.js';
import type { HttpConnections } from '../http/http-connections.js';
import { WebSockets } from './close-timeout.js';
import { Line, type Lines } from './websocket-connection.js';

const PATH = '/socket.io/?';
/** As Socket.IO's own client asks, and so nearly everybody. */
const USUAL = `${PATH}EIO=4&transport=websocket`;
const REFUSED = 'HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';
/** How often it is looked whether somebody is to be pinged or has fallen silent, in milliseconds. */
const LOOK = 1_000;
/** A look that comes later than this after the last one, in milliseconds, says that the process was held up. */
const HELD_UP = 3 * LOOK;

/** @param options.server whoever else answers its upgrades does so already */
export function openWebSockets(options: {
  server: HttpServer;
  connections: HttpConnections;
  addresses: Addresses;
  lines: Omit<Lines, 'ended'>;
}): { close(): void } {
  const { server, connections, addresses } = options;
  const open = new Set<Line>();
  const lines: Lines = { ...options.lines, ended: (line) => void open.delete(line) };
  const sockets = new WebSockets({
    noServer: true,
    clientTracking: false,
    // Compression costs 246 KiB of memory a member.
    perMessageDeflate: false,
    maxPayload: PACKET_BYTES,
  });

  const others = server.listeners('upgrade') as ((...upgrade: Upgrade) => void)[];
  server.removeAllListeners('upgrade');
  server.on('upgrade', (...upgrade: Upgrade) => {
    if (beginsHere(upgrade[0])) begin(...upgrade);
    else for (const other of others) other.apply(server, upgrade);
  });

  function begin(request: IncomingMessage, duplex: Duplex, head: Buffer): void {
    // Node's HTTP servers have no other kind.
    const stream = duplex as Socket;
    const address = addresses.of(request);
    if (!lines.gate.admits(address)) {
      stream.on('error', () => undefined);
      stream.end(REFUSED, () => stream.destroy());
      return;
    }
    // The answer to the upgrade and the first packet go together.
    stream.cork();
    sockets.handleUpgrade(request, stream, head, (socket) => {
      connections.release(stream);
      const { origin } = request.headers;
      open.add(new Line({ socket, stream, address, origin, lines, now: performance.now() }));
    });
    stream.uncork();
  }

  let looked = performance.now();
  const looking = setInterval(() => {
    const now = performance.now();
    // What was said to it meanwhile a process that was held up has not heard yet.
    const heldUp = now - looked > HELD_UP;
    looked = now;
    for (const line of open) line.look(now, heldUp);
  }, LOOK);

  return {
    close() {
      clearInterval(looking);
      sockets.close();
      for (const line of open) line.close();
    },
  };
}

type Upgrade = [request: IncomingMessage, stream: Duplex, head: Buffer];

/** Engine.IO 4, a WebSocket, and no session that began elsewhere; what is odd is for the library to refuse. */
function beginsHere({ url = '' }: IncomingMessage): boolean {
  if (url === USUAL) return true;
  if (!url.startsWith(PATH)) return false;
  const query = new URLSearchParams(url.slice(PATH.length));
  const isOnly = (name: string, value: string) =>
    query.get(name) === value && query.getAll(name).length === 1;
  return isOnly('EIO', '4') && isOnly('transport', 'websocket') && !query.has('sid');
}
