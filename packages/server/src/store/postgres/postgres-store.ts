/** The store on PostgreSQL, the embedded one or a server: plain SQL, named statements, every wait bounded. */

import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from '../../runtime/logger.js';
import { UnavailableError } from '../../runtime/unavailable-error.js';
import type { DatabaseConfig } from '../database-config.js';
import type { AccessCheck, LogPage, ProjectId, ProjectStore, RoomHead, Store, Versions } from '../store.js';
import { classifyError } from './database-errors.js';
import { createGroupCommit, type Flush } from './group-commit.js';
import { type MessageRow, messageColumns, SERVER_CLIENT_ID_PREFIX, toMessage } from './message-row.js';
import { createModerationRecords } from './moderation-queries.js';
import { assertPgInternals } from './pg-internals.js';
import { createQuery, openPool, type Statement } from './pool.js';
import { createProjectRecords } from './project-queries.js';
import { createAccessCheckedFlush } from './recheck-permissions.js';
import { createWritability, PROBE_DISK } from './writability.js';
import {
  appendJobBytes,
  createAppendFlush,
  createEditFlush,
  createReactionFlush,
  editJobBytes,
} from './write-batches.js';

/** One for appends, one for changes, one for reactions; each writes one flush at a time. */
const WRITER_CONNECTIONS = 3;
const READER_CONNECTIONS = 8;
/** For what other servers have changed, which waits behind nothing else: one, and others while that one gets no answer. */
const POLLER_CONNECTIONS = 4;
const POLL_TIMEOUT_MS = 1_500;
/** Longest time in milliseconds until a write is answered. */
const WRITE_TIMEOUT_MS = 5_000;
const APPEND_LIMITS = { limit: { jobs: 20_000, bytes: 64 * 1024 * 1024 }, maxBatchSize: 1_000 };
const REACTION_JOB_BYTES = 500;
const REACTION_LIMITS = { limit: { jobs: 2_000, bytes: 2_000 * REACTION_JOB_BYTES }, maxBatchSize: 100 };
const EDIT_LIMITS = { limit: { jobs: 200, bytes: 4 * 1024 * 1024 }, maxBatchSize: 100 };

const MESSAGE_COLUMNS = messageColumns('m');

/** LIMIT says that there is one: the statistics of a table that grows may say thousands. */
const ROOM_ROW = '(SELECT * FROM rooms WHERE project_id = $1 AND room_id = $2 LIMIT 1)';
// The position and its rows in one statement and so of one snapshot: they cannot disagree.
const NEWEST_CHANGES = {
  name: 'newest changes',
  text: `SELECT r.epoch, r.last_seq, ${MESSAGE_COLUMNS} FROM ${ROOM_ROW} r
    LEFT JOIN LATERAL newest_changes(r.project_id, r.room_id, $3) m ON true ORDER BY m.seq`,
};
const CHANGED_AFTER = {
  name: 'changed after',
  text: `SELECT r.epoch, r.last_seq, ${MESSAGE_COLUMNS} FROM ${ROOM_ROW} r
    LEFT JOIN LATERAL changes_after(r.project_id, r.room_id, $3, $4) m ON true ORDER BY m.seq`,
};
// The length of a text is known without reading it where it is stored apart from its row.
const MESSAGES_BEFORE = {
  name: 'messages before',
  text: `SELECT ${MESSAGE_COLUMNS} FROM (
      SELECT n.*, sum(octet_length(n.content)) OVER (ORDER BY n.id DESC ROWS UNBOUNDED PRECEDING) AS bytes
      FROM messages_before($1, $2, $3, $4) n
    ) m WHERE m.bytes - octet_length(m.content) <= $5 ORDER BY m.id DESC`,
};
const MESSAGE_BY_CLIENT_ID = {
  name: 'sent',
  text: `SELECT is_same_message(m, $4, $5, $6) AS same, ${MESSAGE_COLUMNS} FROM message_by_client($1, $2, $3) m
    WHERE m.room_id = $4 AND m.reply_to IS NOT DISTINCT FROM $6`,
};
const COUNT_MESSAGES = {
  name: 'written',
  text: 'SELECT count_messages_of($1, $2, $3) AS count',
};
const FIRST_EPOCH = {
  name: 'first epoch',
  text: 'SELECT first_epoch($1::text, $2::text) AS epoch',
};
// A restored backup may lack the room's row.
const RENEW_EPOCH = {
  name: 'renew',
  text: `INSERT INTO rooms (project_id, room_id, epoch) VALUES ($1, $2, gen_random_uuid())
    ON CONFLICT (project_id, room_id) DO UPDATE SET epoch = excluded.epoch WHERE rooms.epoch = $3`,
};
// LIMIT keeps the planner from a join, which may read all rooms.
const ROOM_HEADS = {
  name: 'heads',
  text: `SELECT r.project_id, r.room_id, r.epoch, r.last_seq FROM unnest($1::text[], $2::text[]) AS k(project_id, room_id)
    CROSS JOIN LATERAL (
      SELECT * FROM rooms WHERE project_id = k.project_id AND room_id = k.room_id LIMIT 1
    ) r`,
};
const VERSIONS = {
  name: 'versions',
  text: 'SELECT p.version AS projects, o.version AS "order" FROM projects_version p, moderation_version o',
};

