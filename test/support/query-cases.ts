/** Everything that the server asks of the database about messages, each with the most rows of tables that it may read. */

import { MAX_LISTED_REACTION_USERS } from '@chatty/protocol';
import { createLog } from '@chatty/server';
import type { ProjectId } from '@chatty/server/testing';
import {
  type AppendJob,
  createAppendFlush,
  createEditFlush,
  createPostgresStore,
  createQuery,
  createReactionFlush,
  type DatabaseConfig,
  openPool,
} from '@chatty/server/testing';
import { recordPlans } from './explain.js';
import { createDraft, testAuthor } from './store.js';

let usedNumberCount = 0;
export const uniqueNumber = () => `id-${++usedNumberCount}`;

export type QueryEnvironment = ReturnType<typeof openQueryEnvironment>;

/** The store as the server has it, and its flushes, each of exactly the messages that it is given. */
export function openQueryEnvironment(connection: DatabaseConfig, kimpga: ProjectId, mode: string) {
  const recorded = recordPlans(connection, `-c plan_cache_mode=${mode}`);
  const log = createLog('silent');
  const store = createPostgresStore({ config: recorded.connection, log });
  const pool = openPool(recorded.connection, 'writer', 1, log);
  const query = createQuery(pool, log);
  return {
    ...recorded,
    mode,
    kimpga,
    store,
    room: store.project(kimpga),
    append: createAppendFlush(query),
    change: createEditFlush(query),
    react: createReactionFlush(query),
    close: () => Promise.all([store.close(), pool.end()]),
  };
}

/** Messages of a flush, of which the caller says what is not as usual. */
export const appendBatch = (
  { kimpga: project }: QueryEnvironment,
  count: number,
  of: (n: number) => { room?: string; client?: string; replyTo?: number } = () => ({}),
): AppendJob[] =>
  Array.from({ length: count }, (_, n) => {
    const { room = 'main', client = uniqueNumber(), replyTo = null } = of(n + 1);
    return {
      project,
      room,
      author: testAuthor,
      client,
      draft: createDraft(`text ${client}`, client, replyTo),
    };
  });

const createRoomList = (n: number) => ({ room: `room-${n}` });

/** It may read at most `most` rows of tables, however many there are. */
export type BoundedQuery = {
  title: string;
  maxRowsRead: number;
  run(asking: QueryEnvironment): Promise<unknown>;
};

