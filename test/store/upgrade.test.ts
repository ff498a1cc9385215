/** Promise: a database of an older release, with its data, works on after the upgrade (fixtures/schema-0011.sql: commit 8935870). */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it, type TestContext } from 'node:test';
import type { ChangeAnswer, Message } from '@chatty/protocol';
import { assumeRole, type DatabaseConfig } from '@chatty/server/testing';
import { createToken } from '@chatty/token';
import pg from 'pg';
import { callApi, KEY_SETTINGS } from '../support/projects.js';
import {
  assertStored,
  connectClient,
  connectExpectingRefusal,
  createEmptyDatabase,
  startTestServer,
} from '../support/server.js';

const DUMP = new URL('./fixtures/schema-0011.sql', import.meta.url);
/** The project's own secret and key, of which the dump has the sealed form and the hash. */
const PROJECT_SECRET = 'a-secret-of-the-project-of-an-older-release';
const PROJECT_KEY = `chatty_kimpga_${'ab'.repeat(32)}`;
const LAST_NUMBER = 15;

const tokenOf = (userId: string, username: string) =>
  createToken({ secret: PROJECT_SECRET, keyId: 's1', projectId: 'kimpga', userId, username });

async function openClient(context: TestContext, connection: DatabaseConfig): Promise<pg.Client> {
  const client = new pg.Client(connection);
  // Dropping the database at the end closes the connection.
  client.on('error', () => undefined);
  context.after(() => client.end());
  await client.connect();
  return client;
}

/** A server of today on the database of the older release. */
async function upgrade(context: TestContext) {
  const connection = await createEmptyDatabase(context);
  const client = await openClient(context, connection);
  await client.query(readFileSync(DUMP, 'utf8'));
  const server = await startTestServer(context, KEY_SETTINGS, connection);
  const connect = (userId: string, username: string) =>
    connectClient(context, server.url, tokenOf(userId, username));
  const connectRefused = (userId: string, username: string) =>
    connectExpectingRefusal(context, server.url, { token: tokenOf(userId, username) });
  return { server, client, connect, connectRefused };
}

it('history has all messages in their latest state, and a new message continues the numbering', async (context) => {
  const { connect } = await upgrade(context);
  const minsu = await connect('u1', '민수');
  const [history = []] = minsu.history;
  const shown = [...history].sort((a, b) => a.id - b.id).map(({ id, seq, content }) => [id, seq, content]);
  assert.deepEqual(shown, [
    [1, 14, '안녕하세요'],
    [2, 12, '반가워요'],
    [3, 8, '고친 글'],
    [4, 4, '공지'],
    [5, 9, ''],
    [6, 15, ''],
    [7, 7, '마지막 글'],
  ]);
  const byId = new Map(history.map((message): [number, Message] => [message.id, message]));
  assert.equal(byId.get(4)?.role, 'moderator');
  assert.equal(byId.get(7)?.replyTo, 2);
  assert.ok(byId.get(3)?.edited_at);
  assert.ok(byId.get(5)?.deleted_at && byId.get(6)?.deleted_at);
  const { id, seq } = assertStored(await minsu.send('새 글'));
  assert.deepEqual({ id, seq }, { id: LAST_NUMBER + 1, seq: LAST_NUMBER + 1 });
});

it('a retry of an old message is a duplicate, also after an edit; another text is a conflict', async (context) => {
  const { connect } = await upgrade(context);
  const minsu = await connect('u1', '민수');
  assert.equal(assertStored(await minsu.send({ content: '안녕하세요', clientId: 'c-1' })).id, 1);
  assert.equal(assertStored(await minsu.send({ content: '오타가 있는 글', clientId: 'c-3' })).id, 3);
  const other = await minsu.send({ content: '다른 글', clientId: 'c-1' });
  assert.equal(other.ok ? 'ok' : other.code, 'conflict');
  assert.equal(assertStored(await minsu.send('새 글')).id, LAST_NUMBER + 1, 'retries use no number');
});

