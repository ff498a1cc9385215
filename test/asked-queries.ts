/** Everything that the server asks of the database at work, each with the most rows of tables that it may read. */

import assert from 'node:assert/strict';
import { REACTION_USERS } from '@chatty/protocol/limits';
import { createLog } from '@chatty/server/log';
import { createQuery, openPool } from '@chatty/server/store/database';
import {
  type Append,
  createAppendFlush,
  createChangeFlush,
  createReactionFlush,
} from '@chatty/server/store/flushes';
import { type Connection, createPostgresStore } from '@chatty/server/store/postgres';
import type { ProjectId } from '@chatty/server/store/store';
import { recordPlans } from './explained.js';
import { author, draft } from './stores.js';

const actor = { kind: 'operator', id: 'o', name: 'o' } as const;

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

/** Each may read at most `most` rows of tables, however many there are. */
export const queries: { title: string; most: number; run(asking: Asking): Promise<unknown> }[] = [
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
  {
    title: 'a message taken down by a moderator',
    most: 30,
    run: async (s) => {
      const [row] = await s.append(appends(s, 1), false);
      const id = row && 'message' in row ? row.message.id : 0;
      return s.store.order.takeDown({
        project: s.kimpga,
        room: 'main',
        id,
        protectedRoles: ['admin'],
        actor,
        details: {},
      });
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
  {
    title: 'what changed in moderation since the version before',
    most: 10,
    run: async (s) => {
      const changes = await s.store.order.changes((await s.store.versions()).order - 1);
      for (const pages of changes ? [changes.sanctions, changes.staff, changes.rules] : [])
        for await (const page of pages) assert.ok(page);
    },
  },
  {
    title: 'a sanction with its message, and its end',
    most: 40,
    run: async (s) => {
      const overruled = ['moderator', 'operator'] as const;
      const of = { project: s.kimpga, userId: 'm7', overruled, actor };
      const evidence = { room: 'main', id: 1 };
      const mute = {
        kind: 'mute',
        seconds: null,
        reason: null,
        setBy: 'operator',
        details: {},
        evidence,
      } as const;
      await s.store.order.sanction({ ...of, ...mute });
      await s.store.order.lift({ ...of, kinds: ['mute'], act: 'unmute' });
    },
  },
  {
    title: 'the end of 20 sanctions that a key has set, among many of others',
    most: 200,
    run: async (s) => {
      const ban = {
        kind: 'ban',
        seconds: null,
        reason: null,
        setBy: 'key',
        overruled: [],
        details: {},
        evidence: null,
      } as const;
      const key = { ...actor, kind: 'key', id: next() } as const;
      for (let n = 0; n < 20; n += 1)
        await s.store.order.sanction({ ...ban, project: s.kimpga, userId: next(), actor: key });
      await s.store.order.liftOfKey({ project: s.kimpga, key: key.id, actor, limit: 500 });
    },
  },
  {
    title: 'a cut-off, and its removal',
    most: 20,
    run: async (s) => {
      const id = next();
      await s.store.projects.cutOff(s.kimpga, id, new Date(0).toISOString(), actor);
      await s.store.projects.removeCutOff(s.kimpga, id, actor);
    },
  },
  { title: '20 sanctions that hold', most: 30, run: (s) => s.store.order.held(s.kimpga, 'm2', 20) },
  {
    title: 'the rules of a room',
    most: 20,
    run: (s) => s.store.order.setRules({ project: s.kimpga, room: 'room-3', changes: { slow: 5 }, actor }),
  },
  {
    title: 'a moderator who comes in',
    most: 20,
    run: (s) =>
      s.store.order.seen({
        project: s.kimpga,
        userId: 'm3',
        username: next(),
        role: 'moderator',
        issuedAt: new Date().toISOString(),
      }),
  },
  {
    title: 'an entry of the audit log, and the newest 20',
    most: 20,
    run: async (s) => {
      await s.store.order.note({ project: s.kimpga, actor, act: 'test', subject: 's', details: {} });
      await s.store.order.audit(s.kimpga, null, 20);
    },
  },
];
