/** Baseline (a): what `ws` can do at best. No storage, no rooms; each message is framed once and written to every socket. */

import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import { obey, report } from './control.mjs';

const http = createServer();
const server = new WebSocketServer({ server: http, perMessageDeflate: false });
/** @type {Set<import('node:net').Socket>} */
const members = new Set();
let newest = 0;

server.on('connection', (socket, request) => {
  members.add(request.socket);
  socket.on('message', (data) => broadcast(String(data)));
  socket.on('close', () => members.delete(request.socket));
  socket.on('error', () => undefined);
});

/** @param {string} packet as Socket.IO writes it, so that both ends handle the same bytes as with the other servers */
function broadcast(packet) {
  const [event, payload] = JSON.parse(packet.slice(2));
  newest += 1;
  const message = {
    id: newest,
    seq: newest,
    userId: 'u0',
    username: 'member 0',
    avatar: null,
    content: payload.content,
    clientId: payload.clientId ?? null,
    replyTo: null,
    created_at: new Date().toISOString(),
  };
  const frame = frameOf(Buffer.from(`42${JSON.stringify([event, message])}`));
  for (const member of members) member.write(frame);
}

/** @param {Buffer} payload below 64 KB */
function frameOf(payload) {
  const short = payload.length < 126;
  const header = Buffer.alloc(short ? 2 : 4);
  header[0] = 0x81;
  header[1] = short ? payload.length : 126;
  if (!short) header.writeUInt16BE(payload.length, 2);
  return Buffer.concat([header, payload]);
}

obey(async () => {
  for (const member of members) member.destroy();
  http.close();
});
http.listen({ host: '127.0.0.1', port: 0, backlog: 4_096 }, () => {
  const address = http.address();
  if (address && typeof address === 'object') report(address.port);
});
