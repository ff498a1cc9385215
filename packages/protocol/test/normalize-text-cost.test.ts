/** Promise: cleaning and counting cost no more than the length of a text, and say of it what the plain definitions say. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { assertNoLongPause } from '../../../test/support/event-loop-lag.js';
import { worstTexts } from '../../../test/support/worst-texts.js';
import { readClaims } from '../src/claims.js';
import { cleanContent, countGraphemes, exceedsGraphemes, hasVisibleText } from '../src/normalize-text.js';
import { MAX_MESSAGE_BYTES, MAX_RAW_MESSAGE_LENGTH } from '../src/sizes.js';
import { validateContent } from '../src/validate.js';

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters it removes
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
const PILES = /((?:\p{M}\p{Cf}*){8})\p{M}[\p{M}\p{Cf}]*/gu;

/** The stored form as it is defined, whatever it costs. */
const defined = (text: string) =>
  text
    .toWellFormed()
    .replace(/\r\n?|[\u2028\u2029\u0085]/g, '\n')
    .replace(CONTROLS, '')
    .normalize('NFC')
    .replace(PILES, '$1')
    .replace(/[^\S\n]+$/gm, '')
    .replace(/\n{3,}/g, '\n\n')
    .trim();

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const counted = (text: string) => [...segmenter.segment(text)].length;
const inked = (text: string) => text.replace(/[\s\p{Cc}\p{Cf}\p{Cs}\p{M}\p{DI}\u2800]/gu, '') !== '';

/** Whatever meets whatever: spaces and line ends of all kinds, halves of characters, and what joins with its neighbours. */
const piece = fc.constantFrom(
  ...[
    'a',
    ' ',
    '\t',
    '\u3000',
    '\u00a0',
    '\ufeff',
    '\n',
    '\r',
    '\r\n',
    '\u2028',
    '\u0085',
    '\u0000',
    '\u000b',
  ],
  ...[
    '가',
    '\u1100',
    '\u1161',
    '\u11a8',
    'ㄱ',
    '\u0301',
    '\u0316',
    '\u0345',
    '\u0344',
    '\u093c',
    'क',
    '\u094d',
  ],
  ...[
    '👍',
    '🏽',
    '👨',
    '\u200d',
    '\ufe0f',
    '\u20e3',
    '1',
    '🇰',
    '🇷',
    '\u{e0041}',
    '\u0600',
    '\u200b',
    '\u202e',
  ],
  ...['\ud83d', '\udc4d', 'ﬁ', '\u2800', '\u3164'],
);
const mixed = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(''));
const texts = fc.oneof(mixed, fc.string({ unit: 'binary', maxLength: 100 }));

it('the stored form, length and visibility of a text match their definitions', () => {
  fc.assert(
    fc.property(texts, (text) => {
      // More marks in a row than any script has are cut before they are put in order.
      if (!/\p{M}{31}/u.test(text.replace(CONTROLS, ''))) assert.equal(cleanContent(text), defined(text));
      assert.equal(cleanContent(cleanContent(text)), cleanContent(text));
      assert.equal(countGraphemes(text), counted(text));
      assert.equal(hasVisibleText(text), inked(text));
    }),
    { numRuns: 3_000 },
  );
});

it('graphemes are counted in chunks, and no chunk splits a grapheme', () => {
  const long = fc.tuple(fc.array(piece, { minLength: 1, maxLength: 12 }), fc.nat(80));
  fc.assert(
    fc.property(fc.array(long, { minLength: 1, maxLength: 4 }), fc.nat(1_000), (parts, limit) => {
      const text = parts.map(([pieces, times]) => pieces.join('').repeat(times)).join('');
      const count = counted(text);
      assert.equal(countGraphemes(text), count);
      assert.equal(exceedsGraphemes(text, limit), count > limit);
    }),
    { numRuns: 300 },
  );
});

it('a text that cannot fit after cleaning is refused unprocessed, and a text that fits is accepted', () => {
  const half = 'ㅎ'.repeat(1_000);
  const padded = `${half}${' '.repeat(MAX_RAW_MESSAGE_LENGTH - 2_001)}\n${half}`;
  assert.equal(padded.length, MAX_RAW_MESSAGE_LENGTH);
  const checked = validateContent(padded);
  assert.equal(checked.ok ? checked.value : checked.code, 'too_long');
  const fits = validateContent(padded.slice(1));
  assert.equal(fits.ok && fits.value, `${half}\n${half}`.slice(1));
  const syllables = '힣'.repeat(2_000);
  const jamo = validateContent(syllables.normalize('NFD'));
  assert.equal(jamo.ok && jamo.value, syllables);
  for (const text of [' '.repeat(MAX_RAW_MESSAGE_LENGTH + 1), 'x'.repeat(MAX_RAW_MESSAGE_LENGTH + 1)])
    assert.deepEqual(validateContent(text), { ok: false, code: 'too_long' });
  assert.deepEqual(validateContent('👨‍👩‍👧‍👦'.repeat(MAX_MESSAGE_BYTES / 20)), {
    ok: false,
    code: 'too_long',
  });
});

it('no text of the largest packet blocks the event loop for 50 ms, as a message or for counting (D20)', async () => {
  for (const [name, text] of worstTexts(60_000)) {
    await assertNoLongPause(`cleaning ${name}`, () => cleanContent(text));
    await assertNoLongPause(`checking ${name}`, () => validateContent(text.slice(0, MAX_RAW_MESSAGE_LENGTH)));
    await assertNoLongPause(`counting ${name}`, () => countGraphemes(text.slice(0, MAX_RAW_MESSAGE_LENGTH)));
    await assertNoLongPause(`looking for ink in ${name}`, () => hasVisibleText(text));
  }
});

it('no claim of the largest token blocks the event loop for 50 ms (D20)', async () => {
  const given = { projectId: 'p', username: 'x' };
  for (const [name, text] of worstTexts(6_000)) {
    const badges = Array.from({ length: 5 }, (_, index) => text.slice(index * 1_000, (index + 1) * 1_000));
    const claims = [
      ...[{ username: text }, { username: text.slice(0, 1_000) }, { badges: [text] }, { badges }],
      ...[{ sub: text }, { avatar: `https://${text.slice(0, 2_000)}`, url: `https://a.test/${text}` }],
    ];
    for (const each of claims)
      await assertNoLongPause(`${Object.keys(each)} of ${name}`, () => readClaims({ ...given, ...each }));
  }
});
