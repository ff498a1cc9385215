/** Promise: a room is stored once something is written in it. Reading one stores nothing, and its readers miss nothing when it begins. */

import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { createChatClient } from '@chatty/client';
import type { LogPosition, Session } from '@chatty/protocol';
import { createLog } from '@chatty/server';
import type { ProjectId } from '@chatty/server/testing';
import { createPostgresStore, type DatabaseConfig, migrate } from '@chatty/server/testing';
import { createToken } from '@chatty/token';
import pg from 'pg';
import { connectFollower } from '../support/log-follower.js';
import {
  assertStored,
  connectClient,
  connectExpectingRefusal,
  createTestDatabase,
  createTestToken,
  SECRET,
  startTestServer,
  TestClient,
  waitUntil,
} from '../support/server.js';

async function query<Row extends pg.QueryResultRow>(connection: DatabaseConfig, sql: string): Promise<Row[]> {
  const client = new pg.Client(connection);
  await client.connect();
  return (await client.query<Row>(sql).finally(() => client.end())).rows;
}

/** Rows of every table. */
async function rowsOf(connection: DatabaseConfig): Promise<Record<string, number>> {
  const tables = await query<{ name: string }>(
    connection,
    "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
  );
  const counts: Record<string, number> = {};
  for (const { name } of tables) {
    const [row] = await query<{ count: string }>(connection, `SELECT count(*) FROM ${name}`);
    counts[name] = Number(row?.count);
  }
  return counts;
}

const PROJECTS = 150;

it('guests and readers that name projects without messages create no row in any table (D25)', async (context) => {
  const { url, connection } = await startTestServer(context, { GUEST_PROJECTS: '*' });
  const before = await rowsOf(connection);
  const readers = Array.from({ length: PROJECTS }, (_, index) => {
    const projectId = `made-up-${index}`;
    const token = createToken({ secret: SECRET, projectId, username: '지영' });
    return new TestClient(url, index % 3 === 0 ? { token } : { projectId, batch: index % 3 === 1 });
  });
  context.after(() => {
    for (const { socket } of readers) socket.disconnect();
  });
  await waitUntil(() => readers.every(({ history }) => history.length === 1), 'the histories');
  for (const { socket } of readers) {
    const sync = await socket.emitWithAck('sync', { after: { epoch: 'another', seq: 5 } });
    assert.deepEqual([sync.ok, sync.reset, sync.seq, sync.messages], [true, true, 0, []]);
    const page = await socket.emitWithAck('history', { before: 1_000 });
    assert.deepEqual([page.ok, page.messages, page.more], [true, [], false]);
    assert.ok((await socket.emitWithAck('members', {})).ok);
  }
  const forged = { token: createTestToken('민수', { secret: 'a-forged-secret-with-enough-bytes-in-it' }) };
  await Promise.all(Array.from({ length: 10 }, () => connectExpectingRefusal(context, url, forged)));
  for (const { socket } of readers.slice(0, 20)) await socket.emitWithAck('chat message', '');
  assert.deepEqual(await rowsOf(connection), before);
});

async function epochStored(connection: DatabaseConfig): Promise<string | undefined> {
  return (await query<{ epoch: string }>(connection, 'SELECT epoch FROM rooms'))[0]?.epoch;
}

/** Our client, a plain one and one that asks for frames, in a room that nobody has written in. */
async function readersOf(context: TestContext, url: string) {
  const chat = createChatClient({ url, token: createTestToken('수진') });
  context.after(() => chat.close());
  const fresh: string[] = [];
  chat.on('message', ({ content }) => fresh.push(content));
  chat.connect();
  const plain = await connectClient(context, url, createTestToken('지영'));
  const follower = await connectFollower(context, url, createTestToken('현우'));
  await waitUntil(() => chat.state === 'live', 'our client');
  return { chat, plain, follower, fresh };
}

type Readers = Awaited<ReturnType<typeof readersOf>>;

async function assertUndisturbed({ chat, plain, follower, fresh }: Readers, contents: string[]) {
  await waitUntil(
    () => fresh.length >= contents.length && plain.messages.length >= contents.length,
    'the messages',
  );
  await waitUntil(() => follower.position?.seq === contents.length, 'the frames');
  assert.deepEqual(fresh, contents);
  assert.deepEqual(plain.contents, contents);
  assert.deepEqual([plain.history.length, follower.histories.length], [1, 1], 'nobody begins anew');
  assert.deepEqual(
    chat.items.map((line) => (line.kind === 'stored' ? line.message.content : line.kind)),
    contents,
  );
}

