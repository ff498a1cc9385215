/** Promise: a client that ends its side of the connection and reads nothing does not keep the server from stopping. */

import assert from 'node:assert/strict';
import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { it, type TestContext } from 'node:test';
import { MAX_HISTORY_PAGE_SIZE } from '@chatty/protocol';
import { openRawSocket, type RawSocket } from '../support/raw/websocket.js';
import {
  assertStored,
  connectClient,
  createTestToken,
  startTestServer,
  waitUntil,
} from '../support/server.js';

const LONGEST = '😀'.repeat(1_990);
const MESSAGES = 100;
const QUESTIONS = 90;
/** Time to stop, in milliseconds: a closing handshake is waited for 3 s, a half closed connection 2 s. */
const STOPPED_WITHIN_MS = 10_000;

/** The server's ends of all TCP connections of this process. */
const accepted = new Set<Socket>();
subscribe('net.server.socket', (message) => {
  accepted.add((message as { socket: Socket }).socket);
});

const settings = { SEND_BURST: '100000', GUEST_PROJECTS: 'kimpga', PROJECT_EVENTS_PER_SECOND: '100000' };

/** One that began as a WebSocket. */
const directly = (url: string) => openRawSocket(url);

/** One that began with long polling and has moved to a WebSocket. */
async function byUpgrade(url: string): Promise<RawSocket> {
  const greeting = await (await fetch(`${url}/socket.io/?EIO=4&transport=polling`)).text();
  const { sid } = JSON.parse(greeting.slice(1)) as { sid: string };
  const socket = await openRawSocket(url, { path: `/socket.io/?EIO=4&transport=websocket&sid=${sid}` });
  socket.sendText('2probe');
  await socket.waitFor(({ receivedTexts: texts }) => texts.includes('3probe'));
  socket.sendText('5');
  return socket;
}

async function stopsBeside(context: TestContext, open: (url: string) => Promise<RawSocket>) {
  const { url, app } = await startTestServer(context, settings);
  const writer = await connectClient(context, url, createTestToken('민수'), { transports: ['websocket'] });
  for (let sent = 0; sent < MESSAGES; sent += 10)
    await Promise.all(Array.from({ length: 10 }, async () => assertStored(await writer.send(LONGEST))));
  const peer = await open(url);
  context.after(() => peer.resetConnection());
  peer.sendText(`40${JSON.stringify({ projectId: 'kimpga' })}`);
  await peer.waitFor(({ receivedTexts: texts }) => texts.some((text) => text.startsWith('42["history"')));
  peer.pause();
  const question = ['history', { before: MESSAGES + 1, limit: MAX_HISTORY_PAGE_SIZE }];
  for (let id = 0; id < QUESTIONS; id += 1) peer.sendText(`42${id}${JSON.stringify(question)}`);
  let unread: Socket | undefined;
  const find = () => {
    unread = [...accepted].find(({ destroyed, writableLength }) => !destroyed && writableLength > 0);
    return unread !== undefined;
  };
  await waitUntil(find, 'an answer that nobody reads');
  peer.halfClose();
  await waitUntil(() => unread?.readableEnded === true, 'the end of its side');
  let stopped = false;
  void app.close().then(() => {
    stopped = true;
  });
  await waitUntil(() => stopped, 'the server to stop', STOPPED_WITHIN_MS);
  assert.ok(unread?.destroyed);
}

it('a half-closed, unread WebSocket is closed when the server stops', (context) =>
  stopsBeside(context, directly));

it('a half-closed WebSocket upgraded from long polling is closed too', (context) =>
  stopsBeside(context, byUpgrade));
