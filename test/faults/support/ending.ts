/** How a story ends: what the database holds, and what a fresh reader gets, written into the history. */

import type { HistoryAnswer, LogPosition, Message, SyncAnswer } from '@chatty/protocol';
import { HISTORY_SIZE } from '@chatty/protocol';
import type { DatabaseConfig } from '@chatty/server/testing';
import { io, type Socket } from 'socket.io-client';
import { createTestToken, waitUntil } from '../../support/server.js';
import { type History, hashMessageState } from '../checker/log-lines.js';
import { query } from './rig.js';

type MessageRow = {
  project_id: string;
  room_id: string;
  epoch: string;
  id: number;
  seq: number;
  user_id: string;
  client_id: string | null;
  content: string;
  deleted_at: string | null;
};

const DUMP_QUERY = `SELECT m.project_id, m.room_id, r.epoch, m.id::int, m.seq::int, m.user_id, m.client_id, m.content, m.deleted_at::text
  FROM messages m JOIN rooms r USING (project_id, room_id) ORDER BY m.project_id, m.room_id, m.id`;

export async function recordDatabaseDump(history: History, database: DatabaseConfig): Promise<number> {
  const rows = await query<MessageRow>(database, DUMP_QUERY);
  for (const row of rows) {
    history.add({
      actor: 'database',
      op: 'dump',
      kind: 'page',
      room: `${row.project_id}/${row.room_id}`,
      id: row.id,
      seq: row.seq,
      epoch: row.epoch,
      cid: row.client_id === null ? null : `${row.project_id}:${row.user_id}:${row.client_id}`,
      body_hash: hashMessageState(row),
    });
  }
  return rows.length;
}

/** The newest number of a room, and the newest that is about one of its last messages; 0 where nothing was said. */
export type RoomHead = { all: number; near: number };

export async function readRoomHead(database: DatabaseConfig, project: string): Promise<RoomHead> {
  const rows = await query<RoomHead>(
    database,
    `SELECT coalesce(max(seq), 0)::int AS all, coalesce(max(seq) FILTER (WHERE place <= ${HISTORY_SIZE / 2}), 0)::int AS near
     FROM (SELECT seq, row_number() OVER (ORDER BY id DESC) AS place FROM messages WHERE project_id = '${project}') m`,
  );
  return rows[0] ?? { all: 0, near: 0 };
}

/** Reads a whole room as somebody who was never there: once back through the history, once forward along the log. */
export async function recordFinalRead(history: History, url: string, project: string): Promise<void> {
  const socket = io(url, {
    auth: { token: createTestToken('reader', { projectId: project }), batch: true },
    forceNew: true,
    transports: ['websocket'],
  });
  try {
    let start: { messages: Message[]; position: LogPosition } | undefined;
    socket.on('history', (messages: Message[], position: LogPosition) => {
      start = { messages, position };
    });
    await waitUntil(() => start !== undefined, 'the final history');
    if (!start) return;
    const record = (actor: string, epoch: string, messages: readonly Message[]) => {
      for (const message of messages) {
        const { id, seq, userId, clientId } = message;
        const cid = clientId === null ? null : `${project}:${userId}:${clientId}`;
        history.add({
          actor,
          op: 'final',
          kind: 'page',
          room: `${project}/main`,
          id,
          seq,
          epoch,
          cid,
          body_hash: hashMessageState(message),
        });
      }
    };
    record('reader back', start.position.epoch, await readHistoryBackward(socket, start.messages));
    record('reader forward', start.position.epoch, await readSyncForward(socket, start.position));
  } finally {
    socket.disconnect();
  }
}

/** Asks again while the server says that it was too much at once. */
async function retryUntilAnswered<Answer extends HistoryAnswer | SyncAnswer>(
  ask: () => Promise<Answer>,
): Promise<Answer> {
  for (let tries = 0; ; tries += 1) {
    const answer = await ask();
    if (answer.ok || answer.code !== 'rate_limited' || tries === 100) return answer;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

async function readHistoryBackward(socket: Socket, newest: Message[]): Promise<Message[]> {
  let messages = newest;
  for (let more = messages.length > 0; more; ) {
    const answer: HistoryAnswer = await retryUntilAnswered(() =>
      socket.timeout(10_000).emitWithAck('history', { before: messages[0]?.id, limit: 100 }),
    );
    if (!answer.ok) throw new Error(`a page was refused: ${answer.code}`);
    messages = [...answer.messages, ...messages];
    more = answer.more;
  }
  return messages;
}

async function readSyncForward(socket: Socket, { epoch, seq: head }: LogPosition): Promise<Message[]> {
  const messages: Message[] = [];
  for (let seq = 0; seq < head; ) {
    const answer: SyncAnswer = await retryUntilAnswered(() =>
      socket.timeout(10_000).emitWithAck('sync', { after: { epoch, seq } }),
    );
    if (!answer.ok) throw new Error(`the way along the log was refused: ${answer.code}`);
    // Too far back to follow: what a client would do is start from there.
    if (answer.reset) return readHistoryBackward(socket, answer.messages);
    if (answer.seq <= seq) throw new Error(`sync stays at ${seq} of ${head}`);
    messages.push(...answer.messages);
    seq = answer.seq;
  }
  return messages;
}
