/** Promise: nobody passes for the staff by a name that looks like theirs, and ordinary nicknames are left alone. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { runToCompletion } from '../../server/test/support/finish.js';
import { buildReservedNames, DEFAULT_RESERVED_NAMES } from '../src/reserved-names.js';
import { ORDINARY_NICKNAMES } from './support/nicknames.js';

const createNames = (lists: Parameters<typeof buildReservedNames>[0]) =>
  runToCompletion(buildReservedNames(lists));
const RESERVED = [...DEFAULT_RESERVED_NAMES, 'Kimpga', '김프가'];
const names = createNames({ reserved: RESERVED });

/** Each name with what it is taken for. */
function assertTaken(degree: 'same' | 'near', taken: Record<string, string[]>): void {
  for (const [name, spellings] of Object.entries(taken))
    for (const spelling of spellings)
      assert.deepEqual(names.find(spelling), { name, list: 'reserved', degree }, JSON.stringify(spelling));
}

it('a reserved name is matched in other letters, cases, widths and symbols', () => {
  assertTaken('same', {
    admin: [
      ...[
        'admin',
        'ADMIN',
        'Admin',
        'аdmin',
        'аԁmіn',
        'ADMlN',
        'adm1n',
        'adm|n',
        '4dmin',
        '@dmin',
        'adrnin',
        'aclmin',
      ],
      ...[
        'ａｄｍｉｎ',
        'ＡＤＭＩＮ',
        '𝐀𝐝𝐦𝐢𝐧',
        '𝓪𝓭𝓶𝓲𝓷',
        'ⓐⓓⓜⓘⓝ',
        '🅰🅳🅼🅸🅽',
        '🅐🅓🅜🅘🅝',
        '🇦🇩🇲🇮🇳',
        'ᴀᴅᴍɪɴ',
        'ΑDΜΙΝ',
        'АDМIN',
      ],
      ...[
        'ádmïn',
        'a\u0336dmin',
        'a.d.m.i.n',
        'a d m i n',
        'a_d-m-i-n',
        'ad\u200bmin',
        'ad\u00admin',
        '★admin★',
        '[admin]',
      ],
    ],
    moderator: ['m0derat0r', 'Moderаtor', 'mоdеrаtоr', 'MODERATOR', 'rnoderator'],
    Kimpga: ['kimpga', 'KIMPGA', 'Kіmpga', 'k1mpga', 'kirnpga', 'Κιmpga', 'ᴋɪᴍᴘɢᴀ', 'kimpqa'],
    'customer service': ['Customer Service', 'CustomerService', 'customer_service', 'custorner service'],
  });
});

it('a reserved name is matched in jamo, spaced out, and with look-alikes of other scripts', () => {
  assertTaken('same', {
    관리자: [
      ...[
        '관리자',
        'ㄱㅘㄴㄹㅣㅈㅏ',
        'ㄱㅗㅏㄴㄹㅣㅈㅏ',
        '관리자'.normalize('NFD'),
        'ﾡￍﾤﾩￜﾸￂ',
        '과ㄴ리자',
        '관ㄹㅣ자',
      ],
      ...[
        '관 리 자',
        '관.리.자',
        '관_리_자',
        '관\u200b리\u2060자',
        '관\u3164리자',
        '관ㄹl자',
        '관ㄹ1자',
        '㉠ㅘㄴ리자',
        '관己l자',
      ],
    ],
    운영자: ['운영자', 'ㅇㅜㄴㅇㅕㅇㅈㅏ', '운 영 자', '0ㅜㄴ영자', '운영ㅈㅏ', '운영ㅈ卜', '【운영자】'],
    김프가: ['김프가', '김 프 가', 'ㄱㅣㅁㅍㅡㄱㅏ', '김프ㄱㅏ', '김프ㄱト', '김ㅍ一가'],
    고객센터: ['고객 센터', '고객-센터', 'ㄱㅗㄱㅐㄱㅅㅔㄴㅌㅓ'],
    管理员: ['管理员', '管 理 员', '管理员小王'],
  });
});

