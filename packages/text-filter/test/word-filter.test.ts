/** Promise: a listed word is found however it is spelled out, ordinary talk and laughter are not. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { runToCompletion } from '../../server/test/support/finish.js';
import { buildWordFilter, dryRun, type FilterWord } from '../src/word-filter.js';

function createWordFilter(words: readonly FilterWord[]) {
  const { find, mask } = runToCompletion(buildWordFilter(words));
  return {
    find: (text: string) => runToCompletion(find(text)),
    mask: (text: string) => runToCompletion(mask(text)),
  };
}

/** Korean words and the keys they are typed with. */
const JAMO: Record<string, string> = {
  시발: 'ㅅㅣㅂㅏㄹ',
  병신: 'ㅂㅕㅇㅅㅣㄴ',
  새끼: 'ㅅㅐㄲㅣ',
  개새끼: 'ㄱㅐㅅㅐㄲㅣ',
  닥쳐: 'ㄷㅏㄱㅊㅕ',
  국가: 'ㄱㅜㄱㄱㅏ',
};
const KOREAN = Object.keys(JAMO);
const LATIN = ['fuck', 'shit', 'ass', 'bitch', 'boob'];
const filter = createWordFilter([...KOREAN, ...LATIN, 'ㅅㅂ', 'ㅂㅅ']);

/** The parts of the text that were found. */
const foundIn = (text: string, { find } = filter) =>
  find(text).map(({ start, end }) => text.slice(start, end));

function assertWhole(spellings: readonly string[], { find } = filter): void {
  for (const text of spellings)
    assert.ok(
      find(text).some(({ start, end }) => start === 0 && end === text.length),
      JSON.stringify(text),
    );
}

it('a Korean word is matched in jamo, stretched, padded, spaced and in every Unicode form', () => {
  assertWhole(Object.values(JAMO));
  assertWhole([
    '시발',
    '시ㅂㅏㄹ',
    'ㅅㅣ발',
    '십ㅏㄹ',
    'ㅅㅅㅣㅣ발',
    '시ㅣㅣ발',
    '시이발',
    '시이이발',
    '시바알',
    '개애새끼',
  ]);
  assertWhole([
    '시 발',
    '시  발',
    '시\n발',
    '시.발',
    '시-발',
    '시★발',
    '시😀발',
    '시\u200b발',
    '시\u3164발',
    '시1발',
    '시123발',
    '시ㅋㅋ발',
  ]);
  assertWhole([
    'ㅅ ㅣ ㅂ ㅏ ㄹ',
    'ㅅㅐㄲㅣ',
    '국ㄱㅏ',
    'ㅅㅂ',
    'ㅅㅅㅂㅂ',
    'ㅅ.ㅂ',
    'ㅅ ㅂ',
    'ㅄ',
    '㉦ㅂ',
    'ﾵￜﾲￂﾩ',
  ]);
  assert.deepEqual(foundIn('야 시발놈아 개새낔ㅋㅋ'), ['시발', '개새낔']);
  assert.deepEqual(foundIn('ㅋㅋ시 발ㅋㅋ lol시발lol'), ['시 발', '시발']);
});

it('a Latin word is matched in other cases, widths, lengths and spacing, and only as a whole word', () => {
  assertWhole([
    'fuck',
    'FuCk',
    'ｆｕｃｋ',
    '𝓯𝓾𝓬𝓴',
    'fuuuuck',
    'f.u.c.k',
    'f u c k',
    'f uck',
    'f\u200buck',
    'a.s.s',
    'a s s',
    'asssss',
    'b o o b',
  ]);
  assert.deepEqual(foundIn('이건shit임, SHIT!'), ['shit', 'SHIT']);
  for (const text of [
    'class assess passed',
    'Scunthorpe',
    'as',
    'bob',
    'shitake',
    "it's hit",
    'push it',
    'his hit',
    "that's hit",
  ])
    assert.deepEqual(foundIn(text), [], text);
  const parts = createWordFilter([{ word: 'cunt', whole: false }, 'penis', { word: '방', whole: true }]);
  assert.deepEqual(foundIn('Scunthorpe', parts), ['cunt']);
  assert.deepEqual(foundIn('the pen is mine', parts), []);
  assert.deepEqual(foundIn('방 가방 방, 방a', parts), ['방', '방', '방']);
});

it('ordinary text with the letters of a word in another syllable order is not matched', () => {
  for (const text of [
    ...[
      '다시 발표할게요',
      '역시 발전',
      '3시 발표',
      '다시ㅋㅋ발표',
      '시바라기',
      '시바 이누',
      '십발',
      '읏ㅂ',
      'ㅅ바',
      '별신',
      '닥 쳐다봐',
    ],
    ...['세끼 밥', '구가', '국 가져와', '작가', '각각', '먹방 시청', '시작 발판'],
  ])
    assert.deepEqual(foundIn(text), [], text);
});

