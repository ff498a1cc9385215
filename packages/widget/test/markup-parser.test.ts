/** Promise: what is drawn of a text is all of the text, links lead where they say, and hostile text costs no more than its length. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isEmojiOnly, type MarkupPiece, parseMarkup } from '../src/messages/markup-parser.js';

const OWN = { own: '민수' };

/** What was written. */
const source = (pieces: readonly MarkupPiece[]): string =>
  pieces
    .map((piece) => (typeof piece === 'string' ? piece : piece.mark + source(piece.children) + piece.mark))
    .join('');

/** What is drawn, as `kind(...)`; an own mention is `own(...)`. */
const shown = (pieces: readonly MarkupPiece[]): string =>
  pieces
    .map((piece) => {
      if (typeof piece === 'string') return piece;
      return `${piece.kind === 'mention' && piece.own ? 'own' : piece.kind}(${shown(piece.children)})`;
    })
    .join('');

const all = (pieces: readonly MarkupPiece[]): Exclude<MarkupPiece, string>[] =>
  pieces.flatMap((piece) => (typeof piece === 'string' ? [] : [piece, ...all(piece.children)]));

const depth = (pieces: readonly MarkupPiece[]): number =>
  Math.max(
    0,
    ...pieces.map((piece) => (typeof piece !== 'string' && piece.mark ? 1 + depth(piece.children) : 0)),
  );

const links = (text: string) =>
  all(parseMarkup(text, OWN)).flatMap((each) => (each.kind === 'link' ? [each] : []));

const cases: [string, string][] = [
  // Marks, with Hangul particles after them.
  ['**김프**가 올랐다', 'strong(김프)가 올랐다'],
  ['오늘**김프**가', '오늘strong(김프)가'],
  ['*정말*로 _이것_은', 'em(정말)로 em(이것)은'],
  ['~~3%~~에서 ||4%||까지', 's(3%)에서 spoiler(4%)까지'],
  ['정답은||3번||이다', '정답은spoiler(3번)이다'],
  ['***굵게***', 'strong(em(굵게))'],
  ['**a *b* c** *d **e** f*', 'strong(a em(b) c) em(d strong(e) f)'],
  ['(**괄호**)', '(strong(괄호))'],
  ['**두 줄\n굵게**', 'strong(두 줄\n굵게)'],
  ['**+5%** **$100**', 'strong(+5%) strong($100)'],
  // Stays as it is.
  ['snake_case_name 2*3*4 2**3**4 a||b||c', 'snake_case_name 2*3*4 2**3**4 a||b||c'],
  ['2 * 3 * 4, a || b || c', '2 * 3 * 4, a || b || c'],
  ['* 하나\n* 둘', '* 하나\n* 둘'],
  ['안녕~~ 반가워~~ ㅋㅋ~~진짜~~', '안녕~~ 반가워~~ ㅋㅋ~~진짜~~'],
  ['*_* ^_^ -_- ㅠ_ㅠ ^_^ (*^^*) (*^^*) *.* @_@', '*_* ^_^ -_- ㅠ_ㅠ ^_^ (*^^*) (*^^*) *.* @_@'],
  ['**** |||| ~~~ ``', '**** |||| ~~~ ``'],
  ['**안 닫힘', '**안 닫힘'],
  ['**a *b** c*', 'strong(a *b) c*'],
  ['**a **b**', '**a strong(b)'],
  // Three within one another, not four.
  ['||b ~~c *d* e~~ f||', 'spoiler(b s(c em(d) e) f)'],
  ['**a ||b ~~c *d* e~~ f|| g**', '**a spoiler(b s(c em(d) e) f) g**'],
  // Code is not read further.
  ['`a*b*` `**c**`는', 'code(a*b*) code(**c**)는'],
  ['```\nlet a_b = `c`;\n```\n끝', 'pre(\nlet a_b = `c`;\n)\n끝'],
  ['`a\nb` ```안 닫힘', '`a\nb` ```안 닫힘'],
  ['**`a`**', 'strong(code(a))'],
  ['`https://a.com @민수`', 'code(https://a.com @민수)'],
  // Links, with what follows them.
  ['https://kimpga.com/에서 봐', 'link(https://kimpga.com/)에서 봐'],
  ['https://kimpga.com에서', 'link(https://kimpga.com)에서'],
  ['https://kimpga.com입니다.빨리', 'link(https://kimpga.com)입니다.빨리'],
  ['https://kimpga.com.그리고', 'link(https://kimpga.com).그리고'],
  ['여기:http://a.com/b?c=d&e[]=f#g,', '여기:link(http://a.com/b?c=d&e[]=f#g),'],
  ['HTTPS://Kimpga.com', 'link(HTTPS://Kimpga.com)'],
  ['"https://a.com/b?"', '"link(https://a.com/b)?"'],
  ['(https://a.com/b_(c))(https://a.com/)', '(link(https://a.com/b_(c)))(link(https://a.com/))'],
  ['[x](https://a.com/y).', '[x](link(https://a.com/y)).'],
  ['https://a.com: b', 'link(https://a.com): b'],
  ['https://a.com:8443/b', 'link(https://a.com:8443/b)'],
  [
    'http://127.0.0.1:80/에 http://localhost:3000/에',
    'link(http://127.0.0.1:80/)에 link(http://localhost:3000/)에',
  ],
  ['https://a.com/%EA%B9%80%ED%94%84가', 'link(https://a.com/%EA%B9%80%ED%94%84)가'],
  ['https://김프.com/a에서 https://김프.com에서', 'link(https://김프.com/a)에서 link(https://김프.com)에서'],
  ['https://blog.김프.한국 www.김프.com', 'link(https://blog.김프.한국) link(www.김프.com)'],
  ['www.kimpga.com에서, www.kimpga www.', 'link(www.kimpga.com)에서, www.kimpga www.'],
  ['https://a.com/snake_case_*b*~c', 'link(https://a.com/snake_case_*b*~c)'],
  ['https://youtu.be/abc_', 'link(https://youtu.be/abc_)'],
  ['_https://youtu.be/abc_', 'em(link(https://youtu.be/abc))'],
  ['**https://a.com/b** ||https://a.com/||', 'strong(link(https://a.com/b)) spoiler(link(https://a.com/))'],
  ['https://medium.com/@kim', 'link(https://medium.com/@kim)'],
  // No links.
  ['https:// http://. xhttps://a.com awww.a.com', 'https:// http://. xhttps://a.com awww.a.com'],
  ['https://kimpga.com@evil.example/ 끝', 'https://kimpga.com@evil.example/ 끝'],
  ['https://kimpga.com:443@evil.example', 'https://kimpga.com:443@evil.example'],
  ['www.kimpga.com@www.evil.example', 'www.kimpga.com@www.evil.example'],
  ['https://a:b@c.example/**d**', 'https://a:b@c.example/**d**'],
  ['https://kimpga.com\\@evil.example', 'https://kimpga.com\\@evil.example'],
  ['https://kimpga.com%2eevil.example', 'link(https://kimpga.com)%2eevil.example'],
  ['https://kimpga.com/\u202egpj.exe', 'link(https://kimpga.com/)\u202egpj.exe'],
  ['https://xn--/ https://999.999.999.999/', 'https://xn--/ https://999.999.999.999/'],
  // Mentions.
  ['@민수야 (@민수) @민수', 'own(@민수)야 (own(@민수)) own(@민수)'],
  ['@지영 @kim_1.x-y. @지영아', 'mention(@지영) mention(@kim_1.x-y). mention(@지영아)'],
  ['그래서@지영', '그래서mention(@지영)'],
  ['mail a@b.com @ @. @-', 'mail a@b.com @ @. @-'],
  ['**@지영** _@지영_', 'strong(mention(@지영)) em(mention(@지영))'],
  [`@${'가'.repeat(41)}`, `mention(@${'가'.repeat(40)})가`],
];

