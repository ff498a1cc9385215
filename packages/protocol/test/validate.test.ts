/** Promise: what arrives is taken in exactly the form its event has, or refused with a code; nothing makes a check throw. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { cleanContent, countGraphemes, hasVisibleText } from '../src/normalize-text.js';
import {
  CLIENT_ID_PATTERN,
  HISTORY_SIZE,
  MAX_HISTORY_PAGE_SIZE,
  MAX_MEMBERS_PAGE_SIZE,
  MAX_MESSAGE_BYTES,
  MAX_MESSAGE_GRAPHEMES,
} from '../src/sizes.js';
import {
  isWithinDepth,
  readPosition,
  validateDelete,
  validateEdit,
  validateHistory,
  validateMembers,
  validateSend,
  validateSync,
} from '../src/validate.js';

const epoch = '0b0e7a52-6f3e-4c58-9f0e-1f6d1b6f2a11';
const checks = {
  checkSend: validateSend,
  checkEdit: validateEdit,
  checkDelete: validateDelete,
  checkHistory: validateHistory,
  checkSync: validateSync,
  checkMembers: validateMembers,
};
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

it('a validator throws for no value, and every refusal has a code', () => {
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

it('an id is a positive integer in every event that names a message', () => {
  for (const id of noIds) {
    assert.equal(codeOf(validateDelete({ id })), 'invalid', String(id));
    assert.equal(codeOf(validateEdit({ id, content: '안녕' })), 'invalid', String(id));
    assert.equal(codeOf(validateHistory({ before: id })), 'invalid', String(id));
  }
  for (const id of [1, 2 ** 53 - 1]) {
    assert.deepEqual(validateDelete({ id }), { ok: true, value: { id } });
    assert.deepEqual(validateEdit({ id, content: '안녕' }), { ok: true, value: { id, content: '안녕' } });
    assert.deepEqual(validateHistory({ before: id }), {
      ok: true,
      value: { before: id, limit: HISTORY_SIZE },
    });
  }
});

it('a payload that is not an object is refused where an object is required', () => {
  for (const payload of [undefined, null, 7, true, 'text', Symbol('x'), () => 1, [], [1]]) {
    for (const check of [validateEdit, validateDelete, validateHistory, validateSync])
      assert.equal(codeOf(check(payload)), 'invalid', String(payload));
  }
});

it('an edit follows the rules of a message and is returned in stored form', () => {
  assert.deepEqual(validateEdit({ id: 3, content: '  한글\r\n\u0007끝 '.normalize('NFD') }), {
    ok: true,
    value: { id: 3, content: '한글\n끝' },
  });
  const refusals: [unknown, string][] = [
    [' \u200b\u3164\n', 'empty'],
    ['', 'empty'],
    ['가'.repeat(MAX_MESSAGE_GRAPHEMES + 1), 'too_long'],
    ['👨‍👩‍👧‍👦'.repeat(400), 'too_long'],
    [undefined, 'invalid'],
    [null, 'invalid'],
    [5, 'invalid'],
    [['a'], 'invalid'],
    [{ toString: 'x' }, 'invalid'],
  ];
  for (const [content, code] of refusals) assert.equal(codeOf(validateEdit({ id: 3, content })), code);
});

it('an accepted message or edit is clean, visible and within both limits (U7)', () => {
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
      const checked = validateSend({ content });
      const edited = validateEdit({ id: 1, content });
      assert.equal(codeOf(edited), codeOf(checked));
      if (!checked.ok) return;
      const { content: kept } = checked.value;
      assert.equal(kept, cleanContent(content));
      assert.ok(hasVisibleText(kept) && kept.isWellFormed());
      assert.ok(
        countGraphemes(kept) <= MAX_MESSAGE_GRAPHEMES && Buffer.byteLength(kept) <= MAX_MESSAGE_BYTES,
      );
      assert.deepEqual(edited, { ok: true, value: { id: 1, content: kept } });
    }),
    { numRuns: 200 },
  );
});

it('sender, place and time in a message payload are ignored', () => {
  const forged = {
    content: '안녕',
    projectId: 'other',
    userId: 'boss',
    seq: 1,
    id: 1,
    role: 'admin',
    created_at: 'x',
  };
  assert.deepEqual(validateSend(forged), {
    ok: true,
    value: { content: '안녕', clientId: null, replyTo: null },
  });
  assert.deepEqual(validateEdit({ ...forged, userId: 'boss' }), {
    ok: true,
    value: { id: 1, content: '안녕' },
  });
  const polluted = JSON.parse('{"__proto__":{"content":"x","id":4,"before":4,"limit":4}}') as unknown;
  for (const check of [validateSend, validateEdit, validateDelete, validateHistory, validateSync])
    assert.equal(codeOf(check(polluted)), 'invalid');
  assert.deepEqual(validateMembers(polluted), { ok: true, value: { limit: MAX_MEMBERS_PAGE_SIZE } });
});

it('a client id is 1-64 visible ASCII characters; no other value is accepted', () => {
  for (const clientId of ['', ' ', 'a b', 'a\n', '가', 'c'.repeat(65), 5, true, [], {}])
    assert.equal(codeOf(validateSend({ content: 'x', clientId })), 'invalid', String(clientId));
  fc.assert(
    fc.property(fc.stringMatching(CLIENT_ID_PATTERN), (clientId) => {
      const checked = validateSend({ content: 'x', clientId });
      assert.equal(checked.ok && checked.value.clientId, clientId);
    }),
    { numRuns: 200 },
  );
});

it('a limit out of range is clamped; a limit that is not a number is refused', () => {
  const page = (limit: unknown) => validateHistory({ before: 9, limit });
  const list = (limit: unknown) => validateMembers({ limit });
  assert.deepEqual(page(1e9), { ok: true, value: { before: 9, limit: MAX_HISTORY_PAGE_SIZE } });
  assert.deepEqual(page(1), { ok: true, value: { before: 9, limit: 1 } });
  assert.deepEqual(list(1e9), { ok: true, value: { limit: MAX_MEMBERS_PAGE_SIZE } });
  assert.deepEqual(list(2), { ok: true, value: { limit: 2 } });
  for (const limit of noIds.slice(1)) {
    assert.equal(codeOf(page(limit)), 'invalid', String(limit));
    assert.equal(codeOf(list(limit)), 'invalid', String(limit));
  }
  assert.deepEqual(validateMembers({}), { ok: true, value: { limit: MAX_MEMBERS_PAGE_SIZE } });
});

it('a position is an epoch and a non-negative integer; anything else is refused', () => {
  for (const seq of [0, 1, 2 ** 53 - 1]) assert.deepEqual(readPosition({ epoch, seq }), { epoch, seq });
  for (const seq of [undefined, null, -1, 0.5, Number.NaN, Infinity, 2 ** 53, '5', [5], {}])
    assert.equal(readPosition({ epoch, seq }), null, String(seq));
  for (const wrong of [undefined, null, 5, {}, [], ['a'], 'e'.repeat(65), 'e'.repeat(100_000)])
    assert.equal(readPosition({ epoch: wrong, seq: 1 }), null);
  for (const value of [undefined, null, 5, 'x', [], [epoch, 1], true])
    assert.equal(readPosition(value), null);
});

it('a sync request keeps only its position', () => {
  const after = { epoch, seq: 4 };
  const checked = validateSync({ after: { ...after, project: 'other' }, room: 'other' });
  assert.deepEqual(checked, { ok: true, value: { after } });
  for (const wrong of [undefined, null, 4, [], { epoch }, { seq: 4 }, { epoch, seq: -1 }])
    assert.equal(codeOf(validateSync({ after: wrong })), 'invalid');
});

it('depth is counted through arrays and objects, and a wide packet does not grow the stack', () => {
  const nested = (depth: number, open: string, close: string) =>
    JSON.parse(`${open.repeat(depth)}1${close.repeat(depth)}`) as unknown;
  assert.equal(isWithinDepth([nested(8, '{"a":', '}')]), true);
  assert.equal(isWithinDepth([nested(9, '{"a":', '}')]), false);
  assert.equal(isWithinDepth([1, 'x', null, undefined]), true);
  assert.equal(isWithinDepth(['x', nested(9, '[', ']')]), false);
  assert.equal(isWithinDepth([Array.from({ length: 30_000 }, () => [[]])]), true);
  assert.equal(isWithinDepth([nested(5_000, '[', ']')]), false);
});
