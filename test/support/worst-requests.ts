/** Header fields, addresses and bodies that cost the most to read: one thing over and over, with something at the end that makes a reader turn back. */

import fc from 'fast-check';

/** What readers of headers, addresses, origins, queries and JSON look for, and what patterns go back over. */
const REPEATED_UNITS = [
  ...[' ', '\t', ',', ', ', ';', '; ', ';q=0', ';q=0.', '=', '.', '0', '0.', '"', '\\', ':', '::', '/', '//'],
  ...[
    '%',
    '%20',
    '%2c',
    '+',
    '&',
    '&a=',
    '?',
    '#',
    '@',
    '-',
    '_',
    '[',
    '{',
    '(',
    '<',
    '>',
    '|',
    '$',
    '*',
    'W/"',
  ],
  ...[
    'a',
    'a.',
    'a,',
    ' ,',
    '1',
    '1.1.1.1,',
    '127.0.0.1:',
    'ffff:',
    'www.',
    'http://',
    'Bearer ',
    'chatty_',
    'e',
  ],
];
/** Each of these units as long as it may be, bare and between two letters. @param length in UTF-16 code units */
export function worstHeaderFields(length: number): string[] {
  return REPEATED_UNITS.flatMap((unit) => {
    const row = unit.repeat(Math.floor((length - 2) / unit.length));
    return [row, `x${row}y`];
  });
}

/** Any few of the units by turns. @param length in UTF-16 code units, at most */
export const mixedHeaderFields = (length: number): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.array(fc.constantFrom(...REPEATED_UNITS), { minLength: 1, maxLength: 5 }),
      fc.constantFrom('', 'x', ',', '"'),
    )
    .map(([units, end]) => {
      const part = units.join('');
      return part.repeat(Math.floor((length - 1) / part.length)) + end;
    });

/** JSON that is as deep, as wide or as full of names as it gets. @param bytes of it, at most */
export function worstJsonBodies(bytes: number): string[] {
  const half = Math.floor(bytes / 2) - 10;
  const rows = (part: string, around: [string, string]) =>
    `${around[0]}${Array(Math.floor((bytes - 20) / (part.length + 1)))
      .fill(part)
      .join()}${around[1]}`;
  const names = Array.from({ length: Math.floor(bytes / 12) }, (_, at) => `"n${at}":0`).join();
  return [
    '['.repeat(half) + ']'.repeat(half),
    `${'{"a":'.repeat(Math.floor(bytes / 7))}1${'}'.repeat(Math.floor(bytes / 7))}`,
    '['.repeat(bytes - 1),
    rows('0', ['[', ']']),
    rows('[]', ['[', ']']),
    rows('{}', ['[', ']']),
    rows('""', ['[', ']']),
    rows('"a":0', ['{', '}']),
    rows('"__proto__":0', ['{', '}']),
    `{${names}}`,
    `"${'\\u0061'.repeat(Math.floor(bytes / 6) - 1)}"`,
    '1'.repeat(bytes - 1),
    `0.${'1'.repeat(bytes - 3)}`,
    ' '.repeat(bytes - 1),
  ];
}
