/** What the tests of limits stand on: visitors of addresses of their own, refusals as they travel, floods. */

import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import type { Refusal } from '@chatty/protocol';
import { openRawSocket, type RawSocket } from './raw/websocket.js';
import { connectExpectingRefusal, createTestToken, waitUntil } from './server.js';

/** With it the address of a visitor is what `from` says. */
export const BEHIND_PROXY = { TRUSTED_PROXY_HOPS: '1' };
const FLOOD_PACKETS = 50_000;
const PACKETS_PER_CHUNK = 1_000;

export function repeat<Value>(count: number, make: (index: number) => Value): Value[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

/** As a proxy would say where a request comes from. */
export function forwardedFor(...addresses: string[]) {
  return { extraHeaders: { 'x-forwarded-for': addresses.join(', ') } };
}

/** How a connection is refused: its message, and what stands beside it. */
export async function expectRefusal(
  context: TestContext,
  url: string,
  auth: Record<string, unknown>,
  options: Parameters<typeof connectExpectingRefusal>[3] = {},
): Promise<{ said: string } & Partial<Refusal>> {
  const error: Error & { data?: Partial<Refusal> } = (await connectExpectingRefusal(
    context,
    url,
    auth,
    options,
  )) as Error;
  return { said: error.message, ...error.data };
}

/** A raw connection of a member who has been let in. */
export async function connectRawMember(context: TestContext, url: string, name: string): Promise<RawSocket> {
  const socket = await openRawSocket(url);
  context.after(() => socket.resetConnection());
  socket.sendText(`40${JSON.stringify({ token: createTestToken(name) })}`);
  const joined = await socket.waitFor(({ receivedTexts: texts }) =>
    texts.some((text) => text.startsWith('42["history"')),
  );
  if (!joined) throw new Error(`${name} was not let in`);
  return socket;
}

/** Writes until the server hangs up. */
export async function floodUntilClosed(socket: RawSocket, bytes: Uint8Array): Promise<void> {
  const chunk = Buffer.concat(repeat(PACKETS_PER_CHUNK, () => bytes));
  for (let sent = 0; sent < FLOOD_PACKETS && !socket.closed; sent += PACKETS_PER_CHUNK) {
    socket.writeBytes(chunk);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await waitUntil(() => socket.closed, 'the close');
}

/** A connection that asks for an upgrade, or only says how it begins, and then answers nothing, not even a close. */
export async function openUnresponsiveUpgrade(
  context: TestContext,
  url: string,
  path = '/socket.io/?EIO=4&transport=websocket',
  headers: readonly string[] = [],
): Promise<{ closed: boolean }> {
  const { hostname, port, host } = new URL(url);
  const lines = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', ...headers];
  const head = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n`;
  const tcp = await connectTcp(context, hostname, Number(port));
  const mute = { closed: false };
  tcp.once('close', () => {
    mute.closed = true;
  });
  tcp.write(`${head}${lines.join('\r\n')}\r\n\r\n`);
  return mute;
}

/** A TCP connection that reads whatever comes and ends only where the server ends it. */
export async function connectTcp(context: TestContext, host: string, port: number): Promise<Socket> {
  const tcp = connect({ host, port, noDelay: true });
  context.after(() => tcp.destroy());
  // A reset is an end like any other here.
  tcp.on('error', () => undefined);
  tcp.resume();
  await new Promise((resolve) => tcp.once('connect', resolve));
  return tcp;
}
