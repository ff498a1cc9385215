/** Promise: a server reads the sanctions, staff and rules that have changed and no others, and starts over after a restored backup. */

import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { createLog } from '@chatty/server';
import {
  createModerationRecords,
  createModerationState,
  createQuery,
  openPool,
} from '@chatty/server/testing';
import pg from 'pg';
import { openTestStores } from '../support/store.js';

const log = createLog('silent');
const actor = { kind: 'operator', id: 'operator', name: 'operator' } as const;

/** Records on one connection, so that its plans and the rows it reads are those of one server. */
async function openRecords(context: TestContext) {
  const { connection } = await openTestStores(context);
  const pool = openPool(connection, 'test', 1, log);
  context.after(() => pool.end());
  const records = createModerationRecords(createQuery(pool, log));
  const order = await createModerationState({ records, log });
  context.after(() => order.close());
  const told: (string[] | 'any')[] = [];
  order.onChange((changed) => told.push(changed ? [...changed] : 'any'));
  const client = new pg.Client(connection);
  client.on('error', () => undefined);
  await client.connect();
  context.after(() => client.end());
  const ban = (project: string, userId: string, seconds: number | null = null) =>
    records.setSanction({
      project,
      userId,
      kind: 'ban',
      seconds,
      reason: null,
      actor,
      setBy: 'operator',
      overruled: ['operator'],
      details: {},
      evidence: null,
    });
  return { records, order, told, client, pool, ban };
}

async function rowsRead(pool: pg.Pool): Promise<number> {
  await pool.query('SELECT pg_stat_force_next_flush()');
  const { rows } = await pool.query<{ read: string }>(
    `SELECT sum(seq_tup_read + idx_tup_fetch) AS read FROM pg_stat_user_tables
      WHERE relname IN ('sanctions', 'staff', 'room_rules')`,
  );
  return Number(rows[0]?.read);
}

it('a change reads as many rows among 10,000 sanctions as among 100', async (context) => {
  const { records, order, told, client, pool, ban } = await openRecords(context);
  for (const table of ['sanctions', 'staff', 'room_rules'])
    await client.query(`ALTER TABLE ${table} SET (autovacuum_enabled = false)`);
  const fill = (from: number, to: number) =>
    client.query(`BEGIN; SET LOCAL session_replication_role = replica;
      INSERT INTO sanctions (project_id, user_id, kind, set_at, version)
        SELECT 'p' || n, 'u', 'mute', now(), n FROM generate_series(${from}, ${to}) n;
      INSERT INTO staff (project_id, user_id, username, role, issued_at, version)
        SELECT 'p' || n, 'u', 'u', 'admin', now(), n FROM generate_series(${from}, ${to}) n;
      INSERT INTO room_rules (project_id, room_id, rules, version)
        SELECT 'p' || n, 'main', '{}', n FROM generate_series(${from}, ${to}) n;
      UPDATE moderation_version SET version = ${to}; COMMIT`);
  const readByChanges = async () => {
    const before = await rowsRead(pool);
    for (let number = 1; number <= 10; number += 1) {
      told.length = 0;
      await ban(`q${number}`, 'u');
      await records.setRules({ project: `q${number}`, room: 'main', changes: { frozen: true }, actor });
      await order.refresh();
      assert.deepEqual(told, [[`q${number}`]]);
      assert.equal(order.activeBan(`q${number}`, 'u', 0)?.code, 'banned');
    }
    return (await rowsRead(pool)) - before;
  };
  await fill(1, 100);
  await order.refresh();
  // Plans are kept from the sixth time on.
  await readByChanges();
  const few = await readByChanges();
  await fill(1_001, 11_000);
  await order.refresh();
  assert.equal(order.activeMute('p10000', 'u', 0)?.code, 'muted');
  const many = await readByChanges();
  context.diagnostic(`${few} rows among 100 sanctions, ${many} among 10,000`);
  assert.ok(few > 0 && many <= few * 1.5, `${few} rows among 100 sanctions, ${many} among 10,000`);
});

it('after a restored backup everything is read again', async (context) => {
  const { order, told, client, ban } = await openRecords(context);
  for (const userId of ['old', 'new']) await ban('kimpga', userId);
  await order.refresh();
  told.length = 0;
  // As an older backup has it, which was taken before "new" was banned.
  await client.query(`BEGIN; SET LOCAL session_replication_role = replica;
    DELETE FROM sanctions WHERE user_id = 'new'; UPDATE moderation_version SET version = version - 1; COMMIT`);
  await order.refresh();
  assert.deepEqual(told, ['any']);
  assert.equal(order.activeBan('kimpga', 'new', 0), null);
  assert.equal(order.activeBan('kimpga', 'old', 0)?.code, 'banned');
});