it('the first message creates the room with the epoch that its readers already have', async (context) => {
  const { url, connection } = await startTestServer(context);
  const readers = await readersOf(context, url);
  assert.equal(await epochStored(connection), undefined);
  const minsu = await connectClient(context, url, createTestToken('민수'));
  for (const content of ['하나', '둘']) assertStored(await minsu.send(content));
  await assertUndisturbed(readers, ['하나', '둘']);
  assert.equal(await epochStored(connection), readers.follower.position?.epoch);
  const back = await connectFollower(context, url, createTestToken('서연'), {
    epoch: readers.follower.position?.epoch ?? '',
    seq: 0,
  });
  assert.deepEqual(
    [back.histories.length, back.frames.flatMap(({ messages }) => messages.map(({ id }) => id))],
    [0, [1, 2]],
    'the position of the empty room leads to all of it',
  );
});

it('the first message on another server reaches the readers of the empty room on this one', async (context) => {
  const here = await startTestServer(context);
  const there = await startTestServer(context, {}, here.connection);
  const readers = await readersOf(context, here.url);
  const away = new TestClient(there.url, { token: createTestToken('민수') });
  context.after(() => away.socket.disconnect());
  const session = await new Promise<Session>((resolve) => away.socket.once('session', resolve));
  assert.equal(session.epoch, readers.chat.session?.epoch, 'both know the epoch without the row');
  assertStored(await away.send('저기에서'));
  await assertUndisturbed(readers, ['저기에서']);
  assert.equal(await epochStored(here.connection), session.epoch);
});

it('servers that create a room at once create one, and it contains every first message', async (context) => {
  const one = await startTestServer(context, { SEND_BURST: '1000' });
  const two = await startTestServer(context, { SEND_BURST: '1000' }, one.connection);
  const readers = await readersOf(context, one.url);
  const writers = await Promise.all(
    [one, two].map(({ url }, index) => connectClient(context, url, createTestToken(`작가 ${index}`))),
  );
  await Promise.all(
    writers.flatMap((writer, index) =>
      Array.from({ length: 30 }, async (_, each) => assertStored(await writer.send(`${index} ${each}`))),
    ),
  );
  await waitUntil(() => readers.follower.position?.seq === 60, 'all of them');
  const all = await query<{ content: string }>(one.connection, 'SELECT content FROM messages ORDER BY id');
  await assertUndisturbed(
    readers,
    all.map(({ content }) => content),
  );
});

const kimpga = 'kimpga' as ProjectId;
const draft = (content: string) => ({ content, clientId: null, replyTo: null });
const author = { userId: 'minsu', username: '민수', avatar: null };

async function openStore(context: TestContext) {
  const connection = await createTestDatabase(context);
  await migrate(connection, 10, () => undefined);
  const store = createPostgresStore({ config: connection, log: createLog('silent') });
  context.after(() => store.close());
  return { connection, room: store.project(kimpga), other: store.project('other' as ProjectId) };
}

it('the epoch of an empty room is unique per room, project and database', async (context) => {
  const [one, two] = await Promise.all([openStore(context), openStore(context)]);
  const pages = await Promise.all([
    one.room.newestChanges('main', 10),
    one.room.newestChanges('second', 10),
    one.other.newestChanges('main', 10),
    two.room.newestChanges('main', 10),
  ]);
  assert.equal(new Set(pages.map(({ epoch }) => epoch)).size, 4);
  const [page] = pages;
  assert.deepEqual([page?.prev, page?.seq, page?.head, page?.messages], [0, 0, 0, []]);
  assert.equal((await one.room.changesAfter('main', 7, 10)).epoch, page?.epoch);
});

it('a log whose room is missing from a restored backup gets another epoch', async (context) => {
  const { connection, room } = await openStore(context);
  await room.append('main', author, draft('하나'));
  const { epoch } = await room.newestChanges('main', 10);
  await query(connection, 'TRUNCATE rooms, messages, reactions');
  assert.equal((await room.newestChanges('main', 10)).epoch, epoch, 'the names are the same');
  await room.renewEpoch('main', epoch);
  const renewed = await room.newestChanges('main', 10);
  assert.notEqual(renewed.epoch, epoch);
  await room.renewEpoch('main', epoch);
  assert.equal((await room.newestChanges('main', 10)).epoch, renewed.epoch, 'once');
  await room.append('main', author, draft('둘'));
  assert.deepEqual((await room.newestChanges('main', 10)).epoch, renewed.epoch);
});

it('readers of a room that is removed from a running server start over with another epoch', async (context) => {
  const { url, connection } = await startTestServer(context);
  const minsu = await connectClient(context, url, createTestToken('민수'));
  for (const content of ['하나', '둘', '셋']) assertStored(await minsu.send(content));
  const jiyoung = await connectFollower(context, url, createTestToken('지영'));
  const before = jiyoung.position as LogPosition;
  await query(connection, 'TRUNCATE rooms, messages, reactions');
  assertStored(await minsu.send('새로'));
  await waitUntil(() => jiyoung.histories.length === 2, 'the new beginning', 20_000);
  assert.deepEqual(
    jiyoung.histories[1]?.messages.map(({ content }) => content),
    ['새로'],
  );
  assert.notEqual(jiyoung.position?.epoch, before.epoch);
});
