/** Promise: every language says everything, in its own words, and counts and dates as its readers do. */

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { transitions as states } from '@chatty/client/testing';
import { refusalCodes } from '@chatty/protocol';
import { loadStrings } from '../src/extras/strings.js';
import { chooseLocale, type Language as Early, loadLanguage } from '../src/i18n/locale.js';
import { type ExtraStrings, refusalText, type Strings } from '../src/i18n/strings.js';

const BASES = ['en', 'ko', 'ja', 'zh', 'es', 'ar'] as const;
/** A million has a form of its own in Spanish. */
const COUNTS = [0, 1, 2, 3, 5, 11, 100, 1_000_000];
/** What is the same in English and rightly so. */
const SAME = ['es.title'];
const SCRIPT = {
  en: /[A-Za-z]/,
  ko: /\p{Script=Hangul}/u,
  ja: /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u,
  zh: /\p{Script=Han}/u,
  es: /[A-Za-z]/,
  ar: /\p{Script=Arabic}/u,
};

type Language = Early & { strings: Strings & ExtraStrings };

async function loadWhole(base: string): Promise<Language> {
  const language = await loadLanguage(chooseLocale(base));
  assert.equal(await loadStrings(language), true);
  return language as Language;
}

const languages = Object.fromEntries(
  await Promise.all(BASES.map(async (base) => [base, await loadWhole(base)] as const)),
) as Record<(typeof BASES)[number], Language>;

/** Every sentence by its path, those with a number for each of COUNTS. */
function sentencesOf({ strings }: Language): Map<string, string> {
  const said = new Map<string, string>();
  const { typingTwo, reactedWith, replyingTo, typingOne, ...rest } = strings;
  const visit = (value: unknown, path: string) => {
    if (typeof value === 'string') said.set(path, value);
    else if (typeof value === 'function')
      for (const count of COUNTS) visit(value(count), `${path}(${count})`);
    else
      for (const [name, inner] of Object.entries(value as object))
        visit(inner, path ? `${path}.${name}` : name);
  };
  visit(rest, '');
  for (const count of COUNTS) {
    said.set(`left(${-count - 1})`, strings.left(-count - 1));
    said.set(`reactedWith(${count})`, reactedWith('👍', count));
  }
  said.set('replyingTo', replyingTo('가'));
  said.set('typingOne', typingOne('가'));
  said.set('typingTwo', typingTwo('가', '나'));
  return said;
}

/** Names of all that a table holds, with its kind. */
function shapeOf(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null) return [`${path}: ${typeof value}`];
  return Object.entries(value)
    .flatMap(([name, inner]) => shapeOf(inner, `${path}.${name}`))
    .sort();
}

const english = sentencesOf(languages.en);

