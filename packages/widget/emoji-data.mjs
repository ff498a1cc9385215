/** Decides which emoji the picker holds and by which words they are found, as one compact text per language. */

import { readFile } from 'node:fs/promises';

/** Languages the source has annotations in and the widget may speak. */
export const EMOJI_LANGUAGES = ['en', 'ko', 'ja', 'zh', 'es'];

/** What systems of today draw; newer ones would be empty boxes on many phones. */
const NEWEST = 15;
/** What people of a chat look for first; an emoji that has such a word keeps it, however little room there is. */
const WANTED = new Set(
  `감사 강아지 고마워 고양이 굿 눈물 따봉 라면 맥주 박수 밥 사랑 생일 슬픔 야구 웃음 졸림 좋아 최고 축구 축하 치킨 커피 하트 화남 ㅋㅋ ㅎㅎ
  angry beer birthday coffee congratulations dog good happy heart hot kiss laugh lol love omg party pizza sad thanks win yes`.split(
    /\s+/,
  ),
);

const SMILEYS = 0;
const COMPONENTS = 2;
const LAST_SUBGROUP_OF_HANDS = 21;
/** Groups of animals, food, places and activities, as the source numbers them. */
const THINGS_TO_TALK_OF = [3, 4, 5, 6];
/** Not a literal: the type checker's target does not know the flag. */
const SEQUENCES = 'v';
const RGI = new RegExp('^\\p{RGI_Emoji}$', SEQUENCES);

/**
 * @typedef {{ emoji: string, label: string, tags?: string[], order: number, group?: number, subgroup?: number,
 *   version: number }} Source
 */

/**
 * The file of one language: a line of emoji for each group, then a label for each, then its search words. Left out is
 * what the picker can tell by itself: `*` stands for the man and the woman of a person, two letters for a flag.
 * @param {string} language
 */
export async function emojiText(language) {
  const folder = import.meta.resolve('emojibase-data/package.json');
  /** @type {Source[]} */
  const all = JSON.parse(await readFile(new URL(`./${language}/data.json`, folder), 'utf8'));
  const source = all
    .filter(({ group, version }) => group !== undefined && group !== COMPONENTS && version <= NEWEST)
    .sort((one, other) => one.order - other.order)
    .map((each) => ({ ...each, emoji: asRecommended(each.emoji) }));
  /** @type {Map<number, string[]>} */
  const groups = new Map();
  /** @type {Source[]} */
  const told = [];
  const known = new Set(source.map(({ emoji }) => emoji));
  const hasBoth = (/** @type {string} */ emoji) => gendersOf(emoji).every((each) => known.has(each));
  const untold = new Set(source.flatMap(({ emoji }) => (hasBoth(emoji) ? gendersOf(emoji) : [])));
  for (const each of source.filter(({ emoji }) => !untold.has(emoji))) {
    const line = groups.get(each.group ?? 0) ?? [];
    groups.set(each.group ?? 0, line);
    const code = regionOf(each.emoji);
    line.push(code ?? (hasBoth(each.emoji) ? `${each.emoji}*` : each.emoji));
    if (code === null) told.push(each);
  }
  const choose = createChoice(told);
  return [
    [...groups.values()].map((line) => line.join(' ')).join('\n'),
    told.map(({ label }) => label).join('\n'),
    told.map((each) => choose(each).join(' ')).join('\n'),
  ].join('\n---\n');
}

/** The sequence recommended for interchange: the source adds a variation selector where none belongs. @param {string} emoji */
function asRecommended(emoji) {
  const bare = emoji.replace(/\uFE0F$/, '');
  const found = [bare, emoji].find((each) => RGI.test(each));
  if (found === undefined) throw new Error(`${emoji} is not recommended for interchange`);
  return found;
}

/** The two letters of a country's flag. @param {string} emoji */
function regionOf(emoji) {
  if (!/^[\u{1F1E6}-\u{1F1FF}]{2}$/u.test(emoji)) return null;
  return [...emoji]
    .map((letter) => String.fromCharCode((letter.codePointAt(0) ?? 0) - 0x1f1e6 + 97))
    .join('');
}

/** How the picker tells the man and the woman from the person; see src/emoji/data.ts. @param {string} emoji */
function gendersOf(emoji) {
  return emoji.startsWith('\u{1F9D1}\u200D')
    ? [emoji.replace('\u{1F9D1}', '\u{1F468}'), emoji.replace('\u{1F9D1}', '\u{1F469}')]
    : [`${emoji}\u200D\u2642\uFE0F`, `${emoji}\u200D\u2640\uFE0F`];
}

/**
 * Words that the label does not hold already, as many as there is room for: short ones first, and of those the ones
 * that many emoji share, since they cost least and find most.
 * @param {Source[]} told
 */
function createChoice(told) {
  const words = (/** @type {Source} */ { tags = [] }) => [...new Set(tags.map((tag) => tag.toLowerCase()))];
  /** @type {Map<string, number>} */
  const shared = new Map();
  for (const word of told.flatMap(words)) shared.set(word, (shared.get(word) ?? 0) + 1);
  return (/** @type {Source} */ each) => {
    const label = each.label.toLowerCase();
    const single = words(each).filter((word) => !label.includes(word) && !word.includes(' '));
    let room = roomFor(each);
    return single
      .filter((word) => WANTED.has(word) || !single.some((other) => other !== word && word.startsWith(other)))
      .sort((one, other) => one.length - other.length || (shared.get(other) ?? 0) - (shared.get(one) ?? 0))
      .filter((word) => {
        if (WANTED.has(word)) return true;
        room -= word.length + 1;
        return room >= 0;
      })
      .sort();
  };
}

/** Faces, hearts and hands are what chats are full of: a file of 20 KB has room for most of their words only. @param {Source} each */
function roomFor({ group = 0, subgroup = 0 }) {
  if (group === SMILEYS || subgroup <= LAST_SUBGROUP_OF_HANDS) return 22;
  return THINGS_TO_TALK_OF.includes(group) ? 9 : 3;
}

/** Answers `import('emoji-data:ko')` with the text of that language. @type {import('esbuild').Plugin} */
export const emojiData = {
  name: 'emoji of each language as text',
  setup(bundle) {
    bundle.onResolve({ filter: /^emoji-data:/ }, ({ path }) => ({
      path: path.slice('emoji-data:'.length),
      namespace: 'emoji-data',
    }));
    bundle.onLoad({ filter: /./, namespace: 'emoji-data' }, async ({ path }) => ({
      contents: await emojiText(path),
      loader: 'text',
    }));
  },
};
