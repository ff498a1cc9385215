/** Promise: whoever does not read is closed, also one that keeps answering, and nobody else waits for them. */

import { it, type TestContext } from 'node:test';
import { io, type Socket } from 'socket.io-client';
import {
  assertStored,
  connectClient,
  createTestToken,
  startTestServer,
  waitUntil,
} from '../support/server.js';

type WebSocketOfNode = { _socket: { pause(): void }; send(text: string): void };

/** A member whose WebSocket is still there and is not read any more. */
async function stall(context: TestContext, url: string, batch: boolean) {
  const auth = { token: createTestToken('멈춤'), batch };
  const socket: Socket = io(url, { auth, forceNew: true, transports: ['websocket'], reconnection: false });
  context.after(() => socket.disconnect());
  await new Promise((resolve) => socket.once('history', resolve));
  const transport = socket.io.engine.transport as unknown as { ws: WebSocketOfNode };
  transport.ws._socket.pause();
  return transport.ws;
}

const long = '가'.repeat(1_990);
const settings = { SEND_BURST: '100000' };

for (const batch of [false, true]) {
  it(`more than 1 MB queued for a ${batch ? 'batch' : 'plain'} member closes its connection, even if it answers pings (D15)`, async (context) => {
    const { url } = await startTestServer(context, settings);
    const minsu = await connectClient(context, url, createTestToken('민수'));
    const counts: number[] = [];
    minsu.socket.on('presence', ({ count }) => counts.push(count));
    const stalled = await stall(context, url, batch);
    const pong = setInterval(() => stalled.send('3'), 100);
    context.after(() => clearInterval(pong));
    await waitUntil(() => counts.at(-1) === 2, 'both to be there');
    let sent = 0;
    while (counts.at(-1) === 2 && sent < 4_000) {
      await Promise.all(
        Array.from({ length: 50 }, async (_, index) =>
          assertStored(await minsu.send(`${sent + index} ${long}`)),
        ),
      );
      sent += 50;
    }
    await waitUntil(() => counts.at(-1) === 1, 'the close');
    await waitUntil(() => minsu.messages.length === sent, 'every message to the one who reads');
  });
}