type PageRow = { epoch: string; last_seq: number } & (MessageRow | { id: null });
type HeadRow = { project_id: string; room_id: string; epoch: string; last_seq: number };

/** A store on a database whose schema is up to date. It outlives the database's absences: each call tries again. */
export function createPostgresStore(options: { config: DatabaseConfig; log: Log }): Store {
  const { config, log } = options;
  assertPgInternals();
  const writePool = openPool(config, 'writer', WRITER_CONNECTIONS, log);
  const readPool = openPool(config, 'reader', READER_CONNECTIONS, log);
  const pollPool = openPool(config, 'follower', POLLER_CONNECTIONS, log, POLL_TIMEOUT_MS);
  const writeQuery = createQuery(writePool, log);
  const readQuery = createQuery(readPool, log);
  const pollQuery = createQuery(pollPool, log, 'debug');
  const writability = createWritability({ probe: () => pollQuery(PROBE_DISK, []), log });
  const observedAndChecked = <Job extends { access?: AccessCheck | undefined }, Result extends object>(
    flush: Flush<Job, Result>,
  ) => createAccessCheckedFlush(writability.observe(flush));
  const commitOptions = {
    judge: classifyError,
    timeoutMs: WRITE_TIMEOUT_MS,
    now: () => performance.now(),
    sleep: (milliseconds: number) => pause(milliseconds),
    setTimer: (milliseconds: number, run: () => void) => void setTimeout(run, milliseconds).unref(),
  };
  const appendCommits = createGroupCommit({
    ...commitOptions,
    ...APPEND_LIMITS,
    flush: observedAndChecked(createAppendFlush(writeQuery)),
    sizeOf: appendJobBytes,
  });
  const editCommits = createGroupCommit({
    ...commitOptions,
    ...EDIT_LIMITS,
    flush: observedAndChecked(createEditFlush(writeQuery)),
    sizeOf: editJobBytes,
  });

  const reactionCommits = createGroupCommit({
    ...commitOptions,
    ...REACTION_LIMITS,
    flush: observedAndChecked(createReactionFlush(writeQuery)),
    sizeOf: () => REACTION_JOB_BYTES,
  });

  /** A room in which nothing was written has no row: reading makes none, and its log is empty. */
  async function pageRows(
    statement: Statement,
    project: ProjectId,
    room: string,
    ...rest: number[]
  ): Promise<PageRow[]> {
    const rows = await readQuery<PageRow>(statement, [project, room, ...rest]);
    if (rows.length > 0) return rows;
    const [first] = await readQuery<{ epoch: string }>(FIRST_EPOCH, [project, room]);
    return first ? [{ epoch: first.epoch, last_seq: 0, id: null } as const] : [];
  }

  async function newestChanges(project: ProjectId, room: string, limit: number): Promise<LogPage> {
    const rows = await pageRows(NEWEST_CHANGES, project, room, limit);
    const page = toLogPage(rows, 0, Number.POSITIVE_INFINITY);
    const first = page.messages[0];
    return { ...page, prev: page.messages.length < limit || !first ? 0 : first.seq - 1 };
  }

  function project(id: ProjectId): ProjectStore {
    return {
      append: (room, author, draft, access) => {
        const client = draft.clientId ?? SERVER_CLIENT_ID_PREFIX + randomBytes(12).toString('base64url');
        return appendCommits.enqueue(`${id}/${room}`, { project: id, room, author, draft, client, access });
      },
      update: (room, userId, message, content, access) =>
        editCommits.enqueue(`${id}/${room}`, { project: id, room, userId, id: message, content, access }),
      react: (room, userId, { id: message, emoji, on }, access) =>
        reactionCommits.enqueue(`${id}/${room}`, {
          project: id,
          room,
          userId,
          id: message,
          emoji,
          on,
          access,
        }),
      newestChanges: (room, limit) => newestChanges(id, room, limit),
      changesAfter: async (room, seq, limit) =>
        toLogPage(await pageRows(CHANGED_AFTER, id, room, seq, limit), seq, limit),
      messagesBefore: async (room, before, limit, bytes = Number.MAX_SAFE_INTEGER) => {
        const beforeId = before ?? Number.MAX_SAFE_INTEGER;
        const rows = await readQuery<MessageRow>(MESSAGES_BEFORE, [id, room, beforeId, limit, bytes]);
        return rows.map(toMessage).reverse();
      },
      findByClientId: async (room, userId, { clientId, content, replyTo }) => {
        const [row] = await readQuery<MessageRow & { same: boolean }>(MESSAGE_BY_CLIENT_ID, [
          id,
          userId,
          clientId,
          room,
          content,
          replyTo,
        ]);
        return row ? { message: toMessage(row), same: row.same } : null;
      },
      countMessages: async (userId, most) => {
        const [row] = await readQuery<{ count: number }>(COUNT_MESSAGES, [id, userId, most]);
        return row?.count ?? 0;
      },
      renewEpoch: async (room, epoch) => {
        await readQuery(RENEW_EPOCH, [id, room, epoch]);
      },
    };
  }

  return {
    project,
    projects: createProjectRecords(readQuery, pollQuery),
    moderation: createModerationRecords(readQuery, pollQuery),
    versions: async () => {
      const [versions] = await pollQuery<Versions>(VERSIONS, []);
      if (!versions) throw new UnavailableError('the versions are not there');
      return versions;
    },
    roomHeads: async (rooms): Promise<RoomHead[]> => {
      const keys = [rooms.map(({ project }) => project), rooms.map(({ room }) => room)];
      return (await pollQuery<HeadRow>(ROOM_HEADS, keys)).map((row) => ({
        project: row.project_id as ProjectId,
        room: row.room_id,
        epoch: row.epoch,
        head: row.last_seq,
      }));
    },
    writability,
    close: async () => {
      await Promise.all([appendCommits.idle(), editCommits.idle(), reactionCommits.idle()]);
      writability.close();
      await Promise.all([writePool.end(), readPool.end(), pollPool.end()]);
    },
  };
}

/** @param limit how many rows were asked for at most; a full page may have been cut */
function toLogPage(rows: readonly PageRow[], prev: number, limit: number): LogPage {
  const [head] = rows;
  if (!head) throw new UnavailableError('the room has no epoch');
  const messages = rows.filter((row): row is PageRow & MessageRow => row.id !== null).map(toMessage);
  const cut = messages.length >= limit;
  const seq = cut ? (messages.at(-1)?.seq ?? head.last_seq) : Math.max(prev, head.last_seq);
  return { epoch: head.epoch, prev, seq, head: head.last_seq, messages };
}
