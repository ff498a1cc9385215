/** Everything that the server asks of the database about moderation and projects, each with the most rows that it may read. */

import assert from 'node:assert/strict';
import { type AskedQuery, appends, next } from './query-cases.js';

const actor = { kind: 'operator', id: 'o', name: 'o' } as const;

export const moderationQueries: AskedQuery[] = [
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
