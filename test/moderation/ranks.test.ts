/** Promise: the tables of docs/operate/moderation.md are what happens: who may act on whom, whom a sanction binds, who sets which rules. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it, type TestContext } from 'node:test';
import type { Role } from '@chatty/protocol';
import pg from 'pg';
import { callApi, createProject, KEY_SETTINGS } from '../support/projects.js';
import {
  assertStored,
  connectClient,
  connectExpectingRefusal,
  createTestToken,
  startTestServer,
  type TestClient,
  type TestServer,
  waitUntil,
} from '../support/server.js';

type Act = 'mute' | 'unmute' | 'ban' | 'unban' | 'kick' | 'delete';
type Answer = { ok: boolean; code?: string; lifted?: boolean; rules?: Record<string, unknown> };
/** One of the six who act, over a socket or over HTTP. */
type Actor = {
  act(act: Act, userId: string, message?: number): Promise<Answer>;
  setRules(rules: object): Promise<Answer>;
};

const ROLES = ['member', 'moderator', 'admin'] as const;
const LIMITS = {
  SEND_BURST: '1000',
  SEND_PER_SECOND: '1000',
  CONNECTIONS_PER_USER: '100',
  GUEST_PROJECTS: '*',
};
const EVENTS = {
  mute: 'mute member',
  unmute: 'unmute member',
  ban: 'ban member',
  unban: 'unban member',
  kick: 'kick member',
} as const;

/** The table whose head begins with these words: its rows as cells without their quotes, the row's name first. */
function tableOf(head: string): string[][] {
  const page = new URL('../../docs/operate/moderation.md', import.meta.url);
  const lines = readFileSync(page, 'utf8').split('\n');
  const first = lines.findIndex((line) => line.startsWith(`| ${head}`));
  const rows = lines.slice(first + 2);
  const cells = rows.slice(0, rows.indexOf('')).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
  assert.ok(first > 0 && cells.length >= 4, head);
  return cells;
}

const tokenFor = (userId: string, role: Role = 'member') => createTestToken(userId, { userId, role });
const enter = (context: TestContext, { url }: TestServer, userId: string, role?: Role) =>
  connectClient(context, url, tokenFor(userId, role));

function overSocket({ socket }: TestClient): Actor {
  const send = (event: string, payload: object): Promise<Answer> =>
    socket.timeout(8_000).emitWithAck(event, payload);
  return {
    act: (act, userId, message) =>
      act === 'delete' ? send('delete message', { id: message }) : send(EVENTS[act], { userId }),
    setRules: (rules) => send('set rules', { rules }),
  };
}

function overHttp(chatty: TestServer, headers: Record<string, string> = {}): Actor {
  const send = async (method: string, path: string, body?: object): Promise<Answer> => {
    const answer = await callApi(chatty, method, `/projects/kimpga/${path}`, body, headers);
    return { ...(answer.body as object), ok: answer.status === 200 };
  };
  return {
    act(act, userId, message) {
      if (act === 'delete') return send('DELETE', `messages/${message}`);
      const undone = act.startsWith('un') ? act.slice(2) : null;
      return send(undone ? 'DELETE' : 'POST', `members/${userId}/${undone ?? act}`);
    },
    setRules: (rules) => send('PATCH', 'rooms/main/rules', rules),
  };
}

async function open(context: TestContext) {
  const chatty = await startTestServer(context, { ...KEY_SETTINGS, ...LIMITS });
  await createProject(chatty, 'kimpga', { settings: { guests: true } });
  const { key } = (await callApi(chatty, 'POST', '/projects/kimpga/keys', {})).body as unknown as {
    key: string;
  };
  const guest = await connectClient(context, chatty.url, '', { auth: { projectId: 'kimpga' } });
  const actors = new Map<string, Actor>([['guest', overSocket(guest)]]);
  const visitors = new Map<string, TestClient>([['guest', guest]]);
  for (const role of ROLES) {
    const visitor = await enter(context, chatty, `actor-${role}`, role);
    visitors.set(role, visitor);
    actors.set(role, overSocket(visitor));
  }
  actors.set('key', overHttp(chatty, { authorization: `Bearer ${key}` }));
  actors.set('operator', overHttp(chatty));
  return { chatty, actors, visitors };
}

/** `yes`, or the code of the refusal. */
const outcomeOf = ({ ok, code }: Answer) => (ok ? 'yes' : code);
/** `yes` where a token of this user is let in. */
const entryOf = (context: TestContext, { url }: TestServer, userId: string, role: Role) =>
  connectExpectingRefusal(context, url, { token: tokenFor(userId, role) }).then(
    ({ data }) => data?.code,
    () => 'yes',
  );

