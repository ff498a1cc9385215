/** Everything that the server asks of the database about messages, each with the most rows of tables that it may read. */

import { REACTION_USERS } from '@chatty/protocol/sizes';
import { createLog } from '@chatty/server/runtime/logger';
import { createQuery, openPool } from '@chatty/server/store/postgres/pool';
import { type Connection, createPostgresStore } from '@chatty/server/store/postgres/postgres-store';
import {
  type Append,
  createAppendFlush,
  createChangeFlush,
  createReactionFlush,
} from '@chatty/server/store/postgres/write-batches';
import type { ProjectId } from '@chatty/server/store/store';
import { recordPlans } from './explain.js';
import { author, draft } from './store.js';

let given = 0;
export const next = () => `id-${++given}`;

export type Asking = ReturnType<typeof openAsking>;

/** The store as the server has it, and its flushes, each of exactly the messages that it is given. */
export function openAsking(connection: Connection, kimpga: ProjectId, mode: string) {
  const recorded = recordPlans(connection, `-c plan_cache_mode=${mode}`);
  const log = createLog('silent');
  const store = createPostgresStore({ connection: recorded.connection, log });
  const pool = openPool(recorded.connection, 'writer', 1, log);
  const query = createQuery(pool, log);
  return {
    ...recorded,
    mode,
    kimpga,
    store,
    room: store.project(kimpga),
    append: createAppendFlush(query),
    change: createChangeFlush(query),
    react: createReactionFlush(query),
    close: () => Promise.all([store.close(), pool.end()]),
  };
}

/** Messages of a flush, of which the caller says what is not as usual. */
export const appends = (
  { kimpga: project }: Asking,
  count: number,
  of: (n: number) => { room?: string; client?: string; replyTo?: number } = () => ({}),
): Append[] =>
  Array.from({ length: count }, (_, n) => {
    const { room = 'main', client = next(), replyTo = null } = of(n + 1);
    return { project, room, author, client, draft: draft(`text ${client}`, client, replyTo) };
  });

const inRooms = (n: number) => ({ room: `room-${n}` });

/** It may read at most `most` rows of tables, however many there are. */
export type AskedQuery = { title: string; most: number; run(asking: Asking): Promise<unknown> };

export const messageQueries: AskedQuery[] = [
  { title: 'one message', most: 3, run: (s) => s.append(appends(s, 1), false) },
  {
    title: 'one message that answers another',
    most: 4,
    run: (s) =>
      s.append(
        appends(s, 1, () => ({ replyTo: 1 })),
        false,
      ),
  },
  {
    title: 'one message sent again after a change',
    most: 6,
    run: (s) =>
      s.append(
        appends(s, 1, () => ({ client: 'changed' })),
        false,
      ),
  },
  {
    title: 'one message into a new room',
    most: 3,
    run: (s) =>
      s.append(
        appends(s, 1, () => ({ room: next() })),
        false,
      ),
  },
  { title: '10 messages into one room', most: 30, run: (s) => s.append(appends(s, 10), false) },
  { title: '10 messages into 10 rooms', most: 30, run: (s) => s.append(appends(s, 10, inRooms), false) },
  {
    title: '10 messages that answer others, sent again',
    most: 60,
    run: (s) =>
      s.append(
        appends(s, 10, (n) => ({ client: `reply-${n}`, replyTo: 1 })),
        false,
      ),
  },
  { title: '100 messages into one room', most: 110, run: (s) => s.append(appends(s, 100), false) },
  {
    title: '100 messages into 100 rooms',
    most: 400,
    run: (s) => s.append(appends(s, 100, inRooms), false),
  },
  {
    title: '100 messages into 100 new rooms',
    most: 400,
    run: (s) =>
      s.append(
        appends(s, 100, () => ({ room: next() })),
        false,
      ),
  },
  {
    title: '100 messages that answer others, sent again',
    most: 600,
    run: (s) =>
      s.append(
        appends(s, 100, (n) => ({ client: `answer-${n}`, replyTo: n })),
        false,
      ),
  },
  {
    title: '100 messages into 100 rooms, passing by those that are locked',
    most: 400,
    run: (s) => s.append(appends(s, 100, inRooms), true),
  },
  {
    title: '10 edits in 2 rooms',
    most: 100,
    run: (s) =>
      s.change(
        Array.from({ length: 10 }, (_, n) => ({
          project: s.kimpga,
          room: n % 2 ? 'main' : 'room-1',
          userId: author.userId,
          id: n + 1,
          content: next(),
        })),
        false,
      ),
  },
  {
    title: '10 edits, passing by the rooms that are locked',
    most: 100,
    run: (s) =>
      s.change(
        Array.from({ length: 10 }, (_, n) => ({
          project: s.kimpga,
          room: 'main',
          userId: author.userId,
          id: n + 1,
          content: next(),
        })),
        true,
      ),
  },
  {
    title: 'a deletion',
    most: 30,
    run: async (s) => {
      const [row] = await s.append(appends(s, 1), false);
      const id = row && 'message' in row ? row.message.id : 0;
      return s.change([{ project: s.kimpga, room: 'main', userId: author.userId, id, content: null }], false);
    },
  },
  {
    title: '10 reactions, put on and taken back',
    most: 20 * (10 + REACTION_USERS),
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
  { title: 'the newest 50 changes of a room', most: 51, run: (s) => s.room.newestChanges('main', 50) },
  { title: 'the changes of a new room', most: 10, run: (s) => s.room.newestChanges(next(), 50) },
  { title: '50 changes after a position', most: 51, run: (s) => s.room.changedAfter('main', 100, 50) },
  { title: '50 messages before another', most: 50, run: (s) => s.room.messagesBefore('main', 190, 50) },
  {
    title: 'a message by its client id',
    most: 1,
    run: (s) => s.room.sent('main', author.userId, { ...draft('x'), clientId: 'c7' }),
  },
  { title: 'whether somebody wrote 10 messages', most: 10, run: (s) => s.room.written(author.userId, 10) },
  {
    title: 'a new epoch of a room',
    most: 1,
    run: (s) => s.room.renew('main', '00000000-0000-4000-8000-000000000000'),
  },
  {
    title: 'the heads of 100 rooms',
    most: 100,
    run: (s) =>
      s.store.heads(Array.from({ length: 100 }, (_, n) => ({ project: s.kimpga, room: `room-${n + 1}` }))),
  },
  { title: 'the versions', most: 10, run: (s) => s.store.versions() },
];
