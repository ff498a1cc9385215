/** Promise: a server reads the projects that have changed and no others, misses no change, and starts over after a restored backup. */

import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { createLog } from '@chatty/server';
import type { DatabaseConfig } from '@chatty/server/testing';
import {
  createKnownOrigins,
  createProjectRecords,
  createProjects,
  createQuery,
  openPool,
  type Project,
  settingsFromStored,
} from '@chatty/server/testing';
import fc from 'fast-check';
import pg from 'pg';
import { callApi, createProject, KEY_SETTINGS } from '../support/projects.js';
import { SECRET, startTestServer } from '../support/server.js';
import { openTestStores } from '../support/store.js';

const log = createLog('silent');
const by = { kind: 'operator', id: 'operator', name: 'operator' } as const;
const described = (id: string, name = id) => ({ id, name, origins: [`https://${id}.example`], settings: {} });

async function connect(context: TestContext, connection: DatabaseConfig): Promise<pg.Client> {
  const client = new pg.Client(connection);
  context.after(() => client.end());
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** Records on one connection, so that its plans and the rows it reads are those of one server. */
async function openRecords(context: TestContext) {
  const { connection } = await openTestStores(context);
  const pool = openPool(connection, 'test', 1, log);
  context.after(() => pool.end());
  const records = createProjectRecords(createQuery(pool, log));
  const projects = await createProjects({
    records,
    secretCipher: null,
    sharedKey: SECRET,
    allowUnregistered: false,
    origins: null,
    guestProjects: [],
    production: true,
    log,
  });
  context.after(() => projects.close());
  const told: (string[] | 'any')[] = [];
  projects.onChange((changed) => told.push(changed ? [...changed].sort() : 'any'));
  const client = await connect(context, connection);
  return { records, projects, told, client, pool };
}

/** Rows and index entries of the projects' tables that were read so far. */
async function rowsRead(pool: pg.Pool): Promise<number> {
  await pool.query('SELECT pg_stat_force_next_flush()');
  const { rows } = await pool.query<{ read: string }>(
    `SELECT sum(seq_tup_read + idx_tup_fetch) AS read FROM pg_stat_user_tables
      WHERE relname IN ('projects', 'project_secrets', 'project_keys', 'token_cutoffs')`,
  );
  return Number(rows[0]?.read);
}

/** Projects with a secret, a key and a cut-off each, from number `from` on. */
async function fill(client: pg.Client, from: number, to: number): Promise<void> {
  const every = `FROM generate_series(${from}, ${to}) n`;
  await client.query(`INSERT INTO projects (id, name) SELECT 'p' || n, 'p' ${every}`);
  await client.query(`ALTER TABLE project_secrets DISABLE TRIGGER project_secrets_numbered;
    INSERT INTO project_secrets (project_id, kid, algorithm, public) SELECT 'p' || n, 'k', 'JWKS', 'https://x.example' ${every};
    ALTER TABLE project_secrets ENABLE TRIGGER project_secrets_numbered`);
  await client.query(`ALTER TABLE project_keys DISABLE TRIGGER project_keys_numbered;
    INSERT INTO project_keys (project_id, id, name, hash) SELECT 'p' || n, 'k' || n, 'k', '\\x00' ${every};
    ALTER TABLE project_keys ENABLE TRIGGER project_keys_numbered`);
  await client.query(`ALTER TABLE token_cutoffs DISABLE TRIGGER token_cutoffs_numbered;
    INSERT INTO token_cutoffs (project_id, user_id, before) SELECT 'p' || n, '', now() - interval '1 day' ${every};
    ALTER TABLE token_cutoffs ENABLE TRIGGER token_cutoffs_numbered`);
}

it('a change of one project reads as many rows among 10,000 projects as among 100', async (context) => {
  const { records, projects, told, client, pool } = await openRecords(context);
  for (const table of ['projects', 'project_secrets', 'project_keys', 'token_cutoffs'])
    await client.query(`ALTER TABLE ${table} SET (autovacuum_enabled = false)`);
  const readByChanges = async () => {
    const before = await rowsRead(pool);
    for (let number = 1; number <= 10; number += 1) {
      told.length = 0;
      await records.update(described(`p${number}`, `name ${Math.random()}`), {}, by);
      await records.setCutoff(`p${number}`, '', new Date().toISOString(), by);
      await projects.refresh();
      assert.deepEqual(told, [[`p${number}`]]);
      assert.equal((await records.find(`p${number}`))?.secrets.length, 1);
    }
    return (await rowsRead(pool)) - before;
  };
  await fill(client, 1, 100);
  await projects.refresh();
  // Plans are kept from the sixth time on.
  await readByChanges();
  const few = await readByChanges();
  await fill(client, 101, 10_000);
  await projects.refresh();
  const many = await readByChanges();
  context.diagnostic(`${few} rows among 100 projects, ${many} among 10,000`);
  assert.ok(few > 0 && many <= few * 1.5, `${few} rows among 100 projects, ${many} among 10,000`);
});

it('each change of secrets, keys and cutoffs is published with its project, and key use is not', async (context) => {
  const { records, projects, told } = await openRecords(context);
  for (const id of ['one', 'two']) await records.create(described(id), by);
  await projects.refresh();
  told.length = 0;
  const secret = { kid: 'k', algorithm: 'JWKS', sealed: null, public: 'https://x.example' } as const;
  const changes = {
    'a secret added': () => records.addSecret('one', { ...secret, expiresAt: null }, by),
    'a secret that ends': () => records.expireSecret('one', 'k', '2099-01-01T00:00:00.000Z', by),
    'a secret revoked': () => records.revokeSecret('one', 'k', by),
    'a cut-off': () => records.setCutoff('one', 'u', '2026-01-01T00:00:00.000Z', by),
    'a key added': () => records.addKey('one', { id: 'key', name: 'key', hash: Buffer.alloc(32, 7) }, by),
    'a key revoked': () => records.revokeKey('one', 'key', by),
    'settings changed': () => records.update(described('one', 'another name'), {}, by),
  };
  for (const [what, change] of Object.entries(changes)) {
    await change();
    await projects.refresh();
    assert.deepEqual(told.splice(0), [['one']], what);
  }
  await records.recordSecretUses([{ project: 'one', kid: 'k', at: '2026-01-02T03:04:05.678Z' }]);
  await records.recordKeyUse('one', 'key');
  await projects.refresh();
  assert.deepEqual(told, []);
  const row = await records.find('one');
  assert.equal(row?.secrets[0]?.lastUsedAt, '2026-01-02T03:04:05.678Z');
  assert.deepEqual(row?.keys[0]?.hash, Buffer.alloc(32, 7));
  assert.deepEqual(row?.cutoffs, [{ userId: 'u', before: '2026-01-01T00:00:00.000Z' }]);
  assert.equal(projects.get('one')?.row.name, 'another name');
});

it('a change that started first and committed last is not missed', async (context) => {
  const { records, projects, told, client } = await openRecords(context);
  for (const id of ['slow', 'quick']) await records.create(described(id), by);
  await projects.refresh();
  told.length = 0;
  await client.query('BEGIN');
  await client.query("UPDATE projects SET name = 'slow name' WHERE id = 'slow'");
  const quick = await connect(context, {
    host: client.host,
    port: client.port,
    user: client.user ?? '',
    database: client.database ?? '',
    ...(typeof client.password === 'string' && { password: client.password }),
  });
  const later = quick.query("UPDATE projects SET name = 'quick name' WHERE id = 'quick'");
  await projects.refresh();
  await client.query('COMMIT');
  await later;
  await projects.refresh();
  assert.deepEqual(
    ['slow', 'quick'].map((id) => projects.get(id)?.row.name),
    ['slow name', 'quick name'],
  );
  assert.deepEqual([...new Set(told.flat())].sort(), ['quick', 'slow']);
});

it('after a restored backup and after a deletion everything is read again', async (context) => {
  const { records, projects, told, client } = await openRecords(context);
  for (const id of ['one', 'two', 'three']) await records.create(described(id), by);
  await projects.refresh();
  told.length = 0;
  // As an older backup has it, which was taken before "three" was made and "one" was renamed.
  await client.query(`BEGIN; SET LOCAL session_replication_role = replica;
    DELETE FROM projects WHERE id = 'three'; UPDATE projects SET name = 'older' WHERE id = 'one';
    UPDATE projects_version SET version = version - 1; COMMIT`);
  await projects.refresh();
  assert.deepEqual(told.splice(0), ['any']);
  assert.equal(projects.get('three'), null);
  assert.equal(projects.get('one')?.row.name, 'older');
  assert.equal(projects.isKnownOrigin('https://three.example'), false);
  await client.query("DELETE FROM projects WHERE id = 'two'");
  await projects.refresh();
  assert.deepEqual(told, ['any']);
  assert.equal(projects.get('two'), null);
});

it('an origin is known exactly as long as some project allows it', () => {
  const origins = ['https://a.example', 'https://b.example', '*', 'null'];
  const project = fc.record({
    id: fc.constantFrom('one', 'two', 'three'),
    origins: fc.uniqueArray(fc.constantFrom('https://a.example', 'https://b.example')),
    nullOrigin: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(project), fc.boolean(), (changes, production) => {
      const known = createKnownOrigins({ production });
      const projects = new Map<string, Project>();
      for (const { id, origins: listed, nullOrigin } of changes) {
        const row = { ...described(id), origins: listed, createdAt: '', secrets: [], keys: [], cutoffs: [] };
        const next = { row, settings: { ...settingsFromStored({}), nullOrigin } };
        known.update(projects.get(id) ?? null, next);
        projects.set(id, next);
      }
      for (const origin of origins) {
        const expected = [...projects.values()].some(
          ({ row, settings }) =>
            row.origins.includes(origin) ||
            (origin === 'null' && settings.nullOrigin) ||
            (row.origins.length === 0 && !production),
        );
        assert.equal(known.has(origin), expected, origin);
      }
    }),
  );
});

it('the list of projects is paged, and a single project can be read', async (context) => {
  const chatty = await startTestServer(context, KEY_SETTINGS);
  for (const id of ['c', 'a', 'e', 'b', 'd']) await createProject(chatty, id);
  const page = async (query: string) => {
    const { status, body } = await callApi(chatty, 'GET', `/projects${query}`);
    const { projects, next } = body as unknown as { projects: { id: string }[]; next: string | null };
    return status === 200 ? [projects.map(({ id }) => id).join(''), next] : body.code;
  };
  assert.deepEqual(await page(''), ['abcde', null]);
  assert.deepEqual(await page('?limit=2'), ['ab', 'b']);
  assert.deepEqual(await page('?limit=2&after=b'), ['cd', 'd']);
  assert.deepEqual(await page('?limit=2&after=d'), ['e', null]);
  for (const wrong of ['?limit=0', '?limit=1001', '?limit=x', '?limit=1.5', '?after=a&after=b'])
    assert.equal(await page(wrong), 'invalid', wrong);
  assert.equal((await callApi(chatty, 'GET', '/projects/none')).body.code, 'not_found');
});