it('a reserved name is matched beside other words, numbers, scripts and titles, but not inside other words', () => {
  assertTaken('same', {
    관리자: [
      '관리자 민수',
      '민수 관리자',
      '관리자1',
      '관리자01',
      '관리자Kim',
      'Kim관리자',
      '관리자님',
      '공식관리자',
      '총관리자입니다',
      '관리자🇰🇷',
      '✅관리자',
    ],
    admin: [
      'admin_kim',
      'Kim Admin',
      'AdminKim',
      'admin123',
      '민수admin',
      'superadmin',
      'TheAdmin',
      'admin team',
    ],
    Kimpga: ['KimpgaAdmin', 'kimpga_official', 'Kimpga Support', 'kimpgaadmin'],
    김프가: ['김프가관리자', '김프가 고객센터', '김프가운영자님', '김프가봇'],
  });
  for (const name of ['badminton', '멘탈관리자', '김프가즈아', 'cadmium', '고객센터장아들'])
    assert.equal(names.find(name), null, name);
});

it('one stroke of difference counts as near in a long Korean name and as different in a short one', () => {
  assertTaken('near', {
    관리자: ['괸리자', '관리쟈', '괜리자', '괸 리 자', '괸리자1'],
    운영자: ['운엉자', '운영쟈'],
    고객센터: ['고객샌터', '고객셴터', '교객센터'],
  });
  assert.equal(createNames({ reserved: ['운영'] }).find('운엉'), null);
});

it('a staff name is matched only as the whole name', () => {
  const { find } = createNames({ reserved: [], staff: ['민수', 'Lily', '달빛요정'] });
  for (const [name, spellings] of Object.entries({
    민수: ['민수', '민 수', 'ㅁㅣㄴㅅㅜ'],
    Lily: ['LiIy', 'lily', 'Lіlу', 'l1ly'],
  }))
    for (const spelling of spellings)
      assert.deepEqual(find(spelling), { name, list: 'staff', degree: 'same' }, spelling);
  assert.deepEqual(find('달빛요졍'), { name: '달빛요정', list: 'staff', degree: 'near' });
  for (const name of ['김민수', '민수 김', '민수1', 'Lily Kim', 'Lilith'])
    assert.equal(find(name), null, name);
});

it('no ordinary nickname matches a reserved name', () => {
  assert.ok(new Set(ORDINARY_NICKNAMES).size >= 300);
  const taken = ORDINARY_NICKNAMES.flatMap((name) => {
    const found = names.find(name);
    return found === null ? [] : [`${name}: ${found.name}`];
  });
  assert.deepEqual(taken, []);
});

it('invisible characters, case and Unicode form do not hide a reserved name', () => {
  const unseen = fc.constantFrom(
    '',
    ' ',
    '.',
    '\u200b',
    '\u200d',
    '\u2060',
    '\u00ad',
    '\u3164',
    '\ufe0f',
    '_',
    '\u0301',
  );
  const form = fc.constantFrom('NFC', 'NFD', 'NFKC', 'NFKD');
  fc.assert(
    fc.property(
      fc.constantFrom(...RESERVED),
      fc.array(unseen),
      form,
      fc.boolean(),
      (name, fillings, as, upper) => {
        const spelled = Array.from(name, (letter, at) => letter + (fillings[at] ?? ''))
          .join('')
          .normalize(as);
        assert.equal(
          names.find(upper ? spelled.toUpperCase() : spelled)?.degree,
          'same',
          JSON.stringify(spelled),
        );
      },
    ),
  );
});

it('every text gets an answer, and an empty list matches nothing', () => {
  const none = createNames({ reserved: ['', '...', '\u200b'], staff: ['', '★'] });
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (name) => {
      assert.equal(none.find(name), null);
      assert.doesNotThrow(() => names.find(name));
    }),
  );
});