it('the role decides who may mute, ban, kick, lift and delete messages (A6)', async (context) => {
  const { chatty, actors, visitors } = await open(context);
  const targets = [...ROLES, 'themselves', 'nobody'] as const;
  for (const [name = '', ...cells] of tableOf('who acts')) {
    const actor = actors.get(name);
    assert.ok(actor, name);
    for (const [index, expected = ''] of cells.entries()) {
      const target = targets[index] ?? 'nobody';
      if (expected === '') continue;
      const userId = target === 'themselves' ? `actor-${name}` : `${name}-on-${target}`;
      let message: number | undefined;
      if (target !== 'nobody' && target !== 'themselves') {
        const visitor = await enter(context, chatty, userId, target);
        message = assertStored(await visitor.send('안녕')).id;
        visitor.socket.disconnect();
      }
      for (const act of ['mute', 'unmute', 'ban', 'unban', 'kick', 'unban', 'delete'] as const) {
        const about = `${name}: ${act} ${target}`;
        if (act === 'delete' && message === undefined) continue;
        const answer = await actor.act(act, userId, message);
        assert.equal(outcomeOf(answer), expected, about);
        if (act.startsWith('un') && expected === 'yes') assert.equal(answer.lifted, true, about);
        if (act !== 'ban' || target === 'nobody' || target === 'themselves') continue;
        const entered = await entryOf(context, chatty, userId, target);
        assert.equal(entered, expected === 'yes' ? 'banned' : 'yes', about);
      }
    }
    const visitor = visitors.get(name);
    if (!visitor || name === 'guest') continue;
    const own = assertStored(await visitor.send('내 말')).id;
    assert.equal(outcomeOf(await actor.act('delete', '', own)), 'yes', `${name}: their own message`);
  }
});

it('nobody can edit the message of another, whatever their role', async (context) => {
  const { chatty, visitors } = await open(context);
  for (const author of ROLES) {
    const writer = await enter(context, chatty, `writer-${author}`, author);
    const { id } = assertStored(await writer.send('제 말'));
    for (const [name, { socket }] of visitors) {
      const answer = await socket.timeout(8_000).emitWithAck('edit message', { id, content: '남의 말' });
      assert.equal(answer.code, name === 'guest' ? 'login_required' : 'forbidden', `${name} on ${author}`);
    }
  }
});

it('the role of the author protects a sanction from being ended or replaced (A6)', async (context) => {
  const { chatty, actors } = await open(context);
  for (const [setter = '', ...cells] of tableOf('set by')) {
    const enders = (cells[3] ?? '').split(' ');
    for (const [index, role] of ROLES.entries()) {
      const userId = `by-${setter}-${role}`;
      for (const act of ['ban', 'mute'] as const)
        assert.equal((await actors.get(setter)?.act(act, userId))?.ok, true);
      const isBound = cells[index] === 'yes';
      const about = `${setter} on a ${role} never seen`;
      assert.equal(await entryOf(context, chatty, userId, role), isBound ? 'banned' : 'yes', about);
      // Above the role that has been seen by now, where they were let in.
      assert.equal((await actors.get('operator')?.act('unban', userId))?.lifted, true, about);
      const visitor = await enter(context, chatty, userId, role);
      const said = await visitor.send('안녕');
      assert.equal(said.ok ? 'yes' : said.code, isBound ? 'muted' : 'yes', about);
      visitor.socket.disconnect();
    }
    for (const ender of ['moderator', 'admin', 'key', 'operator']) {
      const userId = `by-${setter}-for-${ender}`;
      const by = actors.get(ender);
      await actors.get(setter)?.act('ban', userId);
      const expected = enders.includes(ender) ? 'yes' : 'forbidden';
      assert.equal(outcomeOf((await by?.act('ban', userId)) as Answer), expected, `${userId} replaces`);
      assert.equal(outcomeOf((await by?.act('unban', userId)) as Answer), expected, `${userId} ends`);
      assert.equal(
        await entryOf(context, chatty, userId, 'member'),
        expected === 'yes' ? 'yes' : 'banned',
        userId,
      );
    }
  }
});

it('an expired sanction protects nothing, and a refused action leaves no log entry', async (context) => {
  const { chatty, actors } = await open(context);
  const at = (path: string) => `/projects/kimpga/${path}`;
  await callApi(chatty, 'POST', at('members/u1/ban'), { seconds: 1 });
  const count = async () => {
    const { entries } = (await callApi(chatty, 'GET', at('audit'))).body as unknown as { entries: object[] };
    return entries.length;
  };
  const before = await count();
  assert.equal((await actors.get('moderator')?.act('ban', 'u1'))?.code, 'forbidden');
  assert.equal((await actors.get('admin')?.act('unban', 'u1'))?.code, 'forbidden');
  assert.equal(await count(), before);
  await waitUntil(
    async () => (await actors.get('moderator')?.act('ban', 'u1'))?.ok === true,
    'the end of the ban',
  );
  const { sanctions } = (await callApi(chatty, 'GET', at('sanctions'))).body as unknown as {
    sanctions: { setBy: string; setById: string }[];
  };
  assert.deepEqual(
    sanctions.map(({ setBy, setById }) => [setBy, setById]),
    [['moderator', 'actor-moderator']],
  );
});

