/** Baseline (b): the chat the Socket.IO getting-started guide leads to, with PostgreSQL, rooms by token and a history. */

import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import pg from 'pg';
import { Server } from 'socket.io';
import { obey, report } from './control.mjs';

const HISTORY_SIZE = 50;
const { DB_HOST, DB_PORT, POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB, JWT_SECRET = '' } = process.env;
const pool = new pg.Pool({
  host: DB_HOST,
  port: Number(DB_PORT),
  user: POSTGRES_USER,
  password: POSTGRES_PASSWORD,
  database: POSTGRES_DB,
  max: 10,
});
await pool.query(`CREATE TABLE IF NOT EXISTS lines (
  id bigserial PRIMARY KEY, room text NOT NULL, user_id text NOT NULL, username text NOT NULL,
  content text NOT NULL, client_id text UNIQUE, created_at timestamptz NOT NULL DEFAULT now())`);
await pool.query('CREATE INDEX IF NOT EXISTS lines_by_room ON lines (room, id)');

const http = createServer();
const io = new Server(http, { serveClient: false, perMessageDeflate: false });

io.use((socket, next) => {
  const [header, claims, signature] = String(socket.handshake.auth.token).split('.');
  const signed = createHmac('sha256', JWT_SECRET).update(`${header}.${claims}`).digest('base64url');
  if (signed !== signature) return next(new Error('Authentication error'));
  socket.data = JSON.parse(Buffer.from(claims ?? '', 'base64url').toString());
  next();
});

io.on('connection', async (socket) => {
  const { projectId: room, sub, username } = socket.data;
  socket.on('chat message', async (payload, ack) => {
    const { rows } = await pool.query(
      'INSERT INTO lines (room, user_id, username, content, client_id) VALUES ($1, $2, $3, $4, $5) RETURNING id, created_at',
      [room, sub, username, payload.content, payload.clientId ?? null],
    );
    const { id, created_at } = rows[0];
    const message = {
      id: Number(id),
      seq: Number(id),
      userId: sub,
      username,
      avatar: null,
      content: payload.content,
      clientId: payload.clientId ?? null,
      replyTo: null,
      created_at,
    };
    io.to(room).emit('chat message', message);
    if (typeof ack === 'function') ack({ ok: true, message });
  });
  socket.on('history', async (payload, ack) => {
    ack({ ok: true, messages: await page(room, payload.before) });
  });
  await socket.join(room);
  socket.emit('history', await page(room, Number.MAX_SAFE_INTEGER));
});

/**
 * @param {string} room
 * @param {number} before
 */
async function page(room, before) {
  const { rows } = await pool.query(
    `SELECT id, user_id AS "userId", username, content, client_id AS "clientId", created_at FROM lines
      WHERE room = $1 AND id < $2 ORDER BY id DESC LIMIT ${HISTORY_SIZE}`,
    [room, before],
  );
  return rows.reverse();
}

obey(async () => {
  await io.close();
  await pool.end();
});
http.listen({ host: '127.0.0.1', port: 0, backlog: 4_096 }, () => {
  const address = http.address();
  if (address && typeof address === 'object') report(address.port);
});
