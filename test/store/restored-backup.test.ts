/** Promise: after an older backup is restored with the servers stopped, whoever comes back has what it holds and nothing else. */

import assert from 'node:assert/strict';
import { cpSync, rmSync } from 'node:fs';
import { join as joinPath } from 'node:path';
import { it, type TestContext } from 'node:test';
import { createChatClient } from '@chatty/client';
import { startEmbeddedPostgres } from '@chatty/embedded-postgres';
import type { DatabaseConfig } from '@chatty/server/testing';
import { migrate } from '@chatty/server/testing';
import { query, startServerProcess } from '../faults/support/rig.js';
import { dumpRows } from '../support/backup.js';
import {
  assertStored,
  connectClient,
  createEmptyDatabase,
  createTemporaryFolder,
  createTestDatabase,
  createTestToken,
  waitUntil,
} from '../support/server.js';

const KEPT = 20;
const LOST = 10;

/** What a copy of the files brings back: the very rows as they were, and no trace of the later ones. */
async function copyFiles(database: DatabaseConfig): Promise<() => Promise<unknown>> {
  return () =>
    query(
      database,
      `BEGIN; UPDATE rooms SET last_seq = ${KEPT}; DELETE FROM messages WHERE seq > ${KEPT}; COMMIT`,
    );
}

const contentsOf = async (database: DatabaseConfig) =>
  (await query<{ content: string }>(database, 'SELECT content FROM messages ORDER BY id')).map(
    ({ content }) => content,
  );

/** A server with a reader of ours, who then is away; what was said while they were there is partly lost. */
async function restoreUnder(context: TestContext, backup: typeof dumpRows, after: number) {
  const database = await createTestDatabase(context);
  const server = await startServerProcess(context, database);
  const say = async (url: string, name: string, count: number) => {
    const writer = await connectClient(context, url, createTestToken(name));
    for (let number = 1; number <= count; number += 1) assertStored(await writer.send(`${name} ${number}`));
    writer.socket.disconnect();
  };
  const chat = createChatClient({ url: server.url, token: createTestToken('수진') });
  context.after(() => chat.close());
  chat.connect();
  const contents = () =>
    chat.items.map((line) => (line.kind === 'stored' ? line.message.content : line.kind));
  await say(server.url, '전', KEPT);
  const restore = await backup(database);
  await say(server.url, '잃음', LOST);
  await waitUntil(() => contents().length === KEPT + LOST, 'all that was said');
  // Of a room with a row, and of one that nobody has written in.
  const epochs = async () =>
    (
      await query<{ epoch: string }>(
        database,
        "SELECT epoch FROM rooms UNION ALL SELECT first_epoch('kimpga', 'quiet')",
      )
    ).map(({ epoch }) => epoch);
  const before = await epochs();
  await server.kill();
  await restore();
  // Others are back first, and say as much as was lost, and more.
  const elsewhere = await startServerProcess(context, database);
  await say(elsewhere.url, '후', after);
  await server.start();
  await waitUntil(
    () => chat.state === 'live' && contents().at(-1) === `후 ${after}`,
    'the reader to be back',
  );
  assert.deepEqual(contents(), await contentsOf(database));
  assert.equal(contents().length, KEPT + after);
  const now = await epochs();
  const renewed = now.filter((epoch) => !before.includes(epoch)).length;
  return { database, server, renewed: renewed === now.length };
}

it('a restored dump gives every room a new epoch at the next start, and no other start does', async (context) => {
  const { database, server, renewed } = await restoreUnder(context, dumpRows, LOST + 5);
  assert.ok(renewed);
  const epoch = async () => (await query<{ epoch: string }>(database, 'SELECT epoch FROM rooms'))[0]?.epoch;
  const before = await epoch();
  await server.kill();
  await server.start();
  assert.equal(await epoch(), before);
});

it('a restored dump is detected even if as many new messages were written as were lost', async (context) => {
  assert.ok((await restoreUnder(context, dumpRows, LOST)).renewed);
});

it('restored database files are detected by the position of a returning reader, and only that reader starts over', async (context) => {
  const { renewed } = await restoreUnder(context, copyFiles, LOST + 5);
  assert.equal(renewed, false);
});

