/** Bugs that a room log can have, planted one at a time into a copy of ours: each must be caught, or the tests see nothing. */

import { keepDuplicateSeq, keepTransactionOpen, type PlantedBug, quadraticTrailingSpacesBug } from './bug.js';

const ROOM_MODULE = 'server/dist/room.js';
const FAN_OUT_MODULE = 'server/dist/fan-out.js';
const MESSAGES_MODULE = 'server/dist/messages.js';
const DATABASE_MODULE = 'server/dist/store/database.js';
const TABLES_MIGRATION = 'server/dist/store/migrations/0002_group_commit.sql';
const FUNCTIONS_MIGRATION = 'server/dist/store/migrations/0012_rooms_locked_by_key.sql';
const APPEND_ONE_MIGRATION = 'server/dist/store/migrations/0011_one_message.sql';
const COLUMNS_COMMENT = '-- Appends many messages to many rooms in one transaction';

export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'ack-before-commit',
    scenario: 'kill',
    expectedAnomalies: ['lost-acked', 'corrupt', 'duplicate'],
    codePatches: [keepTransactionOpen('append')],
  },
  {
    name: 'change-ack-before-commit',
    scenario: 'kill',
    expectedAnomalies: ['lost-acked', 'duplicate'],
    codePatches: [keepTransactionOpen('change')],
  },
  {
    name: 'publish-before-commit',
    scenario: 'kill',
    expectedAnomalies: ['ghost', 'corrupt'],
    codePatches: [
      keepTransactionOpen('append'),
      {
        file: MESSAGES_MODULE,
        from: 'publish(member.projectId, member.room, message);',
        to: 'publish(member.projectId, member.room, message); await globalThis.committed;',
      },
    ],
  },
  {
    name: 'no-sync-on-commit',
    scenario: 'databaseRestart',
    expectedAnomalies: ['lost-acked', 'corrupt'],
    codePatches: [
      { file: DATABASE_MODULE, from: 'max: size,', to: "max: size, options: '-c synchronous_commit=off'," },
    ],
  },
  {
    name: 'sequence-instead-of-row-lock',
    scenario: 'terminate',
    expectedAnomalies: ['hole', 'silent-gap', 'non-linear', 'fifo'],
    codePatches: [
      {
        file: TABLES_MIGRATION,
        from: COLUMNS_COMMENT,
        to: `CREATE SEQUENCE numbers_kimpga; CREATE SEQUENCE numbers_othershop;
          GRANT USAGE ON numbers_kimpga, numbers_othershop TO PUBLIC;\n${COLUMNS_COMMENT}`,
      },
      {
        file: FUNCTIONS_MIGRATION,
        from: 'k.top + count(*) FILTER (WHERE k.fits) OVER (PARTITION BY k.place ORDER BY k.n) END',
        to: "nextval('numbers_' || k.project) END",
      },
      { file: FUNCTIONS_MIGRATION, from: '        FOR UPDATE\n      ) r ON true', to: '      ) r ON true' },
      {
        file: FUNCTIONS_MIGRATION,
        from: 'SET last_seq = f.new_top',
        to: 'SET last_seq = greatest(r.last_seq, f.new_top)',
      },
      {
        file: FUNCTIONS_MIGRATION,
        from: `    UPDATE rooms r SET last_seq = r.last_seq + 1
      WHERE r.project_id = given.project AND r.room_id = given.room RETURNING r.last_seq INTO id;
    IF NOT FOUND THEN`,
        to: `    id := nextval('numbers_' || given.project);
    INSERT INTO rooms (project_id, room_id) VALUES (given.project, given.room) ON CONFLICT DO NOTHING;
    UPDATE rooms r SET last_seq = greatest(r.last_seq, id)
      WHERE r.project_id = given.project AND r.room_id = given.room;
    IF false THEN`,
      },
      {
        file: APPEND_ONE_MIGRATION,
        from: `  UPDATE rooms r SET last_seq = r.last_seq + 1
    WHERE r.project_id = p_project AND r.room_id = p_room RETURNING r.last_seq INTO id;
  IF NOT FOUND THEN`,
        to: `  id := nextval('numbers_' || p_project);
  INSERT INTO rooms (project_id, room_id) VALUES (p_project, p_room) ON CONFLICT DO NOTHING;
  UPDATE rooms r SET last_seq = greatest(r.last_seq, id) WHERE r.project_id = p_project AND r.room_id = p_room;
  IF false THEN`,
      },
      ...[FUNCTIONS_MIGRATION, APPEND_ONE_MIGRATION].map(keepDuplicateSeq),
      {
        file: FUNCTIONS_MIGRATION,
        from: `UPDATE rooms r SET last_seq = r.last_seq + 1
        WHERE r.project_id = key.project AND r.room_id = key.room RETURNING r.last_seq INTO next_seq;
      UPDATE messages m SET seq = next_seq, content`,
        to: `next_seq := nextval('numbers_' || key.project);
      UPDATE rooms r SET last_seq = greatest(r.last_seq, next_seq)
        WHERE r.project_id = key.project AND r.room_id = key.room;
      UPDATE messages m SET seq = next_seq, content`,
      },
      { file: 'server/dist/store/writer.js', from: 'await store(items);', to: 'void store(items);' },
    ],
  },
  {
    name: 'dedupe-off',
    scenario: 'reset',
    expectedAnomalies: ['duplicate'],
    codePatches: [
      {
        file: TABLES_MIGRATION,
        from: COLUMNS_COMMENT,
        to: `ALTER TABLE messages DROP CONSTRAINT messages_project_id_user_id_client_id_key;\n${COLUMNS_COMMENT}`,
      },
      {
        file: FUNCTIONS_MIGRATION,
        from: 'a.client_id BETWEEN k.client AND k.client',
        to: 'a.client_id BETWEEN k.client AND k.client AND false',
      },
      ...[FUNCTIONS_MIGRATION, APPEND_ONE_MIGRATION].map((file) => ({
        file,
        from: 'ON CONFLICT (project_id, user_id, client_id) DO NOTHING',
        to: 'ON CONFLICT DO NOTHING',
      })),
    ],
  },
  {
    name: 'dedupe-burns-a-number',
    scenario: 'reset',
    expectedAnomalies: ['hole', 'stale', 'gap'],
    codePatches: [
      {
        file: FUNCTIONS_MIGRATION,
        from: 'max(n.new_id) AS new_top FROM numbered n WHERE n.new_id IS NOT NULL GROUP BY n.place',
        to: 'max(n.top) + count(*) AS new_top FROM numbered n WHERE n.top IS NOT NULL GROUP BY n.place',
      },
      ...[FUNCTIONS_MIGRATION, APPEND_ONE_MIGRATION].map(keepDuplicateSeq),
    ],
  },
  {
    name: 'no-head-check',
    scenario: 'neighbour',
    expectedAnomalies: ['stale', 'silent-gap'],
    codePatches: [
      {
        file: 'server/dist/rooms.js',
        from: 'const followed = [...rooms.values()].filter(({ emptySince }) => emptySince === null);',
        to: 'const followed = [];',
      },
    ],
  },
  {
    name: 'read-then-subscribe',
    scenario: 'reset',
    expectedAnomalies: ['silent-gap'],
    codePatches: [
      {
        file: ROOM_MODULE,
        from: 'fanOut.add(member);',
        to: 'setTimeout(() => fanOut.add(member), 30);',
      },
    ],
  },
  {
    name: 'stale-history',
    scenario: 'reset',
    expectedAnomalies: ['silent-gap'],
    codePatches: [{ file: ROOM_MODULE, from: 'if (history?.seq !== top)', to: 'if (history === null)' }],
  },
  {
    name: 'emit-out-of-order',
    scenario: 'kill',
    expectedAnomalies: ['inversion'],
    codePatches: [{ file: FAN_OUT_MODULE, from: 'pending.push(change);', to: 'pending.unshift(change);' }],
  },
  {
    name: 'no-holding-back',
    scenario: 'neighbour',
    expectedAnomalies: ['silent-gap', 'gap'],
    codePatches: [
      {
        file: 'server/dist/tail.js',
        from: 'return release([]);',
        to: 'held.clear(); const ready = []; pass(message, ready); return release(ready);',
      },
    ],
  },
  {
    name: 'history-of-every-project',
    scenario: 'away',
    expectedAnomalies: ['leak', 'corrupt', 'duplicate'],
    codePatches: [
      {
        file: FUNCTIONS_MIGRATION,
        from: 'WHERE m.project_id = p_project AND m.room_id = p_room AND m.id < p_id',
        to: 'WHERE p_project IS NOT NULL AND m.room_id = p_room AND m.id < p_id',
      },
      // The second wall would hide it.
      { file: 'server/dist/store/wall.js', from: 'u WHERE u.super OR', to: 'u WHERE false AND' },
    ],
  },
  {
    name: 'published-to-every-project',
    scenario: 'reset',
    expectedAnomalies: ['leak', 'corrupt'],
    codePatches: [
      {
        file: 'server/dist/rooms.js',
        from: 'publish: (project, id, message) =>',
        to: `publish: (_project, _id, message) => [...rooms.values()].forEach((room) => room.publish(message)),
        unused: (project, id, message) =>`,
      },
    ],
  },
  {
    name: 'unbounded-queue',
    scenario: 'stalled',
    expectedAnomalies: [],
    expectedFailure: /^Error: a member that does not read is kept$/,
    codePatches: [
      {
        file: 'server/dist/outlet.js',
        from: 'const QUEUED_BYTES = 1024 * 1024;',
        to: 'const QUEUED_BYTES = Infinity;',
      },
      {
        file: 'server/dist/outlet.js',
        from: 'const QUEUED_TIME = 15_000;',
        to: 'const QUEUED_TIME = Infinity;',
      },
    ],
  },
  {
    name: 'ack-throws',
    scenario: 'kill',
    expectedAnomalies: [],
    expectedFailure: /the server ended with 1:[\s\S]*Error: planted/,
    codePatches: [
      {
        file: 'server/dist/gateway.js',
        from: 'ack(answer);',
        to: "{ ack(answer); if (Math.random() < 0.02) throw new Error('planted'); }",
      },
    ],
  },
  {
    name: 'client-takes-frames-after-a-hole',
    scenario: 'away',
    expectedAnomalies: ['silent-gap'],
    codePatches: [
      { file: 'client/dist/cursor.js', from: 'if (frame.prev > position.seq)', to: 'if (false)' },
      { file: 'client/dist/cursor.js', from: '(foreign || unsure || position.seq < seen)', to: 'foreign' },
    ],
  },
  {
    name: 'client-skips-what-it-does-not-expect',
    scenario: 'away',
    expectedAnomalies: ['silent-gap', 'stuck', 'stale'],
    codePatches: [
      {
        file: 'client/dist/cursor.js',
        from: 'staged.push(...frame.messages);',
        to: 'staged.push(...frame.messages.slice(-50));',
      },
    ],
  },
  {
    name: 'history-without-changes',
    scenario: 'reset',
    expectedAnomalies: ['silent-gap'],
    codePatches: [
      {
        file: 'server/dist/tail.js',
        from: 'if (before?.id === message.id)\n            messages[place] = message;',
        to: 'if (before?.id === message.id)\n            messages[place] = before;',
      },
    ],
  },
  {
    name: 'repeats-are-let-through',
    scenario: 'reset',
    expectedAnomalies: ['inversion', 'duplicate'],
    codePatches: [
      { file: 'server/dist/room.js', from: 'if (message.seq > tail.top) {', to: 'if (true) {' },
      {
        file: 'server/dist/tail.js',
        from: 'if (message.seq <= top)\n                return [];',
        to: 'if (message.seq <= top) return [{ message, created: false }];',
      },
    ],
  },
  {
    name: 'client-shows-no-changes',
    scenario: 'kill',
    expectedAnomalies: ['silent-gap', 'gap'],
    codePatches: [
      { file: 'client/dist/run.js', from: 'else if (held.message.seq < seq)', to: 'else if (false)' },
    ],
  },
  quadraticTrailingSpacesBug,
];
