/** A wire of our client and what it hears, and networks that stand in its way. */

import { type AddressInfo, connect, createServer } from 'node:net';
import type { TestContext } from 'node:test';
import { createSocketIoFactory, type SocketIoClient } from '@chatty/client/testing';
import type { ServerEvents } from '@chatty/protocol';
import { WebSocket } from 'ws';
import { createTestToken } from './server.js';

/** The sockets that were opened for one wire. */
export class CountedWebSocket extends WebSocket {
  static openedCount = 0;
  constructor(url: string) {
    super(url);
    CountedWebSocket.openedCount += 1;
  }
}

export type ObservedConnection = {
  client: SocketIoClient;
  stateChanges: string[];
  receivedEvents: [string, ...unknown[]][];
};

export function connectObservedClient(
  context: Pick<TestContext, 'after'>,
  url: string,
  socket: typeof CountedWebSocket | null,
  token = createTestToken('민수'),
): ObservedConnection {
  const said: string[] = [];
  const events: ObservedConnection['receivedEvents'] = [];
  const wire = createSocketIoFactory({ WebSocket: socket })({
    url,
    auth: () => ({ token, batch: true }),
    handlers: {
      onConnect: () => said.push('up'),
      onDisconnect: () => said.push('down'),
      onRefused: ({ code }) => said.push(code),
      onEvent: (name: keyof ServerEvents, ...values: unknown[]) => events.push([name, ...values]),
    },
  });
  context.after(() => wire.disconnect());
  wire.connect();
  return { client: wire, stateChanges: said, receivedEvents: events };
}

/** A port where every connection is handed to `meet` first, with its first bytes; the rest passes when it answers true. */
export async function startInterceptingProxy(
  context: TestContext,
  url: string,
  decide: (upgrade: boolean) => 'pass' | 'end' | 'swallow',
) {
  const proxyServer = createServer((client) => {
    const server = connect({ host: '127.0.0.1', port: Number(new URL(url).port) });
    client.on('data', (bytes) => {
      const verdict = decide(/upgrade: websocket/i.test(bytes.toString('latin1')));
      if (verdict === 'end') client.destroy();
      else if (verdict === 'swallow') server.removeAllListeners('close').destroy();
      else if (!server.destroyed) server.write(bytes);
    });
    server.pipe(client);
    client.on('error', () => undefined).on('close', () => server.destroy());
    server.on('error', () => undefined).on('close', () => client.destroy());
  });
  return listenOnFreePort(context, proxyServer);
}

export async function listenOnFreePort(
  context: TestContext,
  server: ReturnType<typeof createServer>,
): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export const delay = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
