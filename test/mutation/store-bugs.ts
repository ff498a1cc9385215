/** Bugs of the store: commits, sequence numbers, repeated messages and the separation of projects. */

import {
  keepDuplicateSeq,
  keepTransactionOpen,
  type PlantedBug,
  POOL_MODULE,
  STORE,
  sqlFunction,
} from './bug.js';

const MESSAGES_MODULE = 'server/dist/messages/messages.js';
/** A migration that changes tables: the functions of migrations are replaced by those of the folder `functions`. */
const TABLES_MIGRATION = `${STORE}/migrations/0002_group_commit.sql`;
const COLUMNS_COMMENT = '-- Appends many messages to many rooms in one transaction';
/** The functions that increment the sequence number before they know whether a message is a duplicate. */
const APPEND_FUNCTIONS = ['append_few', 'append_one'].map(sqlFunction);

export const storeBugs: readonly PlantedBug[] = [
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
      {
        file: POOL_MODULE,
        from: 'max: maxConnections,',
        to: "max: maxConnections, options: '-c synchronous_commit=off',",
      },
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
        file: sqlFunction('append_messages'),
        from: 'k.top + count(*) FILTER (WHERE k.fits) OVER (PARTITION BY k.place ORDER BY k.n) END',
        to: "nextval('numbers_' || k.project) END",
      },
      {
        file: sqlFunction('lock_rooms'),
        from: '        FOR UPDATE\n      ) r ON true',
        to: '      ) r ON true',
      },
      {
        file: sqlFunction('append_messages'),
        from: 'SET last_seq = f.new_top',
        to: 'SET last_seq = greatest(r.last_seq, f.new_top)',
      },
      {
        file: sqlFunction('append_few'),
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
        file: sqlFunction('append_one'),
        from: `  UPDATE rooms r SET last_seq = r.last_seq + 1
    WHERE r.project_id = p_project AND r.room_id = p_room RETURNING r.last_seq INTO id;
  IF NOT FOUND THEN`,
        to: `  id := nextval('numbers_' || p_project);
  INSERT INTO rooms (project_id, room_id) VALUES (p_project, p_room) ON CONFLICT DO NOTHING;
  UPDATE rooms r SET last_seq = greatest(r.last_seq, id) WHERE r.project_id = p_project AND r.room_id = p_room;
  IF false THEN`,
      },
      ...APPEND_FUNCTIONS.map(keepDuplicateSeq),
      {
        file: sqlFunction('change_messages'),
        from: `UPDATE rooms r SET last_seq = r.last_seq + 1
        WHERE r.project_id = key.project AND r.room_id = key.room RETURNING r.last_seq INTO next_seq;
      UPDATE messages m SET seq = next_seq, content`,
        to: `next_seq := nextval('numbers_' || key.project);
      UPDATE rooms r SET last_seq = greatest(r.last_seq, next_seq)
        WHERE r.project_id = key.project AND r.room_id = key.room;
      UPDATE messages m SET seq = next_seq, content`,
      },
      { file: `${STORE}/group-commit.js`, from: 'await flushBatch(items);', to: 'void flushBatch(items);' },
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
        file: sqlFunction('messages_by_client'),
        from: 'a.client_id BETWEEN k.client AND k.client',
        to: 'a.client_id BETWEEN k.client AND k.client AND false',
      },
      ...APPEND_FUNCTIONS.map((file) => ({
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
        file: sqlFunction('append_messages'),
        from: 'max(n.new_id) AS new_top FROM numbered n WHERE n.new_id IS NOT NULL GROUP BY n.place',
        to: 'max(n.top) + count(*) AS new_top FROM numbered n WHERE n.top IS NOT NULL GROUP BY n.place',
      },
      ...APPEND_FUNCTIONS.map(keepDuplicateSeq),
    ],
  },
  {
    name: 'history-of-every-project',
    scenario: 'away',
    expectedAnomalies: ['leak', 'corrupt', 'duplicate'],
    codePatches: [
      {
        file: sqlFunction('messages_before'),
        from: 'WHERE m.project_id = p_project AND m.room_id = p_room AND m.id < p_id',
        to: 'WHERE p_project IS NOT NULL AND m.room_id = p_room AND m.id < p_id',
      },
      // Row-level security would hide the bug.
      { file: `${STORE}/row-level-security.js`, from: 'u WHERE u.super OR', to: 'u WHERE false AND' },
    ],
  },
];