describe('rendering of a text', () => {
  for (const [text, expected] of cases)
    it(JSON.stringify(text), () => {
      const pieces = parseMarkup(text, OWN);
      assert.equal(shown(pieces), expected);
      assert.equal(source(pieces), text);
    });

  it('a mention of the own name ends where the name ends', () => {
    const own = (name: string | null, text: string) => shown(parseMarkup(text, { own: name }));
    assert.equal(own('Al', '@Alice @Al님 @Al, @al'), 'mention(@Alice) own(@Al)님 own(@Al), mention(@al)');
    assert.equal(own('김 프로', '@김 프로님'), 'own(@김 프로)님');
    assert.equal(own('🚀', '@🚀 가자'), 'own(@🚀) 가자');
    assert.equal(own('kim_', '@kim_ @kim'), 'own(@kim_) mention(@kim)');
    assert.equal(own(null, '@민수'), 'mention(@민수)');
    assert.equal(own('', '@ 가'), '@ 가');
  });

  it('links keep their target, and look-alike letters are shown as different', () => {
    assert.equal(links('www.kimpga.com')[0]?.href, 'https://www.kimpga.com/');
    assert.equal(links('HTTP://Kimpga.com/A')[0]?.href, 'http://kimpga.com/A');
    assert.equal(links('https://аpple.com')[0]?.href, 'https://xn--pple-43d.com/');
    for (const scheme of [
      'javascript',
      'JaVaScRiPt',
      'data',
      'vbscript',
      'file',
      'blob',
      'ftp',
      'https:javascript',
    ])
      for (const rest of [':alert(1)', '://a.com/%0aalert(1)', ':text/html,<script>alert(1)</script>'])
        assert.deepEqual(links(`${scheme}${rest} [x](${scheme}${rest})`), [], `${scheme}${rest}`);
  });

  it('only 1 to 6 emoji alone are shown large', () => {
    const large = ['😀', '👍🏽', '❤️', '👨‍👩‍👧 🇰🇷1️⃣', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '😀😀😀\n😀😀😀', '🏳️‍🌈'];
    const ordinary = ['', '😀😀😀😀😀😀😀', '😀ㅋ', '12', '#', '©', '김프', '*'];
    assert.deepEqual(
      large.filter((text) => !isEmojiOnly(text)),
      [],
    );
    assert.deepEqual(ordinary.filter(isEmojiOnly), []);
  });
});

