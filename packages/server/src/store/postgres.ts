/** The store on PostgreSQL, the embedded one or a server: plain SQL, named statements, every wait bounded. */

import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Draft } from '@chatty/protocol/check';
import type { Log } from '../log.js';
import {
  type Connection,
  createQuery,
  judge,
  type MessageRow,
  openPool,
  type Query,
  SERVER_MADE,
  toMessage,
} from './database.js';
import {
  type Appended,
  type Author,
  type Changed,
  type LogPage,
  type ProjectId,
  type ProjectStore,
  type RoomHead,
  type Store,
  Unavailable,
} from './store.js';
import { createWriter } from './writer.js';

export type { Connection } from './database.js';

/** One flush at a time needs one connection; the second is there at once when the first breaks. */
const WRITERS = 2;
const READERS = 8;
/** Appends waiting on this node, rows of one flush, and how long one is tried in milliseconds. */
const WAITING_APPENDS = 20_000;
const FLUSH_ROWS = 1_000;
const PATIENCE = 3_000;
/** Edits and deletes waiting on this node. */
const WAITING_CHANGES = 200;

const COLUMNS = `m.id, m.seq, m.user_id, m.username, m.avatar, m.content, m.client_id, m.reply_to, m.created_at,
  m.edited_at, m.deleted_at`;

const APPEND = {
  name: 'append',
  text: 'SELECT * FROM append_messages($1, $2, $3, $4, $5, $6, $7, $8)',
};
const CHANGE = {
  name: 'change',
  text: `SELECT c.outcome, ${COLUMNS.replaceAll('m.', '(c.message).')} FROM change_message($1, $2, $3, $4, $5) c`,
};
// The position and its rows in one statement and so of one snapshot: they cannot disagree.
const NEWEST_CHANGES = {
  name: 'newest changes',
  text: `SELECT r.epoch, r.last_seq, ${COLUMNS} FROM rooms r
    LEFT JOIN LATERAL (
      SELECT * FROM messages WHERE project_id = r.project_id AND room_id = r.room_id ORDER BY seq DESC LIMIT $3
    ) m ON true
    WHERE r.project_id = $1 AND r.room_id = $2 ORDER BY m.seq`,
};
const CHANGED_AFTER = {
  name: 'changed after',
  text: `SELECT r.epoch, r.last_seq, ${COLUMNS} FROM rooms r
    LEFT JOIN LATERAL (
      SELECT * FROM messages WHERE project_id = r.project_id AND room_id = r.room_id AND seq > $3 ORDER BY seq LIMIT $4
    ) m ON true
    WHERE r.project_id = $1 AND r.room_id = $2 ORDER BY m.seq`,
};
const MESSAGES_BEFORE = {
  name: 'messages before',
  text: `SELECT ${COLUMNS} FROM messages m
    WHERE m.project_id = $1 AND m.room_id = $2 AND m.id < $3 ORDER BY m.id DESC LIMIT $4`,
};
const MAKE_ROOM = {
  name: 'make room',
  text: 'INSERT INTO rooms (project_id, room_id) VALUES ($1, $2) ON CONFLICT DO NOTHING',
};
const HEADS = {
  name: 'heads',
  text: `SELECT r.project_id, r.room_id, r.epoch, r.last_seq FROM unnest($1::text[], $2::text[]) AS k(project_id, room_id)
    JOIN rooms r USING (project_id, room_id)`,
};
const PING = { name: 'ping', text: 'SELECT 1' };

type Append = { project: ProjectId; room: string; author: Author; draft: Draft; client: string };
type AppendRow = Omit<MessageRow, 'user_id' | 'client_id' | 'reply_to'> & { outcome: Appended['outcome'] };
type PageRow = { epoch: string; last_seq: number } & (MessageRow | { id: null });
type ChangeRow = MessageRow & { outcome: Changed['outcome'] };
type HeadRow = { project_id: string; room_id: string; epoch: string; last_seq: number };

