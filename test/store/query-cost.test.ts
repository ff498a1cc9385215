/** Promise: what the server asks of the database costs what it writes or shows, whatever is stored (R16). */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { it, type TestContext } from 'node:test';
import pg from 'pg';
import { enableAutoExplain } from '../support/explain.js';
import { moderationQueries } from '../support/moderation-query-cases.js';
import {
  appendBatch,
  messageQueries,
  openQueryEnvironment,
  type QueryEnvironment,
  uniqueNumber,
} from '../support/query-cases.js';
import { createDraft, openTestStores, testAuthor } from '../support/store.js';

const QUERIES = [...messageQueries, ...moderationQueries];

const SMALL = 200;
const LARGE = 100 * SMALL;
/** PostgreSQL's default of `jit_above_cost`. */
const COMPILED_ABOVE = 100_000;
/** These tables have one row, which has no key to be found by. */
const ONE_ROW = /(FROM|UPDATE) (moderation|projects)_version/;
const PLAN_CACHE_MODES = ['auto', 'force_generic_plan', 'force_custom_plan'];
/** Plans are kept from the sixth time on. */
const TIMES_UNTIL_KEPT = 7;
/** What an operator does now and then, and reads whole. */
const ADMINISTRATION = 'project-queries.ts';

/** Rows `from` to `to` of every table that grows: one large room, many rooms, many projects, many members. */
const rowsOf = (from: number, to: number) => `
  INSERT INTO rooms (project_id, room_id, last_seq) SELECT 'kimpga', 'room-' || n, 20 FROM generate_series(${from}::bigint, ${to}::bigint) n ON CONFLICT DO NOTHING;
  INSERT INTO rooms (project_id, room_id, last_seq) SELECT 'project-' || n, 'main', 1 FROM generate_series(${from}::bigint, ${to}::bigint) n ON CONFLICT DO NOTHING;
  INSERT INTO messages (project_id, room_id, id, seq, user_id, username, content, client_id, created_at)
    SELECT 'kimpga', 'main', n, n, 'u1', 'x', 'x', 'c' || n, now() FROM generate_series(${from}::bigint, ${to}::bigint) n ON CONFLICT DO NOTHING;
  INSERT INTO messages (project_id, room_id, id, seq, user_id, username, content, client_id, created_at)
    SELECT 'kimpga', 'room-' || n, 1, 1, 'm' || n, 'x', 'x', 'c' || n, now() FROM generate_series(${from}::bigint, ${to}::bigint) n ON CONFLICT DO NOTHING;
  INSERT INTO messages (project_id, room_id, id, seq, user_id, username, content, client_id, created_at)
    SELECT 'project-' || n, 'main', 1, 1, 'm' || n, 'x', 'x', 'c' || n, now() FROM generate_series(${from}::bigint, ${to}::bigint) n ON CONFLICT DO NOTHING;
  INSERT INTO reactions (project_id, room_id, message_id, emoji, user_id, seq)
    SELECT 'kimpga', 'main', 1, '👍', 'm' || n, n FROM generate_series(${from}::bigint, ${to}::bigint) n ON CONFLICT DO NOTHING;
  INSERT INTO sanctions (project_id, user_id, kind, set_at, version)
    SELECT 'kimpga', 'm' || n, 'mute', now(), n FROM generate_series(${from}::bigint, ${to}::bigint) n ON CONFLICT DO NOTHING;
  INSERT INTO staff (project_id, user_id, username, role, issued_at, version)
    SELECT 'kimpga', 'm' || n, 'x', 'moderator', now(), n FROM generate_series(${from}::bigint, ${to}::bigint) n ON CONFLICT DO NOTHING;
  INSERT INTO room_rules (project_id, room_id, rules, version)
    SELECT 'kimpga', 'room-' || n, '{"slow": 1}', n FROM generate_series(${from}::bigint, ${to}::bigint) n ON CONFLICT DO NOTHING;
  INSERT INTO audit_log (project_id, actor, act, subject, details)
    SELECT 'kimpga', '{}', 'test', 's', '{}' FROM generate_series(${from}::bigint, ${to}::bigint) n ON CONFLICT DO NOTHING;
`;
const GROWING = ['rooms', 'messages', 'reactions', 'sanctions', 'staff', 'room_rules', 'audit_log'];