it('laughter and crying never match unless exactly that is listed', () => {
  const laughing = fc.array(fc.constantFrom('ㅋ', 'ㅎ', 'ㅠ', 'ㅜ', ' ', '\u200b', '.'), { minLength: 1 });
  const near = fc.array(
    fc.constantFrom('ㅋ', '크', '킄', '큐', '휴', '흐', '후', '쿠', 'ㅎ', 'ㅠ', 'a', 'ㅅ'),
    { maxLength: 4 },
  );
  fc.assert(
    fc.property(laughing, fc.array(near), (parts, lists) => {
      const text = parts.join('');
      const words = lists.map((letters) => letters.join('')).filter((word) => !/^[ㅋㅎㅠㅜ]*$/u.test(word));
      assert.deepEqual(createWordFilter(words).find(text), []);
    }),
    { numRuns: 1_000 },
  );
  const listed = createWordFilter(['ㅋㅋㅋ', '큐']);
  assert.deepEqual(foundIn('ㅋㅋㅋ', listed), ['ㅋㅋㅋ']);
  assert.deepEqual(foundIn('웃겨ㅋㅋㅋ 큐', listed), ['ㅋㅋㅋ', '큐']);
  for (const text of ['ㅋㅋ', 'ㅋㅋㅋㅋ', 'ㅋㅋㅋㅎ', 'ㅋㅠㅠ'])
    assert.deepEqual(foundIn(text, listed), [], text);
});

it('a standalone word is matched whatever stands between its letters', () => {
  const unseen = ['\u200b', '\u200d', '\u2060', '\u00ad', '\ufe0f', '\u3164', '\u034f'];
  const seen = ['.', '-', '_', '*', '·', '!', '😀', '~~'];
  const fillings = (kinds: string[]) =>
    fc.array(fc.constantFrom('', ...kinds), { minLength: 8, maxLength: 8 });
  const spelled = (word: string, between: string[]) =>
    Array.from(word, (letter, at) => (at === 0 ? '' : (between[at] ?? '')) + letter).join('');
  const around = fc.constantFrom('', '오늘 ', '와ㅋㅋ ', 'look: ', '😀', '(', '다시 ');
  const check = (before: string, text: string) =>
    assert.ok(
      filter.find(`${before}${text} 왜`).some(({ start }) => start === before.length),
      JSON.stringify(before + text),
    );
  fc.assert(
    fc.property(
      around,
      fc.constantFrom(...KOREAN, ...Object.values(JAMO)),
      fillings([...unseen, ...seen, ' ', '  ', '\n']),
      (before, word, between) => check(before, spelled(word, between)),
    ),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(
      around,
      fc.constantFrom(...LATIN),
      fillings([...unseen, ...seen]),
      fc.boolean(),
      (before, word, between, apart) => {
        check(before, apart ? Array.from(word).join(' ') : spelled(word, between));
        check(before, spelled(word.toUpperCase(), between));
      },
    ),
    { numRuns: 500 },
  );
});

it('matches lie within the text, in order, and match again on their own', () => {
  const pieces = fc.constantFrom(
    ...KOREAN,
    ...LATIN,
    '시',
    '발',
    'ㅅ',
    'ㅂ',
    'ㅋ',
    '이',
    '1',
    ' ',
    '\u200b',
    '.',
    'ﷺ',
    '👨‍👩‍👧',
    '㈜',
    'ㄳ',
    '\ud800',
  );
  const text = fc.oneof(
    fc.array(pieces).map((parts) => parts.join('')),
    fc.string({ unit: 'binary' }),
  );
  const words = fc.array(
    fc.oneof(fc.constantFrom(...KOREAN, ...LATIN), fc.string({ unit: 'binary', maxLength: 6 })),
  );
  fc.assert(
    fc.property(text, words, (content, list) => {
      const { find, mask } = createWordFilter(list);
      let last = 0;
      for (const { word, start, end } of find(content)) {
        assert.ok(start >= last && start < end && end <= content.length);
        assert.ok(list.includes(word));
        last = start;
      }
      // Half a character may go with the word it stands in; none comes of masking.
      assert.ok(mask(content).isWellFormed() || !content.isWellFormed());
      // A filter keeps nothing of the text before.
      assert.deepEqual(find(content), createWordFilter(list).find(content));
    }),
    { numRuns: 1_000 },
  );
});

it('an allowed word protects only the matches within it', () => {
  const allowing = createWordFilter([
    ...KOREAN,
    { word: '시발점', allowed: true },
    { word: '시발역', allowed: true },
  ]);
  assert.deepEqual(foundIn('이 시발점에서 시발역까지', allowing), []);
  assert.deepEqual(foundIn('시발 시발점 시발놈', allowing), ['시발', '시발']);
  assert.deepEqual(foundIn('개새끼시발점', allowing), ['개새끼']);
});

it('a masked text changes only the word, and keeps its visible length', () => {
  assert.equal(filter.mask('야 시 발 놈아, 개새끼 SHIT 👍'), '야 * * 놈아, *** **** 👍');
  assert.equal(filter.mask('𝓯𝓾𝓬𝓴 you'), '**** you');
  assert.equal(filter.mask('ㅋㅋㅋ 다시 발표'), 'ㅋㅋㅋ 다시 발표');
});

it('a dry run reports which messages would match and by which word', () => {
  const messages = ['안녕하세요', '시1발', 'ㅋㅋㅋㅋ', '다시 발표', 'oh shit 병신'].map((content, id) => ({
    id,
    content,
  }));
  assert.deepEqual(
    runToCompletion(
      dryRun(runToCompletion(buildWordFilter(['시발', '병신', 'shit', '', '...'])), messages),
    ).map(({ message, matches }) => [message.id, matches.map(({ word }) => word)]),
    [
      [1, ['시발']],
      [4, ['shit', '병신']],
    ],
  );
  assert.deepEqual(runToCompletion(dryRun(runToCompletion(buildWordFilter([])), messages)), []);
});
