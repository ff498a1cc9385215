/** Peers that open a connection and then do less than HTTP asks: they neither read, nor close, nor finish what they began. */

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

type CleanupContext = Pick<TestContext, 'after'>;

/** The server's ends of connections of this process that are not destroyed. To be called before they are made. */
export function countServerSockets(context: CleanupContext): () => number {
  const sockets = new Set<Socket>();
  const note = (message: unknown) => {
    const { socket } = message as { socket: Socket };
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  };
  subscribe('net.server.socket', note);
  context.after(() => {
    unsubscribe('net.server.socket', note);
  });
  return () => sockets.size;
}

/** Sends bytes, then neither reads nor closes. */
export async function openIdlePeer(context: CleanupContext, url: string, bytes = ''): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const peer = connect({ host: hostname, port: Number(port), allowHalfOpen: true, noDelay: true });
  context.after(() => peer.destroy());
  peer.on('error', () => undefined);
  peer.pause();
  await new Promise((resolve) => peer.once('connect', resolve).once('close', resolve));
  if (bytes !== '') peer.write(bytes);
  return peer;
}