const hostile = [
  ...'*_~|`[]()@ \n.가a1\\"\u202e\u200d',
  ...[
    '**',
    '***',
    '~~',
    '||',
    '```',
    '@민수',
    '@민',
    'https://',
    'www.',
    'a.',
    'a@',
    '한글',
    '😀',
    'https://a/',
  ],
];
const hostileText = fc.array(fc.constantFrom(...hostile), { maxLength: 300 }).map((parts) => parts.join(''));

describe('for any text', () => {
  it('everything is rendered once, at most three marks deep, with only http and https links', () => {
    fc.assert(
      fc.property(fc.oneof(hostileText, fc.string({ unit: 'binary', maxLength: 200 })), (text) => {
        const pieces = parseMarkup(text, OWN);
        assert.equal(source(pieces), text);
        assert.ok(depth(pieces) <= 3);
        for (const piece of all(pieces))
          if (piece.kind === 'link') {
            const { protocol, username, password } = new URL(piece.href);
            assert.match(protocol, /^https?:$/);
            assert.equal(username + password, '');
          }
      }),
      { numRuns: 600 },
    );
  });

  it('the work is linear in the text', () => {
    const seeds = [
      ...hostile,
      ...[
        '*a ',
        '*a* ',
        '**a',
        '**a ',
        'a**',
        '_a ',
        ' _',
        '~~a ',
        '||a ',
        ' ||',
        '*_~|`[',
        '* _a ~~b ||c **d ',
      ],
      ...[
        '`a\n',
        '```a` ',
        '`a ``` ',
        'https://a.',
        'https://a/(',
        'https://a)',
        'https://a/)',
        'https://a/.',
      ],
      ...[
        'https://xn--/',
        'https://a@',
        'www.a,',
        'www.a.',
        'www.a.b ',
        'www.www',
        '@a.',
        '@_',
        '@민수.',
        '@.',
      ],
      ...['a-', 'https://가.', 'https://한.a가', '/((', '😀 ', '*️⃣', 'https://a:'],
    ];
    const starts = ['', 'https://', '*a', '@', 'www.', '`', '**_', 'https://a.com/(', 'https://a.com/'];
    for (const seed of seeds)
      for (const start of starts) {
        const text = (length: number) => start + seed.repeat(Math.ceil(length / seed.length));
        const [short, long] = [work(text(500)), work(text(4_000))];
        const label = JSON.stringify([start, seed, short, long]);
        assert.ok(long <= 12 * short + 2_000, `eight times the text: ${label}`);
        // 99 of it for the `@`.
        assert.ok(long <= 120 * 4_000, label);
      }
  });
});

/** Characters that parsing touches: what every search runs over, what is cut, compared or moved. */
function work(text: string): number {
  let steps = 0;
  const endings: (() => void)[] = [];
  function watch<Target extends object>(target: Target, name: keyof Target, cost: Cost): void {
    const original = target[name] as (...values: unknown[]) => unknown;
    const watched = function (this: unknown, ...values: unknown[]) {
      const begin = this instanceof RegExp ? this.lastIndex : 0;
      const result = original.apply(this, values);
      steps += 1 + cost(this, values, result, begin);
      return result;
    };
    target[name] = watched as Target[keyof Target];
    endings.push(() => {
      target[name] = original as Target[keyof Target];
    });
  }
  watch(RegExp.prototype, 'exec', (self, [subject], result, begin) => {
    const found = result as RegExpExecArray | null;
    const { sticky } = self as RegExp;
    const read = found ? found.index + found[0].length : sticky ? begin : String(subject).length;
    if (!sticky) return read - begin;
    // One that may match only here fails at what comes next, or after a run of `_`; it looks up to 99 further for an `@`.
    let run = 0;
    while (String(subject)[begin + run] === '_') run += 1;
    return read - begin + run + 99;
  });
  watch(String.prototype, 'indexOf', (self, [, begin], result) =>
    result === -1 ? String(self).length - Number(begin) : Number(result) - Number(begin),
  );
  watch(String.prototype, 'slice', (_self, _values, result) => String(result).length);
  watch(Array.prototype, 'push', (_self, values) => values.length);
  for (const name of ['some', 'findIndex', 'findLastIndex', 'splice'] as const)
    watch(Array.prototype, name, (self) => (self as unknown[]).length);
  try {
    parseMarkup(text, OWN);
    isEmojiOnly(text);
  } finally {
    for (const end of endings) end();
  }
  return steps;
}

type Cost = (self: unknown, values: unknown[], result: unknown, begin: number) => number;
