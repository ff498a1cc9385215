/** The store on PostgreSQL, the embedded one or a server: plain SQL, named statements, every wait bounded. */

import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from '../../runtime/logger.js';
import {
  type Access,
  type LogPage,
  type ProjectId,
  type ProjectStore,
  type RoomHead,
  type Store,
  Unavailable,
  type Versions,
} from '../store.js';
import { createWriter, type Flush } from './group-commit.js';
import { createOrderRecords } from './moderation-queries.js';
import {
  type Connection,
  columnsOf,
  createQuery,
  judge,
  type MessageRow,
  openPool,
  SERVER_MADE,
  type Statement,
  toMessage,
} from './pool.js';
import { createProjectRecords } from './project-queries.js';
import { createCheckedFlush } from './recheck-permissions.js';
import { createWritability, PROBE } from './writability.js';
import {
  createAppendFlush,
  createChangeFlush,
  createReactionFlush,
  weighAppend,
  weighChange,
} from './write-batches.js';

export type { Connection } from './pool.js';

/** One for appends, one for changes, one for reactions; each writes one flush at a time. */
const WRITERS = 3;
const READERS = 8;
/** For what other servers have changed, which waits behind nothing else: one, and others while that one gets no answer. */
const FOLLOWERS = 4;
const FOLLOWING_TIMEOUT_MS = 1_500;
/** Longest time in milliseconds until a write is answered. */
const PATIENCE = 5_000;
const APPENDS = { limit: { jobs: 20_000, bytes: 64 * 1024 * 1024 }, batch: 1_000 };
const REACTION_BYTES = 500;
const REACTIONS = { limit: { jobs: 2_000, bytes: 2_000 * REACTION_BYTES }, batch: 100 };
const CHANGES = { limit: { jobs: 200, bytes: 4 * 1024 * 1024 }, batch: 100 };

const COLUMNS = columnsOf('m');

/** LIMIT says that there is one: the statistics of a table that grows may say thousands. */
const ROOM = '(SELECT * FROM rooms WHERE project_id = $1 AND room_id = $2 LIMIT 1)';
// The position and its rows in one statement and so of one snapshot: they cannot disagree.
const NEWEST_CHANGES = {
  name: 'newest changes',
  text: `SELECT r.epoch, r.last_seq, ${COLUMNS} FROM ${ROOM} r
    LEFT JOIN LATERAL newest_changes(r.project_id, r.room_id, $3) m ON true ORDER BY m.seq`,
};
const CHANGED_AFTER = {
  name: 'changed after',
  text: `SELECT r.epoch, r.last_seq, ${COLUMNS} FROM ${ROOM} r
    LEFT JOIN LATERAL changes_after(r.project_id, r.room_id, $3, $4) m ON true ORDER BY m.seq`,
};
// The length of a text is known without reading it where it is stored apart from its row.
const MESSAGES_BEFORE = {
  name: 'messages before',
  text: `SELECT ${COLUMNS} FROM (
      SELECT n.*, sum(octet_length(n.content)) OVER (ORDER BY n.id DESC ROWS UNBOUNDED PRECEDING) AS bytes
      FROM messages_before($1, $2, $3, $4) n
    ) m WHERE m.bytes - octet_length(m.content) <= $5 ORDER BY m.id DESC`,
};
const SENT = {
  name: 'sent',
  text: `SELECT is_same_message(m, $4, $5, $6) AS same, ${COLUMNS} FROM message_by_client($1, $2, $3) m
    WHERE m.room_id = $4 AND m.reply_to IS NOT DISTINCT FROM $6`,
};
const WRITTEN = {
  name: 'written',
  text: 'SELECT count_messages_of($1, $2, $3) AS count',
};
const FIRST_EPOCH = {
  name: 'first epoch',
  text: 'SELECT first_epoch($1::text, $2::text) AS epoch',
};
// A restored backup may lack the room's row.
const RENEW = {
  name: 'renew',
  text: `INSERT INTO rooms (project_id, room_id, epoch) VALUES ($1, $2, gen_random_uuid())
    ON CONFLICT (project_id, room_id) DO UPDATE SET epoch = excluded.epoch WHERE rooms.epoch = $3`,
};
// LIMIT keeps the planner from a join, which may read all rooms.
const HEADS = {
  name: 'heads',
  text: `SELECT r.project_id, r.room_id, r.epoch, r.last_seq FROM unnest($1::text[], $2::text[]) AS k(project_id, room_id)
    CROSS JOIN LATERAL (
      SELECT * FROM rooms WHERE project_id = k.project_id AND room_id = k.room_id LIMIT 1
    ) r`,
};
const VERSIONS = {
  name: 'versions',
  text: 'SELECT p.version AS projects, o.version AS "order" FROM projects_version p, order_version o',
};

type PageRow = { epoch: string; last_seq: number } & (MessageRow | { id: null });
type HeadRow = { project_id: string; room_id: string; epoch: string; last_seq: number };

