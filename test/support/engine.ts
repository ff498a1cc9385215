/** A wire of our client and what it hears, and networks that stand in its way. */

import { type AddressInfo, connect, createServer } from 'node:net';
import type { TestContext } from 'node:test';
import { createDial, type Wire } from '@chatty/client/socketio-client';
import type { ServerEvents } from '@chatty/protocol/events';
import { WebSocket } from 'ws';
import { tokenOf } from './server.js';

/** The sockets that were opened for one wire. */
export class Counted extends WebSocket {
  static opened = 0;
  constructor(url: string) {
    super(url);
    Counted.opened += 1;
  }
}

export type Heard = { wire: Wire; said: string[]; events: [string, ...unknown[]][] };

export function dialTo(
  context: Pick<TestContext, 'after'>,
  url: string,
  socket: typeof Counted | null,
  token = tokenOf('민수'),
): Heard {
  const said: string[] = [];
  const events: Heard['events'] = [];
  const wire = createDial({ WebSocket: socket })({
    url,
    auth: () => ({ token, batch: true }),
    heard: {
      up: () => said.push('up'),
      down: () => said.push('down'),
      refused: ({ code }) => said.push(code),
      event: (name: keyof ServerEvents, ...values: unknown[]) => events.push([name, ...values]),
    },
  });
  context.after(() => wire.disconnect());
  wire.connect();
  return { wire, said, events };
}

/** A port where every connection is handed to `meet` first, with its first bytes; the rest passes when it answers true. */
export async function startGate(
  context: TestContext,
  url: string,
  meet: (upgrade: boolean) => 'pass' | 'end' | 'swallow',
) {
  const gate = createServer((client) => {
    const server = connect({ host: '127.0.0.1', port: Number(new URL(url).port) });
    client.on('data', (bytes) => {
      const verdict = meet(/upgrade: websocket/i.test(bytes.toString('latin1')));
      if (verdict === 'end') client.destroy();
      else if (verdict === 'swallow') server.removeAllListeners('close').destroy();
      else if (!server.destroyed) server.write(bytes);
    });
    server.pipe(client);
    client.on('error', () => undefined).on('close', () => server.destroy());
    server.on('error', () => undefined).on('close', () => client.destroy());
  });
  return listen(context, gate);
}

export async function listen(context: TestContext, server: ReturnType<typeof createServer>): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export const pause = (length: number) => new Promise((resolve) => setTimeout(resolve, length));