async function openWorld(context: TestContext) {
  const { connection, kimpga } = await openTestStores(context);
  const client = new pg.Client(connection);
  // The database goes before this hears of it.
  client.on('error', () => undefined);
  context.after(() => client.end());
  await client.connect();
  // Nobody learns of the growth, and the versions below are those that are given.
  for (const table of GROWING) await client.query(`ALTER TABLE ${table} SET (autovacuum_enabled = false)`);
  await client.query('SET session_replication_role = replica');
  await client.query(`INSERT INTO rooms (project_id, room_id, last_seq) VALUES ('kimpga', 'main', 1000000)`);
  await client.query('UPDATE moderation_version SET version = 1000000');
  await enableAutoExplain(client, connection.database);
  const servers = PLAN_CACHE_MODES.map((mode) => openQueryEnvironment(connection, kimpga, mode));
  context.after(() => Promise.all(servers.map((server) => server.close())));
  return {
    servers,
    fill: (from: number, to: number) => client.query(rowsOf(from, to)),
    analyze: () => client.query(`ANALYZE ${GROWING.join(', ')}`),
  };
}

/** Runs each query so often that its plan is kept. */
async function warm(servers: readonly QueryEnvironment[]): Promise<void> {
  for (const server of servers) {
    await server.append(
      appendBatch(server, 1, () => ({ client: 'changed' })),
      false,
    );
    const sent = await server.room.findByClientId('main', testAuthor.userId, {
      ...createDraft(''),
      clientId: 'changed',
    });
    await server.room.update('main', testAuthor.userId, sent?.message.id ?? 0, uniqueNumber());
    for (const { run } of QUERIES)
      for (let times = 0; times < TIMES_UNTIL_KEPT; times += 1) await run(server);
  }
}

/** What is wrong with each query: it reads more than it may, or its plan is one that PostgreSQL would compile. */
async function faults(servers: readonly QueryEnvironment[]): Promise<string[]> {
  const found: string[] = [];
  for (const server of servers) {
    for (const { title, maxRowsRead: most, run } of QUERIES) {
      server.plans.length = 0;
      await run(server);
      const read = server.plans.reduce((sum, { rowsRead }) => sum + rowsRead, 0);
      const [worst] = [...server.plans].sort((a, b) => b.rowsRead - a.rowsRead);
      if (read > most)
        found.push(
          `${server.mode}: ${title} reads ${read} rows, may ${most}: ${worst?.text} ${worst?.nodes}`,
        );
      for (const { text, totalCost, jitCompiled: compiled } of server.plans)
        if (compiled || (totalCost > COMPILED_ABOVE && !ONE_ROW.test(text)))
          found.push(`${server.mode}: ${title} costs ${totalCost}: ${text}`);
    }
  }
  return found;
}

it('with 100 times the data no server query reads more, even if planned on an empty database', async (context) => {
  const { servers, fill } = await openWorld(context);
  await warm(servers);
  await fill(1, LARGE);
  assert.deepEqual(await faults(servers), []);
});

it('with 100 times the data no server query reads more, with or without statistics', async (context) => {
  const { servers, fill, analyze } = await openWorld(context);
  await fill(1, SMALL);
  await analyze();
  await warm(servers);
  assert.deepEqual(await faults(servers), [], 'while little is stored');
  await fill(SMALL + 1, LARGE);
  assert.deepEqual(await faults(servers), [], 'with the statistics of before');
  await analyze();
  await warm(servers);
  assert.deepEqual(await faults(servers), [], 'with statistics');
});

it('every statement of the store has its bound here', async (context) => {
  const { servers } = await openWorld(context);
  await warm(servers.slice(0, 1));
  const folder = new URL('../../packages/server/src/store/postgres/', import.meta.url);
  const sources = readdirSync(folder).filter((name) => name.endsWith('.ts') && name !== ADMINISTRATION);
  const named = sources.flatMap((name) =>
    [...readFileSync(new URL(name, folder), 'utf8').matchAll(/^ {2}name: '(.+)',$/gm)].map(
      ([, each]) => each,
    ),
  );
  assert.ok(named.length > 20, `only ${named.length} statements were found`);
  const seen = servers[0]?.names;
  assert.deepEqual(
    named.filter((each) => each && !seen?.has(each)),
    [],
  );
});
