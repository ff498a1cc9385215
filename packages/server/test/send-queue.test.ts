/** Promise: what waits for a member is bounded in bytes and in time, and goes out in order. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { it, type TestContext } from 'node:test';
import { type EncodedPacket, encodeEvent } from '../src/connections/packet-encoder.js';
import { createSendQueue } from '../src/connections/send-queue.js';

const packet = encodeEvent('draining', { delay: 1 });
const large: EncodedPacket = { texts: ['x'], frames: Buffer.alloc(64 * 1024, 'x') };

/** A real TCP connection whose other end does not read until told, under an engine that has nothing queued. */
async function open(context: TestContext) {
  const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  context.after(() => server.close());
  await once(server, 'listening');
  const address = server.address();
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const stream = connect(typeof address === 'object' && address ? address.port : 0, '127.0.0.1');
  stream.on('error', () => undefined);
  const [reader] = await accepted;
  context.after(() => [stream, reader].forEach((end) => void end.destroy()));
  const queued: { data?: unknown }[] = [];
  const engine = {
    readyState: 'open',
    upgrading: false,
    transport: { name: 'websocket', socket: { _socket: stream } },
    writeBuffer: queued,
    write: (text: string) => queued.push({ data: text }),
    close: () => {
      engine.readyState = 'closed';
    },
  };
  const closed: string[] = [];
  const outlet = createSendQueue(engine, (reason) => closed.push(reason));
  return { outlet, engine, stream, reader, queued, closed };
}

async function fill({ stream, outlet }: Awaited<ReturnType<typeof open>>): Promise<void> {
  // The kernel takes some; then it waits in the process.
  for (let quiet = 0; quiet < 3; ) {
    const before = stream.writableLength;
    if (before === 0) outlet.send(large);
    await new Promise(setImmediate);
    quiet = stream.writableLength > 0 && stream.writableLength === before ? quiet + 1 : 0;
  }
}

it('a byte that waits longer than 15 s closes the connection', async (context) => {
  const opened = await open(context);
  await fill(opened);
  const { outlet, stream, closed } = opened;
  outlet.checkBackpressure(1_000);
  outlet.checkBackpressure(16_000);
  assert.deepEqual(closed, []);
  outlet.checkBackpressure(16_001);
  assert.deepEqual(closed, ['time']);
  assert.ok(stream.destroyed);
});

it('a slow but steady reader stays connected', async (context) => {
  const opened = await open(context);
  const { outlet, stream, reader, closed } = opened;
  for (let time = 1_000; time < 100_000; time += 10_000) {
    await fill(opened);
    outlet.checkBackpressure(time);
    reader.resume();
    while (stream.writableLength > 0) await new Promise(setImmediate);
    reader.pause();
  }
  assert.deepEqual(closed, []);
});

it('more than 1 MB of queued data closes the connection immediately', async (context) => {
  const opened = await open(context);
  await fill(opened);
  const { outlet, closed, stream } = opened;
  let most = 0;
  for (let index = 0; index < 40; index += 1) {
    outlet.send(large);
    most = Math.max(most, stream.writableLength);
  }
  assert.deepEqual(closed, ['bytes']);
  assert.ok(most <= 1024 * 1024 + large.frames.length);
});

it('data buffered in the engine is sent first', async (context) => {
  const { outlet, queued, stream, engine } = await open(context);
  queued.push({ data: '2["history"]' });
  outlet.send(packet);
  assert.deepEqual(
    queued.map(({ data }) => data),
    ['2["history"]', ...packet.texts],
  );
  queued.length = 0;
  engine.upgrading = true;
  outlet.send(packet);
  assert.equal(queued.length, 1);
  assert.equal(stream.bytesWritten, 0);
});

it('a long-polling member that stops polling is closed by packet count', async (context) => {
  const { outlet, engine, closed } = await open(context);
  engine.transport.name = 'polling';
  for (let index = 0; index < 1_100; index += 1) outlet.send(packet);
  assert.deepEqual(closed, ['packets']);
});

it('frames follow RFC 6455 at every length', () => {
  for (const length of [0, 100, 124, 125, 126, 127, 65_535, 65_536, 70_000]) {
    const { frames, texts } = encodeEvent('refused', {
      event: 'x'.repeat(length),
      code: 'invalid',
      message: '한',
      retry: 'fix',
    });
    const short = (frames[1] ?? 0) & 0x7f;
    const [head, size] =
      short === 126
        ? [4, frames.readUInt16BE(2)]
        : short === 127
          ? [10, Number(frames.readBigUInt64BE(2))]
          : [2, short];
    assert.equal(frames[0], 0x81);
    assert.equal(frames.length, head + size);
    assert.equal(frames.toString('utf8', head), `4${texts[0]}`);
  }
});

it('answers of one turn are sent in one write, after earlier data and before later data', async (context) => {
  const { outlet, stream, reader } = await open(context);
  const parts: Buffer[] = [];
  const write = stream.write.bind(stream);
  context.mock.method(stream, 'write', (bytes: Buffer) => {
    parts.push(bytes);
    return write(bytes);
  });
  reader.resume();
  outlet.send(packet);
  outlet.ack(7, { ok: true });
  await Promise.resolve();
  outlet.ack(12, { ok: false, text: '가' });
  await new Promise(setImmediate);
  outlet.ack(13, { ok: true });
  await new Promise(setImmediate);
  outlet.send(packet);
  assert.deepEqual(parts.map(textsOf), [
    ['42["draining",{"delay":1}]'],
    ['437[{"ok":true}]', '4312[{"ok":false,"text":"가"}]'],
    ['4313[{"ok":true}]'],
    ['42["draining",{"delay":1}]'],
  ]);
});

it('answers to a long-polling member use the engine, and answers to a disconnected one are dropped', async (context) => {
  const { outlet, engine, queued } = await open(context);
  engine.transport = { name: 'polling', socket: { _socket: null } as never };
  outlet.ack(1, { ok: true });
  outlet.ack(2, { ok: true });
  await new Promise(setImmediate);
  assert.deepEqual(
    queued.map(({ data }) => data),
    ['31[{"ok":true}]', '32[{"ok":true}]'],
  );
  outlet.ack(3, { ok: true });
  engine.close();
  await new Promise(setImmediate);
  assert.equal(queued.length, 2);
});

/** WebSocket frames of text below 64 KiB that are not masked, RFC 6455 section 5.2. */
function textsOf(bytes: Buffer): string[] {
  const texts: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const short = bytes[at + 1] ?? 0;
    const head = short < 126 ? 2 : 4;
    const length = short < 126 ? short : bytes.readUInt16BE(at + 2);
    texts.push(bytes.toString('utf8', at + head, at + head + length));
    at += head + length;
  }
  return texts;
}
