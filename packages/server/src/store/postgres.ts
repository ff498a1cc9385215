/** The store on PostgreSQL, the embedded one or a server: plain SQL, named statements, every wait bounded. */

import type { Draft } from '@chatty/protocol/check';
import type { Message } from '@chatty/protocol/events';
import pg from 'pg';
import type { Log } from '../log.js';
import {
  type Appended,
  type Author,
  type ProjectId,
  type ProjectStore,
  type RoomPage,
  type Store,
  Unavailable,
} from './store.js';
import { createWriter } from './writer.js';

export type Connection = { host: string; port: number; user: string; password?: string; database: string };

/** Bounds of R13 in milliseconds: nobody waits longer than a visitor would. */
const CONNECT_TIMEOUT = 2_000;
const STATEMENT_TIMEOUT = 4_000;
const LOCK_TIMEOUT = 3_000;
const QUERY_TIMEOUT = 5_000;
const TURN_TIMEOUT = 5_000;
const WAITING_APPENDS = 1_000;
/** The unique client id of another room's concurrent append: the second try finds it stored. */
const UNIQUE_VIOLATION = '23505';

const INT8 = 20;
const types = {
  // Ids and positions stay far below 2^53, so they travel as numbers.
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === INT8 ? Number : pg.types.getTypeParser(oid, format as 'text'),
};

const COLUMNS =
  'm.id, m.seq, m.user_id, m.username, m.avatar, m.content, m.client_id, m.reply_to, m.created_at';

const APPEND = {
  name: 'append',
  text: 'SELECT * FROM append_message($1, $2, $3, $4, $5, $6, $7, $8)',
};
// One statement, one snapshot: the page and the position it belongs to cannot disagree.
const NEWEST = {
  name: 'newest',
  text: `SELECT r.epoch, r.last_seq, ${COLUMNS} FROM rooms r
    LEFT JOIN LATERAL (
      SELECT * FROM messages WHERE project_id = r.project_id AND room_id = r.room_id ORDER BY id DESC LIMIT $3
    ) m ON true
    WHERE r.project_id = $1 AND r.room_id = $2 ORDER BY m.id`,
};
const MAKE_ROOM = {
  name: 'make room',
  text: 'INSERT INTO rooms (project_id, room_id) VALUES ($1, $2) ON CONFLICT DO NOTHING',
};
const CHANGED_AFTER = {
  name: 'changed after',
  text: `SELECT ${COLUMNS} FROM messages m
    WHERE m.project_id = $1 AND m.room_id = $2 AND m.seq > $3 ORDER BY m.seq LIMIT $4`,
};

type MessageRow = {
  id: number;
  seq: number;
  user_id: string;
  username: string;
  avatar: string | null;
  content: string;
  client_id: string | null;
  reply_to: number | null;
  created_at: Date;
};
type NewestRow = { epoch: string; last_seq: number } & (MessageRow | { id: null });
type AppendRow = {
  outcome: Appended['outcome'];
  message_id: number;
  message_seq: number;
  username: string;
  avatar: string | null;
  created_at: Date;
};

/** A store on a database whose schema is up to date. It outlives the database's absences: each call tries again. */
export function createPostgresStore(options: {
  connection: Connection;
  log: Log;
  now?: () => number;
}): Store {
  const { connection, log, now = Date.now } = options;
  const pool = new pg.Pool({
    ...connection,
    max: 10,
    types,
    application_name: 'chatty',
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_TIMEOUT,
    statement_timeout: STATEMENT_TIMEOUT,
    lock_timeout: LOCK_TIMEOUT,
    query_timeout: QUERY_TIMEOUT,
  });
  // An idle connection that breaks is replaced at the next query; without a listener it would end the process.
  pool.on('error', (error) => log.warn({ reason: error.message }, 'a database connection broke'));
  const writer = createWriter({ limit: WAITING_APPENDS, patience: TURN_TIMEOUT, now });

  async function query<Row extends pg.QueryResultRow>(
    statement: { name: string; text: string },
    values: unknown[],
  ) {
    try {
      return (await pool.query<Row>({ ...statement, values })).rows;
    } catch (error) {
      log.warn(
        { statement: statement.name, code: codeOf(error), reason: reasonOf(error) },
        'the database did not answer',
      );
      throw new Unavailable(reasonOf(error), { cause: error });
    }
  }

  async function appendOnce(
    project: ProjectId,
    room: string,
    author: Author,
    draft: Draft,
  ): Promise<Appended> {
    const { userId, username, avatar } = author;
    const values = [project, room, userId, username, avatar, draft.content, draft.clientId, draft.replyTo];
    const [row] = await query<AppendRow>(APPEND, values);
    if (!row) throw new Unavailable('the append answered nothing');
    if (row.outcome === 'conflict' || row.outcome === 'not_found') return { outcome: row.outcome };
    return { outcome: row.outcome, message: appendedMessage(row, userId, draft) };
  }

  async function append(project: ProjectId, room: string, author: Author, draft: Draft): Promise<Appended> {
    try {
      return await appendOnce(project, room, author, draft);
    } catch (error) {
      if (!(error instanceof Unavailable) || codeOf(error.cause) !== UNIQUE_VIOLATION) throw error;
      return appendOnce(project, room, author, draft);
    }
  }

  async function newest(project: ProjectId, room: string, limit: number): Promise<RoomPage> {
    let rows = await query<NewestRow>(NEWEST, [project, room, limit]);
    if (rows.length === 0) {
      await query(MAKE_ROOM, [project, room]);
      rows = await query<NewestRow>(NEWEST, [project, room, limit]);
    }
    const [head] = rows;
    if (!head) throw new Unavailable('the room could not be made');
    const messages = rows.filter((row): row is NewestRow & MessageRow => row.id !== null).map(toMessage);
    return { epoch: head.epoch, top: head.last_seq, messages };
  }

  function project(id: ProjectId): ProjectStore {
    return {
      append: (room, author, draft) => writer.write(`${id}/${room}`, () => append(id, room, author, draft)),
      newest: (room, limit) => newest(id, room, limit),
      changedAfter: async (room, seq, limit) =>
        (await query<MessageRow>(CHANGED_AFTER, [id, room, seq, limit])).map(toMessage),
    };
  }

  return {
    project,
    ping: async () => {
      await query({ name: 'ping', text: 'SELECT 1' }, []);
    },
    close: async () => {
      await writer.idle();
      await pool.end();
    },
  };
}

function toMessage(row: MessageRow): Message {
  return {
    id: row.id,
    seq: row.seq,
    userId: row.user_id,
    username: row.username,
    avatar: row.avatar,
    content: row.content,
    clientId: row.client_id,
    replyTo: row.reply_to,
    created_at: row.created_at.toISOString(),
  };
}

function appendedMessage(row: AppendRow, userId: string, draft: Draft): Message {
  return {
    id: row.message_id,
    seq: row.message_seq,
    userId,
    username: row.username,
    avatar: row.avatar,
    content: draft.content,
    clientId: draft.clientId,
    replyTo: draft.replyTo,
    created_at: row.created_at.toISOString(),
  };
}

function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