/** A store on a database whose schema is up to date. It outlives the database's absences: each call tries again. */
export function createPostgresStore(options: { connection: Connection; log: Log }): Store {
  const { connection, log } = options;
  const writing = openPool(connection, 'writer', WRITERS, log);
  const reading = openPool(connection, 'reader', READERS, log);
  const following = openPool(connection, 'follower', FOLLOWERS, log, FOLLOWING_TIMEOUT_MS);
  const write = createQuery(writing, log);
  const read = createQuery(reading, log);
  const follow = createQuery(following, log, 'debug');
  const writability = createWritability({ probe: () => follow(PROBE, []), log });
  const checked = <Job extends { access?: Access | undefined }, Result extends object>(
    flush: Flush<Job, Result>,
  ) => createCheckedFlush(writability.observe(flush));
  const waits = {
    judge,
    patience: PATIENCE,
    now: () => performance.now(),
    pause: (milliseconds: number) => pause(milliseconds),
    alarm: (milliseconds: number, run: () => void) => void setTimeout(run, milliseconds).unref(),
  };
  const appends = createWriter({
    ...waits,
    ...APPENDS,
    flush: checked(createAppendFlush(write)),
    weigh: weighAppend,
  });
  const changes = createWriter({
    ...waits,
    ...CHANGES,
    flush: checked(createChangeFlush(write)),
    weigh: weighChange,
  });

  const reactions = createWriter({
    ...waits,
    ...REACTIONS,
    flush: checked(createReactionFlush(write)),
    weigh: () => REACTION_BYTES,
  });

  /** A room in which nothing was written has no row: reading makes none, and its log is empty. */
  async function pageRows(
    statement: Statement,
    project: ProjectId,
    room: string,
    ...rest: number[]
  ): Promise<PageRow[]> {
    const rows = await read<PageRow>(statement, [project, room, ...rest]);
    if (rows.length > 0) return rows;
    const [first] = await read<{ epoch: string }>(FIRST_EPOCH, [project, room]);
    return first ? [{ epoch: first.epoch, last_seq: 0, id: null } as const] : [];
  }

  async function newestChanges(project: ProjectId, room: string, limit: number): Promise<LogPage> {
    const rows = await pageRows(NEWEST_CHANGES, project, room, limit);
    const page = toPage(rows, 0, Number.POSITIVE_INFINITY);
    const first = page.messages[0];
    return { ...page, prev: page.messages.length < limit || !first ? 0 : first.seq - 1 };
  }

  function project(id: ProjectId): ProjectStore {
    return {
      append: (room, author, draft, access) => {
        const client = draft.clientId ?? SERVER_MADE + randomBytes(12).toString('base64url');
        return appends.write(`${id}/${room}`, { project: id, room, author, draft, client, access });
      },
      change: (room, userId, message, content, access) =>
        changes.write(`${id}/${room}`, { project: id, room, userId, id: message, content, access }),
      react: (room, userId, { id: message, emoji, on }, access) =>
        reactions.write(`${id}/${room}`, { project: id, room, userId, id: message, emoji, on, access }),
      newestChanges: (room, limit) => newestChanges(id, room, limit),
      changedAfter: async (room, seq, limit) =>
        toPage(await pageRows(CHANGED_AFTER, id, room, seq, limit), seq, limit),
      messagesBefore: async (room, before, limit, bytes = Number.MAX_SAFE_INTEGER) => {
        const least = before ?? Number.MAX_SAFE_INTEGER;
        const rows = await read<MessageRow>(MESSAGES_BEFORE, [id, room, least, limit, bytes]);
        return rows.map(toMessage).reverse();
      },
      sent: async (room, userId, { clientId, content, replyTo }) => {
        const [row] = await read<MessageRow & { same: boolean }>(SENT, [
          id,
          userId,
          clientId,
          room,
          content,
          replyTo,
        ]);
        return row ? { message: toMessage(row), same: row.same } : null;
      },
      written: async (userId, most) => {
        const [row] = await read<{ count: number }>(WRITTEN, [id, userId, most]);
        return row?.count ?? 0;
      },
      renew: async (room, epoch) => {
        await read(RENEW, [id, room, epoch]);
      },
    };
  }

  return {
    project,
    projects: createProjectRecords(read, follow),
    order: createOrderRecords(read, follow),
    versions: async () => {
      const [versions] = await follow<Versions>(VERSIONS, []);
      if (!versions) throw new Unavailable('the versions are not there');
      return versions;
    },
    heads: async (rooms): Promise<RoomHead[]> => {
      const keys = [rooms.map(({ project }) => project), rooms.map(({ room }) => room)];
      return (await follow<HeadRow>(HEADS, keys)).map((row) => ({
        project: row.project_id as ProjectId,
        room: row.room_id,
        epoch: row.epoch,
        top: row.last_seq,
      }));
    },
    writability,
    close: async () => {
      await Promise.all([appends.idle(), changes.idle(), reactions.idle()]);
      writability.close();
      await Promise.all([writing.end(), reading.end(), following.end()]);
    },
  };
}

/** @param limit how many rows were asked for at most; a full page may have been cut */
function toPage(rows: readonly PageRow[], prev: number, limit: number): LogPage {
  const [head] = rows;
  if (!head) throw new Unavailable('the room has no epoch');
  const messages = rows.filter((row): row is PageRow & MessageRow => row.id !== null).map(toMessage);
  const cut = messages.length >= limit;
  const seq = cut ? (messages.at(-1)?.seq ?? head.last_seq) : Math.max(prev, head.last_seq);
  return { epoch: head.epoch, prev, seq, top: head.last_seq, messages };
}