it('a reader who lost only changes of older messages is detected by the last of them', async (context) => {
  const database = await createTestDatabase(context);
  const server = await startServerProcess(context, database);
  const writer = await connectClient(context, server.url, createTestToken('민수'));
  for (let number = 1; number <= KEPT; number += 1) assertStored(await writer.send(`전 ${number}`));
  const chat = createChatClient({ url: server.url, token: createTestToken('수진') });
  context.after(() => chat.close());
  chat.connect();
  const contents = () =>
    chat.items.map((line) => (line.kind === 'stored' ? line.message.content : line.kind));
  const restore = await copyFiles(database);
  await writer.socket.timeout(8_000).emitWithAck('edit message', { id: KEPT, content: '고침' });
  await waitUntil(() => contents().at(-1) === '고침', 'the edit');
  writer.socket.disconnect();
  await server.kill();
  // The edited message as it was, which a copy of the files would have.
  await query(
    database,
    `UPDATE messages SET seq = ${KEPT}, content = '전 ${KEPT}', edited_at = NULL WHERE id = ${KEPT}`,
  );
  await restore();
  const elsewhere = await startServerProcess(context, database);
  const other = await connectClient(context, elsewhere.url, createTestToken('지영'));
  for (let number = 1; number <= 3; number += 1) assertStored(await other.send(`후 ${number}`));
  other.socket.disconnect();
  await server.start();
  await waitUntil(() => chat.state === 'live' && contents().at(-1) === '후 3', 'the reader to be back');
  assert.deepEqual(contents(), await contentsOf(database));
});

const epochsOf = async (database: DatabaseConfig) =>
  (await query<{ epoch: string }>(database, 'SELECT epoch FROM rooms ORDER BY project_id')).map(
    ({ epoch }) => epoch,
  );

it('a restored embedded database folder gives new epochs, an untouched one does not', async () => {
  const folder = createTemporaryFolder();
  const [home, copy] = [joinPath(folder, 'home'), joinPath(folder, 'copy')];
  /** The epochs after a start of the server on that folder. */
  async function start(prepare = ''): Promise<string[]> {
    const embedded = await startEmbeddedPostgres({ folder: home, log: () => undefined });
    try {
      await migrate(embedded.connection, 10, () => undefined);
      if (prepare) await query(embedded.connection, prepare);
      return await epochsOf(embedded.connection);
    } finally {
      await embedded.close();
    }
  }
  const first = await start("INSERT INTO rooms (project_id, room_id) VALUES ('kimpga', 'main')");
  assert.deepEqual(await start(), first);
  cpSync(home, copy, { recursive: true, preserveTimestamps: true });
  assert.deepEqual(await start(), first);
  rmSync(home, { recursive: true });
  cpSync(copy, home, { recursive: true, preserveTimestamps: true });
  const restored = await start();
  assert.equal(restored.length, 1);
  assert.notDeepEqual(restored, first);
  assert.deepEqual(await start(), restored);
});

it('every room of every project gets a new epoch, even if row-level security applies to the owner', async (context) => {
  const admin = await createEmptyDatabase(context);
  const owner = `owner_of_${admin.database}`;
  await query(
    admin,
    `CREATE ROLE ${owner} LOGIN PASSWORD 'of-the-owner'; ALTER DATABASE ${admin.database} OWNER TO ${owner}; ALTER SCHEMA public OWNER TO ${owner}`,
  );
  // The database is gone by then, and all that the role owned.
  context.after(() => query({ ...admin, database: 'postgres' }, `DROP ROLE ${owner}`));
  const database = { ...admin, user: owner, password: 'of-the-owner' };
  const told: string[] = [];
  const start = () => migrate(database, 10, (sentence) => void told.push(sentence));
  await start();
  await query(
    admin,
    "INSERT INTO rooms (project_id, room_id) SELECT 'p' || n, 'main' FROM generate_series(1, 1200) n",
  );
  const before = new Set(await epochsOf(admin));
  await start();
  assert.deepEqual(new Set(await epochsOf(admin)), before);
  told.length = 0;
  await query(admin, "UPDATE log_mark SET mark = 'restored'");
  await start();
  const after = await epochsOf(admin);
  assert.equal(after.length, 1_200);
  assert.equal(after.filter((epoch) => before.has(epoch)).length, 0);
  assert.match(told.join(), /restored from a backup.*1200 rooms/);
});
