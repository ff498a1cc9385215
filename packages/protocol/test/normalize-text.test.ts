/** Promise: text has one stored form, and names hold nothing that cannot be seen. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { readClaims, readUrl } from '../src/claims.js';
import { cleanContent, cleanName, countGraphemes } from '../src/normalize-text.js';
import { isWithinDepth } from '../src/validate.js';

it('cleaning a clean text changes nothing, and the result is well-formed without control characters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      const clean = cleanContent(text);
      assert.equal(cleanContent(clean), clean);
      assert.ok(clean.isWellFormed());
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
      assert.doesNotMatch(clean, /[\u0000-\u0008\u000b-\u001f\u007f]/);
    }),
    { numRuns: 500 },
  );
});

it('decomposed Hangul is composed, line ends are unified, stacked marks and empty lines are cut (U8)', () => {
  assert.equal(cleanContent('한글'.normalize('NFD')), '한글');
  assert.equal(cleanContent('a\r\nb\rc\u2028d'), 'a\nb\nc\nd');
  assert.equal(cleanContent('a\n\n\n\n\nb'), 'a\n\nb');
  assert.equal(countGraphemes('👨‍👩‍👧‍👦각🇰🇷'), 3);
  assert.equal(cleanContent(`x${'\u0316'.repeat(5_000)}`).length, 9);
});

it('names keep emoji and silently lose nothing else (U4)', () => {
  assert.equal(cleanName('  김민수 👩🏽‍🚀 '), '김민수 👩🏽‍🚀');
  for (const name of ['ad\u200bmin', '\u202eadmin', 'a\u0000b', '\u3164', '\u2060', 'x\ny', '\ud800'])
    assert.equal(cleanName(name), null, JSON.stringify(name));
});

it('stacked marks are cut whatever joins them, and letters that need several marks keep them (U3)', () => {
  const pile = '\u0316\u200d'.repeat(4) + '\u0301\u200b'.repeat(400);
  for (const clean of [cleanContent(`x${pile}`), cleanContent(`가${'\u0301\u034f'.repeat(400)}`)])
    assert.ok((clean.match(/\p{M}/gu) ?? []).length <= 8, `${clean.length}`);
  // Vietnamese, Hebrew with points and accents, Tibetan, Thai, a family of emoji.
  for (const text of ['ệ', 'בְּרֵאשִׁ֖ית', 'རྒྱལ་པོ', 'ที่', '👩🏽‍❤️‍💋‍👨🏿'])
    assert.equal(cleanContent(text), text.normalize('NFC'));
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('x', '가', '\u0316', '\u0301', '\u200d', '\u034f', '❤', '\ufe0f')),
      (parts) => {
        const clean = cleanContent(parts.join(''));
        assert.equal(cleanContent(clean), clean);
        for (const pile of clean.split(/[^\p{M}\p{Cf}]/u))
          assert.ok((pile.match(/\p{M}/gu) ?? []).length <= 8, JSON.stringify(pile));
      },
    ),
    { numRuns: 500 },
  );
});

it('a name contains no invisible character, whatever its Unicode category (U5)', () => {
  const unseen = [
    '\u034f',
    '\ufe00',
    '\ufe0f',
    '\u{e0101}',
    '\u17b4',
    '\u180b',
    '\uffa0',
    '\u1160',
    '\u{e0041}',
    '\u00ad',
  ];
  for (const character of [...unseen, '\u2800', '\u061c', '\u2066', '\u200f'])
    for (const name of [`김${character}민수`, `admin${character}`, `${character}admin`, `1${character}`])
      assert.equal(cleanName(name), null, JSON.stringify(name));
  for (const name of ['나 ❤️ 코인', '©️민수', '1️⃣등', '☂︎비', '👁️‍🗨️', '🏳️‍🌈'])
    assert.equal(cleanName(name), name, JSON.stringify(name));
});

it('only https avatar URLs are accepted, except http on localhost (X2)', () => {
  for (const url of [
    'javascript:alert(1)',
    'data:text/html,x',
    'http://evil.test/a.png',
    '//evil.test/a',
    'https://u:p@evil.test',
    `https://a.test/${'x'.repeat(3_000)}`,
    5,
    null,
  ])
    assert.equal(readUrl(url), null);
  assert.equal(readUrl('https://a.test/b.png'), 'https://a.test/b.png');
  assert.equal(readUrl('http://localhost:4001/b.png'), 'http://localhost:4001/b.png');
  for (const host of ['localhost:4001', '127.0.0.1', '[::1]'])
    assert.equal(readUrl(`http://${host}/b.png`, false), null, host);
  assert.equal(readUrl('https://a.test/b.png', false), 'https://a.test/b.png');
});

it('the user id comes from sub, then user, user.id, userId, then the username', () => {
  const idOf = (claims: object) => {
    const read = readClaims({ projectId: 'p', username: '민수', ...claims });
    return read.ok ? read.member.userId : read.reason;
  };
  assert.equal(idOf({ sub: 'a', user: 'b', userId: 'c' }), 'a');
  assert.equal(idOf({ user: 'b', userId: 'c' }), 'b');
  assert.equal(idOf({ user: { id: 42 }, userId: 'c' }), '42');
  assert.equal(idOf({ userId: 'c' }), 'c');
  assert.equal(idOf({}), '민수');
  const object = readClaims({
    projectId: 'p',
    user: { id: 1, username: '지영', avatar: 'https://a.test/b' },
  });
  assert.deepEqual(object.ok && [object.member.username, object.member.avatar, object.member.role], [
    '지영',
    'https://a.test/b',
    'member',
  ]);
});

it('depth is measured without recursion', () => {
  assert.equal(isWithinDepth([JSON.parse('['.repeat(8) + ']'.repeat(8))]), true);
  assert.equal(isWithinDepth([JSON.parse('['.repeat(9) + ']'.repeat(9))]), false);
});