it('reactions are shown, counted on and removed', async (context) => {
  const { connect } = await upgrade(context);
  const minsu = await connect('u1', '민수');
  const react = async (on: boolean) => {
    const answer = (await minsu.socket
      .timeout(8_000)
      .emitWithAck('react', { id: 2, emoji: '👍', on })) as ChangeAnswer;
    if (!answer.ok) throw new Error(answer.code);
    return answer.message.reactions;
  };
  const heart = { emoji: '❤️', count: 1, users: ['u3'] };
  const before = minsu.history[0]?.find(({ id }) => id === 2)?.reactions;
  assert.deepEqual(before, [{ emoji: '👍', count: 2, users: ['u1', 'u2'] }, heart]);
  assert.deepEqual(await react(false), [{ emoji: '👍', count: 1, users: ['u2'] }, heart]);
  assert.deepEqual(await react(true), [{ emoji: '👍', count: 2, users: ['u2', 'u1'] }, heart]);
});

it('bans, mutes and cut-offs still apply, and an ended ban does not', async (context) => {
  const { connect, connectRefused } = await upgrade(context);
  assert.equal((await connectRefused('u3', '철수')).data?.code, 'banned');
  assert.equal((await connectRefused('u6', '영희')).data?.code, 'token_expired');
  const muted = await (await connect('u4', '영수')).send('안녕');
  assert.equal(muted.ok ? 'ok' : muted.code, 'muted');
  const formerlyBanned = await connect('u5', '순희');
  assertStored(await formerlyBanned.send('안녕'));
});

it("the project's secret, key, word filter and origins still work", async (context) => {
  const { server, connect } = await upgrade(context);
  const jiyoung = await connect('u2', '지영');
  assert.equal(assertStored(await jiyoung.send('이 바보야')).content, '이 **야');
  const authorization = { authorization: `Bearer ${PROJECT_KEY}` };
  const { status, body } = await callApi(server, 'GET', '/projects/kimpga', undefined, authorization);
  assert.equal(status, 200);
  assert.deepEqual((body as Record<string, unknown>).origins, ['https://kimpga.com']);
});

it('sanctions have the setter that the audit log names, and the audit log goes on', async (context) => {
  const { client } = await upgrade(context);
  const { rows } = await client.query('SELECT user_id, set_by, set_by_id FROM sanctions ORDER BY 1');
  assert.deepEqual(
    rows.map(({ user_id, set_by, set_by_id }) => [user_id, set_by, set_by_id]),
    [
      ['u3', 'admin', 'boss'],
      ['u4', 'moderator', 'mod'],
      ['u5', 'key', 'k1'],
    ],
  );
});

it('a server of the previous release finds everything under its former names', async (context) => {
  const { server, client: superuser } = await upgrade(context);
  const client = await openClient(context, server.connection);
  assert.ok(await assumeRole(client));
  await client.query("SELECT set_config('chatty.projects', 'kimpga', false)");
  const version = async () =>
    Number((await client.query<{ version: string }>('SELECT version FROM order_version')).rows[0]?.version);
  const before = await version();
  await client.query("INSERT INTO room_rules (project_id, room_id, rules) VALUES ('kimpga', 'main', '{}')");
  assert.equal(await version(), before + 1);
  await client.query('UPDATE order_version SET version = version + 1');
  assert.equal(await version(), before + 2);
  const actor = { kind: 'member', id: 'mod', name: '관리자' };
  const remove = async (id: number, ...protectedRoles: string[][]) => {
    const values = ['kimpga', 'main', id, actor, {}, ...protectedRoles];
    const places = values.map((_, index) => `$${index + 1}`).join(', ');
    return (await client.query(`SELECT outcome FROM take_down(${places})`, values)).rows;
  };
  assert.deepEqual(await remove(1), [{ outcome: 'changed' }]);
  assert.deepEqual(await remove(4, ['moderator']), [{ outcome: 'forbidden' }]);
  assert.deepEqual(await remove(7, ['moderator']), [{ outcome: 'changed' }]);
  const { rowCount } = await superuser.query("SELECT 1 FROM audit_log WHERE act = 'delete'");
  assert.equal(rowCount, 3);
});
