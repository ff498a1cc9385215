/** Promise: our own Engine.IO and Socket.IO reach the real server both ways, notice when it is gone, and leave nothing behind. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { it } from 'node:test';
import { createSocketIoFactory } from '@chatty/client/testing';
import type { LogPosition } from '@chatty/protocol';
import { Server } from 'socket.io';
import {
  CountedWebSocket,
  connectObservedClient,
  delay,
  listenOnFreePort,
  type ObservedConnection,
  startInterceptingProxy,
} from '../support/engineio.js';
import { connectClient, createTestToken, SECRET, startTestServer, waitUntil } from '../support/server.js';
import { startProxy } from '../support/tcp-proxy.js';

const names = ({ receivedEvents: events }: ObservedConnection) => events.map(([name]) => name);
const ways = [
  ['a WebSocket', CountedWebSocket],
  ['long polling', null],
] as const;

for (const [way, socket] of ways) {
  it(`${way}: events arrive, requests are answered, and the server immediately knows when the client leaves`, async (context) => {
    const { url } = await startTestServer(context);
    const minsu = connectObservedClient(context, url, socket);
    await waitUntil(() => names(minsu).includes('history'), 'the history');
    assert.deepEqual(minsu.stateChanges, ['up']);
    assert.equal(names(minsu)[0], 'session');
    const jiyoung = await connectClient(context, url, createTestToken('지영'));
    await jiyoung.send('하나 "둘" \\ 🙂');
    await waitUntil(() => names(minsu).includes('messages'), 'the message');
    const answer = await minsu.client.request('chat message', { content: '셋' });
    assert.ok(answer.ok);
    await waitUntil(() => jiyoung.contents.length === 2, 'both at the other');
    assert.deepEqual(jiyoung.contents, ['하나 "둘" \\ 🙂', '셋']);
    const count = async () => {
      const members = await jiyoung.socket.emitWithAck('members', {});
      return members.count as number;
    };
    assert.equal(await count(), 2);
    const question = minsu.client.request('members', {});
    minsu.client.disconnect();
    await assert.rejects(question, /no connection/);
    await assert.rejects(minsu.client.request('members', {}), /no connection/);
    await waitUntil(async () => (await count()) === 1, 'the server to know', 2_000);
    assert.deepEqual(minsu.stateChanges, ['up']);
  });

  it(`${way}: a client that leaves while receiving counts as left`, async (context) => {
    const { url } = await startTestServer(context);
    const jiyoung = await connectClient(context, url, createTestToken('지영'));
    let heard = 0;
    const wire = createSocketIoFactory({ WebSocket: socket })({
      url,
      auth: () => ({ token: createTestToken('민수'), batch: true }),
      handlers: {
        onConnect: () => undefined,
        onDisconnect: () => assert.fail('down'),
        onRefused: () => assert.fail('refused'),
        onEvent() {
          heard += 1;
          wire.disconnect();
        },
      },
    });
    wire.connect();
    await waitUntil(() => heard > 0, 'the first event');
    const count = async () => (await jiyoung.socket.emitWithAck('members', {})).count as number;
    await waitUntil(async () => (await count()) === 1, 'the server to know who left', 3_000);
    assert.equal(heard, 1);
  });

  it(`${way}: a refused token is reported with its code`, async (context) => {
    const { url } = await startTestServer(context, { JWT_SECRET: `another-${SECRET}` });
    const { stateChanges: said } = connectObservedClient(context, url, socket);
    await waitUntil(() => said.length > 0, 'the refusal');
    await delay(200);
    assert.deepEqual(said, ['token_invalid']);
  });

  it(`${way}: a stopped server is noticed, pending requests are rejected, and a restarted server is reached`, async (context) => {
    const first = await startTestServer(context);
    const minsu = connectObservedClient(context, first.url, socket);
    await waitUntil(() => minsu.stateChanges.includes('up'), 'the connection');
    await first.app.close();
    await waitUntil(() => minsu.stateChanges.includes('down'), 'the loss');
    minsu.client.connect();
    await waitUntil(() => minsu.stateChanges.length === 3, 'the try in vain');
    await startTestServer(context, { PORT: new URL(first.url).port }, first.connection);
    CountedWebSocket.openedCount = 0;
    minsu.client.connect();
    await waitUntil(() => minsu.stateChanges.length === 4, 'the new connection');
    assert.deepEqual(minsu.stateChanges, ['up', 'down', 'down', 'up']);
    assert.equal(CountedWebSocket.openedCount, socket ? 1 : 0);
    assert.ok((await minsu.client.request('members', {})).ok);
  });

  it(`${way}: a connection without pings counts as lost, one with pings stays`, async (context) => {
    const http = createServer();
    const io = new Server(http, { pingInterval: 200, pingTimeout: 300, serveClient: false });
    const url = await listenOnFreePort(context, http);
    const proxy = await startProxy(Number(new URL(url).port));
    context.after(async () => {
      await proxy.close();
      await io.close();
    });
    const { stateChanges: said } = connectObservedClient(context, `http://127.0.0.1:${proxy.port}`, socket);
    await waitUntil(() => said.includes('up'), 'the connection');
    await delay(1_500);
    assert.deepEqual(said, ['up']);
    assert.ok(proxy.blackholeConnections() > 0);
    const from = performance.now();
    await waitUntil(() => said.includes('down'), 'the loss', 2_000);
    assert.ok(performance.now() - from >= 290);
    assert.deepEqual(said, ['up', 'down']);
  });

  it(`${way}: a request without an answer in time is rejected, and a late answer is ignored`, async (context) => {
    const { url } = await startTestServer(context);
    const proxy = await startProxy(Number(new URL(url).port));
    context.after(() => proxy.close());
    const { client: wire, stateChanges: said } = connectObservedClient(
      context,
      `http://127.0.0.1:${proxy.port}`,
      socket,
    );
    await waitUntil(() => said.includes('up'), 'the connection');
    proxy.freeze();
    const from = performance.now();
    await assert.rejects(wire.request('sync', { after: { epoch: 'x', seq: 0 } }), /no answer/);
    assert.ok(performance.now() - from >= 4_990 && performance.now() - from < 7_000);
    proxy.thaw();
    assert.ok((await wire.request('members', {})).ok);
    assert.deepEqual(said, ['up']);
  });

  it(`${way}: many requests at once and the longest answers succeed`, async (context) => {
    const { url } = await startTestServer(context, { SEND_BURST: '100000' });
    const minsu = connectObservedClient(context, url, socket);
    await waitUntil(() => names(minsu).includes('history'), 'the history');
    const [, , position] = minsu.receivedEvents.find(([name]) => name === 'history') ?? [];
    // 1.8 MB at once, where the server takes 64 KiB in one request, and of long polling no more than it can work on soon.
    // As docs/reference/protocol.md says: `rate_limited` is tried again, and so is what got no answer, with the same id.
    const say = async (clientId: string, content: string): Promise<void> => {
      const answer = await minsu.client.request('chat message', { clientId, content }).catch(() => null);
      if (answer?.ok) return;
      if (answer) assert.equal(answer.code, 'rate_limited');
      await delay(answer?.retryAfter ?? 0);
      await say(clientId, content);
    };
    await Promise.all(
      Array.from({ length: 300 }, (_, index) => say(crypto.randomUUID(), `${index} ${'가'.repeat(1_990)}`)),
    );
    let after = position as LogPosition;
    const came: number[] = [];
    for (let head = 300; after.seq < head; ) {
      const page = await minsu.client.request('sync', { after });
      assert.ok(page.ok && page.seq > after.seq);
      assert.ok(page.messages.every(({ content }) => content.length > 1_990));
      came.push(...page.messages.map(({ content }) => Number.parseInt(content, 10)));
      after = { epoch: page.epoch, seq: page.seq };
      head = page.head;
    }
    // One that was tried again comes after others that were not.
    assert.deepEqual(
      came.sort((a, b) => a - b),
      Array.from({ length: 300 }, (_, index) => index),
    );
    assert.deepEqual(minsu.stateChanges, ['up']);
  });
}

it('a refused WebSocket falls back to long polling within the same attempt', async (context) => {
  const { url } = await startTestServer(context);
  const gate = await startInterceptingProxy(context, url, (upgrade) => (upgrade ? 'end' : 'pass'));
  const { client: wire, stateChanges: said } = connectObservedClient(context, gate, CountedWebSocket);
  await waitUntil(() => said.length > 0, 'the connection');
  assert.deepEqual(said, ['up']);
  assert.ok((await wire.request('members', {})).ok);
});

it('a WebSocket without an answer falls back to long polling on the next attempt only', async (context) => {
  const { url } = await startTestServer(context);
  let upgrades = 0;
  const gate = await startInterceptingProxy(context, url, (upgrade) => {
    if (upgrade) upgrades += 1;
    return upgrade ? 'swallow' : 'pass';
  });
  const { client: wire, stateChanges: said } = connectObservedClient(context, gate, CountedWebSocket);
  await waitUntil(() => upgrades === 1, 'the first upgrade');
  wire.disconnect();
  wire.connect();
  await waitUntil(() => upgrades === 2, 'a WebSocket again after one given up at once');
  await delay(5_100);
  wire.disconnect();
  wire.connect();
  await waitUntil(() => said.length > 0, 'the connection');
  assert.deepEqual([said, upgrades], [['up'], 2]);
  wire.disconnect();
  wire.connect();
  await waitUntil(() => upgrades === 3, 'the next WebSocket');
  assert.deepEqual(said, ['up']);
});

it('a failing handler ends the connection without an uncaught error', async (context) => {
  const { url } = await startTestServer(context);
  const said: string[] = [];
  const wire = createSocketIoFactory({ WebSocket: CountedWebSocket })({
    url,
    auth: () => ({ token: createTestToken('민수') }),
    handlers: {
      onConnect: () => said.push('up'),
      onDisconnect: () => said.push('down'),
      onRefused: ({ code }) => said.push(code),
      onEvent() {
        throw new TypeError('not what was expected');
      },
    },
  });
  wire.connect();
  await waitUntil(() => said.includes('down'), 'the loss');
  assert.deepEqual(said, ['up', 'down']);
});

/** Connects, waits for the state, leaves; the process ends when nothing keeps it. */
const LEAVER = `
  import { createSocketIoFactory } from '@chatty/client/testing';
  import { WebSocket } from 'ws';
  const [url, token, way, state] = process.argv.slice(-4);
  let reached;
  const met = new Promise((resolve) => { reached = resolve; });
  const on = (name) => () => { if (name === state) reached(); };
  const wire = createSocketIoFactory({ WebSocket: way === 'socket' ? WebSocket : null })({
    url,
    auth: () => ({ token, batch: true }),
    handlers: { onConnect: on('up'), onDisconnect: on('down'), onRefused: on('refused'), onEvent: on('event') },
  });
  wire.connect();
  if (state === 'opening') setTimeout(reached, 300);
  await met;
  if (state === 'up') wire.request('members', {}).catch(() => undefined);
  wire.disconnect();
  process.stdout.write('left');
`;

it('after close in any state, no socket or timer keeps the process alive', async (context) => {
  const { url } = await startTestServer(context);
  const deaf = await startInterceptingProxy(context, url, () => 'swallow');
  const leave = async (way: string, state: string) => {
    const target = state === 'opening' ? deaf : state === 'down' ? 'http://127.0.0.1:1' : url;
    const flags = ['--conditions=source', '--import', 'tsx', '--input-type=module', '-e', LEAVER, '--'];
    const child = spawn(process.execPath, [...flags, target, createTestToken('민수'), way, state], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    context.after(() => child.kill());
    let leftAt = 0;
    child.stdout.once('data', () => {
      leftAt = performance.now();
    });
    const code = await new Promise((resolve) => child.once('exit', resolve));
    assert.equal(code, 0, `${way}, ${state}`);
    assert.ok(
      leftAt > 0 && performance.now() - leftAt < 2_000,
      `${way}, ${state}: ${performance.now() - leftAt} ms`,
    );
  };
  for (const state of ['opening', 'up', 'event', 'down'])
    await Promise.all([leave('socket', state), leave('polling', state)]);
});
