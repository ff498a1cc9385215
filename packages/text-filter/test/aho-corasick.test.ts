/** Promise: of many words each is found at each place, and the steps that takes grow with the text alone. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { runToCompletion } from '../../server/test/support/finish.js';
import { buildAutomaton } from '../src/aho-corasick.js';
import { buildWordFilter } from '../src/word-filter.js';

const createAutomaton = (patterns: readonly number[][]) => runToCompletion(buildAutomaton(patterns));

it('matches equal a brute-force search, longest first', () => {
  const codes = (maxLength: number) => fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength });
  fc.assert(
    fc.property(fc.array(codes(5), { maxLength: 12 }), codes(60), (patterns, text) => {
      const found: [at: number, length: number, pattern: number][] = [];
      runToCompletion(
        createAutomaton(patterns).search(text, text.length, (pattern, at) => {
          found.push([at, patterns[pattern]?.length ?? 0, pattern]);
          return false;
        }),
      );
      const expected = text.flatMap((_, at) =>
        patterns
          .map((pattern, index) => [at, pattern.length, index] as [number, number, number])
          .filter(
            ([, length, index]) =>
              at + 1 >= length && `${text.slice(at + 1 - length, at + 1)}` === `${patterns[index]}`,
          )
          .sort(([, one, first], [, other, second]) => other - one || first - second),
      );
      assert.deepEqual(found, expected);
    }),
    { numRuns: 1_000 },
  );
});

it('a match ends the checks at its position, and the search continues behind it', () => {
  const accepted: [number, number][] = [];
  runToCompletion(
    createAutomaton([[1, 2], [2], [2, 3]]).search(
      [1, 2, 3],
      3,
      (pattern, at) => accepted.push([pattern, at]) > 0,
    ),
  );
  assert.deepEqual(accepted, [
    [0, 1],
    [2, 2],
  ]);
});

it('search steps are linear in the text, whatever the words (D20)', () => {
  const nested = Array.from({ length: 40 }, (_, at) => 'ab'.repeat(at + 1).slice(at % 2));
  const lists = [
    ['aaaaaaaaab'],
    nested,
    [...nested].map((word) => ({ word, whole: false })),
    ['시발', '새끼', '개새끼'],
    ['ㅅㅂ', 'ㅂㅅ', 'ㅅㅂㅅㅂㅅㅂㅋ'],
  ];
  const parts = fc.array(
    fc.constantFrom('a', 'b', 'ab', 'a ', '시', '발', '시1', 'ㅅ', 'ㅂ', 'ㅋ', '아', '.'),
    { minLength: 1, maxLength: 20 },
  );
  fc.assert(
    fc.property(fc.constantFrom(...lists), parts, (words, pieces) => {
      let steps = 0;
      const count = (taken: number) => {
        steps += taken;
      };
      const { find } = runToCompletion(buildWordFilter(words, count));
      const stepsFor = (text: string) => {
        steps = 0;
        runToCompletion(find(text));
        return steps;
      };
      const text = pieces.join('').repeat(20);
      const [once, eight] = [stepsFor(text), stepsFor(text.repeat(8))];
      // A repeat more costs what it cost before, but for the one seam, where a longest word may lie across.
      assert.ok(eight <= once * 8 + 8 * 80 * 40, `${eight} steps for eight times the text of ${once}`);
      assert.ok(
        once <= text.length * 3 * (4 + 2 * words.length),
        `${once} steps for ${text.length} characters`,
      );
    }),
    { numRuns: 300 },
  );
});

it('no list makes a text position check more than 64 patterns, and a search can yield often', () => {
  // All words of a and b up to nine letters, and as many that differ only in how often each stands.
  const letters = Array.from({ length: 1_000 }, (_, at) =>
    (at + 2).toString(2).slice(1).replace(/0/g, 'a').replace(/1/g, 'b'),
  );
  const counts = Array.from(
    { length: 1_000 },
    (_, at) => 'a'.repeat(2 + (at % 22)) + 'b'.repeat(2 + Math.floor(at / 46)),
  );
  const suffixes = Array.from({ length: 50 }, (_, at) => 'ab'.repeat(25).slice(at));
  const texts = [
    'ab'.repeat(4_000),
    'aab'.repeat(2_700),
    'a b '.repeat(2_000),
    `${'a'.repeat(4_000)}${'b'.repeat(4_000)}`,
  ];
  for (const words of [letters, counts, suffixes])
    for (const whole of [true, false]) {
      let steps = 0;
      const list = words.map((word) => ({ word, whole }));
      const filter = runToCompletion(buildWordFilter(list, (taken) => (steps += taken)));
      for (const text of texts) {
        steps = 0;
        let parts = 0;
        const work = filter.find(text);
        while (!work.next().done) parts += 1;
        // Each letter, each edge and each pattern is a step; the filler is looked at once more.
        assert.ok(steps <= text.length * (64 + 4), `${steps} steps for ${text.length} letters`);
        assert.ok(
          parts >= Math.floor((steps - text.length) / (500 + 64 + 50)),
          `${parts} parts of ${steps} steps`,
        );
      }
    }
});
