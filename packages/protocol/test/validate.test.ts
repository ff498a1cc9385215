/** Promise: what arrives is taken in exactly the form its event has, or refused with a code; nothing makes a check throw. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { cleanContent, countGraphemes, hasInk } from '@chatty/protocol/normalize-text';
import {
  CLIENT_ID,
  HISTORY_PAGE_SIZE,
  HISTORY_SIZE,
  MEMBERS_SIZE,
  MESSAGE_BYTES,
  MESSAGE_GRAPHEMES,
} from '@chatty/protocol/sizes';
import {
  checkDelete,
  checkEdit,
  checkHistory,
  checkMembers,
  checkSend,
  checkSync,
  isShallow,
  readPosition,
} from '@chatty/protocol/validate';
import fc from 'fast-check';

const epoch = '0b0e7a52-6f3e-4c58-9f0e-1f6d1b6f2a11';
const checks = { checkSend, checkEdit, checkDelete, checkHistory, checkSync, checkMembers };
const runs = { numRuns: 1_000 };
/** What is no id of a message: ids are whole numbers from 1 on that JSON carries exactly. */
const noIds = [
  undefined,
  null,
  0,
  -1,
  1.5,
  Number.NaN,
  Infinity,
  2 ** 53,
  '1',
  '1; drop table',
  true,
  [1],
  {},
];
const codeOf = (checked: { ok: boolean; code?: string }) => (checked.ok ? 'ok' : checked.code);

/** Anything a JSON packet can carry, and then some: odd keys, prototypes' names, deep and wide values. */
const anything = fc.anything({
  withNullPrototype: true,
  withBigInt: true,
  withTypedArray: true,
  withMap: true,
});
const almost = fc.record(
  {
    id: anything,
    content: anything,
    clientId: anything,
    replyTo: anything,
    before: anything,
    limit: anything,
    after: anything,
  },
  { requiredKeys: [] },
);

it('no value makes a check throw, and what is refused has a code', () => {
  fc.assert(
    fc.property(fc.oneof(anything, almost), (payload) => {
      for (const [name, check] of Object.entries(checks)) {
        const checked = check(payload);
        assert.ok(checked.ok || ['invalid', 'empty', 'too_long'].includes(checked.code), name);
      }
      readPosition(payload);
    }),
    runs,
  );
});

it('an id is a whole number from 1 on, in every event that names a message', () => {
  for (const id of noIds) {
    assert.equal(codeOf(checkDelete({ id })), 'invalid', String(id));
    assert.equal(codeOf(checkEdit({ id, content: '안녕' })), 'invalid', String(id));
    assert.equal(codeOf(checkHistory({ before: id })), 'invalid', String(id));
  }
  for (const id of [1, 2 ** 53 - 1]) {
    assert.deepEqual(checkDelete({ id }), { ok: true, value: { id } });
    assert.deepEqual(checkEdit({ id, content: '안녕' }), { ok: true, value: { id, content: '안녕' } });
    assert.deepEqual(checkHistory({ before: id }), { ok: true, value: { before: id, limit: HISTORY_SIZE } });
  }
});

it('a payload that is no object is refused where an object is asked for', () => {
  for (const payload of [undefined, null, 7, true, 'text', Symbol('x'), () => 1, [], [1]]) {
    for (const check of [checkEdit, checkDelete, checkHistory, checkSync])
      assert.equal(codeOf(check(payload)), 'invalid', String(payload));
  }
});

it('an edit is held to the rules of a message and comes back in stored form', () => {
  assert.deepEqual(checkEdit({ id: 3, content: '  한글\r\n\u0007끝 '.normalize('NFD') }), {
    ok: true,
    value: { id: 3, content: '한글\n끝' },
  });
  const refusals: [unknown, string][] = [
    [' \u200b\u3164\n', 'empty'],
    ['', 'empty'],
    ['가'.repeat(MESSAGE_GRAPHEMES + 1), 'too_long'],
    ['👨‍👩‍👧‍👦'.repeat(400), 'too_long'],
    [undefined, 'invalid'],
    [null, 'invalid'],
    [5, 'invalid'],
    [['a'], 'invalid'],
    [{ toString: 'x' }, 'invalid'],
  ];
  for (const [content, code] of refusals) assert.equal(codeOf(checkEdit({ id: 3, content })), code);
});

it('what is accepted as a message or an edit is clean, visible and within both limits (U7)', () => {
  const unit = fc.constantFrom(
    'a',
    '가',
    '\u0301',
    '\u200b',
    '👨‍👩‍👧‍👦',
    '\u0000',
    ' ',
    '\n',
    '\ud800',
    '\u3164',
    '🇰🇷',
  );
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit, maxLength: 5_000, size: 'max' }));
  fc.assert(
    fc.property(text, (content) => {
      const checked = checkSend({ content });
      const edited = checkEdit({ id: 1, content });
      assert.equal(codeOf(edited), codeOf(checked));
      if (!checked.ok) return;
      const { content: kept } = checked.value;
      assert.equal(kept, cleanContent(content));
      assert.ok(hasInk(kept) && kept.isWellFormed());
      assert.ok(countGraphemes(kept) <= MESSAGE_GRAPHEMES && Buffer.byteLength(kept) <= MESSAGE_BYTES);
      assert.deepEqual(edited, { ok: true, value: { id: 1, content: kept } });
    }),
    { numRuns: 200 },
  );
});

