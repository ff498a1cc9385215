/** Bugs that a room log can have, planted one at a time into a copy of ours: each must be caught, or the tests see nothing. */

import { type Bug, keepNumber, openTransaction, quadraticTrailingSpaces } from './bug.js';

const ROOM = 'server/dist/room.js';
const FAN_OUT = 'server/dist/fan-out.js';
const MESSAGES = 'server/dist/messages.js';
const DATABASE = 'server/dist/store/database.js';
const TABLES = 'server/dist/store/migrations/0002_group_commit.sql';
const FUNCTIONS = 'server/dist/store/migrations/0012_rooms_locked_by_key.sql';
const APPEND_ONE = 'server/dist/store/migrations/0011_one_message.sql';
const COLUMNS = '-- Appends many messages to many rooms in one transaction';

export const bugs: readonly Bug[] = [
  {
    name: 'ack-before-commit',
    story: 'kill',
    caught: ['lost-acked', 'corrupt', 'duplicate'],
    patches: [openTransaction('append')],
  },
  {
    name: 'change-ack-before-commit',
    story: 'kill',
    caught: ['lost-acked', 'duplicate'],
    patches: [openTransaction('change')],
  },
  {
    name: 'publish-before-commit',
    story: 'kill',
    caught: ['ghost', 'corrupt'],
    patches: [
      openTransaction('append'),
      {
        file: MESSAGES,
        from: 'publish(member.projectId, member.room, message);',
        to: 'publish(member.projectId, member.room, message); await globalThis.committed;',
      },
    ],
  },
  {
    name: 'no-sync-on-commit',
    story: 'databaseRestart',
    caught: ['lost-acked', 'corrupt'],
    patches: [{ file: DATABASE, from: 'max: size,', to: "max: size, options: '-c synchronous_commit=off'," }],
  },
  {
    name: 'sequence-instead-of-row-lock',
    story: 'terminate',
    caught: ['hole', 'silent-gap', 'non-linear', 'fifo'],
    patches: [
      {
        file: TABLES,
        from: COLUMNS,
        to: `CREATE SEQUENCE numbers_kimpga; CREATE SEQUENCE numbers_othershop;
          GRANT USAGE ON numbers_kimpga, numbers_othershop TO PUBLIC;\n${COLUMNS}`,
      },
      {
        file: FUNCTIONS,
        from: 'k.top + count(*) FILTER (WHERE k.fits) OVER (PARTITION BY k.place ORDER BY k.n) END',
        to: "nextval('numbers_' || k.project) END",
      },
      { file: FUNCTIONS, from: '        FOR UPDATE\n      ) r ON true', to: '      ) r ON true' },
      {
        file: FUNCTIONS,
        from: 'SET last_seq = f.new_top',
        to: 'SET last_seq = greatest(r.last_seq, f.new_top)',
      },
      {
        file: FUNCTIONS,
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
        file: APPEND_ONE,
        from: `  UPDATE rooms r SET last_seq = r.last_seq + 1
    WHERE r.project_id = p_project AND r.room_id = p_room RETURNING r.last_seq INTO id;
  IF NOT FOUND THEN`,
        to: `  id := nextval('numbers_' || p_project);
  INSERT INTO rooms (project_id, room_id) VALUES (p_project, p_room) ON CONFLICT DO NOTHING;
  UPDATE rooms r SET last_seq = greatest(r.last_seq, id) WHERE r.project_id = p_project AND r.room_id = p_room;
  IF false THEN`,
      },
      ...[FUNCTIONS, APPEND_ONE].map(keepNumber),
      {
        file: FUNCTIONS,
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
    story: 'reset',
    caught: ['duplicate'],
    patches: [
      {
        file: TABLES,
        from: COLUMNS,
        to: `ALTER TABLE messages DROP CONSTRAINT messages_project_id_user_id_client_id_key;\n${COLUMNS}`,
      },
      {
        file: FUNCTIONS,
        from: 'a.client_id BETWEEN k.client AND k.client',
        to: 'a.client_id BETWEEN k.client AND k.client AND false',
      },
      ...[FUNCTIONS, APPEND_ONE].map((file) => ({
        file,
        from: 'ON CONFLICT (project_id, user_id, client_id) DO NOTHING',
        to: 'ON CONFLICT DO NOTHING',
      })),
    ],
  },
  {
    name: 'dedupe-burns-a-number',
    story: 'reset',
    caught: ['hole', 'stale', 'gap'],
    patches: [
      {
        file: FUNCTIONS,
        from: 'max(n.new_id) AS new_top FROM numbered n WHERE n.new_id IS NOT NULL GROUP BY n.place',
        to: 'max(n.top) + count(*) AS new_top FROM numbered n WHERE n.top IS NOT NULL GROUP BY n.place',
      },
      ...[FUNCTIONS, APPEND_ONE].map(keepNumber),
    ],
  },
  {
    name: 'no-head-check',
    story: 'neighbour',
    caught: ['stale', 'silent-gap'],
    patches: [
      {
        file: 'server/dist/rooms.js',
        from: 'const followed = [...rooms.values()].filter(({ emptySince }) => emptySince === null);',
        to: 'const followed = [];',
      },
    ],
  },
  {
    name: 'read-then-subscribe',
    story: 'reset',
    caught: ['silent-gap'],
    patches: [
      {
        file: ROOM,
        from: 'fanOut.add(member);',
        to: 'setTimeout(() => fanOut.add(member), 30);',
      },
    ],
  },
  {
    name: 'stale-history',
    story: 'reset',
    caught: ['silent-gap'],
    patches: [{ file: ROOM, from: 'if (history?.seq !== top)', to: 'if (history === null)' }],
  },
  {
    name: 'emit-out-of-order',
    story: 'kill',
    caught: ['inversion'],
    patches: [{ file: FAN_OUT, from: 'pending.push(change);', to: 'pending.unshift(change);' }],
  },
  {
    name: 'no-holding-back',
    story: 'neighbour',
    caught: ['silent-gap', 'gap'],
    patches: [
      {
        file: 'server/dist/tail.js',
        from: 'return release([]);',
        to: 'held.clear(); const ready = []; pass(message, ready); return release(ready);',
      },
    ],
  },
  {
    name: 'history-of-every-project',
    story: 'away',
    caught: ['leak', 'corrupt', 'duplicate'],
    patches: [
      {
        file: FUNCTIONS,
        from: 'WHERE m.project_id = p_project AND m.room_id = p_room AND m.id < p_id',
        to: 'WHERE p_project IS NOT NULL AND m.room_id = p_room AND m.id < p_id',
      },
      // The second wall would hide it.
      { file: 'server/dist/store/wall.js', from: 'u WHERE u.super OR', to: 'u WHERE false AND' },
    ],
  },
  {
    name: 'published-to-every-project',
    story: 'reset',
    caught: ['leak', 'corrupt'],
    patches: [
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
    story: 'stalled',
    caught: [],
    trouble: /^Error: a member that does not read is kept$/,
    patches: [
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
    story: 'kill',
    caught: [],
    trouble: /the server ended with 1:[\s\S]*Error: planted/,
    patches: [
      {
        file: 'server/dist/gateway.js',
        from: 'ack(answer);',
        to: "{ ack(answer); if (Math.random() < 0.02) throw new Error('planted'); }",
      },
    ],
  },
  {
    name: 'client-takes-frames-after-a-hole',
    story: 'away',
    caught: ['silent-gap'],
    patches: [
      { file: 'client/dist/cursor.js', from: 'if (frame.prev > position.seq)', to: 'if (false)' },
      { file: 'client/dist/cursor.js', from: '(foreign || unsure || position.seq < seen)', to: 'foreign' },
    ],
  },
  {
    name: 'client-skips-what-it-does-not-expect',
    story: 'away',
    caught: ['silent-gap', 'stuck', 'stale'],
    patches: [
      {
        file: 'client/dist/cursor.js',
        from: 'staged.push(...frame.messages);',
        to: 'staged.push(...frame.messages.slice(-50));',
      },
    ],
  },
  {
    name: 'history-without-changes',
    story: 'reset',
    caught: ['silent-gap'],
    patches: [
      {
        file: 'server/dist/tail.js',
        from: 'if (before?.id === message.id)\n            messages[place] = message;',
        to: 'if (before?.id === message.id)\n            messages[place] = before;',
      },
    ],
  },
  {
    name: 'repeats-are-let-through',
    story: 'reset',
    caught: ['inversion', 'duplicate'],
    patches: [
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
    story: 'kill',
    caught: ['silent-gap', 'gap'],
    patches: [
      { file: 'client/dist/run.js', from: 'else if (held.message.seq < seq)', to: 'else if (false)' },
    ],
  },
  quadraticTrailingSpaces,
];
