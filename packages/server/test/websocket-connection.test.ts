/** Promise: who is there is pinged in time and kept, and who is not is let go. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { it, type TestContext } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { readConfig } from '../src/config/config.js';
import { createConnectionLimits } from '../src/limits/connection-limits.js';
import { createCooldowns } from '../src/limits/cooldowns.js';
import { createTokenBuckets } from '../src/limits/token-bucket.js';
import { createLog } from '../src/runtime/logger.js';
import { WebSocketConnection } from '../src/transport/websocket-connection.js';

const SECOND = 1_000;

/** A line over TCP that has begun at 0, and what its other end has heard. Nobody says who they are on it. */
async function open(context: TestContext) {
  const server = createServer().listen(0, '127.0.0.1');
  const sockets = new WebSocketServer({ server });
  context.after(() => server.close());
  await once(server, 'listening');
  const address = server.address();
  const read = readConfig({ JWT_SECRET: 'a-secret-of-the-tests-with-enough-bytes' });
  if (!read.ok || typeof address !== 'object' || address === null) throw new Error('no settings or no port');
  const { limits } = read.config;
  const connectionLimits = createConnectionLimits({
    limits,
    addressBuckets: createTokenBuckets({ burst: 1_000, perSecond: 1_000 }),
    maxConnectionsOf: () => 1,
    cooldowns: createCooldowns({ allowedStrikes: 100, cooldownSeconds: 1 }),
    log: createLog('silent'),
  });
  context.after(() => connectionLimits.close());
  const nobody = async () => assert.fail('nobody has said anything');
  const gateway = {
    authenticate: nobody,
    join: () => assert.fail('nobody has come in'),
    dispatch: nobody,
    refuseOverflow: () => assert.fail('nothing is refused'),
  };
  const packetBudget = { burst: 1_000, perSecond: 1_000 };
  const accepted = once(sockets, 'connection') as Promise<[WebSocket, { socket: Socket }]>;
  const client = new WebSocket(`ws://127.0.0.1:${address.port}`);
  const heard: string[] = [];
  client.on('message', (data) => heard.push(String(data)));
  const [socket, { socket: stream }] = await accepted;
  let ended = 0;
  const connectionContext = { connectionLimits, gateway, packetBudget, onEnded: () => void ended++ };
  const line = new WebSocketConnection({
    socket,
    stream,
    address: null,
    origin: undefined,
    context: connectionContext,
    now: 0,
  });
  context.after(() => client.terminate());
  const until = async (condition: () => boolean) => {
    for (let turn = 0; !condition() && turn < 1_000; turn += 1)
      await new Promise((resolve) => setTimeout(resolve, 5));
    assert.ok(condition());
  };
  await until(() => heard.length === 1);
  const pings = () => heard.filter((text) => text === '2').length;
  /** Says something and waits until it has been heard: a ping of WebSocket's own comes back after it. */
  const say = async (text: string) => {
    client.send(text);
    client.ping();
    await once(client, 'pong');
  };
  return { line, client, heard, pings, say, until, ended: () => ended };
}

it('the open packet states the ping interval and the ping timeout', async (context) => {
  const { line, heard } = await open(context);
  const { sid, ...rest } = JSON.parse(heard[0]?.slice(1) ?? '');
  assert.equal(sid, line.id);
  assert.match(line.id, /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
  assert.deepEqual(rest, { upgrades: [], pingInterval: 25_000, pingTimeout: 20_000, maxPayload: 65_536 });
});

it('pings first at a random moment within 25 s, then every 25 s, whatever the client sends', async (context) => {
  const { line, pings, say, until } = await open(context);
  let first = 0;
  for (let time = SECOND; first === 0 && time <= 25 * SECOND; time += SECOND) {
    line.checkHeartbeat(time, false);
    await say('6');
    if (pings() > 0) first = time;
  }
  assert.ok(first > 0, 'no ping within 25 s');
  for (let round = 1; round < 4; round += 1) {
    await say('3');
    for (let time = 1; time <= 25; time += 1)
      line.checkHeartbeat(first + ((round - 1) * 25 + time) * SECOND, false);
    await until(() => pings() === round + 1);
  }
});

it('a client that is silent for 20 s after a ping is disconnected without a closing handshake', async (context) => {
  const { line, pings, until, client, ended } = await open(context);
  line.checkHeartbeat(25 * SECOND, false);
  await until(() => pings() === 1);
  line.checkHeartbeat(44 * SECOND, false);
  assert.equal(line.readyState, 'open');
  line.checkHeartbeat(45 * SECOND, false);
  assert.deepEqual([line.readyState, ended()], ['closed', 1]);
  await until(() => client.readyState === WebSocket.CLOSED);
  line.checkHeartbeat(46 * SECOND, false);
  assert.equal(ended(), 1);
});

it('any received data counts as a sign of life', async (context) => {
  const { line, pings, say, until } = await open(context);
  line.checkHeartbeat(25 * SECOND, false);
  await until(() => pings() === 1);
  await say('6');
  line.checkHeartbeat(46 * SECOND, false);
  assert.equal(line.readyState, 'open');
});

it('after a stall of its own process, the server disconnects nobody and pings again', async (context) => {
  const { line, pings, until } = await open(context);
  line.checkHeartbeat(25 * SECOND, false);
  await until(() => pings() === 1);
  line.checkHeartbeat(60 * SECOND, true);
  await until(() => pings() === 2);
  line.checkHeartbeat(79 * SECOND, false);
  assert.equal(line.readyState, 'open');
  line.checkHeartbeat(80 * SECOND, false);
  assert.equal(line.readyState, 'closed');
});

it('the close event fires once for a listener, and immediately for a late listener', async (context) => {
  const { line, ended } = await open(context);
  const told: string[] = [];
  line.once('disconnect', () => told.push('in time'));
  line.close();
  line.once('disconnect', () => told.push('late'));
  line.close();
  assert.deepEqual([told, ended()], [['in time', 'late'], 1]);
});