for (const base of BASES)
  describe(`the strings of ${base}`, () => {
    const { strings } = languages[base];
    const sentences = sentencesOf(languages[base]);

    it('cover every English string, every code and every state', () => {
      assert.deepEqual(shapeOf(strings), shapeOf(languages.en.strings));
      assert.deepEqual(Object.keys(strings.codes).sort(), Object.keys(refusalCodes).sort());
      assert.deepEqual(Object.keys(strings.states).sort(), Object.keys(states).sort());
    });

    it('are never empty and have no unfilled placeholder', () => {
      assert.ok(sentences.size > 120, `${sentences.size}`);
      for (const [path, text] of sentences) {
        assert.notEqual(text.trim(), '', path);
        assert.doesNotMatch(text, /undefined|null|NaN|#|\[object|\$\{/, path);
      }
    });

    it('are translated', () => {
      for (const [path, text] of sentences) {
        assert.match(text.replace(/[가나👍]/gu, base === 'ko' ? '$&' : ''), SCRIPT[base], path);
        if (base !== 'en' && !SAME.includes(`${base}.${path}`))
          assert.notEqual(text, english.get(path), path);
      }
    });

    it('place numbers and names correctly', () => {
      const counting = [
        'newMessages',
        'unread',
        'toFirstUnread',
        'left',
        'here',
        'hereNow',
        'slowMode',
      ] as const;
      for (const name of counting) assert.match(strings[name](100), /100/, name);
      assert.match(strings.left(-3), /3/);
      assert.notEqual(strings.left(-3), strings.left(3));
      assert.match(strings.typingTwo('민수', 'Alex'), /민수.*Alex/);
      assert.match(strings.replyingTo('민수'), /민수/);
      assert.match(strings.until('15:05'), /15:05/);
      assert.match(strings.reactedWith('👍', 12), /12.*👍|👍.*12/);
    });

    it('format dates and times', () => {
      const language = languages[base];
      const now = new Date(2026, 10, 25, 15, 5);
      const before = (days: number) => new Date(2026, 10, 25 - days, 0, 1);
      assert.equal(language.day(before(0), now), strings.today);
      assert.equal(language.day(before(1), now), strings.yesterday);
      const weekday = new Intl.DateTimeFormat(base, { weekday: 'long' }).format(before(2));
      const day = language.day(before(2), now);
      assert.ok(day.includes(weekday) && day.includes('23') && day.includes('2026'), day);
      assert.match(language.time(now), /(^|\D)(3|15):05/);
      assert.match(language.fullDateTime(now), /2026/);
      assert.match(language.fullDateTime(now), /(3|15):05/);
    });
  });

it('before the extra strings load, a refusal that needs them shows a general text', async () => {
  const early = await loadLanguage(chooseLocale('ko'));
  assert.equal(refusalText(early.strings, 'banned'), early.strings.codes.forbidden);
  await loadStrings(early);
  assert.match(refusalText(early.strings, 'banned'), /차단/);
});

describe('relative times', () => {
  const now = new Date(2026, 10, 25, 15, 5);
  const ago = (base: (typeof BASES)[number], minutes: number, at = now) =>
    languages[base].relativeTime(new Date(at.getTime() - minutes * 60_000), at);

  it('show now, then minutes, then hours of the same day, then the time', () => {
    const answers = [0, 0.9, 1, 59.9, 60, 125, 15 * 60 + 5, 15 * 60 + 6].map((minutes) => ago('en', minutes));
    assert.deepEqual(answers, [
      'just now',
      'just now',
      '1 minute ago',
      '59 minutes ago',
      '1 hour ago',
      '2 hours ago',
      '15 hours ago',
      null,
    ]);
  });

  it('continue in minutes past midnight', () => {
    const midnight = new Date(2026, 10, 25, 0, 10);
    assert.deepEqual([ago('en', 20, midnight), ago('en', 70, midnight)], ['20 minutes ago', null]);
  });

  it('tolerate a slightly slow clock, but not a wrong one', () => {
    assert.deepEqual([ago('en', -5), ago('en', -59), ago('en', -300)], ['just now', 'just now', null]);
  });

  it('are translated in each language', () => {
    const said = BASES.slice(1).map((base) => ago(base, 2)?.replaceAll(/\s/g, ' '));
    assert.deepEqual(said, ['2분 전', '2 分前', '2分钟前', 'hace 2 minutos', 'قبل دقيقتين']);
    for (const base of BASES) assert.equal(ago(base, 0), languages[base].strings.justNow);
  });
});

describe('plurals and names', () => {
  it('Arabic has all six plural forms', () => {
    const { unread, hereNow } = languages.ar.strings;
    assert.equal(new Set([0, 1, 2, 3, 11, 100].map((count) => unread(count).replace(/\d+/, '#'))).size, 5);
    assert.equal(new Set([0, 1, 2, 3, 11, 100].map((count) => hereNow(count).replace(/\d+/, '#'))).size, 6);
    assert.equal(unread(2), 'رسالتان غير مقروءتين');
    assert.equal(unread(3), '3 رسائل غير مقروءة');
    assert.equal(unread(11), '11 رسالة غير مقروءة');
  });

  it('English and Spanish distinguish one from many', () => {
    const { en, es } = languages;
    assert.deepEqual([1, 2].map(en.strings.newMessages), ['1 new message', '2 new messages']);
    assert.deepEqual([1, 2].map(es.strings.newMessages), ['1 mensaje nuevo', '2 mensajes nuevos']);
    assert.deepEqual(
      [1, 2].map((count) => en.strings.reactedWith('👍', count)),
      ['1 person reacted with 👍', '2 people reacted with 👍'],
    );
  });

  it('thousands use the separator of the language', () => {
    assert.equal(languages.en.strings.here(12_345), '12,345 here');
    assert.equal(languages.ko.strings.here(12_345), '12,345명');
    assert.equal(languages.es.strings.here(12_345), '12.345 en línea');
  });

  it('a right-to-left name does not reverse the sentence', () => {
    const { en, ar } = languages;
    assert.equal(en.strings.typingOne('سارة!'), '\u2068سارة!\u2069 is typing…');
    assert.equal(en.strings.typingOne('민수'), '민수 is typing…');
    assert.equal(ar.strings.replyingTo('민수 (KR)'), 'الرد على \u2068민수 (KR)\u2069');
  });
});

describe('the choice of language', () => {
  const chosen = (...candidates: (string | null | undefined)[]) => chooseLocale(...candidates).tag;

  it('picks the first supported language, by its base', () => {
    const tags = ['ko-KR', 'KO_kr', 'en-GB', 'ja-JP-u-ca-japanese', 'es-419', 'ar-EG', ' ko '];
    assert.deepEqual(
      tags.map((tag) => chosen(tag)),
      ['ko', 'ko', 'en', 'ja', 'es', 'ar', 'ko'],
    );
    assert.equal(chosen('pt-BR', null, 'fr', 'ja', 'ko'), 'ja');
  });

  it('has one Chinese, with dates for readers of Traditional characters', () => {
    const simplified = ['zh', 'zh-CN', 'zh-Hans', 'zh-SG', 'zh-Hans-HK'];
    const traditional = ['zh-TW', 'zh-Hant', 'zh-Hant-TW', 'zh-HK', 'zh_tw'];
    for (const tag of simplified) assert.deepEqual([tag, chosen(tag)], [tag, 'zh']);
    for (const tag of traditional) assert.deepEqual([tag, chosen(tag)], [tag, 'zh-TW']);
    assert.equal(chooseLocale('zh-Hant-TW').languageCode, 'zh');
  });

  it('falls back to English', () => {
    const strange = [
      '',
      '-',
      '한국어',
      'korean',
      'k',
      'x-ko',
      '__proto__',
      'constructor',
      'pt',
      '1',
      '\u0000',
    ];
    for (const tag of strange) assert.deepEqual([tag, chosen(tag)], [tag, 'en']);
    assert.equal(chosen(), 'en');
    assert.equal(chosen(null, undefined), 'en');
  });

  it('uses right-to-left only for Arabic', () => {
    for (const base of BASES) {
      assert.equal(chooseLocale(base).dir, base === 'ar' ? 'rtl' : 'ltr');
      assert.equal(languages[base].dir, base === 'ar' ? 'rtl' : 'ltr');
    }
    assert.equal(chooseLocale('ar-EG').dir, 'rtl');
  });

  it('the style sheet uses no left or right, except for the corner a host chose', async () => {
    const sheet = await readFile(new URL('../src/panel/styles.css', import.meta.url), 'utf8');
    const rules = [...sheet.matchAll(/([^{}]+)\{([^{}]*)\}/g)].filter(
      ([, selector]) => selector?.trim() !== '.docked',
    );
    const declarations = rules.flatMap(([, , body]) => [...(body ?? '').matchAll(/([a-z-]+):\s*([^;]+);/g)]);
    assert.ok(declarations.length > 200, `${declarations.length}`);
    const sided = declarations.filter(([, property = '', value = '']) => {
      const [, right, , left] = value.replace(/\((?:[^()]|\([^()]*\))*\)/g, '').split(/\s+/);
      const box = /^(padding|margin|inset)$/.test(property) && left !== undefined && left !== right;
      return box || /(^|-)(left|right)(-|$)/.test(property) || /^(left|right)$/.test(value);
    });
    assert.deepEqual(
      sided.map(([text]) => text),
      [],
    );
  });

  it('loads the chosen language', async () => {
    const taiwan = await loadLanguage(chooseLocale('zh-Hant-TW'));
    assert.equal(taiwan.locale, 'zh-TW');
    assert.equal(taiwan.strings.title, languages.zh.strings.title);
    assert.equal(taiwan.relativeTime(new Date(0), new Date(300_000)), '5 分鐘前');
  });
});
