/** Promise: a listed word is found with accents and in letters that look alike, and words of other languages are not taken for it. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { runToCompletion } from '../../server/test/support/finish.js';
import { buildWordFilter, type FilterWord } from '../src/word-filter.js';

const createWordFilter = (words: readonly FilterWord[]) => runToCompletion(buildWordFilter(words));
const LATIN = ['fuck', 'shit', 'ass', 'bitch', 'boob'];
const filter = createWordFilter(LATIN);

const foundIn = (text: string, { find } = filter) =>
  runToCompletion(find(text)).map(({ start, end }) => text.slice(start, end));

function assertWhole(spellings: readonly string[], { find } = filter): void {
  for (const text of spellings)
    assert.ok(
      runToCompletion(find(text)).some(({ start, end }) => start === 0 && end === text.length),
      JSON.stringify(text),
    );
}

it('a Latin word is matched with accents, in letters of other alphabets, and in small and squared capitals', () => {
  assertWhole([
    ...[
      'fúck',
      'fùćķ',
      'ƒuck',
      'shït',
      'SHÏT',
      'ѕhit',
      'sһіt',
      'ЅНІТ',
      'bïtçh',
      'ⓕⓤⓒⓚ',
      'fųçk',
      'bоob',
      'BΟΟB',
    ],
    ...['ꜰᴜᴄᴋ', 'ʙɪᴛᴄʜ', '🅵🆄🅲🅺', '🅢🅗🅘🅣', 'аѕѕ', 'f\u0336u\u0336c\u0336k', 'f.ú.c.k', 'f ú c k', 'fuúuck'],
  ]);
  assert.deepEqual(foundIn('oh shït, fúcк!'), ['shït', 'fúcк']);
  assert.equal(runToCompletion(filter.mask('oh shït 🅵🆄🅲🅺')), 'oh **** ****');
  for (const text of ['clàss', 'pássed', 'shìtake', 'ás', 'Scünthorpe', 'ça et là', 'été', 'naïve café'])
    assert.deepEqual(foundIn(text), [], text);
});

it('a standalone Latin word is matched whichever of its letters are disguised', () => {
  const disguises: Record<string, string> = {
    ...{
      a: 'aáàâäãåāąａᴀ🅰',
      b: 'bḃʙＢ',
      c: 'cçćčсᴄ',
      f: 'fꜰƒ',
      h: 'hһĥ',
      i: 'iíìîïīｉі',
      k: 'kķκ',
      o: 'oóòôöõøōо',
    },
    ...{ s: 'sşśšѕ', t: 'tťţṫ', u: 'uúùûüūս' },
  };
  const places = fc.array(fc.nat(), { minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(fc.constantFrom(...LATIN), places, (word, chosen) => {
      const spelled = Array.from(word, (letter, at) => {
        const all = Array.from(disguises[letter] ?? letter);
        return all[(chosen[at] ?? 0) % all.length];
      }).join('');
      assertWhole([spelled.normalize('NFC'), spelled.toUpperCase().normalize('NFC')]);
    }),
    { numRuns: 2_000 },
  );
});

it('words of other languages do not match: an accent in the list is required, and an alphabet is not mixed', () => {
  const list = createWordFilter([
    'pot',
    'cop',
    'lồn',
    'schön',
    'сука',
    'хуй',
    'ano',
    { word: 'año', allowed: true },
  ]);
  for (const text of [
    'открой рот',
    'РОТ',
    'сор и рот',
    'lớn',
    'lon',
    'schon',
    'cyka',
    'el año que viene',
    'των τον',
  ])
    assert.deepEqual(foundIn(text, list), [], text);
  assertWhole(
    ['pоt', 'pót', 'lồn', 'LỒN', 'schön', 'SCHÖN', 'сука', 'СУКА', 'сyка', 'сукá', 'xуй', 'хуй', 'ánó'],
    list,
  );
  const russian = createWordFilter(['ёлка', 'ежик']);
  assertWhole(['ёлка', 'елка', 'ежик', 'ёжик'], russian);
  const kana = createWordFilter(['ばか']);
  assert.deepEqual(foundIn('はか ぱか', kana), []);
  assertWhole(['ばか', 'は\u3099か'.normalize('NFC')], kana);
});

it('digits and symbols in place of letters match only if that spelling is listed', () => {
  for (const text of ['sh1t', 'a$$', '455', '@ss']) assert.deepEqual(foundIn(text), [], text);
  assertWhole(['sh1t'], createWordFilter(['sh1t']));
});
