/** Promise: what is written together is stored as if one by one, whatever is wrong with some of it or with the database. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Message } from '@chatty/protocol';
import pg from 'pg';
import { waitUntil } from '../support/server.js';
import { createDraft, openTestStores, testAuthor } from '../support/store.js';

/** One row is stored by one function, few by another and many by a third; all keep every promise. */
const sizes = [
  { flush: 'a flush of one', more: 0, together: false },
  { flush: 'a flush of few', more: 0, together: true },
  { flush: 'a flush of many', more: 60, together: true },
];

/** What is done at once is stored by one flush, and what is done in turn by as many. */
async function each<Result>(together: boolean, work: (() => Promise<Result>)[]): Promise<Result[]> {
  if (together) return Promise.all(work.map((run) => run()));
  const results: Result[] = [];
  for (const run of work) results.push(await run());
  return results;
}

for (const { flush, more, together } of sizes) {
  it(`duplicates, conflicts and invalid replies inside ${flush} use no number`, async (context) => {
    const { store, kimpga } = await openTestStores(context);
    const room = store.project(kimpga);
    const others = Array.from({ length: more }, () => room.append('other', testAuthor, createDraft('앞')));
    const all = [
      createDraft('하나', 'a'),
      createDraft('하나', 'a'),
      createDraft('딴말', 'a'),
      createDraft('답', 'b', 99),
      createDraft('이름 없이'),
      createDraft('이름 없이'),
      createDraft('둘', 'c'),
    ];
    const appended = await each(
      together,
      all.map((one) => () => room.append('main', testAuthor, one)),
    );
    assert.deepEqual(
      appended.map((one) => [one.outcome, 'message' in one ? one.message.id : null]),
      [
        ['stored', 1],
        ['duplicate', 1],
        ['conflict', null],
        ['not_found', null],
        ['stored', 2],
        ['stored', 3],
        ['stored', 4],
      ],
    );
    assert.equal(
      'message' in (appended[4] ?? {}) && (appended[4] as { message: Message }).message.clientId,
      null,
    );
    await Promise.all(others);
    const answer = await room.append('main', testAuthor, createDraft('답', 'd', 4));
    assert.equal('message' in answer && answer.message.id, 5);
    const { messages } = await room.newestChanges('main', 10);
    const given = appended.flatMap((one) => ('message' in one ? [one.message] : []));
    assert.deepEqual(messages.slice(0, 4), [given[0], ...given.slice(2)], 'read again as it was answered');
  });

  it(`${flush} keeps the original role of each author, also for a retry with another role`, async (context) => {
    const { store, kimpga } = await openTestStores(context);
    const room = store.project(kimpga);
    const others = Array.from({ length: more }, () => room.append('other', testAuthor, createDraft('앞')));
    const said = await each(together, [
      () => room.append('main', { ...testAuthor, role: 'admin' }, createDraft('공지', 'a')),
      () => room.append('main', testAuthor, createDraft('네', 'b')),
    ]);
    await Promise.all(others);
    const again = await room.append('main', { ...testAuthor, role: null }, createDraft('공지', 'a'));
    const roles = [...said, again].map((one) => 'message' in one && (one.message.role ?? null));
    assert.deepEqual(roles, ['admin', null, 'admin']);
    const { messages } = await room.newestChanges('main', 10);
    assert.deepEqual(
      messages.map(({ role }) => role),
      ['admin', undefined],
    );
  });

  it(`${flush}: a late retry of a message edited or deleted meanwhile is still a retry`, async (context) => {
    const { store, kimpga } = await openTestStores(context);
    const room = store.project(kimpga);
    const send = async (content: string) => {
      const others = Array.from({ length: more }, () => room.append('other', testAuthor, createDraft('앞')));
      const retry = await room.append('main', testAuthor, createDraft(content, 'a'));
      await Promise.all(others);
      return retry;
    };
    await send('처음');
    await room.update('main', testAuthor.userId, 1, '고침');
    const retry = await send('처음');
    assert.deepEqual(
      [retry.outcome, 'message' in retry && [retry.message.content, retry.message.seq]],
      ['duplicate', ['고침', 2]],
    );
    assert.equal((await send('고침')).outcome, 'conflict');
    await room.update('main', testAuthor.userId, 1, null);
    const again = await send('처음');
    assert.equal('message' in again && typeof again.message.deleted_at, 'string');
    assert.equal((await room.newestChanges('main', 1)).head, 3);
  });
}

it('one row that the database refuses does not fail the others of its flush', async (context) => {
  const { store, kimpga } = await openTestStores(context);
  const room = store.project(kimpga);
  const settled = await Promise.allSettled(
    ['하나', '나쁜 \u0000 글자', '셋', '넷'].map((text) =>
      room.append('main', testAuthor, createDraft(text)),
    ),
  );
  assert.deepEqual(
    settled.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
  );
  const { messages } = await room.newestChanges('main', 10);
  assert.deepEqual(
    messages.map(({ id, content }) => [id, content]),
    [
      [1, '하나'],
      [2, '셋'],
      [3, '넷'],
    ],
  );
});