it('nobody moderates themselves or a higher role before that role is stored', async (context) => {
  const { chatty } = await open(context);
  const client = new pg.Client(chatty.connection);
  await client.connect();
  await client.query('BEGIN');
  await client.query('LOCK TABLE staff IN EXCLUSIVE MODE');
  const admin = await enter(context, chatty, 'new-admin', 'admin');
  const moderator = await enter(context, chatty, 'new-moderator', 'moderator');
  for (const userId of ['new-admin', 'new-moderator'])
    assert.equal((await overSocket(moderator).act('mute', userId)).code, 'forbidden', userId);
  assert.equal((await overSocket(admin).act('mute', 'new-moderator')).ok, true);
  await client.query('ROLLBACK');
  await client.end();
});

it('a staff message is protected by the latest known role of its author, or by its stored role', async (context) => {
  const { chatty, actors } = await open(context);
  const client = new pg.Client(chatty.connection);
  await client.connect();
  const admin = await enter(context, chatty, 'boss', 'admin');
  const { id } = assertStored(await admin.send('공지'));
  const isSeen = async (role: string) =>
    (await client.query("SELECT FROM staff WHERE user_id = 'boss' AND role = $1", [role])).rowCount === 1;
  await waitUntil(() => isSeen('admin'), 'the admin');
  await client.query("DELETE FROM staff WHERE user_id = 'boss'");
  assert.equal((await actors.get('moderator')?.act('delete', '', id))?.code, 'forbidden');
  await client.query(
    "INSERT INTO staff (project_id, user_id, username, role, issued_at) VALUES ('kimpga', 'boss', 'boss', 'member', now())",
  );
  assert.equal((await actors.get('moderator')?.act('delete', '', id))?.ok, true);
  await client.end();
});

it('where the project limits roles to member, no message or sanction is protected', async (context) => {
  const { chatty, actors } = await open(context);
  const admin = await enter(context, chatty, 'boss', 'admin');
  const { id } = assertStored(await admin.send('공지'));
  await callApi(chatty, 'PATCH', '/projects/kimpga', { settings: { highestRole: 'moderator' } });
  assert.equal((await actors.get('moderator')?.act('delete', '', id))?.code, 'forbidden', 'an equal');
  assert.equal((await actors.get('key')?.act('delete', '', id))?.ok, true);
  await callApi(chatty, 'PATCH', '/projects/kimpga', { settings: { highestRole: 'member' } });
  assert.equal((await actors.get('admin')?.act('mute', 'x'))?.code, 'forbidden');
});

it('nobody sets or changes a room rule above their own role (A6)', async (context) => {
  const { actors } = await open(context);
  const operator = actors.get('operator') as Actor;
  // The lowest come first: who is sent out by what those above them set has had their turn.
  for (const [name = '', ...cells] of tableOf('who sets')) {
    const actor = actors.get(name) as Actor;
    for (const [index, expected = ''] of cells.entries())
      for (const rule of ['read', 'write']) {
        const role = ROLES[index];
        const about = `${name}: ${rule} ${role}`;
        assert.equal(outcomeOf(await actor.setRules({ [rule]: role })), expected, about);
        if (expected === 'yes') assert.equal((await operator.setRules({})).rules?.[rule], role, about);
        await operator.setRules({ [rule]: null });
        if (rule === 'read' || name === 'guest' || expected === 'login_required') continue;
        await operator.setRules({ write: role });
        assert.equal(outcomeOf(await actor.setRules({ write: null })), expected, `${about}, back`);
        assert.equal(
          outcomeOf(await actor.setRules({ slowMode: null })),
          name === 'member' ? 'forbidden' : 'yes',
        );
        await operator.setRules({ write: null });
      }
  }
});

it('a moderator cannot lock themselves out, and an admin who closes the room stays in it', async (context) => {
  const { chatty, actors, visitors } = await open(context);
  assert.equal((await actors.get('moderator')?.setRules({ read: 'admin' }))?.code, 'forbidden');
  assert.equal((await actors.get('moderator')?.setRules({ read: 'moderator' }))?.ok, true);
  await waitUntil(() => visitors.get('member')?.socket.connected === false, 'the end of the member');
  assert.equal(visitors.get('moderator')?.socket.connected, true);
  assert.equal((await actors.get('admin')?.setRules({ read: 'admin' }))?.ok, true);
  await waitUntil(() => visitors.get('moderator')?.socket.connected === false, 'the end of the moderator');
  assertStored((await visitors.get('admin')?.send('여기 있어요')) as never);
  assert.equal(await entryOf(context, chatty, 'actor-moderator', 'moderator'), 'forbidden');
});
