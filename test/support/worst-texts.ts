/** Texts that cost the most to clean, count, normalize or search: every kind of character again and again, also between others. */

import fc from 'fast-check';

/** One of each kind that Unicode, JSON, markup or an address treats in a way of its own. */
const REPEATED_UNITS = Object.entries({
  ...{ spaces: ' ', 'ideographic spaces': '\u3000', 'no-break spaces': '\u00a0', tabs: '\t' },
  ...{ 'line feeds': '\n', 'carriage returns': '\r', 'line separators': '\u2028', 'blank lines': '\n \t' },
  ...{ letters: 'a', words: 'a ', syllables: '가', initials: 'ㄱ', jamo: '\u1112\u1175\u11ab' },
  ...{ 'leading jamo': '\u1100', accents: '\u0301', 'marks out of order': '\u0345\u0301\u0316\u05b0' },
  ...{ 'marks that come apart': '\u0344', 'marks with joiners': '\u0301\u200d', Hebrew: '\ufb2c' },
  ...{ 'notes that come apart': '\u{1d160}', ligatures: '\ufdfa', 'squared words': '㌀', Devanagari: 'क्ष' },
  ...{ Thai: 'ที่', 'piled letters': `a${'\u0316\u0301'.repeat(40)}`, families: '👨‍👩‍👧‍👦', thumbs: '👍🏽' },
  ...{ flags: '🇰', keycaps: '1\ufe0f\u20e3', tags: '\u{e0041}', styles: '\ufe0f', joiners: '\u200d' },
  ...{ overrides: '\u202e', isolates: '\u2066a', halves: '\ud800', 'second halves': '\udc00' },
  ...{ controls: '\u0000', stars: '*a', underscores: '[__', bars: '||a', brackets: '[' },
  ...{ addresses: 'https://[', hosts: 'www.a.', dots: 'a.', mentions: '_@a ', quotes: '"\\' },
  ...{ backticks: '`a', carets: '^www.\u0301' },
});

/** Texts of about `length` UTF-16 code units, by name: bare, and between two letters. */
export function worstTexts(length: number): [name: string, text: string][] {
  return REPEATED_UNITS.flatMap(([name, unit]) => {
    const text = unit.repeat(Math.ceil(length / unit.length)).slice(0, length);
    return [
      [`${length} of ${name}`, text],
      [`${length} of ${name} between letters`, `x${text.slice(2)}x`],
    ] as [string, string][];
  });
}

/** Texts of up to `length` UTF-16 code units that nobody thought of: a few units, each repeated, one after another. */
export function anyWorstText(length: number): fc.Arbitrary<string> {
  const unit = fc.constantFrom(...REPEATED_UNITS.map(([, each]) => each));
  const pattern = fc.array(unit, { minLength: 1, maxLength: 4 }).map((units) => units.join(''));
  return fc
    .array(fc.tuple(pattern, fc.integer({ min: 1, max: length })), { minLength: 1, maxLength: 4 })
    .map((parts) => {
      const whole = parts.reduce((sum, [, share]) => sum + share, 0);
      const part = ([each, share]: [string, number]) =>
        each.repeat(Math.ceil((length * share) / whole / each.length));
      return parts.map(part).join('').slice(0, length);
    });
}