it('connections that break during flushes lose nothing and store nothing twice', async (context) => {
  const { connection, store, kimpga } = await openTestStores(context);
  const room = store.project(kimpga);
  await room.append('main', testAuthor, createDraft('0'));
  const killer = new pg.Client(connection);
  await killer.connect();
  const ids: number[] = [];
  let killed = 0;
  let talking = true;
  const killing = (async () => {
    while (talking) {
      const { rowCount } = await killer.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'chatty writer'",
      );
      killed += rowCount ?? 0;
      const before = ids.length;
      // A rival who leaves no time for a COMMIT would only show that patience ends.
      await waitUntil(() => ids.length > before || !talking, 'a flush between two broken connections');
    }
  })();
  for (let round = 0; round < 40; round += 1) {
    const appended = await Promise.all(
      Array.from({ length: 25 }, (_, index) =>
        room.append('main', testAuthor, createDraft(`${round}-${index}`)),
      ),
    );
    for (const each of appended) {
      assert.equal(each.outcome, 'stored');
      if ('message' in each) ids.push(each.message.id);
    }
  }
  talking = false;
  await killing.finally(() => killer.end());
  assert.ok(killed > 3, `${killed} connections were broken`);
  assert.deepEqual(
    ids.sort((a, b) => a - b),
    Array.from({ length: 1_000 }, (_, index) => index + 2),
  );
  assert.equal((await room.newestChanges('main', 2_000)).messages.length, 1_001);
});

it('a locked room delays no other room, and its messages are stored in order afterwards', async (context) => {
  const { connection, store, kimpga } = await openTestStores(context);
  const room = store.project(kimpga);
  await room.append('kept', testAuthor, createDraft('0'));
  await room.append('free', testAuthor, createDraft('0'));
  const locker = new pg.Client(connection);
  await locker.connect();
  await locker.query('BEGIN');
  await locker.query("SELECT 1 FROM rooms WHERE room_id = 'kept' FOR UPDATE");
  let answered = 0;
  const kept = ['1', '2', '3', '4'].map((text) =>
    room.append('kept', testAuthor, createDraft(text)).finally(() => {
      answered += 1;
    }),
  );
  const edit = room.update('kept', testAuthor.userId, 1, '0!').finally(() => {
    answered += 1;
  });
  for (const text of ['1', '2', '3']) await room.append('free', testAuthor, createDraft(text));
  assert.equal((await room.update('free', testAuthor.userId, 2, '1!')).outcome, 'changed');
  assert.equal(answered, 0, 'the kept room still waits');
  await locker.query('ROLLBACK');
  await locker.end();
  const texts = (await Promise.all(kept)).map((each) => 'message' in each && each.message.content);
  assert.deepEqual(texts, ['1', '2', '3', '4']);
  assert.equal((await edit).outcome, 'changed');
  const { messages, head: top } = await room.newestChanges('kept', 10);
  assert.deepEqual(
    messages.filter(({ id }) => id > 1).map(({ content }) => content),
    ['1', '2', '3', '4'],
  );
  assert.deepEqual([messages.length, top], [5, 6]);
});

for (const { flush, more } of sizes.filter(({ together }) => together)) {
  it(`${flush}: replies within the same flush, and a retry after an invalid reply, behave as if sent one by one`, async (context) => {
    const { store, kimpga } = await openTestStores(context);
    const room = store.project(kimpga);
    const others = Array.from({ length: more }, () => room.append('other', testAuthor, createDraft('앞')));
    const appended = await Promise.all([
      room.append('main', testAuthor, createDraft('answers what is not there', null, 1)),
      room.append('main', testAuthor, createDraft('first')),
      room.append('main', testAuthor, createDraft('answers the first', null, 1)),
      room.append('main', testAuthor, createDraft('answers itself', null, 3)),
      room.append('main', testAuthor, createDraft('x', 'a', 77)),
      room.append('main', testAuthor, createDraft('x', 'a')),
      room.append('main', testAuthor, createDraft('last')),
    ]);
    await Promise.all(others);
    assert.deepEqual(
      appended.map((each) => ('message' in each ? each.message.id : each.outcome)),
      ['not_found', 1, 2, 'not_found', 'not_found', 3, 4],
    );
  });
}

it('only its author can change a message, each real change takes a number, and a deleted message stays deleted', async (context) => {
  const { store, kimpga } = await openTestStores(context);
  const room = store.project(kimpga);
  for (const text of ['하나', '둘', '셋']) await room.append('main', testAuthor, createDraft(text));
  const outcomes: unknown[] = [];
  for (const [user, id, content] of [
    ['u1', 2, '둘!'],
    ['u1', 2, '둘!'],
    ['u2', 2, '남'],
    ['u2', 2, null],
    ['u1', 9, 'nothing'],
    ['u1', 2, null],
    ['u1', 2, null],
    ['u1', 2, 'back'],
  ] as const) {
    const changed = await room.update('main', user, id, content);
    outcomes.push([changed.outcome, 'message' in changed && [changed.message.content, changed.message.seq]]);
  }
  assert.deepEqual(outcomes, [
    ['changed', ['둘!', 4]],
    ['same', ['둘!', 4]],
    ['forbidden', false],
    ['forbidden', false],
    ['not_found', false],
    ['changed', ['', 5]],
    ['same', ['', 5]],
    ['not_found', false],
  ]);
  assert.equal((await room.update('nowhere', 'u1', 1, 'x')).outcome, 'not_found');
  const [one, two] = await room.messagesBefore('main', null, 50);
  assert.ok(one && !('edited_at' in one) && !('deleted_at' in one));
  assert.match(String(two?.edited_at), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.equal(typeof two?.deleted_at, 'string');
  const all = await Promise.all(
    Array.from({ length: 201 }, (_, index) =>
      room.update('main', 'u1', 1, `${index}`).then(
        ({ outcome }) => outcome,
        (error: Error) => error.name,
      ),
    ),
  );
  assert.equal(all.filter((each) => each === 'Unavailable').length, 1);
  assert.equal((await room.newestChanges('main', 1)).head, 205);
});