/** A store on a database whose schema is up to date. It outlives the database's absences: each call tries again. */
export function createPostgresStore(options: {
  connection: Connection;
  log: Log;
  now?: () => number;
}): Store {
  const { connection, log, now = Date.now } = options;
  const writing = openPool(connection, 'writer', WRITERS, log);
  const reading = openPool(connection, 'reader', READERS, log);
  const write = createQuery(writing, log);
  const read = createQuery(reading, log);
  const writer = createWriter<Append, Appended>({
    flush: (appends) => flush(write, appends),
    judge,
    limit: WAITING_APPENDS,
    batch: FLUSH_ROWS,
    patience: PATIENCE,
    now,
    pause: (milliseconds) => pause(milliseconds),
  });
  let changing = 0;

  async function change(
    project: ProjectId,
    room: string,
    userId: string,
    id: number,
    content: string | null,
  ): Promise<Changed> {
    if (changing >= WAITING_CHANGES) throw new Unavailable('too many changes wait');
    changing += 1;
    try {
      const [row] = await read<ChangeRow>(CHANGE, [project, room, userId, id, content]);
      if (!row) throw new Unavailable('the change answered nothing');
      const { outcome } = row;
      return outcome === 'changed' || outcome === 'same' ? { outcome, message: toMessage(row) } : { outcome };
    } finally {
      changing -= 1;
    }
  }

  async function newestChanges(project: ProjectId, room: string, limit: number): Promise<LogPage> {
    let rows = await read<PageRow>(NEWEST_CHANGES, [project, room, limit]);
    if (rows.length === 0) {
      await read(MAKE_ROOM, [project, room]);
      rows = await read<PageRow>(NEWEST_CHANGES, [project, room, limit]);
    }
    const page = toPage(rows, 0, Number.POSITIVE_INFINITY);
    const first = page.messages[0];
    return { ...page, prev: page.messages.length < limit || !first ? 0 : first.seq - 1 };
  }

  function project(id: ProjectId): ProjectStore {
    return {
      append: (room, author, draft) => {
        const client = draft.clientId ?? SERVER_MADE + randomBytes(12).toString('base64url');
        return writer.write(`${id}/${room}`, { project: id, room, author, draft, client });
      },
      change: (room, userId, message, content) => change(id, room, userId, message, content),
      newestChanges: (room, limit) => newestChanges(id, room, limit),
      changedAfter: async (room, seq, limit) =>
        toPage(await read<PageRow>(CHANGED_AFTER, [id, room, seq, limit]), seq, limit),
      messagesBefore: async (room, before, limit) => {
        const least = before ?? Number.MAX_SAFE_INTEGER;
        return (await read<MessageRow>(MESSAGES_BEFORE, [id, room, least, limit])).map(toMessage).reverse();
      },
    };
  }

  return {
    project,
    heads: async (rooms): Promise<RoomHead[]> => {
      const keys = [rooms.map(({ project }) => project), rooms.map(({ room }) => room)];
      return (await read<HeadRow>(HEADS, keys)).map((row) => ({
        project: row.project_id as ProjectId,
        room: row.room_id,
        epoch: row.epoch,
        top: row.last_seq,
      }));
    },
    ping: async () => {
      await read(PING, []);
    },
    close: async () => {
      await writer.idle();
      await Promise.all([writing.end(), reading.end()]);
    },
  };
}

async function flush(write: Query, appends: readonly Append[]): Promise<Appended[]> {
  const column = <Value>(value: (append: Append) => Value) => appends.map(value);
  const rows = await write<AppendRow>(APPEND, [
    column(({ project }) => project),
    column(({ room }) => room),
    column(({ author }) => author.userId),
    column(({ author }) => author.username),
    column(({ author }) => author.avatar),
    column(({ draft }) => draft.content),
    column(({ client }) => client),
    column(({ draft }) => draft.replyTo),
  ]);
  if (rows.length !== appends.length) throw new Unavailable('the flush did not answer every append');
  return rows.map((row, index) => toAppended(row, appends[index] as Append));
}

function toAppended(row: AppendRow, { author, draft, client }: Append): Appended {
  const { outcome } = row;
  if (outcome === 'conflict' || outcome === 'not_found') return { outcome };
  const { userId } = author;
  const message = toMessage({ ...row, user_id: userId, client_id: client, reply_to: draft.replyTo });
  return { outcome, message };
}

/** @param limit how many rows were asked for at most; a full page may have been cut */
function toPage(rows: readonly PageRow[], prev: number, limit: number): LogPage {
  const [head] = rows;
  if (!head) throw new Unavailable('the room is not there');
  const messages = rows.filter((row): row is PageRow & MessageRow => row.id !== null).map(toMessage);
  const cut = messages.length >= limit;
  const seq = cut ? (messages.at(-1)?.seq ?? head.last_seq) : Math.max(prev, head.last_seq);
  return { epoch: head.epoch, prev, seq, top: head.last_seq, messages };
}