it('what a message says of its sender, place or time is not taken along', () => {
  const forged = {
    content: '안녕',
    projectId: 'other',
    userId: 'boss',
    seq: 1,
    id: 1,
    role: 'admin',
    created_at: 'x',
  };
  assert.deepEqual(checkSend(forged), {
    ok: true,
    value: { content: '안녕', clientId: null, replyTo: null },
  });
  assert.deepEqual(checkEdit({ ...forged, userId: 'boss' }), { ok: true, value: { id: 1, content: '안녕' } });
  const polluted = JSON.parse('{"__proto__":{"content":"x","id":4,"before":4,"limit":4}}') as unknown;
  for (const check of [checkSend, checkEdit, checkDelete, checkHistory, checkSync])
    assert.equal(codeOf(check(polluted)), 'invalid');
  assert.deepEqual(checkMembers(polluted), { ok: true, value: { limit: MEMBERS_SIZE } });
});

it('a client id is 1-64 visible ASCII characters, and nothing is one by accident', () => {
  for (const clientId of ['', ' ', 'a b', 'a\n', '가', 'c'.repeat(65), 5, true, [], {}])
    assert.equal(codeOf(checkSend({ content: 'x', clientId })), 'invalid', String(clientId));
  fc.assert(
    fc.property(fc.stringMatching(CLIENT_ID), (clientId) => {
      const checked = checkSend({ content: 'x', clientId });
      assert.equal(checked.ok && checked.value.clientId, clientId);
    }),
    { numRuns: 200 },
  );
});

it('a limit beyond its range is moved into it, one that is no number is refused', () => {
  const page = (limit: unknown) => checkHistory({ before: 9, limit });
  const list = (limit: unknown) => checkMembers({ limit });
  assert.deepEqual(page(1e9), { ok: true, value: { before: 9, limit: HISTORY_PAGE_SIZE } });
  assert.deepEqual(page(1), { ok: true, value: { before: 9, limit: 1 } });
  assert.deepEqual(list(1e9), { ok: true, value: { limit: MEMBERS_SIZE } });
  assert.deepEqual(list(2), { ok: true, value: { limit: 2 } });
  for (const limit of noIds.slice(1)) {
    assert.equal(codeOf(page(limit)), 'invalid', String(limit));
    assert.equal(codeOf(list(limit)), 'invalid', String(limit));
  }
  assert.deepEqual(checkMembers({}), { ok: true, value: { limit: MEMBERS_SIZE } });
});

it('a position is an epoch and a whole number from 0 on; anything else is none', () => {
  for (const seq of [0, 1, 2 ** 53 - 1]) assert.deepEqual(readPosition({ epoch, seq }), { epoch, seq });
  for (const seq of [undefined, null, -1, 0.5, Number.NaN, Infinity, 2 ** 53, '5', [5], {}])
    assert.equal(readPosition({ epoch, seq }), null, String(seq));
  for (const wrong of [undefined, null, 5, {}, [], ['a'], 'e'.repeat(65), 'e'.repeat(100_000)])
    assert.equal(readPosition({ epoch: wrong, seq: 1 }), null);
  for (const value of [undefined, null, 5, 'x', [], [epoch, 1], true])
    assert.equal(readPosition(value), null);
});

it('a sync asks from a position and keeps nothing else of it', () => {
  const after = { epoch, seq: 4 };
  const checked = checkSync({ after: { ...after, project: 'other' }, room: 'other' });
  assert.deepEqual(checked, { ok: true, value: { after } });
  for (const wrong of [undefined, null, 4, [], { epoch }, { seq: 4 }, { epoch, seq: -1 }])
    assert.equal(codeOf(checkSync({ after: wrong })), 'invalid');
});

it('depth counts through arrays and objects, and the breadth of a packet costs no stack', () => {
  const nested = (depth: number, open: string, close: string) =>
    JSON.parse(`${open.repeat(depth)}1${close.repeat(depth)}`) as unknown;
  assert.equal(isShallow([nested(8, '{"a":', '}')]), true);
  assert.equal(isShallow([nested(9, '{"a":', '}')]), false);
  assert.equal(isShallow([1, 'x', null, undefined]), true);
  assert.equal(isShallow(['x', nested(9, '[', ']')]), false);
  assert.equal(isShallow([Array.from({ length: 30_000 }, () => [[]])]), true);
  assert.equal(isShallow([nested(5_000, '[', ']')]), false);
});
