/** Everything that the server asks of the database about moderation and projects, each with the most rows that it may read. */

import assert from 'node:assert/strict';
import { appendBatch, type BoundedQuery, uniqueNumber } from './query-cases.js';

const auditActor = { kind: 'operator', id: 'o', name: 'o' } as const;

export const moderationQueries: BoundedQuery[] = [
  {
    title: 'a message taken down by a moderator',
    maxRowsRead: 30,
    run: async (s) => {
      const [row] = await s.append(appendBatch(s, 1), false);
      const id = row && 'message' in row ? row.message.id : 0;
      return s.store.moderation.deleteMessage({
        project: s.kimpga,
        room: 'main',
        id,
        protectedRoles: ['admin'],
        actor: auditActor,
        details: {},
      });
    },
  },
  {
    title: 'what changed in moderation since the version before',
    maxRowsRead: 10,
    run: async (s) => {
      const changes = await s.store.moderation.changesSince((await s.store.versions()).order - 1);
      for (const pages of changes ? [changes.sanctions, changes.staff, changes.rules] : [])
        for await (const page of pages) assert.ok(page);
    },
  },
  {
    title: 'a sanction with its message, and its end',
    maxRowsRead: 40,
    run: async (s) => {
      const overruled = ['moderator', 'operator'] as const;
      const of = { project: s.kimpga, userId: 'm7', overruled, actor: auditActor };
      const evidence = { room: 'main', id: 1 };
      const mute = {
        kind: 'mute',
        seconds: null,
        reason: null,
        setBy: 'operator',
        details: {},
        evidence,
      } as const;
      await s.store.moderation.setSanction({ ...of, ...mute });
      await s.store.moderation.liftSanctions({ ...of, kinds: ['mute'], act: 'unmute' });
    },
  },
  {
    title: 'the end of 20 sanctions that a key has set, among many of others',
    maxRowsRead: 200,
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
      const key = { ...auditActor, kind: 'key', id: uniqueNumber() } as const;
      for (let n = 0; n < 20; n += 1)
        await s.store.moderation.setSanction({
          ...ban,
          project: s.kimpga,
          userId: uniqueNumber(),
          actor: key,
        });
      await s.store.moderation.liftSanctionsOfKey({
        project: s.kimpga,
        key: key.id,
        actor: auditActor,
        limit: 500,
      });
    },
  },
  {
    title: 'a cut-off, and its removal',
    maxRowsRead: 20,
    run: async (s) => {
      const id = uniqueNumber();
      await s.store.projects.setCutoff(s.kimpga, id, new Date(0).toISOString(), auditActor);
      await s.store.projects.removeCutoff(s.kimpga, id, auditActor);
    },
  },
  {
    title: '20 sanctions that hold',
    maxRowsRead: 30,
    run: (s) => s.store.moderation.activeSanctions(s.kimpga, 'm2', 20),
  },
  {
    title: 'the rules of a room',
    maxRowsRead: 20,
    run: (s) =>
      s.store.moderation.setRules({
        project: s.kimpga,
        room: 'room-3',
        changes: { slow: 5 },
        actor: auditActor,
      }),
  },
  {
    title: 'a moderator who comes in',
    maxRowsRead: 20,
    run: (s) =>
      s.store.moderation.recordStaff({
        project: s.kimpga,
        userId: 'm3',
        username: uniqueNumber(),
        role: 'moderator',
        issuedAt: new Date().toISOString(),
      }),
  },
  {
    title: 'the newest 20 entries of the audit log',
    maxRowsRead: 20,
    run: (s) => s.store.moderation.listAuditEntries(s.kimpga, null, 20),
  },
];
