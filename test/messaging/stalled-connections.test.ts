/** Promise: whoever does not read is closed, also one that keeps answering, and nobody else waits for them. */

import { it, type TestContext } from 'node:test';
import { io, type Socket } from 'socket.io-client';
import { join, startChatty, stored, tokenOf, until } from '../support/server.js';

type WebSocketOfNode = { _socket: { pause(): void }; send(text: string): void };

/** A member whose WebSocket is still there and is not read any more. */
async function stall(context: TestContext, url: string, batch: boolean) {
  const auth = { token: tokenOf('멈춤'), batch };
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
  it(`more than a megabyte waiting for a ${batch ? 'batch' : 'plain'} member closes it, while it answers pings (D15)`, async (context) => {
    const { url } = await startChatty(context, settings);
    const minsu = await join(context, url, tokenOf('민수'));
    const counts: number[] = [];
    minsu.socket.on('presence', ({ count }) => counts.push(count));
    const stalled = await stall(context, url, batch);
    const pong = setInterval(() => stalled.send('3'), 100);
    context.after(() => clearInterval(pong));
    await until(() => counts.at(-1) === 2, 'both to be there');
    let sent = 0;
    while (counts.at(-1) === 2 && sent < 4_000) {
      await Promise.all(
        Array.from({ length: 50 }, async (_, index) => stored(await minsu.say(`${sent + index} ${long}`))),
      );
      sent += 50;
    }
    await until(() => counts.at(-1) === 1, 'the close');
    await until(() => minsu.messages.length === sent, 'every message to the one who reads');
  });
}
