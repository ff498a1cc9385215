/** Promise: our own Engine.IO and Socket.IO reach the real server both ways, notice when it is gone, and leave nothing behind. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { it } from 'node:test';
import { createDial } from '@chatty/client/socketio-client';
import type { Position } from '@chatty/protocol/events';
import { Server } from 'socket.io';
import { Counted, dialTo, type Heard, listen, pause, startGate } from '../support/engine.js';
import { join, SECRET, startChatty, tokenOf, until } from '../support/server.js';
import { startProxy } from '../support/tcp-proxy.js';

const names = ({ events }: Heard) => events.map(([name]) => name);
const ways = [
  ['a WebSocket', Counted],
  ['long polling', null],
] as const;

for (const [way, socket] of ways) {
  it(`${way}: events come, questions are answered, and the server knows at once who left`, async (context) => {
    const { url } = await startChatty(context);
    const minsu = dialTo(context, url, socket);
    await until(() => names(minsu).includes('history'), 'the history');
    assert.deepEqual(minsu.said, ['up']);
    assert.equal(names(minsu)[0], 'session');
    const jiyoung = await join(context, url, tokenOf('지영'));
    await jiyoung.say('하나 "둘" \\ 🙂');
    await until(() => names(minsu).includes('messages'), 'the message');
    const answer = await minsu.wire.ask('chat message', { content: '셋' });
    assert.ok(answer.ok);
    await until(() => jiyoung.contents.length === 2, 'both at the other');
    assert.deepEqual(jiyoung.contents, ['하나 "둘" \\ 🙂', '셋']);
    const count = async () => {
      const members = await jiyoung.socket.emitWithAck('members', {});
      return members.count as number;
    };
    assert.equal(await count(), 2);
    const question = minsu.wire.ask('members', {});
    minsu.wire.disconnect();
    await assert.rejects(question, /no connection/);
    await assert.rejects(minsu.wire.ask('members', {}), /no connection/);
    await until(async () => (await count()) === 1, 'the server to know', 2_000);
    assert.deepEqual(minsu.said, ['up']);
  });

  it(`${way}: who leaves while hearing is known to have left`, async (context) => {
    const { url } = await startChatty(context);
    const jiyoung = await join(context, url, tokenOf('지영'));
    let heard = 0;
    const wire = createDial({ WebSocket: socket })({
      url,
      auth: () => ({ token: tokenOf('민수'), batch: true }),
      heard: {
        up: () => undefined,
        down: () => assert.fail('down'),
        refused: () => assert.fail('refused'),
        event() {
          heard += 1;
          wire.disconnect();
        },
      },
    });
    wire.connect();
    await until(() => heard > 0, 'the first event');
    const count = async () => (await jiyoung.socket.emitWithAck('members', {})).count as number;
    await until(async () => (await count()) === 1, 'the server to know who left', 3_000);
    assert.equal(heard, 1);
  });

  it(`${way}: a refused token is told with its code`, async (context) => {
    const { url } = await startChatty(context, { JWT_SECRET: `another-${SECRET}` });
    const { said } = dialTo(context, url, socket);
    await until(() => said.length > 0, 'the refusal');
    await pause(200);
    assert.deepEqual(said, ['token_invalid']);
  });

  it(`${way}: a server that stops is noticed, what was asked is rejected, and one that is back is reached`, async (context) => {
    const first = await startChatty(context);
    const minsu = dialTo(context, first.url, socket);
    await until(() => minsu.said.includes('up'), 'the connection');
    await first.app.close();
    await until(() => minsu.said.includes('down'), 'the loss');
    minsu.wire.connect();
    await until(() => minsu.said.length === 3, 'the try in vain');
    await startChatty(context, { PORT: new URL(first.url).port }, first.connection);
    Counted.opened = 0;
    minsu.wire.connect();
    await until(() => minsu.said.length === 4, 'the new connection');
    assert.deepEqual(minsu.said, ['up', 'down', 'down', 'up']);
    assert.equal(Counted.opened, socket ? 1 : 0);
    assert.ok((await minsu.wire.ask('members', {})).ok);
  });

  it(`${way}: a connection without pings counts as lost, one with pings stays`, async (context) => {
    const http = createServer();
    const io = new Server(http, { pingInterval: 200, pingTimeout: 300, serveClient: false });
    const url = await listen(context, http);
    const proxy = await startProxy(Number(new URL(url).port));
    context.after(async () => {
      await proxy.close();
      await io.close();
    });
    const { said } = dialTo(context, `http://127.0.0.1:${proxy.port}`, socket);
    await until(() => said.includes('up'), 'the connection');
    await pause(1_500);
    assert.deepEqual(said, ['up']);
    assert.ok(proxy.strand() > 0);
    const from = performance.now();
    await until(() => said.includes('down'), 'the loss', 2_000);
    assert.ok(performance.now() - from >= 290);
    assert.deepEqual(said, ['up', 'down']);
  });

  it(`${way}: what is not answered in time is rejected, and an answer after that harms nobody`, async (context) => {
    const { url } = await startChatty(context);
    const proxy = await startProxy(Number(new URL(url).port));
    context.after(() => proxy.close());
    const { wire, said } = dialTo(context, `http://127.0.0.1:${proxy.port}`, socket);
    await until(() => said.includes('up'), 'the connection');
    proxy.freeze();
    const from = performance.now();
    await assert.rejects(wire.ask('sync', { after: { epoch: 'x', seq: 0 } }), /no answer/);
    assert.ok(performance.now() - from >= 4_990 && performance.now() - from < 7_000);
    proxy.thaw();
    assert.ok((await wire.ask('members', {})).ok);
    assert.deepEqual(said, ['up']);
  });

  it(`${way}: a crowd of questions at once and the longest answers come through`, async (context) => {
    const { url } = await startChatty(context, { SEND_BURST: '100000' });
    const minsu = dialTo(context, url, socket);
    await until(() => names(minsu).includes('history'), 'the history');
    const [, , position] = minsu.events.find(([name]) => name === 'history') ?? [];
    // 1.8 MB at once, where the server takes 64 KiB in one request, and of long polling no more than it can work on soon.
    // As docs/protocol.md says: `rate_limited` is tried again, and so is what got no answer, with the same id.
    const say = async (clientId: string, content: string): Promise<void> => {
      const answer = await minsu.wire.ask('chat message', { clientId, content }).catch(() => null);
      if (answer?.ok) return;
      if (answer) assert.equal(answer.code, 'rate_limited');
      await pause(answer?.retryAfter ?? 0);
      await say(clientId, content);
    };
    await Promise.all(
      Array.from({ length: 300 }, (_, index) => say(crypto.randomUUID(), `${index} ${'가'.repeat(1_990)}`)),
    );
    let after = position as Position;
    const came: number[] = [];
    for (let head = 300; after.seq < head; ) {
      const page = await minsu.wire.ask('sync', { after });
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
    assert.deepEqual(minsu.said, ['up']);
  });
}

it('where a WebSocket is refused, the same try goes by long polling', async (context) => {
  const { url } = await startChatty(context);
  const gate = await startGate(context, url, (upgrade) => (upgrade ? 'end' : 'pass'));
  const { wire, said } = dialTo(context, gate, Counted);
  await until(() => said.length > 0, 'the connection');
  assert.deepEqual(said, ['up']);
  assert.ok((await wire.ask('members', {})).ok);
});

it('where a WebSocket is swallowed, the next try goes by long polling, and the one after that does not', async (context) => {
  const { url } = await startChatty(context);
  let upgrades = 0;
  const gate = await startGate(context, url, (upgrade) => {
    if (upgrade) upgrades += 1;
    return upgrade ? 'swallow' : 'pass';
  });
  const { wire, said } = dialTo(context, gate, Counted);
  await until(() => upgrades === 1, 'the first upgrade');
  wire.disconnect();
  wire.connect();
  await until(() => upgrades === 2, 'a WebSocket again after one given up at once');
  await pause(5_100);
  wire.disconnect();
  wire.connect();
  await until(() => said.length > 0, 'the connection');
  assert.deepEqual([said, upgrades], [['up'], 2]);
  wire.disconnect();
  wire.connect();
  await until(() => upgrades === 3, 'the next WebSocket');
  assert.deepEqual(said, ['up']);
});

it('a handler that fails ends the connection and throws at nobody', async (context) => {
  const { url } = await startChatty(context);
  const said: string[] = [];
  const wire = createDial({ WebSocket: Counted })({
    url,
    auth: () => ({ token: tokenOf('민수') }),
    heard: {
      up: () => said.push('up'),
      down: () => said.push('down'),
      refused: ({ code }) => said.push(code),
      event() {
        throw new TypeError('not what was expected');
      },
    },
  });
  wire.connect();
  await until(() => said.includes('down'), 'the loss');
  assert.deepEqual(said, ['up', 'down']);
});

/** Connects, waits for the state, leaves; the process ends when nothing keeps it. */
const LEAVER = `
  import { createDial } from '@chatty/client/socketio-client';
  import { WebSocket } from 'ws';
  const [url, token, way, state] = process.argv.slice(-4);
  let reached;
  const met = new Promise((resolve) => { reached = resolve; });
  const hear = (name) => () => { if (name === state) reached(); };
  const wire = createDial({ WebSocket: way === 'socket' ? WebSocket : null })({
    url,
    auth: () => ({ token, batch: true }),
    heard: { up: hear('up'), down: hear('down'), refused: hear('refused'), event: hear('event') },
  });
  wire.connect();
  if (state === 'opening') setTimeout(reached, 300);
  await met;
  if (state === 'up') wire.ask('members', {}).catch(() => undefined);
  wire.disconnect();
  process.stdout.write('left');
`;

it('after it was left in any state, neither socket nor timer keeps a process', async (context) => {
  const { url } = await startChatty(context);
  const deaf = await startGate(context, url, () => 'swallow');
  const leave = async (way: string, state: string) => {
    const target = state === 'opening' ? deaf : state === 'down' ? 'http://127.0.0.1:1' : url;
    const flags = ['--conditions=source', '--import', 'tsx', '--input-type=module', '-e', LEAVER, '--'];
    const child = spawn(process.execPath, [...flags, target, tokenOf('민수'), way, state], {
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