export const messageQueries: BoundedQuery[] = [
  { title: 'one message', maxRowsRead: 3, run: (s) => s.append(appendBatch(s, 1), false) },
  {
    title: 'one message that answers another',
    maxRowsRead: 4,
    run: (s) =>
      s.append(
        appendBatch(s, 1, () => ({ replyTo: 1 })),
        false,
      ),
  },
  {
    title: 'one message sent again after a change',
    maxRowsRead: 6,
    run: (s) =>
      s.append(
        appendBatch(s, 1, () => ({ client: 'changed' })),
        false,
      ),
  },
  {
    title: 'one message into a new room',
    maxRowsRead: 3,
    run: (s) =>
      s.append(
        appendBatch(s, 1, () => ({ room: uniqueNumber() })),
        false,
      ),
  },
  { title: '10 messages into one room', maxRowsRead: 30, run: (s) => s.append(appendBatch(s, 10), false) },
  {
    title: '10 messages into 10 rooms',
    maxRowsRead: 30,
    run: (s) => s.append(appendBatch(s, 10, createRoomList), false),
  },
  {
    title: '10 messages that answer others, sent again',
    maxRowsRead: 60,
    run: (s) =>
      s.append(
        appendBatch(s, 10, (n) => ({ client: `reply-${n}`, replyTo: 1 })),
        false,
      ),
  },
  { title: '100 messages into one room', maxRowsRead: 110, run: (s) => s.append(appendBatch(s, 100), false) },
  {
    title: '100 messages into 100 rooms',
    maxRowsRead: 400,
    run: (s) => s.append(appendBatch(s, 100, createRoomList), false),
  },
  {
    title: '100 messages into 100 new rooms',
    maxRowsRead: 400,
    run: (s) =>
      s.append(
        appendBatch(s, 100, () => ({ room: uniqueNumber() })),
        false,
      ),
  },
  {
    title: '100 messages that answer others, sent again',
    maxRowsRead: 600,
    run: (s) =>
      s.append(
        appendBatch(s, 100, (n) => ({ client: `answer-${n}`, replyTo: n })),
        false,
      ),
  },
  {
    title: '100 messages into 100 rooms, passing by those that are locked',
    maxRowsRead: 400,
    run: (s) => s.append(appendBatch(s, 100, createRoomList), true),
  },
  {
    title: '10 edits in 2 rooms',
    maxRowsRead: 100,
    run: (s) =>
      s.change(
        Array.from({ length: 10 }, (_, n) => ({
          project: s.kimpga,
          room: n % 2 ? 'main' : 'room-1',
          userId: testAuthor.userId,
          id: n + 1,
          content: uniqueNumber(),
        })),
        false,
      ),
  },
  {
    title: '10 edits, passing by the rooms that are locked',
    maxRowsRead: 100,
    run: (s) =>
      s.change(
        Array.from({ length: 10 }, (_, n) => ({
          project: s.kimpga,
          room: 'main',
          userId: testAuthor.userId,
          id: n + 1,
          content: uniqueNumber(),
        })),
        true,
      ),
  },
  {
    title: 'a deletion',
    maxRowsRead: 30,
    run: async (s) => {
      const [row] = await s.append(appendBatch(s, 1), false);
      const id = row && 'message' in row ? row.message.id : 0;
      return s.change(
        [{ project: s.kimpga, room: 'main', userId: testAuthor.userId, id, content: null }],
        false,
      );
    },
  },
  {
    title: '10 reactions, put on and taken back',
    maxRowsRead: 20 * (10 + MAX_LISTED_REACTION_USERS),
    run: async (s) => {
      for (const on of [true, false])
        await s.react(
          Array.from({ length: 10 }, (_, n) => ({
            project: s.kimpga,
            room: 'main',
            userId: `late-${n}`,
            id: 1,
            emoji: '👍',
            on,
          })),
          on,
        );
    },
  },
  { title: 'the newest 50 changes of a room', maxRowsRead: 51, run: (s) => s.room.newestChanges('main', 50) },
  {
    title: 'the changes of a new room',
    maxRowsRead: 10,
    run: (s) => s.room.newestChanges(uniqueNumber(), 50),
  },
  { title: '50 changes after a position', maxRowsRead: 51, run: (s) => s.room.changesAfter('main', 100, 50) },
  {
    title: '50 messages before another',
    maxRowsRead: 50,
    run: (s) => s.room.messagesBefore('main', 190, 50),
  },
  {
    title: 'a message by its client id',
    maxRowsRead: 1,
    run: (s) => s.room.findByClientId('main', testAuthor.userId, { ...createDraft('x'), clientId: 'c7' }),
  },
  {
    title: 'whether somebody wrote 10 messages',
    maxRowsRead: 10,
    run: (s) => s.room.countMessages(testAuthor.userId, 10),
  },
  {
    title: 'a new epoch of a room',
    maxRowsRead: 1,
    run: (s) => s.room.renewEpoch('main', '00000000-0000-4000-8000-000000000000'),
  },
  {
    title: 'the heads of 100 rooms',
    maxRowsRead: 100,
    run: (s) =>
      s.store.roomHeads(
        Array.from({ length: 100 }, (_, n) => ({ project: s.kimpga, room: `room-${n + 1}` })),
      ),
  },
  { title: 'the versions', maxRowsRead: 10, run: (s) => s.store.versions() },
];
