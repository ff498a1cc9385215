/** Promise: the door answers every form of every event with a code or with nothing, and closes only what is no packet at all. */

import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { ChangeAnswer, HistoryAnswer, MembersAnswer, Message, SyncAnswer } from '@chatty/protocol';
import { MAX_HISTORY_PAGE_SIZE } from '@chatty/protocol';
import {
  assertStored,
  connectClient,
  createTestToken,
  startTestServer,
  type TestClient,
  type TestServer,
  waitUntil,
} from '../support/server.js';

type Answer = ChangeAnswer | HistoryAnswer | SyncAnswer | MembersAnswer;

const ask = <Reply extends Answer = Answer>(who: TestClient, event: string, ...values: unknown[]) =>
  who.socket.timeout(8_000).emitWithAck(event, ...values) as Promise<Reply>;
const codeOf = (answer: { ok: boolean; code?: string }) => (answer.ok ? 'ok' : answer.code);
const changed = (answer: ChangeAnswer): Message => {
  if (!answer.ok) throw new Error(`refused: ${answer.code}`);
  return answer.message;
};
const deep = (depth: number) => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`) as unknown;
const epoch = '0b0e7a52-6f3e-4c58-9f0e-1f6d1b6f2a11';

/** Every event of the protocol, and a payload it takes. */
const events: [string, unknown][] = [
  ['chat message', { content: '안녕' }],
  ['edit message', { id: 1, content: '고침' }],
  ['delete message', { id: 1 }],
  ['history', { before: 10 }],
  ['sync', { after: { epoch, seq: 0 } }],
  ['members', {}],
];
/** Reserved by Socket.IO: to the library such a packet breaks the protocol. */
const RESERVED = ['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener'];
const unknown = [
  'error',
  'message',
  'session',
  'refused',
  'toString',
  '__proto__',
  'constructor',
  '',
  'x'.repeat(10_000),
];

describe('commands', () => {
  let chatty: TestServer;
  const endings: (() => unknown)[] = [];
  before(async () => {
    const suite = { after: (ending: () => unknown) => endings.push(ending) } as unknown as TestContext;
    chatty = await startTestServer(suite);
  });
  after(async () => {
    for (const ending of endings.reverse()) await ending();
  });

  for (const [event, good] of events) {
    it(`"${event}" answers every form of its arguments, and the session continues (D5, D7)`, async (context) => {
      const minsu = await connectClient(context, chatty.url, createTestToken('민수'));
      const session = minsu.socket.id;
      const shapes: [string, unknown[]][] = [
        ['no argument', []],
        ['null', [null]],
        ['a number', [7]],
        ['a boolean', [false]],
        ['an array', [[1, 'x']]],
        ['a payload in an array', [[good]]],
        ['an extra argument', [good, 1]],
        ['an extra null', [good, null]],
        ['nesting of 9', [deep(9)]],
        ['nesting of 500', [deep(500)]],
        ['nesting beside a good payload', [{ ...(good as object), extra: deep(20) }]],
      ];
      if (event !== 'chat message') shapes.push(['a text', ['text']]);
      for (const [name, values] of shapes) {
        const code = codeOf(await ask(minsu, event, ...values));
        // A list of members needs no field, so anything that is one payload without deep nesting is good enough.
        const loose = event === 'members' && values.length === 1 && !name.includes('nesting');
        assert.equal(code, loose ? 'ok' : 'invalid', name);
      }
      assert.equal(minsu.socket.id, session);
      assertStored(await minsu.send('아직 여기'));
    });
  }

  it('a refusal without an acknowledgement names its event, and a valid event without one gets no answer', async (context) => {
    const minsu = await connectClient(context, chatty.url, createTestToken('민수'));
    const refused: { event: string; code: string }[] = [];
    minsu.socket.on('refused', (each) => refused.push(each));
    for (const [event] of events) minsu.socket.emit(event, deep(9));
    minsu.socket.emit('history', { before: 1 });
    await waitUntil(() => refused.length >= events.length, 'the refusals');
    assertStored(await minsu.send('끝'));
    assert.deepEqual(
      refused.map(({ event, code }) => [event, code]).sort(),
      events.map(([event]) => [event, 'invalid']).sort(),
    );
  });

  it('only the last argument is used as the acknowledgement, and it is called once', async (context) => {
    const minsu = await connectClient(context, chatty.url, createTestToken('민수'));
    // A client's encoder has one place for an acknowledgement; a function anywhere else becomes null on its way.
    for (const [event, good] of events) {
      const refused = new Promise<{ event: string; code: string }>((resolve) =>
        minsu.socket.once('refused', resolve),
      );
      minsu.socket.emit(event, () => undefined, good);
      assert.deepEqual([(await refused).event, (await refused).code], [event, 'invalid']);
      assert.equal(codeOf(await ask(minsu, event, good, () => undefined)), 'invalid');
    }
  });

  it('an unknown event is answered as invalid with an acknowledgement, and ignored without one', async (context) => {
    const minsu = await connectClient(context, chatty.url, createTestToken('민수'));
    const session = minsu.socket.id;
    const refused: unknown[] = [];
    minsu.socket.on('refused', (each) => refused.push(each));
    for (const event of unknown) {
      assert.equal(codeOf(await ask(minsu, event, { a: 1 })), 'invalid', event.slice(0, 20));
      minsu.socket.emit(event);
      minsu.socket.emit(event, { a: 1 }, null);
    }
    assertStored(await minsu.send('아직 여기'));
    assert.deepEqual([minsu.socket.id, refused], [session, []]);
  });

  for (const event of RESERVED)
    for (const transports of [['polling'], ['websocket']])
      it(`a packet named "${event}" ends at most its own connection, over ${transports} (D8)`, async (context) => {
        const bystander = await connectClient(context, chatty.url, createTestToken('지영'));
        const session = bystander.socket.id;
        const attacker = await connectClient(context, chatty.url, createTestToken('공격'), {
          transports,
          reconnection: false,
        });
        // Engine.IO puts the leading 4 in front itself. What is within the protocol of the line is an unknown event there.
        attacker.socket.io.engine.write(`2${JSON.stringify([event, { a: 1 }])}`);
        if (transports[0] === 'polling')
          await waitUntil(() => attacker.socket.disconnected, 'the end of its connection');
        else assert.equal(codeOf(await ask(attacker, 'members', {})), 'ok');
        assertStored(await bystander.send('멀쩡해요'));
        assert.equal(bystander.socket.id, session);
      });
});

describe('message permissions of a member', () => {
  let chatty: TestServer;
  const endings: (() => unknown)[] = [];
  before(async () => {
    const suite = { after: (ending: () => unknown) => endings.push(ending) } as unknown as TestContext;
    chatty = await startTestServer(suite);
  });
  after(async () => {
    for (const ending of endings.reverse()) await ending();
  });

  it('only the author can edit a message, and no other member can delete it', async (context) => {
    const minsu = await connectClient(context, chatty.url, createTestToken('민수'));
    const others = [createTestToken('지영'), createTestToken('관리', { role: 'admin' })];
    const { id } = assertStored(await minsu.send('내 말'));
    for (const token of others) {
      const other = await connectClient(context, chatty.url, token);
      assert.equal(codeOf(await ask(other, 'edit message', { id, content: '남의 말' })), 'forbidden');
      if (token === others[0]) assert.equal(codeOf(await ask(other, 'delete message', { id })), 'forbidden');
    }
    assert.equal(changed(await ask(minsu, 'edit message', { id, content: '고친 말' })).content, '고친 말');
    const gone = changed(await ask(minsu, 'delete message', { id }));
    assert.deepEqual([gone.id, gone.content, typeof gone.deleted_at], [id, '', 'string']);
  });

  it('a missing message is not_found, and so is editing a deleted one', async (context) => {
    const minsu = await connectClient(context, chatty.url, createTestToken('민수'));
    const { id } = assertStored(await minsu.send('곧 사라질 말'));
    for (const missing of [id + 1_000, 2 ** 53 - 1]) {
      assert.equal(codeOf(await ask(minsu, 'edit message', { id: missing, content: 'x' })), 'not_found');
      assert.equal(codeOf(await ask(minsu, 'delete message', { id: missing })), 'not_found');
      assert.equal(codeOf(await minsu.send({ content: 'x', replyTo: missing })), 'not_found');
    }
    changed(await ask(minsu, 'delete message', { id }));
    assert.equal(codeOf(await ask(minsu, 'edit message', { id, content: '부활' })), 'not_found');
    const again = changed(await ask(minsu, 'delete message', { id }));
    assert.equal(again.content, '');
  });

  it('an edit follows the rules of a message', async (context) => {
    const minsu = await connectClient(context, chatty.url, createTestToken('민수'));
    const { id } = assertStored(await minsu.send('처음'));
    const refusals: [unknown, string][] = [
      [{ id, content: ' \u200b ' }, 'empty'],
      [{ id, content: '가'.repeat(2_001) }, 'too_long'],
      [{ id, content: 5 }, 'invalid'],
      [{ id: String(id), content: 'x' }, 'invalid'],
      [{ id: -1, content: 'x' }, 'invalid'],
      [{ content: 'x' }, 'invalid'],
    ];
    for (const [payload, code] of refusals)
      assert.equal(codeOf(await ask(minsu, 'edit message', payload)), code);
    const page = await ask<HistoryAnswer>(minsu, 'history', { before: id + 1, limit: 1 });
    assert.deepEqual(page.ok && page.messages.map(({ content }) => content), ['처음']);
  });

  it('pages, syncs and lists refuse invalid positions and numbers, and clamp limits that are too large', async (context) => {
    const minsu = await connectClient(context, chatty.url, createTestToken('민수'));
    const refusals: [string, unknown][] = [
      ['history', {}],
      ['history', { before: 0 }],
      ['history', { before: '1; drop table messages' }],
      ['history', { before: 5, limit: -1 }],
      ['history', { before: 5, limit: '50' }],
      ['sync', {}],
      ['sync', { after: null }],
      ['sync', { after: { epoch, seq: -1 } }],
      ['sync', { after: { epoch: 5, seq: 1 } }],
      ['sync', { after: { epoch: 'e'.repeat(65), seq: 1 } }],
      ['sync', { epoch, seq: 1 }],
      ['members', { limit: 0 }],
      ['members', { limit: 'all' }],
    ];
    for (const [event, payload] of refusals)
      assert.equal(codeOf(await ask(minsu, event, payload)), 'invalid', JSON.stringify(payload));
    const { id } = assertStored(await minsu.send('마지막'));
    const page = await ask<HistoryAnswer>(minsu, 'history', { before: id, limit: 1e9 });
    assert.ok(page.ok && page.messages.length <= MAX_HISTORY_PAGE_SIZE);
  });

  it('a position in another log, or beyond the end of this one, is answered with a reset', async (context) => {
    const minsu = await connectClient(context, chatty.url, createTestToken('민수'));
    const { id } = assertStored(await minsu.send('지금'));
    const own = await ask<SyncAnswer>(minsu, 'sync', { after: { epoch, seq: 1 } });
    assert.ok(own.ok && own.reset && own.seq === own.head && own.messages.at(-1)?.id === id);
    const beyond = await ask<SyncAnswer>(minsu, 'sync', {
      after: { epoch: own.epoch, seq: own.seq + 1_000 },
    });
    assert.ok(beyond.ok && beyond.reset);
    const level = await ask<SyncAnswer>(minsu, 'sync', { after: { epoch: own.epoch, seq: own.seq } });
    assert.ok(level.ok && !level.reset && level.messages.length === 0);
  });

  it('no command reaches another project (T1)', async (context) => {
    const minsu = await connectClient(context, chatty.url, createTestToken('민수'));
    // The other project's own numbers stay below the one that is tried there.
    for (const text of ['하나', '둘']) await minsu.send(text);
    const secret = assertStored(await minsu.send('우리만의 말'));
    // The same user id, so that nothing but the project keeps them apart.
    const shop = await connectClient(
      context,
      chatty.url,
      createTestToken('민수', { projectId: 'othershop' }),
    );
    const mine = assertStored(await shop.send('가게 말'));
    assert.equal(codeOf(await ask(shop, 'edit message', { id: secret.id, content: '훔친 말' })), 'not_found');
    assert.equal(codeOf(await ask(shop, 'delete message', { id: secret.id })), 'not_found');
    assert.equal(codeOf(await shop.send({ content: 'x', replyTo: secret.id })), 'not_found');
    const forged = { projectId: 'kimpga', room: 'main' };
    const page = await ask<HistoryAnswer>(shop, 'history', { before: 2 ** 53 - 1, limit: 100, ...forged });
    assert.deepEqual(page.ok && page.messages.map(({ content }) => content), ['가게 말']);
    const truth = await ask<SyncAnswer>(minsu, 'sync', { after: { epoch, seq: 0 } });
    assert.ok(truth.ok);
    const sync = await ask<SyncAnswer>(shop, 'sync', { after: { epoch: truth.epoch, seq: 0 }, ...forged });
    assert.deepEqual(sync.ok && [sync.reset, sync.messages.map(({ id }) => id)], [true, [mine.id]]);
    const people = await ask<MembersAnswer>(shop, 'members', forged);
    assert.deepEqual(people.ok && [people.count, people.members.length], [1, 1]);
    assert.equal(minsu.contents.includes('가게 말'), false);
  });
});
