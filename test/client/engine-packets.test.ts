/** Promise: a server that says what nobody should say loses our client's connection, once, and throws at nobody. */

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { it } from 'node:test';
import { WebSocketServer } from 'ws';
import { CountedWebSocket, connectObservedClient, delay, listenOnFreePort } from '../support/engineio.js';
import { waitUntil } from '../support/server.js';

const OPEN = '0{"sid":"a","pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}';
const UP = '40{"sid":"b"}';
const FORBIDDEN: [string, ...(string | Buffer)[]][] = [
  ['an open packet twice', OPEN, UP, OPEN],
  ['a message before the open packet', UP],
  ['a ping before the open packet', '2'],
  ['an open packet without times', '0{"sid":"a"}'],
  ['an open packet that is no JSON', '0{'],
  ['nothing', OPEN, ''],
  ['an unknown type', OPEN, '9'],
  ['a message of an unknown type', OPEN, UP, '47'],
  ['binary', OPEN, UP, Buffer.from('42["history"]')],
  ['a binary event', OPEN, UP, '451-["history",{"_placeholder":true,"num":0}]'],
  ['an event before CONNECT is answered', OPEN, '42["history",[]]'],
  ['CONNECT answered without an id', OPEN, '40'],
  ['CONNECT answered twice', OPEN, UP, UP],
  ['another namespace', OPEN, UP, '42/admin,["history",[]]'],
  ['an event that is no list', OPEN, UP, '42"history"'],
  ['an event that is no JSON', OPEN, UP, '42["history"'],
  ['an event without a name', OPEN, UP, '42[{"toString":1}]'],
  ['an answer without an id', OPEN, UP, '43[1]'],
  ['an answer that is no list', OPEN, UP, '431{}'],
  ['a refusal that is nothing', OPEN, '44null'],
  ['the end of the connection', OPEN, UP, '1'],
  ['the end of the namespace', OPEN, UP, '41'],
];

for (const [what, ...packets] of FORBIDDEN)
  it(`a connection that sends ${what} is closed, once`, async (context) => {
    const http = createServer((_, response) => response.writeHead(404).end());
    const sockets = new WebSocketServer({ server: http });
    const url = await listenOnFreePort(context, http);
    context.after(() => sockets.close());
    const closed = new Promise((resolve) => {
      sockets.on('connection', (socket) => {
        socket.once('close', resolve);
        for (const packet of packets) socket.send(packet);
      });
    });
    const { stateChanges: said } = connectObservedClient(context, url, CountedWebSocket);
    await closed;
    await waitUntil(() => said.includes('down'), 'the loss');
    await delay(50);
    assert.deepEqual(said, packets.includes(UP) && packets[0] === OPEN ? ['up', 'down'] : ['down']);
  });

it('over long polling, packets before a forbidden packet are handled and none after it', async (context) => {
  const http = createServer((_, response) => {
    response.end([OPEN, UP, '6', '42["head",{"epoch":"x","seq":1}]', '47', '42["head",{}]'].join('\x1e'));
  });
  const url = await listenOnFreePort(context, http);
  const minsu = connectObservedClient(context, url, null);
  await waitUntil(() => minsu.stateChanges.includes('down'), 'the loss');
  await delay(50);
  assert.deepEqual(minsu.stateChanges, ['up', 'down']);
  assert.deepEqual(minsu.receivedEvents, [['head', { epoch: 'x', seq: 1 }]]);
});
