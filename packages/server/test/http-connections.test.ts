/** Promise: an answer that nobody reads does not stay, one that is read slowly does, and a server without files recovers. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createServer, get, type RequestListener } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { enforceHttpDeadlines } from '../src/http/http-connections.js';
import { createLog } from '../src/runtime/logger.js';

const DEADLINES = { headersMs: 300, requestMs: 600, closeMs: 200, unreadMs: 300, sweepIntervalMs: 20 };
const LARGE = Buffer.alloc(32 * 1024 * 1024);
const REQUEST = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

async function listen(context: TestContext, answer: RequestListener) {
  const server = createServer(answer);
  const guarding = enforceHttpDeadlines({ server, log: createLog('silent'), deadlines: DEADLINES });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    guarding.close();
    server.closeAllConnections();
    server.close();
  });
  return { server, port: (server.address() as AddressInfo).port };
}

function ask(context: TestContext, port: number, bytes = REQUEST): Socket {
  const peer = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  context.after(() => peer.destroy());
  peer.on('error', () => undefined);
  peer.pause();
  peer.write(bytes);
  return peer;
}

/** Whether a request of a connection of its own is answered. */
function serves(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    get({ port, host: '127.0.0.1', agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    }).once('error', () => resolve(false));
  });
}

/** Resolves when the server has destroyed so many connections. */
function destroyed(server: ReturnType<typeof createServer>, count = 1): Promise<void> {
  let left = count;
  return new Promise((resolve) => {
    server.on('connection', (socket: Socket) => {
      socket.once('close', () => {
        left -= 1;
        if (left === 0) resolve();
      });
    });
  });
}

it('a response that is not read for a while closes its connection', async (context) => {
  const { server, port } = await listen(context, (_request, response) => response.end(LARGE));
  const ended = destroyed(server);
  ask(context, port);
  await ended;
});

it('a response that is read slowly is sent completely', async (context) => {
  const { port } = await listen(context, (_request, response) => response.end(LARGE));
  const peer = ask(context, port, REQUEST.replace('Host', 'Connection: close\r\nHost'));
  const began = performance.now();
  let received = 0;
  // A part of it at a time, so that it takes longer than any deadline.
  const reading = setInterval(() => {
    received += peer.read()?.length ?? 0;
  }, 1);
  context.after(() => clearInterval(reading));
  await new Promise((resolve) => peer.once('end', resolve).once('close', resolve));
  const duration = performance.now() - began;
  assert.ok(received > LARGE.length, `${received} bytes`);
  assert.ok(duration > DEADLINES.unreadMs, `${duration} ms`);
});

it('at most 16 requests of one connection wait for their responses', async (context) => {
  let handled = 0;
  const { server, port } = await listen(context, () => {
    handled += 1;
  });
  const ended = destroyed(server, 2);
  ask(context, port, REQUEST.repeat(2_000));
  const honest = ask(context, port, REQUEST.repeat(16));
  honest.once('close', () => assert.fail('sixteen may wait'));
  while (handled < 32) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(handled, 32);
  honest.removeAllListeners('close');
  honest.destroy();
  await ended;
});

it('out of file descriptors the server keeps running, and serves again when one is free', {
  timeout: 60_000,
}, async (context) => {
  const fixture = fileURLToPath(new URL('./support/http-few-files.ts', import.meta.url));
  const node = [process.execPath, '--conditions=source', '--import', 'tsx', fixture];
  const child = spawn('sh', ['-c', 'ulimit -n 100 && exec "$@"', 'sh', ...node], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const over = new Promise((resolve) => child.once('close', resolve));
  context.after(async () => {
    child.kill('SIGKILL');
    await over;
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout.once('data', (chunk: Buffer) => resolve(Number(chunk)));
    child.once('close', () => reject(new Error('the server did not start')));
  });
  // Twice as many as it has files.
  const peers = Array.from({ length: 200 }, () => ask(context, port, 'GET / HTT').resume());
  await Promise.race(
    peers.map((peer) => new Promise((resolve) => peer.once('end', resolve).once('close', resolve))),
  );
  // The peers stay; their connections do not.
  while (!(await serves(port))) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(child.exitCode, null);
});
